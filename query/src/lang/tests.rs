//! Programs and what they leave, faults and where they are, and agreement with the reference.

mod derived;
mod guide;
mod mistakes;
mod oracle;
mod telamon;

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::expr::{Setting, is_line_style};

/// A file of the reference material that may lie beside the project, or beside its work trees.
pub(crate) fn shared_file(name: &str) -> Option<String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    ["../shared", "../../shared"]
        .iter()
        .find_map(|folder| std::fs::read_to_string(project.join(folder).join(name)).ok())
}

/// Runs a program and compares the printed stack, bottom first, joined by spaces.
fn check(program: &str, expected: &str) {
    check_with(program, &ParseOptions::reference(), expected);
}

fn check_with(program: &str, options: &ParseOptions, expected: &str) {
    let printed = match run(program, options) {
        Ok(values) => {
            let texts: Vec<String> = values.iter().map(Value::to_string).collect();
            texts.join(" ")
        }
        Err(error) => error.message(),
    };
    assert_eq!(printed, expected, "{program}");
}

#[test]
fn stack_words() {
    check("a,b,c,d,:rot", "b c d a");
    check("a,b,c,d,:-rot", "d a b c");
    check("a,b,1,:roll", "b a");
    check("a,b,1,:pick", "a b a");
    check("a,b,c,9,:ndrop", "");
    check("a,b,c,2,:nlist", "a List(b, c)");
    check("a,b,c,:list", "List(c, b, a)");
    check("a,b,:tuck", "b a b");
    check("a,b,:2over", "a b a b");
    check("a,:depth", "a 1");
    check("1,1,:add,a,:swap,:pick", "IndexOutOfBoundsException: 2");
}

#[test]
fn lists_and_programs() {
    check("(,1,(,),)", "List(1, (, ))");
    check("(,(,a,),),:call", "List(a)");
    check("(,a,b,),(,:dup,),:each", "b b a a");
    check("a,b,:list,(,x,:over,),:each", "a x a b x b");
    check("(,1,2,),(,3,:add,),:map", "List(4.0,:const, 5.0,:const)");
    check("(,\\u0041,),:call", "A");
    check(
        "(,1,2,),(,:drop,),:map",
        "NoSuchElementException: head of empty list",
    );
}

#[test]
fn variables_and_frozen_stacks() {
    check("k,v,:set,k,:get", "v");
    check("v,k,:sset,k,:get", "v");
    check("a,b,c,:freeze,d,e,f,:clear", "a b c");
    check("a,:freeze,b,:freeze,c", "a b c");
    check(
        "k,v,:set,:freeze,k,:get",
        "NoSuchElementException: key not found: k",
    );
}

#[test]
fn overloads_go_by_what_is_on_the_stack() {
    check("1,2,:gt", "1,2,:gt");
    check("1,:const,2,:gt", "0.0,:const");
    check("a,b,:eq,:count", "a,b,:eq,:count");
    check("a,b,:eq,:max,:count", "a,b,:eq,:max,:count");
    check("a,b,:eq,:max,:sum", "a,b,:eq,:max");
    check(
        "a,b,:eq,(,c,d,),:by,(,c,),:by",
        "a,b,:eq,:sum,(,c,d,),:by,:sum,(,c,),:by",
    );
    check("1d,5f,:add", "6.0,:const");
}

#[test]
fn queries_fold_and_quote() {
    check("a,b,:eq,:true,:and", "a,b,:eq");
    check(":false,:not", ":true");
    check("a,(,),:in", ":false");
    check("a,(,b,),:in", "a,b,:eq");
    check("a,(,b\\u002cc,d,),:in", "a,(,b\\u002cc,d,),:in");
    check("k,a.b|c,:starts", "k,a\\.b|c,:re");
    check("k,a$b,:ends", "k,.*a\\$b$,:re");
    check("k,é,:contains", "k,.*\\u005cu00e9,:re");
}

