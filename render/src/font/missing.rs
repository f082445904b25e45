//! What stands for a character that no font has: its code point in a box.

use super::{GlyphMask, Look};

/// Cells that a box takes.
pub(super) fn cells(mark: char) -> i32 {
    if u32::from(mark) <= 0xFFFF { 2 } else { 3 }
}

/// A box with the code point in two rows of hex digits, for characters the font lacks.
pub(super) fn draw(mark: char, look: Look) -> GlyphMask {
    let digits = format!("{:04X}", u32::from(mark));
    let per_row = digits.len().div_ceil(2);
    let dot = usize::try_from((look.size_16ths / 160).clamp(1, 8)).unwrap_or(1);
    let (width, height) = (per_row * 4 + 3, 15);
    let mut dots = vec![false; width * height];
    for x in 0..width - 1 {
        dots[x] = true;
        dots[(height - 1) * width + x] = true;
    }
    for y in 0..height {
        dots[y * width] = true;
        dots[y * width + width - 2] = true;
    }
    for (index, digit) in digits.bytes().enumerate() {
        let (left, top) = (2 + index % per_row * 4, 2 + index / per_row * 6);
        let pattern = TINY_DIGITS[usize::from(hex_value(digit))];
        for y in 0..5 {
            for x in 0..3 {
                if pattern >> (14 - y * 3 - x) & 1 == 1 {
                    dots[(top + y) * width + left + x] = true;
                }
            }
        }
    }
    let coverage = (0..height * dot)
        .flat_map(|y| (0..width * dot).map(move |x| (y / dot) * width + x / dot))
        .map(|index| if dots[index] { 255 } else { 0 })
        .collect();
    let count = |length: usize| i32::try_from(length).unwrap_or(0);
    GlyphMask {
        left: 0,
        top: count(12 * dot),
        width: count(width * dot),
        height: count(height * dot),
        coverage,
    }
}

fn hex_value(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        (digit - b'A' + 10) & 15
    }
}

/// Hex digits of 3 by 5 dots, top row in the highest bits.
const TINY_DIGITS: [u16; 16] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
    0b111_101_111_101_101,
    0b110_101_110_101_110,
    0b111_100_100_100_111,
    0b110_101_101_101_110,
    0b111_100_111_100_111,
    0b111_100_111_100_100,
];
