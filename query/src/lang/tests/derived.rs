//! What is made of programs: traces, normal forms, programs with something taken out, completion.

use super::super::*;
use crate::words;

#[test]
fn a_trace_shows_data_alone_without_its_own_offset() {
    let last = |program: &str| {
        let steps = trace(program, &ParseOptions::reference()).unwrap();
        steps.last().unwrap().stack.join(" | ")
    };
    assert_eq!(last("a,b,:eq,1h,:offset"), "a,b,:eq,:sum");
    assert_eq!(
        last("a,b,:eq,(,c,),:by,1w,:offset"),
        "a,b,:eq,:sum,1w,:offset,(,c,),:by"
    );
    assert_eq!(
        last("a,b,:eq,1h,:offset,:abs"),
        "a,b,:eq,:sum,1h,:offset,:abs"
    );
}

/// Programs of a test below: what is asked, and what comes back, joined by ` | `.
fn check_texts(found: Result<Vec<String>, LangError>, program: &str, expected: &str) {
    let found = match found {
        Ok(texts) => texts.join(" | "),
        Err(error) => error.message(),
    };
    assert_eq!(found, expected, "{program}");
}

#[test]
fn normal_forms() {
    for (program, expected) in [
        ("foo,1,2,:list", ""),
        ("1,name,sps,:eq,:line", "1.0 | name,sps,:eq,:sum"),
        (
            "nf.app,www,:eq,name,cpu,:eq,:and,:avg,$nf.app/$x,:legend",
            "name,cpu,:eq,nf.app,www,:eq,:and,:avg,$(nf.app)/$(x),:legend",
        ),
        (
            "b,2,:eq,a,1,:eq,:or,:avg,1h,:offset,(,c,),:by",
            "a,1,:eq,b,2,:eq,:or,:avg,1h,:offset,(,c,),:by",
        ),
        ("a,b,:eq,5,:add", "a,b,:eq,:sum,5.0,:add"),
        (
            "a,b,:eq,(,c,),:by,:dup,last,:stat,:over,foo,:stat,:gt,:filter",
            "a,b,:eq,:sum,(,c,),:by,:stat-last,a,b,:eq,:sum,(,c,),:by,foo,:stat,:gt,:filter",
        ),
        (":foo", "IllegalStateException: unknown word ':foo'"),
        (
            "a,b,:eq,:dup,2,:mul,twice,:named-rewrite",
            "IllegalStateException: unknown word ':twice'",
        ),
    ] {
        let found = normalize(program, &ParseOptions::reference());
        check_texts(found, program, expected);
    }
}

#[test]
fn stripped_programs() {
    let strip_of = |keys: &[&str], style| Strip {
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        filter: keys.is_empty(),
        style,
    };
    for (program, what, expected) in [
        (
            "name,a,:eq,b,2,:eq,:and,f00,:color",
            strip_of(&["b"], false),
            "name,a,:eq,:sum,ffff0000,:color",
        ),
        (
            "name,a,:eq,b,2,:eq,:not,:and,f00,:color",
            strip_of(&["b"], true),
            "name,a,:eq,:sum",
        ),
        (
            "name,a,:eq,b,2,:eq,:or,name,:has",
            strip_of(&["b"], false),
            "name,:has,:sum | :true,:sum",
        ),
        (
            "name,a,:eq,b,2,:eq,:and,:avg,(,b,),:by",
            strip_of(&["b"], false),
            "name,a,:eq,:avg,(,b,),:by",
        ),
        (
            "name,a,:eq,(,b,),:by,:stat-max,5,:gt,:filter,max,2,:topk,:avg,x,:legend",
            strip_of(&[], false),
            "name,a,:eq,:sum,(,b,),:by,:avg,x,:legend",
        ),
        (
            "name,a,:eq,(,b,),:by,max,:stat,1,:add",
            strip_of(&[], false),
            "name,a,:eq,:sum,(,b,),:by,1.0,:const,:add",
        ),
    ] {
        let found = strip(program, &ParseOptions::reference(), &what);
        check_texts(found, program, expected);
    }
}

