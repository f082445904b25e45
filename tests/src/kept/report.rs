//! The page of what differs: old, new and the difference, in one file without scripts.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Differing;
use crate::conformance::picture::Picture;

const HEAD: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Pictures that differ</title><style>
body { font: 14px sans-serif; background: #888; margin: 1em }
section { background: #ccc; padding: 1em; margin-bottom: 1em }
figure { display: inline-block; margin: 0 1em 1em 0; vertical-align: top }
img { display: block; outline: 1px solid #444; image-rendering: pixelated }
pre { background: #fff; padding: .5em; overflow-x: auto }
</style></head><body>
";

/// Text lines of a difference that are shown.
const LINES_SHOWN: usize = 200;
/// How much a difference of a channel is amplified.
const GAIN: u32 = 4;

/// All of it as a page.
pub(super) fn page(files: &[Differing]) -> String {
    let mut page = format!("{HEAD}<h1>{} differ</h1>\n", files.len());
    for file in files {
        section(&mut page, file).expect("a string takes everything");
    }
    page + "</body></html>\n"
}

/// What differs, in a few words.
pub(super) fn summary(file: &Differing) -> String {
    let (Some(before), Some(now)) = (&file.before, &file.now) else {
        let what = if file.now.is_some() {
            "new"
        } else {
            "not drawn any more"
        };
        return what.to_owned();
    };
    match Difference::of(before, now) {
        Some(difference) => difference.to_string(),
        None => {
            let (old, new) = changed_lines(before, now);
            format!("{} lines became {}", old.len(), new.len())
        }
    }
}

fn section(page: &mut String, file: &Differing) -> std::fmt::Result {
    writeln!(
        page,
        "<section><h2>{}</h2><p>{}</p>",
        escaped(&file.name),
        summary(file)
    )?;
    for (caption, bytes) in [("kept", &file.before), ("now", &file.now)] {
        if let (Some(bytes), Some(media)) = (bytes, media_type(&file.name)) {
            figure(page, caption, media, bytes)?;
        }
    }
    if let (Some(before), Some(now)) = (&file.before, &file.now) {
        match Difference::of(before, now) {
            Some(difference) => {
                let drawn = difference.draw();
                figure(
                    page,
                    "difference, amplified, over the kept one",
                    "image/png",
                    &drawn,
                )?;
            }
            None => text_difference(page, before, now)?,
        }
    }
    writeln!(page, "</section>")
}

fn figure(page: &mut String, caption: &str, media: &str, bytes: &[u8]) -> std::fmt::Result {
    let data = STANDARD.encode(bytes);
    writeln!(
        page,
        "<figure><img src=\"data:{media};base64,{data}\" alt=\"{caption}\"><figcaption>{caption}</figcaption></figure>"
    )
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "png" => Some("image/png"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn text_difference(page: &mut String, before: &[u8], now: &[u8]) -> std::fmt::Result {
    let (old, new) = changed_lines(before, now);
    writeln!(page, "<pre>")?;
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.iter().take(LINES_SHOWN) {
            writeln!(page, "{sign}{}", escaped(line))?;
        }
        if lines.len() > LINES_SHOWN {
            writeln!(page, "{sign}... {} lines more", lines.len() - LINES_SHOWN)?;
        }
    }
    writeln!(page, "</pre>")
}

/// What lies between the first and the last line that differ, before and now.
fn changed_lines(before: &[u8], now: &[u8]) -> (Vec<String>, Vec<String>) {
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        text.lines().map(str::to_owned).collect()
    };
    let (old, new) = (lines(before), lines(now));
    let same = |pair: &(&String, &String)| pair.0 == pair.1;
    let head = old.iter().zip(&new).take_while(same).count();
    let tails = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tails.take_while(same).count();
    let middle = |lines: &[String]| lines[head..lines.len() - tail].to_vec();
    (middle(&old), middle(&new))
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}

/// Two pictures.
struct Difference {
    before: Picture,
    now: Picture,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (old, new) = (&self.before, &self.now);
        if (old.width, old.height) != (new.width, new.height) {
            write!(
                f,
                "{}x{} became {}x{}; ",
                old.width, old.height, new.width, new.height
            )?;
        }
        let distances: Vec<u32> = self.distances().filter(|&distance| distance > 0).collect();
        let largest = distances.iter().max().copied().unwrap_or(0);
        write!(
            f,
            "{} pixels differ, by up to {largest} of 255",
            distances.len()
        )
    }
}

impl Difference {
    /// `None` where one of the two is no PNG.
    fn of(before: &[u8], now: &[u8]) -> Option<Self> {
        Some(Self {
            before: Picture::decode(before).ok()?,
            now: Picture::decode(now).ok()?,
        })
    }

    fn size(&self) -> (usize, usize) {
        (
            self.before.width.max(self.now.width),
            self.before.height.max(self.now.height),
        )
    }

    /// Largest difference of a channel for each pixel of the larger size; 255 where one has none.
    fn distances(&self) -> impl Iterator<Item = u32> {
        let (width, height) = self.size();
        let places = (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)));
        places.map(
            |(x, y)| match (pixel(&self.before, x, y), pixel(&self.now, x, y)) {
                (Some(a), Some(b)) => {
                    let channels = a.iter().zip(&b);
                    let channels = channels.map(|(a, b)| u32::from(a.abs_diff(*b)));
                    channels.max().unwrap_or(0)
                }
                _ => 255,
            },
        )
    }

    /// The kept picture, pale, with red where the two differ.
    fn draw(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let mut data = Vec::with_capacity(width * height * 3);
        for (index, distance) in self.distances().enumerate() {
            let under = pixel(&self.before, index % width, index / width).unwrap_or([255; 3]);
            let gray = under.iter().map(|&channel| u32::from(channel)).sum::<u32>() / 3;
            let pale = 190 + gray / 4;
            let red = (distance * GAIN).min(255);
            let rest = if distance == 0 {
                pale
            } else {
                160 - red * 160 / 255
            };
            let strong = if distance == 0 { pale } else { 255 };
            data.extend([strong, rest, rest].map(|value| u8::try_from(value).unwrap_or(255)));
        }
        encode(width, height, &data).expect("a picture in memory can be written")
    }
}

fn pixel(picture: &Picture, x: usize, y: usize) -> Option<[u8; 3]> {
    (x < picture.width && y < picture.height).then(|| picture.at(x, y))
}

fn encode(width: usize, height: usize, data: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(bytes)
}
