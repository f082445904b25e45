//! Every limit of a program, at it and one beyond it. Those of evaluations are in `exec::tests`.

use std::collections::BTreeSet;

use super::*;
use crate::label::{edits_of, legend};
use crate::lang::{self, LangError, Limits, ParseOptions};

#[test]
fn names_are_unique_and_keys() {
    let names: BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.name()).collect();
    assert_eq!(names.len(), Limit::ALL.len());
    for name in names {
        assert!(name.ends_with("_max"), "{name}");
        let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(name.bytes().all(is_key), "{name}");
    }
}

/// What a program exceeds when a limit is set.
fn exceeded(program: &str, set: impl Fn(&mut Limits)) -> Option<Exceeded> {
    let mut options = ParseOptions::reference();
    set(&mut options.limits);
    let error = lang::run(program, &options).err()?;
    assert!(error.help.hint.is_some(), "{error}");
    error.help.limit
}

/// A program that uses an amount is run at a limit of that amount, and refused at one less.
#[track_caller]
fn check(limit: Limit, amount: usize, program: &str, set: fn(&mut Limits, usize)) {
    assert_eq!(exceeded(program, |limits| set(limits, amount)), None);
    let max = amount - 1;
    let expected = Exceeded {
        limit,
        max: u64::try_from(max).unwrap(),
    };
    assert_eq!(exceeded(program, |limits| set(limits, max)), Some(expected));
}

#[test]
fn programs_are_refused_one_beyond_each_limit() {
    check(Limit::Text, 12, "name,cpu,:eq", |limits, max| {
        limits.text_bytes = max;
    });
    check(Limit::StackItems, 3, "a,b,:drop,c,:over", |limits, max| {
        limits.stack_items = max;
    });
    check(Limit::ListItems, 4, "(,a,(,b,),)", |limits, max| {
        limits.list_items = max;
    });
    check(
        Limit::CallDepth,
        3,
        "(,(,a,),:call,),:call",
        |limits, max| {
            limits.call_depth = max;
        },
    );
    // Four tokens, two of a macro, and the end of both programs.
    check(Limit::Steps, 8, "a,b,c,:2over", |limits, max| {
        limits.steps = max;
    });
    // Its data, the query of that, the number and the sum itself.
    let sum = "name,cpu,:eq,:sum,1,:add";
    check(Limit::ExprParts, 4, sum, |limits, max| {
        limits.expr_nodes = max
    });
    check(Limit::ExprDepth, 2, sum, |limits, max| {
        limits.expr_depth = max
    });
}

#[test]
fn texts_and_lists_that_words_make_are_programs_too() {
    check(Limit::Text, 99, "%99d,(,1,),:format", |limits, max| {
        limits.text_bytes = max;
    });
    let text = "%s%s,(,abcdefghijkl,mnopqrstuvwx,),:format";
    assert_eq!(
        exceeded(text, |limits| limits.text_bytes = text.len()),
        None
    );
    let doubling = |times: usize| {
        let twice = ":dup,:dup,2,:nlist,%s%s,:swap,:format,";
        "abcdefgh,".to_owned() + &twice.repeat(times)
    };
    let found = exceeded(&doubling(30), |_limits| {}).map(|exceeded| exceeded.limit);
    assert_eq!(found, Some(Limit::Text));
    // Without a limit the text of this would have more bytes than there is memory.
    let nested = "a,".to_owned() + &":dup,2,:nlist,".repeat(60) + ":unknown";
    let found = exceeded(&nested, |_limits| {}).map(|exceeded| exceeded.limit);
    assert_eq!(found, Some(Limit::ExprParts));
    let called =
        "a,(,b,),:nip,".to_owned() + &"\\u0028,:over,:dup,\\u0029,4,:nlist,:call,".repeat(60);
    let found = exceeded(&called, |_limits| {}).map(|exceeded| exceeded.limit);
    assert_eq!(found, Some(Limit::ExprParts));
    let edits = "1,".to_owned() + &"a,b,:s,".repeat(20);
    let found = exceeded(&edits, |limits| limits.text_bytes = edits.len());
    assert_eq!(found, None);
}

type Tell = fn(&str, &ParseOptions) -> Result<(), LangError>;

#[test]
fn what_is_told_of_a_program_is_bounded() {
    let options = |max| {
        let mut options = ParseOptions::reference();
        options.limits.listing_bytes = max;
        options
    };
    let program = "name,cpu,:eq,:sum";
    let told: [(&str, Tell, usize); 4] = [
        (
            "normalize",
            |text, options| lang::normalize(text, options).map(drop),
            17,
        ),
        (
            "rewrite",
            |text, options| lang::spell_out_offsets(text, options).map(drop),
            17,
        ),
        (
            "queries",
            |text, options| lang::queries(text, options).map(drop),
            12,
        ),
        // The tokens before each of four steps, and the stack before each and at the end.
        (
            "trace",
            |text, options| lang::trace(text, options).map(drop),
            35 + 40,
        ),
    ];
    for (name, tell, bytes) in told {
        assert_eq!(tell(program, &options(bytes)), Ok(()), "{name}");
        let error = tell(program, &options(bytes - 1)).unwrap_err();
        let limit = error.help.limit.map(|exceeded| exceeded.limit);
        assert_eq!(limit, Some(Limit::Listing), "{name}");
    }
}

/// The smallest limit that a program passes; one less, and it is refused for that limit.
#[track_caller]
fn check_least(limit: Limit, program: &str, set: fn(&mut Limits, usize)) {
    let passes = |max: usize| exceeded(program, |limits| set(limits, max)).is_none();
    let (mut below, mut least) = (0, 1 << 20);
    while least - below > 1 {
        let middle = usize::midpoint(below, least);
        *if passes(middle) {
            &mut least
        } else {
            &mut below
        } = middle;
    }
    check(limit, least, program, set);
}

#[test]
fn patterns_are_refused_one_beyond_each_limit() {
    check_least(Limit::Pattern, "a,b([0-9]{9}-){9}c,:re", |limits, max| {
        limits.pattern.automaton_bytes = max;
    });
    check_least(Limit::PatternSteps, "a,b(?!c)d{30},:re", |limits, max| {
        limits.pattern.steps = max;
    });
}

#[test]
fn edits_of_legends_are_refused_one_beyond_their_limit() {
    let exprs = lang::parse("1,a,$0$0,:s", &ParseOptions::reference()).unwrap();
    let edit = |max| {
        let edits = edits_of(&exprs[0], max).unwrap();
        legend(&exprs[0], &edits, "aaaa", &|_name| None)
    };
    let doubled = edit(8).unwrap();
    assert_eq!(doubled, "aaaaaaaa");
    let expected = Exceeded {
        limit: Limit::EditSteps,
        max: 7,
    };
    assert_eq!(edit(7).unwrap_err().limit(), Some(expected));
}
