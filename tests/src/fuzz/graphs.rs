//! Laws of graphs: requests by chance to a server, whatever their parameters.
//!
//! ```text
//!   query string ─► server ─► no fault
//!                             a picture that can be read, of bounded size, the same when asked again
//!                             JSON that can be read
//! ```
//!
//! The data are meant to be awkward for axes, legends and heatmaps.

use std::cell::RefCell;

use telamon_model::{Batch, Row, Series, Tags, Timestamp};

use super::Did;
use crate::conformance::wire::{Answer, Connection};
use crate::house::House;
use crate::sim::chance::Chance;

/// Where the clock stands: shortly after a change of daylight-saving time in Europe.
const END_MS: i64 = 1_774_746_000_000;
const MINUTE_MS: i64 = 60_000;
const SLOTS: i64 = 180;
/// More than any picture has.
const PIXELS_MAX: u64 = 60_000_000;

/// Faults that are kept because clients of the reference know them.
pub const FAULTS_OF_THE_REFERENCE: [&str; 4] = [
    "BadPath:",
    "UnsupportedOperationException:",
    "IndexOutOfBoundsException:",
    "MatchError:",
];

/// A server and a connection to it.
#[derive(Debug)]
pub(super) struct Easel {
    connection: RefCell<Connection>,
    _house: House,
}

impl Easel {
    pub(super) fn new() -> Self {
        let config = "[store]\nstep = \"1m\"\nfsync = \"never\"\n[log]\nlevel = \"error\"\n";
        let batches = (0..SLOTS).map(|slot| {
            let time = Timestamp(END_MS - (SLOTS - slot) * MINUTE_MS);
            (time, batch(slot, time))
        });
        let house = House::open_loaded(config, END_MS, None, batches).expect("a server starts");
        Self {
            connection: RefCell::new(Connection::new(house.http_address())),
            _house: house,
        }
    }

    /// Asks for a graph, twice.
    pub(super) fn graphs(&self, query: &str) -> Result<Did, String> {
        let target = format!("/api/v1/graph?{}", sendable(query));
        let answer = self.ask(&target)?;
        let mut did = Did {
            is_valid: answer.status == 200,
            marks: vec![answer.status.to_string()],
        };
        did.marks.extend(judge(&answer)?);
        if self.ask(&target)?.body != answer.body {
            return Err("asked again, the answer is another one".to_owned());
        }
        // Which parameters go together is what differs from request to request.
        let keys = query.split('&').map(|part| part.split('=').next());
        let mut keys: Vec<&str> = keys.flatten().collect();
        keys.sort_unstable();
        did.marks.extend(keys.windows(2).map(|pair| pair.join("+")));
        Ok(did)
    }

    fn ask(&self, target: &str) -> Result<Answer, String> {
        let mut connection = self.connection.borrow_mut();
        let headers = [("User-Agent".to_owned(), "Mozilla/5.0".to_owned())];
        connection
            .send("GET", target, &headers, None)
            .map_err(|error| format!("no answer: {error}"))
    }
}

/// What was answered, if it can be read.
fn judge(answer: &Answer) -> Result<Vec<String>, String> {
    let text = || answer.text();
    let is_known = |fault: &&str| text().contains(*fault);
    if answer.status >= 500 && !FAULTS_OF_THE_REFERENCE.iter().any(is_known) {
        return Err(format!("fault: {}", text()));
    }
    let kind = answer.header("content-type").unwrap_or_default();
    if kind.starts_with("image/png") {
        let size = picture_size(&answer.body)?;
        if u64::from(size.0) * u64::from(size.1) > PIXELS_MAX {
            return Err(format!("a picture of {} by {} pixels", size.0, size.1));
        }
    } else if kind.starts_with("image/svg") {
        let text = text();
        if !text.starts_with("<svg") || !text.ends_with("</svg>\n") {
            return Err("no whole SVG".to_owned());
        }
    } else if kind.starts_with("application/json")
        && serde_json::from_slice::<serde_json::Value>(&answer.body).is_err()
        && answer.status == 200
    {
        // Numbers that are none are written as the reference does, which is not JSON.
        let text = text();
        if !text.contains("NaN") && !text.contains("Infinity") {
            return Err("JSON that cannot be read".to_owned());
        }
    }
    Ok(vec![kind.to_owned()])
}

fn picture_size(bytes: &[u8]) -> Result<(u32, u32), String> {
    let told = |error: png::DecodingError| format!("a picture that cannot be read: {error}");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .map_err(told)?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let frame = reader.next_frame(&mut pixels).map_err(told)?;
    Ok((frame.width, frame.height))
}

