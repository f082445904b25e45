//! The bytes of a record's header and of the record that starts a file.
//!
//! Takes and gives plain values; reading files and finding records in them is left to `scan`. The
//! table of bytes is `docs/formats/log.md`.
//!
//! ```text
//!   0      2       3    4       8      16       24        26      30          34
//!   marker version kind payload offset log time partition payload header CRC  payload ...
//!                       bytes                             CRC
//! ```

use std::collections::BTreeMap;

use telamon_model::{PartitionIndex, Timestamp};

use super::Offset;

/// Length of a header.
pub(super) const HEADER_BYTES: usize = 34;

/// The first two bytes of every record; the first never occurs in UTF-8 text.
pub(super) const MARKER: [u8; 2] = [0xF5, 0x4C];

/// The most bytes that one record can carry: large enough for any batch that admission lets pass,
/// small enough to be held in memory while reading.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

const VERSION: u8 = 1;
const LOG_TIME_NONE: i64 = i64::MIN;
const START_ENTRY_BYTES: usize = 10;

/// Where a record stands. It is part of the header's CRC, so that a copy of a record elsewhere
/// (in another record's frame, or left behind by a cut) is never taken for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the file.
    pub(super) file: u64,
    /// Position of the header in the file.
    pub(super) at: u64,
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A frame that was appended.
    Frame,
    /// State of the log at the start of a file, see [`Start`].
    Start,
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) partition: PartitionIndex,
    pub(super) offset: Offset,
    pub(super) log_time: Timestamp,
    pub(super) payload_bytes: u32,
    pub(super) payload_crc: u32,
}

/// What stands where a header is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFound {
    Header(Header),
    /// Not a header, or a damaged one.
    Nothing,
    /// A whole header of a format that this version does not know.
    Unknown {
        version: u8,
        kind: u8,
    },
}

impl Header {
    pub(super) fn encode(&self, place: Place) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..2].copy_from_slice(&MARKER);
        bytes[2] = VERSION;
        bytes[3] = match self.kind {
            Kind::Frame => 0,
            Kind::Start => 1,
        };
        bytes[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.log_time.0.to_le_bytes());
        bytes[24..26].copy_from_slice(&self.partition.0.to_le_bytes());
        bytes[26..30].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = header_crc(place, &bytes);
        bytes[30..34].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], place: Place) -> HeaderFound {
        if bytes[0..2] != MARKER || field(bytes, 30) != header_crc(place, bytes).to_le_bytes() {
            return HeaderFound::Nothing;
        }
        let kind = match (bytes[2], bytes[3]) {
            (VERSION, 0) => Kind::Frame,
            (VERSION, 1) => Kind::Start,
            (version, kind) => return HeaderFound::Unknown { version, kind },
        };
        HeaderFound::Header(Self {
            kind,
            payload_bytes: u32::from_le_bytes(field(bytes, 4)),
            offset: Offset(u64::from_le_bytes(field(bytes, 8))),
            log_time: Timestamp(i64::from_le_bytes(field(bytes, 16))),
            partition: PartitionIndex(u16::from_le_bytes(field(bytes, 24))),
            payload_crc: u32::from_le_bytes(field(bytes, 26)),
        })
    }
}

/// Appends a whole record to `out`.
pub(super) fn write_record(out: &mut Vec<u8>, header: &Header, place: Place, payload: &[u8]) {
    out.extend_from_slice(&header.encode(place));
    out.extend_from_slice(payload);
}

/// The state of the log where a file starts: what the files before it would tell if they were
/// still there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// The offset that the next record of a partition gets; zero for partitions not named.
    pub(super) next: BTreeMap<PartitionIndex, Offset>,
    /// Log time of the newest record before the file.
    pub(super) log_time: Option<Timestamp>,
}

impl Start {
    /// The bytes at the start of a file: the same record twice, since after a trim nothing else
    /// holds what it says.
    pub(super) fn file_bytes(&self, file: u64) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.next.len() * START_ENTRY_BYTES);
        for (partition, next) in &self.next {
            payload.extend_from_slice(&partition.0.to_le_bytes());
            payload.extend_from_slice(&next.0.to_le_bytes());
        }
        let header = Header {
            kind: Kind::Start,
            partition: PartitionIndex(0),
            offset: Offset(0),
            log_time: self.log_time.unwrap_or(Timestamp(LOG_TIME_NONE)),
            payload_bytes: u32::try_from(payload.len())
                .expect("65,536 partitions of 10 bytes fit 32 bits"),
            payload_crc: crc32c::crc32c(&payload),
        };
        let mut bytes = Vec::with_capacity(2 * (HEADER_BYTES + payload.len()));
        for _copy in 0..2 {
            let at = bytes.len() as u64;
            write_record(&mut bytes, &header, Place { file, at }, &payload);
        }
        bytes
    }

    pub(super) fn decode(header: &Header, payload: &[u8]) -> Self {
        let (entries, _rest) = payload.as_chunks::<START_ENTRY_BYTES>();
        let next = entries.iter().map(|entry| {
            (
                PartitionIndex(u16::from_le_bytes(field(entry, 0))),
                Offset(u64::from_le_bytes(field(entry, 2))),
            )
        });
        Self {
            next: next.collect(),
            log_time: (header.log_time.0 != LOG_TIME_NONE).then_some(header.log_time),
        }
    }
}

fn header_crc(place: Place, bytes: &[u8; HEADER_BYTES]) -> u32 {
    let mut seed = [0; 16];
    seed[0..8].copy_from_slice(&place.file.to_le_bytes());
    seed[8..16].copy_from_slice(&place.at.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&seed), &bytes[0..30])
}

/// `N` bytes at a fixed position inside a fixed table.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..]
        .first_chunk()
        .expect("field positions lie inside the table")
}
