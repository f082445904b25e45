//! Patterns against values, and patterns that are refused.

use std::sync::Arc;

use proptest::prelude::*;
use telamon_model::SlowPattern;

use super::*;

fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let compiled = compile(&pattern.into(), false, PatternLimits::STANDARD).unwrap();
    for value in matching {
        assert_eq!(compiled.is_match(value), Ok(true), "{pattern} on {value}");
        assert!(value.starts_with(compiled.matcher.prefix()), "{pattern}");
    }
    for value in others {
        assert_eq!(compiled.is_match(value), Ok(false), "{pattern} on {value}");
    }
}

fn refusal(pattern: &str) -> String {
    let error = compile(&pattern.into(), false, PatternLimits::STANDARD).unwrap_err();
    format!("{}: {}", error.class.name(), error.text)
}

#[test]
fn anchored_at_the_start_only() {
    check("foo", &["foo", "foobar"], &["barfoo", "fo"]);
    check("foo$", &["foo"], &["foobar"]);
    check(".*foo", &["foo", "barfoobar"], &["fo"]);
    check("(a|b)", &["a", "bc"], &["ca"]);
    check("a|b", &["ax", "xb"], &["xa"]);
    check("^b", &["b"], &["ab"]);
    check("", &["", "x"], &[]);
}

#[test]
fn a_modifier_at_the_start_loosens_the_anchor() {
    check("*a", &["a", "ba"], &["b"]);
    check("?a", &["a", "ba"], &["b"]);
    check("+a", &["a"], &["ba"]);
}

#[test]
fn classes_know_ascii_only() {
    check("[^a]", &["b"], &["a", "é"]);
    check("[b-a]", &["a", "b"], &["c"]);
    check("[a-c&&[^b]]", &["a", "c"], &["b"]);
    check("[a[0-3]]", &["a", "2"], &["4"]);
    check("[]a]", &["]", "a"], &["b"]);
    check("[a\\-c]", &["-", "a", "c"], &["b"]);
    check("\\p{Upper}\\P{Digit}", &["Ab"], &["A1", "ab"]);
    check("\\d+\\s\\w", &["12 _"], &["12  ", "a 1"]);
    check(".", &["\n", "é"], &[""]);
}

#[test]
fn escapes_are_expanded_before_the_rest() {
    check("a\\x2eb", &["axb", "a.b"], &["ab"]);
    check("a\\.b", &["a.b"], &["axb"]);
    check("\\u00e9", &["é"], &["e"]);
    check("\\ud83d\\ude00", &["😀"], &["x"]);
    check("\\Qa.b\\E", &["a.b"], &["axb"]);
    check("\\bx", &["bx"], &["x"]);
    check("\\07", &["\u{7}"], &["7"]);
}

#[test]
fn braces_that_cannot_give_back_make_no_difference() {
    check("a{2}b", &["aab"], &["ab", "aaab"]);
    check("a{2,}b", &["aab"], &["aaab"]);
    check("a{1,2}b", &["ab", "aab"], &["b"]);
    check("([0-9]+\\.){3}[0-9]+$", &["1.2.3.4"], &["1.2.3"]);
    check("(foo|bar){2}$", &["foobar"], &["foo"]);
    check("a.*+", &["ab"], &["b"]);
    check("a.*+b", &[], &["ab"]);
    check("a++b", &["aab"], &["b"]);
}

#[test]
fn conditions_on_what_follows() {
    check("a(?=b)", &["ab", "abc"], &["a", "ac"]);
    check("a(?!b)", &["a", "ac"], &["ab"]);
    check("(?!x)", &["", "ax"], &["x"]);
    check("a(?=.*z)b", &["abz"], &["ab", "az"]);
    check("(?=.*a)(?=.*b)[abc]+$", &["acb", "bca"], &["a", "abz"]);
    check("(?!.*(?=ab))", &["ba", ""], &["ab", "xab"]);
    check("a|(?=c)", &["ab", "xc"], &["b"]);
}

#[test]
fn what_is_taken_is_kept() {
    check("a{1,2}ab", &["aaab"], &["aab", "ab"]);
    check("[a-c]*+b", &[], &["abcb", "b"]);
    check("(a|ab){2}c", &["aac"], &["abac", "aabc"]);
    check("(a?){0,3}b", &["b", "aab"], &["c"]);
}

#[test]
fn large_patterns_are_refused() {
    assert_eq!(
        refusal("(?=((a{9}b){9}c){99})"),
        "IllegalArgumentException: pattern is too large: more than 2000 operations"
    );
}

#[test]
fn a_pattern_that_backtracks_much_ends_soon() {
    let compiled = compile(
        &"(a*)*(?=(a*)*$)(a|aa)*b".into(),
        false,
        PatternLimits::STANDARD,
    )
    .unwrap();
    assert_eq!(compiled.is_match(&"a".repeat(120)), Ok(false));
}