/// As bytes that HTTP carries; what chance put in may be anything.
fn sendable(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    for byte in query.bytes() {
        match byte {
            b'!' | b'$'..=b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

const WILD: [f64; 12] = [
    0.0,
    -0.0,
    1e-300,
    -1e-300,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN_POSITIVE,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e15,
    -3.5,
];

const ODD: [&str; 8] = [
    "",
    "\u{5d0}\u{5d1}\u{5d2} \u{627}\u{644}",
    "\u{6f22}\u{5b57}\u{304b}\u{306a}",
    "\u{1f469}\u{200d}\u{1f680}\u{1f600}",
    "<b>&\"'</b>",
    "e\u{301}\u{202e}abc",
    "a-very-long-name-that-goes-on-and-on-until-nobody-can-read-it-any-more-and-then-some-0123456789",
    "$name $(",
];

fn batch(slot: i64, time: Timestamp) -> Batch {
    let mut batch = Batch::default();
    let mut add = |tags: &[(&str, &str)], value: f64| {
        if value.is_nan() {
            return;
        }
        let series_index = u32::try_from(batch.series.len()).expect("a few hundred series");
        let tags = tags.iter().copied().filter(|(_, value)| !value.is_empty());
        batch.series.push(Series::new(Tags::from_pairs(tags)));
        batch.rows.push(Row {
            series_index,
            timestamp: time,
            value,
        });
    };
    let place = usize::try_from(slot).expect("not negative");
    #[expect(clippy::cast_precision_loss, reason = "a few hundred slots")]
    let wave = |phase: usize| 100.0 + 50.0 * libm::sin(0.1 * (place + 7 * phase) as f64);
    for node in 0..5 {
        let name = format!("i-{node}");
        let value = if (place + node) % 17 == 3 {
            f64::NAN
        } else {
            wave(node)
        };
        add(&[("name", "calm"), ("node", &name)], value);
        add(
            &[("name", "wild"), ("node", &name)],
            WILD[(place / 9 + node) % WILD.len()],
        );
    }
    for odd in ODD {
        add(
            &[("name", "odd"), ("node", odd)],
            2_026_200.0 + wave(odd.len()) / 1e4,
        );
    }
    for node in 0..200 {
        add(
            &[("name", "many"), ("node", &format!("m-{node}"))],
            wave(node),
        );
    }
    for bucket in 0x70..0x80_usize {
        let tag = format!("T{bucket:04X}");
        let tags = [
            ("name", "timer"),
            ("statistic", "percentile"),
            ("percentile", &tag),
        ];
        add(&tags, wave(bucket) / 100.0);
    }
    batch
}

/// Parameters with values that mean something.
const PARAMS: [(&str, &[&str]); 34] = [
    (
        "w",
        &[
            "64", "95", "96", "269", "270", "700", "1999", "2000", "2001",
        ],
    ),
    ("h", &["1", "64", "100", "999", "1000", "1001"]),
    (
        "zoom",
        &["0", "0.01", "0.5", "1", "1.3", "2", "3", "-1", "NaN"],
    ),
    (
        "s",
        &[
            "e-1m",
            "e-3m",
            "e-1h",
            "e-3h",
            "e-1d",
            "e-7d",
            "e-70d",
            "e-3y",
            "e-60y",
            "2026-03-29",
        ],
    ),
    (
        "e",
        &["now", "now-1h", "2026-03-29T05:00", "s+3m", "epoch", "s"],
    ),
    ("step", &["1m", "5m", "1h", "1d", "1s", "7m"]),
    (
        "tz",
        &[
            "UTC",
            "US/Pacific",
            "Europe/Berlin",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Pacific/Apia",
        ],
    ),
    (
        "format",
        &[
            "png",
            "svg",
            "json",
            "v2.json",
            "stats.json",
            "csv",
            "txt",
            "arrow",
        ],
    ),
    ("style", &["telamon", "telamon", "atlas"]),
    ("theme", &["light", "dark"]),
    ("layout", &["canvas", "image", "iw", "ih"]),
    ("vision", &["protanopia", "achromatopsia", "tritanomaly"]),
    (
        "palette",
        &[
            "telamon",
            "hash:bw",
            "(,f00,8000ff00,)",
            "colors:ffe100",
            "epic",
            "nope",
        ],
    ),
    (
        "title",
        &[
            "",
            "a title",
            "%F0%9F%9A%80%20%D7%90",
            "$name",
            "x%0Ay",
            "%D7%A9%D7%9C%D7%95%D7%9D%20(%D9%85%D8%B1%D8%AD%D8%A8%D8%A7)%20%E6%B1%89%E5%AD%97",
            "%E2%80%AEevil%E2%81%A7%E2%80%AB",
        ],
    ),
    (
        "ylabel",
        &[
            "",
            "requests / s",
            "%E5%BB%B6%E8%BF%9F%20%E0%A4%95%E0%A5%8D%E0%A4%B7%E0%A4%BF%20%E0%B8%81%E0%B8%B3%20e%CC%81",
            "a-label-that-is-far-too-long-for-any-axis-of-a-graph-of-this-height-or-another",
        ],
    ),
    ("scale", &["linear", "log", "log-linear", "pow2", "sqrt"]),
    (
        "l",
        &[
            "0",
            "-1",
            "1e-300",
            "-1e300",
            "99.9999",
            "auto-data",
            "auto-style",
            "NaN",
        ],
    ),
    (
        "u",
        &[
            "0",
            "1",
            "100",
            "1e300",
            "100.0001",
            "auto-data",
            "auto-style",
            "Infinity",
        ],
    ),
    ("tick_labels", &["off", "decimal", "binary", "duration"]),
    ("stack", &["1"]),
    ("sort", &["max", "legend", "last"]),
    ("order", &["asc", "desc"]),
    ("no_legend", &["1"]),
    ("no_legend_stats", &["1"]),
    ("only_graph", &["1"]),
    ("axis_per_line", &["1"]),
    (
        "hints",
        &["no-image", "ambiguous-multi-y", "presentation-metadata"],
    ),
    ("heatmap_scale", &["log", "log-linear", "sqrt"]),
    ("heatmap_l", &["0", "1", "5"]),
    ("heatmap_u", &["1", "5", "1e300"]),
    ("heatmap_palette", &["reds", "(,f00,)", "bw"]),
    ("heatmap_label", &["", "heat"]),
    ("features", &["unstable"]),
    ("explain", &["1"]),
];

/// What is appended to a program.
const PROGRAM_ENDS: [&str; 17] = [
    ",:stack",
    ",:area",
    ",:heatmap",
    ",:vspan,40,:alpha",
    ",3,:lw",
    ",1,:axis",
    ",4,:axis,ffe100,:color",
    ",:log",
    ",0,:mul",
    ",1e300,:mul",
    ",:pct",
    ",$node,:legend",
    ",%E6%AF%8F%E7%A7%92%E8%AF%B7%E6%B1%82%E6%95%B0+%D8%B7%D9%84%D8%A8%D8%A7%D8%AA,:legend",
    ",%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB%F0%9F%87%A9%F0%9F%87%AA+%EE%80%80%F4%8F%BF%BF,:legend",
    ",%D7%A9%D7%9C%D7%95%D7%9D,:smu",
    ",:dup",
    ",1h,:offset",
];

/// Another request: parameters put in, taken out, exchanged and broken.
pub(super) fn change(chance: &mut Chance, kept: &[String]) -> String {
    let mut parts: Vec<String> = chosen(chance, kept).split('&').map(str::to_owned).collect();
    for _ in 0..=chance.index(4) {
        let at = chance.index(parts.len());
        match chance.index(10) {
            0..=4 => parts.push(parameter(chance)),
            5 => parts[at] = parameter(chance),
            6 if parts.len() > 1 => drop(parts.remove(at)),
            7 => {
                let end = chance.pick(&PROGRAM_ENDS);
                if let Some(program) = parts.iter_mut().find(|part| part.starts_with("q=")) {
                    program.push_str(end);
                }
            }
            8 => {
                let other = chosen(chance, kept).split('&');
                let others: Vec<&str> = other.filter(|part| !part.starts_with("q=")).collect();
                parts.extend(others.into_iter().map(str::to_owned));
            }
            _ => parts[at] = broken(chance, &parts[at]),
        }
    }
    parts.truncate(24);
    parts.join("&")
}

fn chosen<'k>(chance: &mut Chance, kept: &'k [String]) -> &'k str {
    &kept[chance.index(kept.len())]
}

fn parameter(chance: &mut Chance) -> String {
    let (name, values) = chance.pick(&PARAMS);
    let value = if chance.one_in(6) {
        match chance.index(4) {
            0 => chance.within(-10..=3000).to_string(),
            1 => format!("{:e}", f64::from_bits(chance.next())),
            2 => chance.pick(&ODD).to_owned(),
            _ => String::new(),
        }
    } else {
        chance.pick(values).to_owned()
    };
    if chance.one_in(5) {
        format!("{name}.{}={value}", chance.index(6))
    } else {
        format!("{name}={value}")
    }
}

/// The text with a character less or another one more.
fn broken(chance: &mut Chance, part: &str) -> String {
    let mut marks: Vec<char> = part.chars().collect();
    let at = chance.index(marks.len() + 1);
    if at < marks.len() && chance.one_in(2) {
        marks.remove(at);
    } else {
        let mark = char::from(u8::try_from(chance.within(1..=126)).expect("ASCII"));
        marks.insert(at, mark);
    }
    marks.into_iter().collect()
}