#[test]
fn lists_of_offsets_are_spelled_out() {
    for (program, expected) in [
        ("a,b,:eq,(,),:offset", "a,b,:eq,:sum,(,),:offset"),
        ("a,b,:eq,(,0h,),:offset", "a,b,:eq,:sum"),
        (
            "a,b,:eq,x,:legend,(,24h,),:offset",
            "a,b,:eq,:sum,x,:legend,1d,:offset",
        ),
        (
            "1,a,b,:eq,(,0h,1w,),:offset",
            "Query0,a,b,:eq,:sum,:set,Query0,:get,Query0,:get,1w,:offset | 1.0,:const",
        ),
        (
            "a,b,:eq,(,x,),:offset",
            "IllegalArgumentException: invalid period x",
        ),
    ] {
        let found = spell_out_offsets(program, &ParseOptions::reference());
        check_texts(found, program, expected);
    }
}

#[test]
fn spelled_out_offsets_draw_the_same() {
    let options = ParseOptions::reference();
    let program = "name,a,:eq,(,0h,1d,1w,),:offset,x,:legend,name,b,:eq,(,2h,3h,),:offset";
    let mut spelled = spell_out_offsets(program, &options).unwrap();
    spelled.reverse();
    assert_eq!(
        parse(&spelled.join(","), &options).unwrap(),
        parse(program, &options).unwrap()
    );
}

#[test]
fn every_completion_runs() {
    for program in [
        "",
        "a",
        "a,b,:eq",
        "a,b,:eq,(,c,)",
        "a,b,:eq,5",
        "a,:freeze,b",
    ] {
        for vocabulary in Vocabulary::ALL {
            let options = ParseOptions {
                vocabulary,
                ..ParseOptions::reference()
            };
            for word in complete(program, &options, vocabulary).unwrap_or_default() {
                let longer = format!("{program},:{}", word.name);
                assert!(run(&longer, &options).is_ok(), "{longer}");
                assert!(word.vocabulary <= vocabulary, "{longer}");
            }
        }
    }
    let names = |program: &str| -> Vec<&str> {
        let words = complete(program, &ParseOptions::telamon(), Vocabulary::Custom).unwrap();
        words.iter().map(|word| word.name).collect()
    };
    assert_eq!(names(""), ["pi"]);
    assert_eq!(names("name,:has,(,a,)")[..2], ["by", "by"]);
    // Each meaning of :filter has its own inputs.
    for program in ["a,b,:eq,5", "a,b,:eq,x,:legend,5"] {
        let filters = names(program).into_iter().filter(|name| *name == "filter");
        assert_eq!(filters.count(), 1, "{program}");
    }
    // Nothing inside an average can be grouped by what :approx-distinct needs.
    assert!(names("a,b,:eq").contains(&"approx-distinct"));
    assert!(!names("a,b,:eq,:avg").contains(&"approx-distinct"));
    // Frozen values are out of reach.
    assert_eq!(names("name,sps,:freeze"), ["pi"]);
}

#[test]
fn the_normal_form_of_every_example_is_its_own() {
    let options = ParseOptions::telamon();
    let examples = words::all().flat_map(|word| word.examples);
    for example in examples {
        let normal = normalize(example, &options).unwrap();
        let again = normalize(&normal.join(","), &options).unwrap();
        assert_eq!(again, normal, "{example}");
        let left = parse(example, &options).map_or(0, |exprs| exprs.len());
        assert!(normal.len() >= left.min(1), "{example}");
    }
}

#[test]
fn stripping_nothing_changes_nothing() {
    let options = ParseOptions::telamon();
    for example in words::all().flat_map(|word| word.examples) {
        let values = run(example, &options).unwrap();
        let mut printed: Vec<String> = styled_of(&values).map(|expr| expr.to_string()).collect();
        printed.reverse();
        let stripped = strip(example, &options, &Strip::default());
        assert_eq!(stripped.unwrap_or(printed.clone()), printed, "{example}");
    }
}