#[test]
fn constants_are_computed() {
    check(
        "t,1,:eq,:sum,5,4,:mul,2,:add,:div",
        "t,1,:eq,:sum,22.0,:const,:div",
    );
    check(
        "name,sps,:eq,:sum,3600,60,:div,:rolling-count",
        "name,sps,:eq,:sum,60,:rolling-count",
    );
    check("3,5,:clamp-min", "3.0,:const,5.0,:clamp-min");
    check("0,0,:div", "0.0,:const");
    check("2,0,:fdiv", "Infinity,:const");
}

#[test]
fn rewrites_print_as_their_word() {
    check(
        "a,b,:eq,:avg,(,c,),:by,1d,:offset",
        "a,b,:eq,:avg,1d,:offset,(,c,),:by",
    );
    check("a,b,:eq,(,c,),:by,:pct", "a,b,:eq,:sum,(,c,),:by,:pct");
    check("a,b,:eq,:avg,c,d,:eq,:cq", "a,b,:eq,c,d,:eq,:and,:avg");
    check(
        "a,b,:eq,5,:clamp-max,:pct,c,d,:eq,:cq",
        "a,b,:eq,c,d,:eq,:and,:sum,5.0,:clamp-max,:pct",
    );
    check(
        "a,b,:eq,:avg,:cf-max",
        "a,b,:eq,:sum,:cf-max,a,b,:eq,:count,:cf-max,:div",
    );
    check(
        "a,b,:eq,:stddev,(,k,),:by",
        "IllegalArgumentException: requirement failed: input expression must already be grouped with \
         DataExpr.GroupBy",
    );
    check("a,b,:eq,:avg,(,c,),:cg", "a,b,:eq,:avg,(,c,),:by");
}

#[test]
fn the_eval_form_follows_the_display() {
    let values = run("a,b,:eq,:dist-avg,c,d,:eq,:cq", &ParseOptions::reference()).unwrap();
    let [Value::Expr(expr)] = values.as_slice() else {
        panic!("{values:?}")
    };
    for data in expr.data_exprs() {
        assert!(data.query().exact_tags().contains_key("c"), "{data}");
        assert!(data.to_string().starts_with("statistic,"), "{data}");
    }
}

#[test]
fn settings_pass_through_unless_two_meet() {
    check("1,x,:legend,2,:add", "3.0,:const,x,:legend");
    check("1,x,:legend,2,y,:legend,:add", "3.0,:const");
    check(
        "a,b,:eq,f00,:color,:avg",
        "a,b,:eq,:sum,:avg,ffff0000,:color",
    );
    check(
        "a,b,:eq,40,:alpha,f00,:color",
        "a,b,:eq,:sum,ffff0000,:color",
    );
    check(
        "a,b,:eq,f00,:color,4,:alpha",
        "a,b,:eq,:sum,04ff0000,:color",
    );
    check(
        "a,b,:eq,f00,:color,x,:legend,2,:lw",
        "a,b,:eq,:sum,2,:lw,x,:legend,ffff0000,:color",
    );
    check(
        "1,f00,:color,zz,:alpha",
        "NumberFormatException: For input string: \"zz\" under radix 16",
    );
}

#[test]
fn limits_hold() {
    check(
        "loop,(,loop,:fcall,),:set,loop,:fcall",
        "IllegalStateException: looping detected",
    );
    let deep = |levels: usize| format!("{}1{}", "(,".repeat(levels), ",),:call".repeat(levels));
    check(&deep(9), "1");
    check(&deep(10), "IllegalStateException: looping detected");
    check(
        &"1,".repeat(1025),
        "IllegalStateException: stack overflow: stack size exceeds limit of 1024",
    );
    check(
        &format!("(,{})", "1,".repeat(1025)),
        "IllegalStateException: stack overflow: list size exceeds limit of 1024",
    );
    let doubling = format!("a,b,:eq{}", ",:dup,:add".repeat(60));
    let error = run(&doubling, &ParseOptions::reference()).unwrap_err();
    assert!(error.text.starts_with("expression is too large"), "{error}");
    let items = "1,".repeat(1000);
    let costly = format!(
        "x,a,b,:eq{},:set,(,{items}),(,:drop,(,{items}),(,:drop,x,:get,:abs,:drop,),:each,),:each",
        ",:dup,:add".repeat(12)
    );
    let error = run(&costly, &ParseOptions::reference()).unwrap_err();
    assert!(error.text.starts_with("program is too long"), "{error}");
}

