use super::*;
use proptest::prelude::*;

fn check(packet: &str, expected: &[&str]) {
    let said: Vec<String> = lines(packet.as_bytes())
        .map(|line| match line {
            Ok(line) => format!("{:?} {:?} {:?}", line.kind, line.tags(), line.value),
            Err(reject) => format!("{}@{}", reject.reason.name(), reject.offset),
        })
        .collect();
    assert_eq!(said, expected, "{packet}");
}

#[test]
fn a_bad_line_never_costs_its_neighbours() {
    check(
        "c:n:1\nbad line\n\nS:n:dXNlci0x\nc:n:2\r",
        &[
            "Counter {name=n} Double(1.0)",
            "missing_separator@6",
            "unknown_type@16",
            "Counter {name=n} Double(2.0)",
        ],
    );
}

#[test]
fn tags_in_any_order_and_shape() {
    check(
        "c:n,b=2,a=1,b=3:1",
        &["Counter {a=1,b=3,name=n} Double(1.0)"],
    );
    check(
        "c:é x,a/=b=c:1",
        &["Counter {a_=b_c,name=___x} Double(1.0)"],
    );
    check("c:n,name=x:1", &["Counter {name=n} Double(1.0)"]);
    check("c:n,a:1,b=2:3", &["Counter {a_1_b=2,name=n} Double(3.0)"]);
    check("c:n,x5:1", &["Counter {name=n} Double(5.0)"]);
    check("c:n,a=b,:1", &["Counter {a=b,name=n} Double(1.0)"]);
    check("c:n,a=b", &["missing_tag_end@0"]);
    check("c::1", &["missing_name@0"]);
    check("c:n,5:1", &["invalid_number@0"]);
}

#[test]
fn the_integer_after_the_type() {
    let extra = |packet: &str| {
        lines(packet.as_bytes())
            .next()
            .unwrap()
            .map(|line| line.extra)
    };
    assert_eq!(extra("g,+9:n:1"), Ok(Some(9)));
    assert_eq!(extra("g:n:1"), Ok(None));
    assert_eq!(extra("X,1543160297100:n:1"), Ok(Some(1_543_160_297_100)));
    assert_eq!(extra("c,-1:n:1"), Ok(None));
    check("g,0:n:1", &["invalid_ttl@0"]);
    check("g,5s:n:1", &["missing_separator@0"]);
    check("X,-5:n:1", &["invalid_timestamp@0"]);
}

#[test]
fn a_nul_ends_the_packet() {
    check("c:n:1\0\nc:n:2", &["Counter {name=n} Double(1.0)"]);
}

proptest! {
    /// Whatever arrives: no panic, every byte of every line accounted for, and lines that join by LF
    /// read as they do alone.
    #[test]
    fn lines_are_read_alone(parts in prop::collection::vec("[cgTUX,:=a1. \u{e9}-]{0,12}", 0..8)) {
        let joined = parts.join("\n");
        let together: Vec<_> = lines(joined.as_bytes())
            .map(|line| line.map_err(|reject| reject.reason))
            .collect();
        let alone: Vec<_> = parts
            .iter()
            .flat_map(|part| lines(part.as_bytes()))
            .map(|line| line.map_err(|reject| reject.reason))
            .collect();
        prop_assert_eq!(format!("{together:?}"), format!("{alone:?}"));
        for line in together.into_iter().flatten() {
            let tags = line.tags();
            let mut bytes = tags.iter().flat_map(|(key, value)| key.bytes().chain(value.bytes()));
            prop_assert!(bytes.all(is_permitted));
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(packet: Vec<u8>) {
        for line in lines(&packet) {
            drop(line.map(|line| line.tags()));
        }
    }
}
