use super::*;

fn check(pairs: &[(&str, &str)]) -> String {
    let tags = Tags::from_pairs(pairs.iter().copied());
    match Rules::ATLAS.check(&tags) {
        Ok(()) => "fine".to_owned(),
        Err(violation) => violation.message(&tags),
    }
}

#[test]
fn each_rule_speaks_as_the_reference_does() {
    let long = "v".repeat(121);
    for (pairs, expected) in [
        (vec![("name", "cpu"), ("nf.app", "a"), ("id", "~^._-9Z")], "fine".to_owned()),
        (vec![("id", "x")], r#"missing key 'name' (tags={"id":"x"})"#.to_owned()),
        (
            vec![("a", "b"), ("name", "cc")],
            r#"key too short: [a] (1 < 2) (tags={"a":"b","name":"cc"})"#.to_owned(),
        ),
        (
            vec![("name", "c")],
            r#"value too short: name = [c] (1 < 2) (tags={"name":"c"})"#.to_owned(),
        ),
        (
            vec![("name", "cc"), ("kk", &long)],
            format!(
                r#"value too long: kk = [{long}] (121 > 120) (tags={{"kk":"{long}","name":"cc"}})"#
            ),
        ),
        (
            vec![("name", "cc"), ("kk", "a\u{1}\n")],
            "invalid characters in value: kk = [a\u{1}\n] ([--.0-9A-Z^_a-z~] are allowed) \
             (tags={\"kk\":\"a\\u0001\\n\",\"name\":\"cc\"})"
                .to_owned(),
        ),
        (
            vec![("name", "cc"), ("nf.country.foo", "x")],
            r#"invalid key for reserved prefix 'nf.': nf.country.foo (tags={"name":"cc","nf.country.foo":"x"})"#
                .to_owned(),
        ),
    ] {
        assert_eq!(check(&pairs), expected);
    }
}

#[test]
fn a_later_rule_is_silent_while_an_earlier_one_is_broken() {
    // Each step mends the rule that spoke; the next one in order must then speak.
    let mut pairs = vec![("k", "v"), ("zz", "a b"), ("nf.foo", "x"), ("vv", "")];
    let keys: Vec<String> = (0..20).map(|index| format!("k{index:02}")).collect();
    pairs.extend(keys.iter().map(|key| (key.as_str(), "v")));
    let expect = |pairs: &[(&str, &str)], start: &str| {
        let said = check(pairs);
        assert!(said.starts_with(start), "{said}");
    };
    expect(&pairs, "missing key 'name'");
    pairs.push(("name", "cpu"));
    expect(&pairs, "key too short: [k] (1 < 2)");
    pairs.remove(0);
    expect(&pairs, "value too short: vv = [] (0 < 1)");
    pairs.retain(|pair| pair.0 != "vv");
    expect(&pairs, "invalid characters in value: zz = [a b]");
    pairs.retain(|pair| pair.0 != "zz");
    expect(&pairs, "too many user tags: 21 > 20");
    pairs.retain(|pair| pair.0 != "k00");
    expect(&pairs, "invalid key for reserved prefix 'nf.': nf.foo");
    pairs.retain(|pair| pair.0 != "nf.foo");
    expect(&pairs, "fine");
}

#[test]
fn lengths_count_utf16_units() {
    let sixty = "😀".repeat(60);
    let more = "😀".repeat(61);
    assert!(check(&[("name", "cc"), ("kk", &sixty)]).starts_with("invalid characters"));
    assert!(check(&[("name", "cc"), ("kk", &more)]).contains("(122 > 120)"));
}