#[test]
fn the_deepest_expression_is_walked_without_overflow() {
    for word in [
        ",:neg",
        ",1,:add",
        ",x,y,:as",
        ",0,:fill",
        ",x,$0,y,.*,:relabel",
    ] {
        let program = format!("a,b,:eq{}", word.repeat(990));
        let exprs = parse(&program, &ParseOptions::telamon()).unwrap();
        let again = parse(&exprs[0].to_string(), &ParseOptions::telamon()).unwrap();
        assert!(again == exprs);
    }
    let query = format!("a,0,:eq{}", ",a,1,:eq,:or".repeat(990));
    parse_query(&query, &ParseOptions::reference()).unwrap();
}

/// The source under the span of the fault, then hint, nearest word or signature.
fn fault(program: &str) -> (String, LangError) {
    let error = parse(program, &ParseOptions::telamon()).unwrap_err();
    (program[error.span.clone()].to_owned(), error)
}

#[test]
fn faults_point_at_the_token() {
    let (at, error) = fault("name,sps,:eq,:smu");
    assert_eq!(at, ":smu");
    assert_eq!(error.help.nearest.as_deref(), Some("sum"));
    assert_eq!(error.help.stack, ["name,sps,:eq"]);
    assert_eq!(error.help.expected, [":sum q:Query -- DataExpr"]);

    let (_, error) = fault("name,sps,:eq,:sum,5,:gtt");
    assert_eq!(error.help.nearest.as_deref(), Some("gt"));
    assert!(
        error.help.expected[0].starts_with(":gt "),
        "{:?}",
        error.help.expected
    );
    let (_, error) = fault("name,sps,:eq,:gtt");
    assert_eq!(error.help.nearest.as_deref(), Some("gt"));
    assert!(
        error
            .help
            .expected
            .iter()
            .all(|word| !word.starts_with(":gt ")),
        "{:?}",
        error.help.expected
    );

    let (at, error) = fault("name,sps,:eq,(,a,),(,:drop,:foo,),:each");
    assert_eq!(
        (at.as_str(), error.text.as_str()),
        (":foo", "unknown word ':foo'")
    );

    let (at, error) = fault("1,/* two */ :add");
    assert_eq!(at, ":add");
    assert_eq!(error.title(), ":add takes 2 values, but the stack holds 1");
    assert_eq!(error.help.expected.len(), 1);

    let (at, error) = fault("name,sps,:eq,foo");
    assert_eq!(at, "foo");
    assert_eq!(error.text, "expecting time series expr, found String 'foo'");

    let (at, error) = fault("a,b,:eq,;sum");
    assert_eq!(
        (at.as_str(), error.help.nearest.as_deref()),
        (";sum", Some("sum"))
    );

    let (at, error) = fault("a,(?i)b,:re");
    assert_eq!(at, "(?i)b");
    assert!(error.text.starts_with("unsupported: inline flags\n"));

    let (at, _) = fault("1,(,2");
    assert_eq!(at, "(");
}

#[test]
fn a_caret_is_drawn_under_the_fault() {
    let source = "name,sps,:eq,\n:smu,foo,:legend";
    let (_, error) = fault(source);
    assert_eq!(
        render_caret(&error, source),
        "unknown word ':smu'\n  name,sps,:eq,\n  :smu,foo,:legend\n  ^^^^\ndid you mean :sum?\n\
         hint: for example name,sps,:eq,:sum\nfits: :sum q:Query -- DataExpr\n\
         stack: name,sps,:eq\n"
    );
}

#[test]
fn comments_join_what_they_part() {
    check("1,:d/*,x,*/up", "1 1");
    check("1,*/", "IllegalStateException: unclosed comment");
}

