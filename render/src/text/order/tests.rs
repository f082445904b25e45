//! Laws of text of any script: it fits its cells, in every size and turn, and plain text stays plain.

use proptest::prelude::*;

use super::super::{TextSize, cells, shorten, truncate, wrap};
use super::*;
use crate::color::Color;
use crate::raster::paint;
use crate::scene::{Scene, Shape, Text, Turn};

/// Words of many scripts, and what is hard about them.
const WORDS: [&str; 34] = [
    "latency ",
    "p99",
    ", ",
    "(ms)",
    "服务器延迟",
    "リクエスト",
    "ｶﾅ",
    "응답",
    "\u{1112}\u{1161}\u{11ab}",
    "שלום",
    "ש\u{5c1}\u{5b8}",
    "مرحبا",
    "لا",
    "السلامعليكمورحمةاللهوبركاته",
    "م\u{64e}\u{651}",
    "เวลาที่",
    "กำ",
    "क्षि",
    "क\u{94d}क\u{94d}क\u{94d}क\u{94d}क\u{94d}",
    "👨\u{200d}👩\u{200d}👧",
    "👍🏽",
    "🇩🇪",
    "🇩",
    "1\u{fe0f}\u{20e3}",
    "❤\u{fe0f}",
    "e\u{301}",
    "\u{301}",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
    "Ǆ≠➜⚡◆",
    "\u{e000}\u{10ffff}\u{fffe}",
    "\u{202e}\u{2067}\u{202b}\u{2068}",
    "\u{2069}\u{202c}\u{200f}\u{61c}",
    "\u{200d}\u{200b}\u{feff}\u{fe0f}\u{ad}",
    "\u{e0067}\u{e007f}\u{2028}\r\n\t",
];

fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,6}",
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

fn any_size() -> impl Strategy<Value = TextSize> {
    prop::sample::select(vec![
        TextSize::Small,
        TextSize::Normal,
        TextSize::Error,
        TextSize::Large,
    ])
}

fn look(size: TextSize, zoom: u32, is_bold: bool) -> Look {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "10 to 14"
    )]
    let pixels = size.pixels() as u32;
    Look {
        size_16ths: pixels * zoom * 16,
        cell_16ths: size.cell_width().unsigned_abs() * zoom * 16,
        is_bold,
    }
}

fn drawn(text: &str, look: Look) -> Vec<(i32, GlyphMask)> {
    let mut found = Vec::new();
    draw(text, look, |cell, mask| found.push((cell, mask.clone())));
    found
}

/// First and last column with ink.
fn ink(mask: &GlyphMask) -> Option<(i32, i32)> {
    let width = usize::try_from(mask.width).unwrap().max(1);
    let inked = (mask.coverage.iter().enumerate())
        .filter(|(_, cover)| **cover > 0)
        .map(|(index, _)| mask.left + i32::try_from(index % width).unwrap());
    Some((inked.clone().min()?, inked.max()?))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_sign_lies_in_its_cells(
        text in any_text(), size in any_size(), zoom in 1..3_u32, is_bold in any::<bool>()
    ) {
        let drawn = drawn(&text, look(size, zoom, is_bold));
        let ends = drawn.iter().skip(1).map(|(at, _)| *at).chain([cells(&text)]);
        let cell = size.cell_width() * i32::try_from(zoom).unwrap();
        for ((at, mask), end) in drawn.iter().zip(ends) {
            if let Some((first, last)) = ink(mask) {
                prop_assert!(first >= -1 && last <= (end - at) * cell, "{text:?} at {at}: {first}..={last}");
            }
        }
    }

    #[test]
    fn text_of_the_primary_font_is_its_characters(text in "[ -~¡-ž΄-ώЀ-џ…─-╿]{0,20}") {
        prop_assume!(is_plain(&text));
        let signs: Vec<Sign<'_>> = pieces(&text).into_iter().map(|piece| piece.sign).collect();
        let plain: Vec<Sign<'_>> = text.chars().map(Sign::Plain).collect();
        prop_assert_eq!(signs, plain);
        let count = i32::try_from(text.chars().count()).unwrap();
        prop_assert_eq!(clusters(&text).map(|cluster| cluster.cells).sum::<i32>(), count);
        prop_assert_eq!(cells(&text), count);
    }

    #[test]
    fn parts_of_a_text_have_room_where_they_are_put(text in any_text(), room in 0..40_i32) {
        for size in [TextSize::Small, TextSize::Large] {
            let width = room * size.cell_width() + 8;
            prop_assert!(cells(&shorten(&text, room)) <= room);
            prop_assert!(cells(&truncate(&text, width, size)) <= room);
            // A single character may be wider than the room.
            let most = room.max(font::CLUSTER_CELLS_MAX);
            prop_assert!(wrap(&text, width, size).iter().all(|line| cells(line) <= most));
        }
    }

    #[test]
    fn ink_lies_in_the_cells_of_the_text_in_every_turn(
        text in any_text(), size in any_size(), is_bold in any::<bool>(),
    ) {
        for turn in [Turn::None, Turn::Up, Turn::Down] {
            let (along, ground) = (cells(&text) * size.cell_width(), 0xFFFF_FFFF);
            let side = u32::try_from(along + 40).unwrap();
            let pen = match turn {
                Turn::None => (20.0, 20.0),
                Turn::Up => (20.0, f64::from(20 + along)),
                Turn::Down => (20.0, 20.0),
            };
            let color = Color::from_argb(0xFF00_0000);
            let text = Text { pen, text: text.clone(), size, is_bold, color, turn };
            let pixels = paint(&Scene {
                size: if turn == Turn::None { (side, 40) } else { (40, side) },
                zoom: 1.0,
                background: Color::from_argb(ground),
                shapes: vec![Shape::Text(Box::new(text))],
                lines: Vec::new(),
            });
            let width = usize::try_from(pixels.width).unwrap();
            for (index, _) in pixels.colors().iter().enumerate().filter(|(_, color)| **color != 0xFF_FFFF) {
                let place = if turn == Turn::None { index % width } else { index / width };
                let place = i32::try_from(place).unwrap();
                prop_assert!((19..=20 + along).contains(&place), "{turn:?} {place} of {along}");
            }
        }
    }
}

