//! Mistakes that people make, and what they read then.
//!
//! `mistakes.txt` beside this file holds each program with the whole answer, as a terminal shows it.

use std::fmt::Write as _;

use super::super::*;

const MISTAKES: &[&str] = &[
    // Words that are spelled otherwise.
    "name,sps,:eq,:smu",
    "name,sps,:eq,:SUM",
    "name,sps,:equals,:sum",
    "name,sps,:eq,:average",
    "name,sps,:eq,(,nf.cluster,),:groupby",
    "name,sps,:eq,:rate",
    "name,sps,:neq",
    "name,sps,:eq,99,:percentile",
    "name,sps,:eq,:xyzzyx",
    // Commas, colons, semicolons and blanks.
    "name,sps:eq,:sum",
    "name,sps,eq,:sum",
    "name,sps,eq",
    "name,sps,:eq:sum",
    "name,sps,:eq,::sum",
    "name,sps,:eq;:sum",
    "name;sps;:eq;:sum",
    "name,sps,:eq,;sum",
    "name sps :eq :sum",
    "name,sps,:eq :sum",
    "name,sps,:eq.",
    "name,sps,:eq,sum",
    "name, sps, :eq, :sum, foo",
    // Quotes, encodings, operators.
    "name,\"sps\",:eq,:sum,'total',:legnd",
    "\"name,sps,:eq,:sum\"",
    "name%2Csps%2C%3Aeq%2C%3Asum",
    "name,sps,:eq,(,nf.cluster,),%3Aby",
    "name=sps",
    "name=~sps.*,:sum",
    "name,sps,:eq,:sum,/2",
    "name,sps,:eq,:sum,*,100",
    "name,sps,:eq,:sum,>5",
    // Order and number of operands.
    ":eq,name,sps",
    ":sum,name,sps,:eq",
    "name,:eq",
    "name,sps,:eq,:by",
    "name,sps,:eq,:legend",
    "name,sps,:eq,:and",
    "name,sps,:eq,10,:gt,:filter",
    "name,sps,:eq,:sum,:filter",
    "name,sps,:eq,max,:topk",
    "name,sps,:eq,5,:topk",
    "name,sps,:eq,total,:legend,(,nf.cluster,),:by",
    "name,sps,:eq,1,2,:gt,:and,:sum,7,:all",
    // Lists.
    "name,sps,:eq,nf.cluster,:by",
    "name,sps,:eq,(,nf.cluster,:by",
    "name,sps,:eq,(nf.cluster),:by",
    "name,sps,:eq,(,nf.cluster),:by",
    "name,sps,:eq,nf.cluster,),:by",
    "name,sps,:eq,(,nf.cluster,)",
    "name,a,b,:in",
    "name,sps,:eq,99,:percentiles",
    // Numbers, durations, colors, patterns.
    "name,sps,:eq,:sum,0.5,:lw,max,0.5,:topk",
    "name,sps,:eq,1x,:offset",
    "name,sps,:eq,5 min,:offset",
    "name,sps,:eq,#f00,:color",
    "name,sps,:eq,median,1m,:consolidate",
    "name,[a-z,:re",
    "name,(?<=x)a,:eq,:re",
    "name,sps,:eq,(,101,),:percentiles",
    "DAY,:time",
    "name,sps,:eq,(,a,),:by,max,0,:topk",
    "name,latency,:eq,5,1,:sample-count",
    "name,sps,:eq,f00,:color,400,:alpha",
    "name,sps,:eq,(,1d,2x,),:offset",
    "name,sps,:eq,:sum,%d of %q,(,1,2,),:format,:legend",
    "a,b,7,:pick",
    "name,sps,:eq,:sum,(,nf.app,),:by,(,nf.zone,),:by",
    "name,sps,:eq,(,nf.app,),:by,name,rps,:eq,(,nf.zone,),:by,:div",
    // Variables and programs.
    "cluster,:get,:sum",
    "x,(,x,:fcall,),:set,x,:fcall",
    ":drop",
    "name,sps,:eq,/* all of them",
    // Other languages.
    "sum(rate(x[5m]))",
    "sum by (job) (rate(http_requests_total{code=~\"5..\",env!=\"test\"}[5m]))",
    "sum(errors) by (app) / sum(requests) by (app) * 100 > 5",
    "histogram_quantile(0.99, sum(rate(latency_bucket{app=\"x\"}[5m])) by (le))",
    "topk(5, label_replace(up{job=\"x\"}, \"a\", \"b\", \"c\", \"d\"))",
    "sum(name,sps,:eq)",
    ":sum(name,sps,:eq)",
];

#[test]
fn people_read_what_is_wrong_and_what_to_do() {
    let mut text = String::new();
    for &program in MISTAKES {
        let error = parse(program, &ParseOptions::reference()).expect_err(program);
        writeln!(text, "{}", render_caret(&error, program)).unwrap();
    }
    expect_test::expect_file!["mistakes.txt"].assert_eq(&text);
}