#[test]
fn parse_gives_the_bottom_first_and_expands_offsets() {
    let exprs = parse("1,2,a,b,:eq,(,0h,1d,),:offset", &ParseOptions::reference()).unwrap();
    let texts: Vec<String> = exprs.iter().map(StyledExpr::to_string).collect();
    assert_eq!(
        texts,
        [
            "1.0,:const",
            "2.0,:const",
            "a,b,:eq,:sum",
            "a,b,:eq,:sum,1d,:offset"
        ]
    );
}

#[test]
fn vocabularies_hide_later_words() {
    let mut options = ParseOptions::reference();
    options.vocabulary = Vocabulary::Query;
    let error = run("a,b,:eq,:sum", &options).unwrap_err();
    assert_eq!(error.text, "unknown word ':sum'");
    assert!(error.help.hint.unwrap().contains("data"));
}

#[test]
fn a_trace_shows_each_step() {
    let steps = trace("(,a,),1", &ParseOptions::reference());
    assert_eq!(
        steps.unwrap_err().text,
        "expected an expression, found [List]"
    );
    let steps = trace("k,1,:set,2,:freeze,k", &{
        let mut options = ParseOptions::reference();
        options.vocabulary = Vocabulary::Std;
        options
    })
    .unwrap();
    let stacks: Vec<String> = steps.iter().map(|step| step.stack.join("|")).collect();
    assert_eq!(stacks, ["", "k", "1|k", "", "2", "", "k|2"]);
    assert_eq!(steps[3].variables, [("k".to_owned(), "1".to_owned())]);
    assert_eq!(steps[3].program, ["2", ":freeze", "k"]);
    assert!(steps[5].variables.is_empty());
}

/// Tokens that make sense somewhere, in any order. A rewrite may be given a name that is no word, and
/// then cannot be read back, so the word for that stays out.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    let words: Vec<String> = words::all()
        .filter(|word| word.name != "named-rewrite")
        .map(|word| format!(":{}", word.name))
        .collect();
    let token = prop_oneof![
        4 => proptest::sample::select(words),
        2 => proptest::sample::select(vec!["a,b,:eq", "1", "2.5", "name", "(,a,b,)", "(,c,)", "1h", "f00"])
            .prop_map(str::to_owned),
        1 => "(\\PC|[,:()\\\\*/]){0,4}",
    ];
    proptest::collection::vec(token, 0..25).prop_map(|tokens| tokens.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_soup_runs_or_fails_and_what_it_leaves_reads_back(program in soup()) {
        let options = ParseOptions::telamon();
        match run(&program, &options) {
            Ok(values) => {
                for value in values {
                    let Some(styled) = value.to_styled() else { continue };
                    // A style that is none prints as a word all the same, as in the reference.
                    let has_style = styled.setting(Setting::Ls).is_none_or(is_line_style);
                    if styled.setting(Setting::Offset).is_some() || !has_style {
                        continue;
                    }
                    let printed = styled.to_string();
                    let again = parse(&printed, &options);
                    prop_assert!(again.as_ref() == Ok(&vec![styled]), "{}: {:?}", printed, again);
                }
            }
            Err(error) => {
                prop_assert!(program.get(error.span.clone()).is_some());
                prop_assert!(!render_caret(&error, &program).is_empty());
            }
        }
    }
}

/// The reference prints a line style as a word even where it has none, and cannot read it again.
#[test]
fn a_line_style_in_capitals_reads_back() {
    let options = ParseOptions::reference();
    for program in ["1,AREA,:ls", "1,:Line", "1,heatmap,:ls"] {
        let exprs = parse(program, &options).unwrap();
        let printed = exprs[0].to_string();
        assert_eq!(parse(&printed, &options).unwrap(), exprs, "{printed}");
    }
    assert_eq!(
        parse("1,AREA,:ls", &options).unwrap()[0].to_string(),
        "1.0,:const,:AREA"
    );
    assert!(run("1,:AREAS", &options).is_err());
}

#[test]
fn an_empty_list_of_offsets_stays() {
    let exprs = parse("a,b,:eq,(,),:offset", &ParseOptions::reference()).unwrap();
    let printed: Vec<String> = exprs.iter().map(ToString::to_string).collect();
    assert_eq!(printed, ["a,b,:eq,:sum,(,),:offset"]);
}
