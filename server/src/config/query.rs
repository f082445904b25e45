//! `[query]`: what one query may cost, and what a program may use.

use telamon_query::label::EDIT_STEPS;
use telamon_query::lang::{EXPR_DEPTH_CEILING, Limits};
use telamon_query::pattern::PatternLimits;
use toml::Value;

use super::raw::RawQuery;
use super::reader::{DAY_MS, MIB, Reader};
use super::{HttpConfig, QueryConfig};

const GIGA: usize = 1_000_000_000;
const TERA: usize = 1000 * GIGA;

impl Reader {
    pub(super) fn query(&mut self, raw: &RawQuery, http: &HttpConfig) -> QueryConfig {
        self.refuse_unknown("query", &raw.unknown);
        let time_max_ms = self.millis(
            "query.time_max",
            raw.time_max.as_ref(),
            http.request_timeout_ms,
            10..=DAY_MS,
        );
        let language = self.language(raw);
        let mut count = |name: &str, value: &Option<Value>, default, range| {
            self.count(&format!("query.{name}"), value.as_ref(), default, range)
        };
        QueryConfig {
            language,
            time_max_ms,
            threads: count("threads", &raw.threads, 0, 0..=1024),
            waiting_max: count("waiting_max", &raw.waiting_max, 64, 0..=100_000),
            streams_max: count("streams_max", &raw.streams_max, 64, 1..=100_000),
            lines_max: count("lines_max", &raw.lines_max, 1024, 1..=10_000_000),
            datapoints_max: count("datapoints_max", &raw.datapoints_max, 500_000, 1..=TERA),
            groups_max: count("groups_max", &raw.groups_max, 1_000_000, 1..=GIGA),
            data_exprs_max: count("data_exprs_max", &raw.data_exprs_max, 4096, 1..=100_000),
            edit_steps_max: count("edit_steps_max", &raw.edit_steps_max, EDIT_STEPS, 1..=GIGA),
            work_points_max: count(
                "work_points_max",
                &raw.work_points_max,
                50_000_000,
                1..=TERA,
            ),
            input_points_max: count(
                "input_points_max",
                &raw.input_points_max,
                2_000_000_000,
                1..=1000 * TERA,
            ),
            answer_points_max: count(
                "answer_points_max",
                &raw.answer_points_max,
                2_000_000,
                1..=TERA,
            ),
        }
    }

    /// What a program may use.
    fn language(&mut self, raw: &RawQuery) -> Limits {
        let default = Limits::reference();
        let key = |name| format!("query.{name}");
        let size = |reader: &mut Self, name, value: &Option<Value>, bytes: usize| {
            let default = u64::try_from(bytes).expect("a default is small");
            reader.bytes(&key(name), value.as_ref(), default, 64..=1024 * MIB)
        };
        let count = |reader: &mut Self, name, value: &Option<Value>, default, most| {
            reader.count(&key(name), value.as_ref(), default, 1..=most)
        };
        Limits {
            text_bytes: size(self, "text_max", &raw.text_max, default.text_bytes),
            listing_bytes: size(self, "listing_max", &raw.listing_max, default.listing_bytes),
            stack_items: count(
                self,
                "stack_items_max",
                &raw.stack_items_max,
                default.stack_items,
                1_000_000,
            ),
            list_items: count(
                self,
                "list_items_max",
                &raw.list_items_max,
                default.list_items,
                1_000_000,
            ),
            // Each program within a program takes stack of its thread.
            call_depth: count(
                self,
                "call_depth_max",
                &raw.call_depth_max,
                default.call_depth,
                100,
            ),
            steps: count(
                self,
                "steps_max",
                &raw.steps_max,
                default.steps,
                1_000_000_000,
            ),
            expr_nodes: count(
                self,
                "expr_parts_max",
                &raw.expr_parts_max,
                default.expr_nodes,
                100_000_000,
            ),
            expr_depth: count(
                self,
                "expr_depth_max",
                &raw.expr_depth_max,
                default.expr_depth,
                EXPR_DEPTH_CEILING,
            ),
            pattern: self.pattern(raw, &default.pattern),
        }
    }

    /// What a pattern may become.
    fn pattern(&mut self, raw: &RawQuery, default: &PatternLimits) -> PatternLimits {
        let bytes = u64::try_from(default.automaton_bytes).expect("a default is small");
        PatternLimits {
            automaton_bytes: self.bytes(
                "query.pattern_max",
                raw.pattern_max.as_ref(),
                bytes,
                64..=1024 * MIB,
            ),
            steps: self.count(
                "query.pattern_steps_max",
                raw.pattern_steps_max.as_ref(),
                default.steps,
                1..=1_000_000,
            ),
            match_steps: self.count(
                "query.match_steps_max",
                raw.match_steps_max.as_ref(),
                default.match_steps,
                1..=1_000_000_000,
            ),
        }
    }
}