/// What is seen from left to right; a joined word in angles.
fn seen(text: &str) -> String {
    let pieces = pieces(text);
    let shown = pieces.iter().map(|piece| match piece.sign {
        Sign::Plain(mark) => mark.to_string(),
        Sign::Missing(mark) => format!("[{:X}]", u32::from(mark)),
        Sign::Shaped(word) if clusters(word.text).count() > 1 => format!("<{}>", word.text),
        Sign::Shaped(word) if word.is_rtl && word.text == "(" => ")".to_owned(),
        Sign::Shaped(word) if word.is_rtl && word.text == ")" => "(".to_owned(),
        Sign::Shaped(word) => word.text.to_owned(),
    });
    shown.collect()
}

#[test]
fn what_reads_from_right_to_left_is_turned_around() {
    for (text, expected) in [
        ("a שלום b", "a םולש b"),
        ("שלום (עולם) x", "(םלוע) םולש x"),
        ("שלום 123 ms", "123 םולש ms"),
        ("متوسط زمن", "<زمن> <متوسط>"),
        // What is overridden is not followed but shown.
        ("\u{202e}evil", "[202E]evil"),
        // What is not closed ends with the text.
        ("a\u{2067}b", "ab"),
    ] {
        assert_eq!(seen(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_one_character_is_drawn_as_one() {
    for (text, expected) in [
        ("👨\u{200d}👩\u{200d}👧\u{200d}👦", 2),
        ("👍🏽", 2),
        ("🇩🇪", 2),
        ("1\u{fe0f}\u{20e3}", 2),
        ("漢", 2),
        ("한", 2),
        ("\u{1112}\u{1161}\u{11ab}", 2),
        ("ｶ", 1),
        ("x\u{304}", 1),
        ("\u{301}", 1),
        ("ش", 1),
    ] {
        assert_eq!(cells(text), expected, "{text}");
        let drawn = drawn(text, look(TextSize::Normal, 1, false));
        assert_eq!(drawn.len(), 1, "{text}");
        assert!(ink(&drawn[0].1).is_some(), "{text}");
    }
    assert_eq!(cells("\u{200d}\u{fe0f}\u{200b}\u{2066}"), 0);
}

#[test]
fn letters_join_and_accents_sit_on_theirs() {
    let look = look(TextSize::Normal, 1, false);
    let columns = |text: &str| -> i32 {
        let drawn = drawn(text, look);
        drawn
            .iter()
            .map(|(_, mask)| i32::from(mask.coverage.iter().any(|&cover| cover > 0)))
            .sum()
    };
    assert_eq!((columns("سلام"), columns("س ل ا م")), (1, 4));
    assert_eq!(
        drawn("e\u{301}", look)[0].1.coverage,
        drawn("é", look)[0].1.coverage
    );
    // What is too wide for its cell is made narrower, not cut off.
    let (first, last) = ink(&drawn("\u{fdfa}", look)[0].1).unwrap();
    assert!(first >= -1 && last < 7, "{first}..={last}");
    // A long word is cut, and its letters join across the cut.
    let word = "ب".repeat(30);
    let parts = pieces(&word);
    let joins: Vec<_> = parts
        .iter()
        .map(|part| match part.sign {
            Sign::Shaped(part) => (part.cells, part.joins),
            Sign::Plain(_) | Sign::Missing(_) => (0, (None, None)),
        })
        .collect();
    assert_eq!(joins, [(6, (Some('ب'), None)), (24, (None, Some('ب')))]);
}

#[test]
fn ten_thousand_hard_characters_are_no_trouble() {
    let attacks = [
        "\u{301}",
        "a\u{301}",
        "\u{202e}",
        "\u{2067}",
        "\u{2069}",
        "\u{202b}",
        "\u{200d}",
        "\u{fe0f}",
        "🇩",
        "👨\u{200d}",
        "क\u{94d}",
        "ب",
        "\u{600}",
        "\u{1100}",
        "\u{e0067}",
        "\u{e000}",
        "(ש",
        "漢",
    ];
    for attack in attacks {
        let text = attack.repeat(10_000);
        assert!(cells(&text) >= 0);
        assert!(cells(&shorten(&text, 40)) <= 40);
        assert!(cells(&truncate(&text, 300, TextSize::Normal)) <= 40);
        assert!(!wrap(&text, 300, TextSize::Normal).is_empty());
        drawn(&text, look(TextSize::Normal, 1, false));
    }
}
