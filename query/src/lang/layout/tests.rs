//! Laws of layout: it never changes what a program means, and changes nothing twice.

use proptest::prelude::*;

use super::*;
use crate::lang::tests::soup;
use crate::lang::{self, ParseOptions};

/// What a program comes to, as text: lists keep strings as they were written.
fn meaning(text: &str) -> Option<Vec<String>> {
    let options = ParseOptions {
        unstable: true,
        ..ParseOptions::reference()
    };
    let values = lang::run(text, &options).ok()?;
    let texts = values
        .iter()
        .map(|value| escape::decode(&value.to_string()).into_owned());
    Some(texts.collect())
}

fn sorted_comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = comments(text)
        .unwrap()
        .into_iter()
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

#[track_caller]
fn holds(program: &str) {
    let Ok(laid_out) = layout(program) else {
        return assert!(one_line(program).is_err(), "{program:?}");
    };
    assert_eq!(
        meaning(&laid_out),
        meaning(program),
        "{program:?} became {laid_out:?}"
    );
    assert_eq!(
        layout(&laid_out).unwrap(),
        laid_out,
        "laid out again, of {program:?}"
    );
    assert_eq!(
        sorted_comments(&laid_out),
        sorted_comments(program),
        "{program:?}"
    );
    let line = one_line(program).unwrap();
    assert_eq!(
        meaning(&line),
        meaning(program),
        "{program:?} became {line:?}"
    );
    assert!(!line.contains(['\n', ' ', '#', '&', '+', '%']), "{line:?}");
    assert_eq!(one_line(&laid_out).unwrap(), line, "of {program:?}");
}

#[track_caller]
fn check(program: &str, expected: &str) {
    assert_eq!(layout(program).unwrap(), expected);
    holds(program);
}

#[test]
fn a_short_program_stays_on_a_line() {
    check(" name , sps\n,:eq,, (,a,),:by ", "name,sps,:eq,(,a,),:by");
    check("", "");
}

#[test]
fn a_long_program_has_an_operator_on_each_line() {
    check(
        "name,requestsPerSecond,:eq,nf.app,nccp,:eq,:and,nf.stack,int,:eq,:not,:and,:sum,(,nf.cluster,),:by,2,:mul,$nf.cluster,:legend",
        "name,requestsPerSecond,:eq,\nnf.app,nccp,:eq,:and,\nnf.stack,int,:eq,:not,:and,\n:sum,\n\
         (,nf.cluster,),:by,\n2,:mul,\n$nf.cluster,:legend",
    );
}

#[test]
fn a_long_list_goes_on_in_the_next_line() {
    let values: Vec<String> = (0..12).map(|n| format!("value-{n}")).collect();
    check(
        &format!("name,(,{},),:in,:sum", values.join(",")),
        "name,(,value-0,value-1,value-2,value-3,value-4,value-5,value-6,value-7,value-8,\n  \
         value-9,value-10,value-11,),:in,\n:sum",
    );
}

#[test]
fn comments_stay_with_their_tokens() {
    check(
        "/* requests */ name,sps,:eq, /* all of them */\n/* per\nnode */\n(,node,),:by/* end */\n/* done */",
        "/* requests */\nname,sps,:eq, /* all of them */\n/* per\nnode */\n(,node,),:by /* end */\n\
         /* done */",
    );
    check("na/* in a token */me,a,:eq", "name,a,:eq /* in a token */");
    check("/* alone */", "/* alone */");
    check("1,\n/* a */ /* b */\n2,:add", "/* a */\n/* b */\n1,2,:add");
    check("1,/* a *//* b */\n\n/* c */", "1 /* a */ /* b */\n/* c */");
}

#[test]
fn a_comment_that_kept_a_delimiter_apart_leaves_none() {
    check("1,a//* x */*b", "1,a\\u002f*b /* x */");
}

#[test]
fn one_line_can_stand_in_a_url() {
    assert_eq!(
        one_line("name, a+b.* ,:re,/* no */\n:sum,100% of &,:legend").unwrap(),
        "name,a\\u002bb.*,:re,:sum,100\\u0025\\u0020of\\u0020\\u0026,:legend"
    );
}

#[test]
fn examples_of_every_word_keep_their_meaning() {
    for word in words::all() {
        for example in word.examples {
            holds(example);
            // Long enough to be broken, and in pieces.
            let long = example.replace(',', " ,\n ");
            holds(&format!("{long},{},:pop", "x".repeat(80)).replace(":pop", ":drop"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_program_keeps_its_meaning(program in soup()) {
        holds(&program);
    }

    #[test]
    fn any_spacing_and_comments_keep_the_meaning(
        program in soup(),
        gaps in proptest::collection::vec("[ \n]{0,2}(/\\*[ a,:\n]{0,4}\\*/)?[ \n]{0,2}", 0..60),
    ) {
        let mut spaced = String::new();
        let mut gaps = gaps.iter();
        for token in program.split(',') {
            let mut gap = || gaps.next().map_or("", String::as_str);
            spaced.push_str(gap());
            spaced.push_str(token);
            spaced.push_str(gap());
            spaced.push(',');
        }
        holds(&spaced);
    }
}
