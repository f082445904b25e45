//! Text that is more than one glyph a character: its glyphs, set into its cells.

use harfrust::{Buffer, Direction, GlyphId, ShapeOptions, ShaperFont, shape};

use super::face::{self, Face, Fit};
use super::outline::Outlines;
use super::{CLUSTER_MARKS_MAX, GlyphMask, Look, Shaped, is_mark};

/// Wide signs are at most so much larger than the text they stand in.
const WIDE_MAX: f32 = 1.25;
/// Words are stretched so much at most.
const WORDS_MAX: f32 = 1.12;
/// How far ink reaches beyond cells, in pixels, and above and below the baseline, in parts of an em.
const OVERHANG: i32 = 1;
const ABOVE_MAX: f32 = 1.15;
const BELOW_MAX: f32 = 0.42;

/// Glyphs in visual order with their places in units, and the advance of all.
struct Run {
    glyphs: Vec<(GlyphId, f32, f32)>,
    advance: f32,
}

pub(super) fn draw(text: Shaped<'_>, look: Look) -> GlyphMask {
    let regular = face::nth(text.face);
    let fit = regular.fit(text.text.chars().next().unwrap_or(' '));
    let has_bold = look.is_bold && fit == Fit::Grid;
    let face = if has_bold { face::bold() } else { regular };
    let run = shaped(face, text);
    let room = f32::from(u16::try_from(text.cells).unwrap_or(u16::MAX)) * look.cell();
    let (x_scale, y_scale) = scales((face, fit), look, room / run.advance.max(1.0));
    let mut stroke = face.stroke(fit);
    if look.is_bold && !has_bold {
        // A third of a pixel at the size of labels.
        stroke.thicker = usize::try_from(look.size_16ths / 64)
            .unwrap_or(0)
            .clamp(1, 8);
    }
    let mut outlines = match fit {
        Fit::Grid if x_scale >= look.cell() / 600.0 => Outlines::snapped(look),
        _ => Outlines::scaled(x_scale, y_scale),
    };
    for (glyph, x, y) in &run.glyphs {
        outlines.add(face, *glyph, (*x, *y - face.lower()));
    }
    let free = (room - run.advance * x_scale) / 2.0;
    let mut mask = outlines.mask((free, stroke));
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
    let (columns, above, below) = (
        room.ceil() as i32,
        (look.size() * ABOVE_MAX).ceil() as i32,
        (look.size() * BELOW_MAX).ceil() as i32,
    );
    mask.clip((-OVERHANG, columns + OVERHANG), (above, below));
    mask
}

/// Pixels per unit across and down, where `fitting` is what fills the cells.
fn scales((face, fit): (&Face, Fit), look: Look, fitting: f32) -> (f32, f32) {
    let natural = face.scale(look.size());
    match fit {
        // The grid's cell is a little wider or narrower than the font's.
        Fit::Grid => ((look.cell() / 600.0).min(fitting), natural),
        Fit::Letters | Fit::Any => (natural.min(fitting), natural),
        Fit::Words => ((natural * WORDS_MAX).min(fitting), natural),
        Fit::Symbols => (natural.min(fitting), natural.min(fitting)),
        Fit::Wide => {
            let scale = fitting.min(natural * WIDE_MAX);
            (scale, scale)
        }
    }
}

fn shaped(face: &Face, text: Shaped<'_>) -> Run {
    let mut buffer = Buffer::new();
    if text.text.chars().next().is_some_and(is_mark) {
        // A mark without a letter sits on a dotted circle.
        buffer.push_str("\u{25cc}");
    }
    let mut marks = 0;
    for (cluster, mark) in (1..).zip(text.text.chars()) {
        marks = if is_mark(mark) { marks + 1 } else { 0 };
        if marks <= CLUSTER_MARKS_MAX {
            buffer.push(u32::from(mark), cluster);
        }
    }
    buffer.set_direction(if text.is_rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    // Where a word was cut, its letters join as if it were not.
    for (letter, set) in [
        (
            text.joins.0,
            Buffer::set_pre_context as fn(&mut Buffer, &str),
        ),
        (text.joins.1, Buffer::set_post_context),
    ] {
        if let Some(letter) = letter {
            set(&mut buffer, letter.encode_utf8(&mut [0; 4]));
        }
    }
    let direction = buffer.direction();
    buffer.guess_segment_properties();
    buffer.set_direction(direction);
    let mut run = Run {
        glyphs: Vec::new(),
        advance: 0.0,
    };
    if shape(
        &ShaperFont::new(face.font()),
        &mut buffer,
        ShapeOptions::new(),
    )
    .is_err()
    {
        return run;
    }
    let units = |count: i32| f32::from(i16::try_from(count).unwrap_or(i16::MAX));
    let places = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
    for (info, place) in places {
        if info.glyph_id == 0 {
            // A mark that the face of its letter lacks.
            continue;
        }
        let x = run.advance + units(place.x_offset);
        run.glyphs
            .push((GlyphId::new(info.glyph_id), x, units(place.y_offset)));
        run.advance += units(place.x_advance);
    }
    run
}