/// Patterns whose work grows with the square of the value, or worse: each says that it was given up,
/// from some length on and for all longer values.
#[test]
fn a_search_that_takes_too_many_steps_is_given_up() {
    for pattern in [
        "(a*)*b(?=c)",
        "(a*)*(?=(a*)*$)(a|aa)*b",
        "(a|aa)+(?!(a|aa)+b)c",
        "((a*)*+)*b",
        "(?=(a|a?)*+$)((?=a*$)a)*b",
    ] {
        let pattern: Arc<str> = pattern.into();
        let with_steps = |match_steps| {
            let limits = PatternLimits {
                match_steps,
                ..PatternLimits::STANDARD
            };
            compile(&pattern, false, limits).unwrap()
        };
        let (few, many) = (with_steps(2_000), with_steps(usize::MAX));
        let slow = SlowPattern {
            pattern: Arc::clone(&pattern),
            steps_max: 2_000,
        };
        let mut is_given_up = false;
        for length in 0..300 {
            let value = "a".repeat(length);
            let found = few.is_match(&value);
            if is_given_up || found.is_err() {
                is_given_up = true;
                assert_eq!(found, Err(slow.clone()), "{pattern} on {length}");
            } else {
                assert_eq!(found, many.is_match(&value), "{pattern} on {length}");
            }
        }
        assert!(is_given_up, "{pattern}");
    }
}

/// A pattern of all the operations there may be, on a value of usual length.
#[test]
fn a_value_takes_no_more_than_the_steps_there_are() {
    let evil = format!("({}a)*c", "(?=(a*)*$)".repeat(200));
    let compiled = compile(&evil.as_str().into(), false, PatternLimits::STANDARD).unwrap();
    let found = compiled.is_match(&"a".repeat(120));
    assert_eq!(
        found.unwrap_err().to_string(),
        format!("the pattern [{evil}] takes more than 1000000 steps to match a value")
    );
}

#[test]
fn refusals_of_the_reference() {
    for (pattern, text) in [
        (
            "(?i)x",
            "IllegalArgumentException: unsupported: inline flags\n^.*(^(?i)x).*$\n        ^",
        ),
        (
            "a\\1",
            "IllegalArgumentException: unsupported: back references\n^.*(^a\\1).*$\n       ^",
        ),
        (
            "x[",
            "IllegalArgumentException: unclosed character class\n^.*(^x[).*$\n           ^",
        ),
        (
            "\\p{L}",
            "IllegalArgumentException: unknown character property name: L\n^.*(^\\p{L}).*$\n          ^",
        ),
        ("a**", "IllegalArgumentException: unknown quantifier: **"),
        ("a{x}", "NumberFormatException: For input string: \"x\""),
        ("a{", "NumberFormatException: For input string: \").*\""),
    ] {
        assert_eq!(refusal(pattern), text, "{pattern}");
    }
    for pattern in [
        "(*a)", "a|*b", "a{2,1}", "a{,3}", "a)b", "(a", "\\cA", "\\h", "[é]", "\\xzz", "(?>a)",
        "(?<=a)",
    ] {
        assert!(
            compile(&pattern.into(), false, PatternLimits::STANDARD).is_err(),
            "{pattern}"
        );
    }
}

#[test]
fn case_is_ignored_on_demand() {
    let check = |pattern: &str, value: &str| {
        let compiled = compile(&Arc::from(pattern), true, PatternLimits::STANDARD).unwrap();
        compiled.is_match(value).unwrap()
    };
    assert!(check("fOo", "FoO"));
    assert!(check("É", "é"));
    assert!(check("[a-c]+$", "AbC"));
    assert!(check("[^a]", "A"), "a negated class has the other case");
}

#[test]
fn plain_forms() {
    for (pattern, form) in [
        ("foo", Some(Plain::Prefix("foo".into()))),
        ("foo.*", Some(Plain::Prefix("foo".into()))),
        (".*foo", Some(Plain::Contains("foo".into()))),
        (".*a\\.b.*", Some(Plain::Contains("a.b".into()))),
        (".*", Some(Plain::Anything)),
        ("foo$", None),
        ("a|b", None),
        ("f.o", None),
    ] {
        assert_eq!(plain(pattern), form, "{pattern}");
    }
}

proptest! {
    #[test]
    fn both_engines_agree(pattern in "[ab.*+?|()$]{0,8}", value in "[abA]{0,6}", any_case: bool) {
        if let Ok(tree) = parse::parse(&pattern)
            && let Ok(Some(regex)) = translate::build(&tree, any_case, 1 << 20)
        {
            let backtracker = backtrack::build(&tree, any_case, String::new(), PatternLimits::STANDARD).unwrap();
            prop_assert_eq!(backtracker.is_match(&value), Ok(regex.is_match(&value)));
        }
    }

    #[test]
    fn any_text_compiles_or_is_refused(pattern in "([a-c(){}\\[\\]?*+|^$.\\\\&0-9,-]|\\PC){0,12}") {
        for ignore_case in [false, true] {
            if let Ok(compiled) = compile(&Arc::from(pattern.as_str()), ignore_case, PatternLimits::STANDARD) {
                prop_assert!(compiled.is_match("abc").is_ok());
            }
        }
    }

    #[test]
    fn a_prefix_is_no_lie(pattern in "[ab.*|()]{0,6}", value in "[ab.]{0,6}") {
        if let Ok(compiled) = compile(&Arc::from(pattern.as_str()), false, PatternLimits::STANDARD)
            && compiled.is_match(&value) == Ok(true)
        {
            prop_assert!(value.starts_with(compiled.matcher.prefix()));
        }
    }
}
