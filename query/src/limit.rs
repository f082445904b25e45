//! Limits by name: what a program or an evaluation may use, and which of it was used up.
//!
//! A limit is named here once. Its value stands in the options of whoever keeps it
//! ([`crate::lang::Limits`], [`crate::exec::Limits`]); faults say which one they are about, so that
//! whoever configures, counts or explains limits needs no text of a message.

macro_rules! limits {
    ($($variant:ident $name:literal $meaning:literal $advice:literal;)*) => {
        /// A limit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $(#[doc = $meaning] $variant,)*
        }

        impl Limit {
            /// All limits: those of programs, of patterns, of evaluations.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, which is also the key of a configuration.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What there may be so many of.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do when it is reached.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }
    };
}

limits! {
    Text "text_max" "bytes of a program, and of a text that it builds" "send a shorter program";
    StackItems "stack_items_max" "values on the stack" "use :freeze, :drop or a list for what is not needed at the top";
    ListItems "list_items_max" "items of a list in a program, inner parentheses included" "split the list";
    CallDepth "call_depth_max" "programs within programs" "call fewer lists from within lists";
    Steps "steps_max" "tokens run, those of lists and macros included; one over a large expression counts for more" "send several programs";
    ExprParts "expr_parts_max" "parts of an expression, a query or a list, counted as printed" "send several programs, or choose series with :in or :re";
    ExprDepth "expr_depth_max" "levels of an expression, a query or a list" "send several programs";
    Listing "listing_max" "bytes that are told about a program" "ask about a shorter program";
    Pattern "pattern_max" "bytes of a compiled pattern" "repeat less, or use several queries";
    PatternSteps "pattern_steps_max" "operations of a pattern that only a search with a way back can match" "repeat less, or use several queries";
    MatchSteps "match_steps_max" "steps of a search with such a pattern in one value" "repeat less, or do without conditions and possessive repetition";
    EditSteps "edit_steps_max" "steps back of one search of :s, and bytes of the text it makes" "use a pattern that starts with ^ and repeats less";
    DataExprs "data_exprs_max" "distinct data expressions of a query" "send several queries, or one with :by";
    Lines "lines_max" "lines that leave a data expression which is grouped or takes each series by itself" "group by fewer keys, select fewer series, or choose with :topk";
    Datapoints "datapoints_max" "points of the lines that leave a data expression" "ask for fewer points, a longer step or fewer lines";
    Groups "groups_max" "groups with a value that are read to choose some of them" "group by fewer keys or select fewer series";
    InputPoints "input_points_max" "points of the store that are read" "ask for a shorter time or select fewer series";
    WorkPoints "work_points_max" "points of all lines on the way to an answer" "ask for fewer points, or aggregate before the arithmetic";
    AnswerPoints "answer_points_max" "points of all lines of an answer" "ask for fewer expressions, fewer lines or a longer step";
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which.
    pub limit: Limit,
    /// Its value.
    pub max: u64,
}

#[cfg(test)]
mod tests;
