//! Numbers in a frame: bytes and variable-length integers, written and read.
//!
//! An integer takes seven bits per byte, lowest first, the high bit set on all bytes but the last.
//! Signed integers are folded first: 0, -1, 1, -2 become 0, 1, 2, 3.

use super::FrameError;

pub(super) fn put_varint(out: &mut Vec<u8>, value: u64) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
}

pub(super) fn put_count(out: &mut Vec<u8>, count: usize) {
    put_varint(out, count as u64);
}

pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, fold(value));
}

pub(super) fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

pub(super) fn unfold(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The lowest eight bits.
pub(super) fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

/// What is left of a frame's body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, FrameError> {
        let (&byte, rest) = self.0.split_first().ok_or(FrameError::Truncated)?;
        self.0 = rest;
        Ok(byte)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], FrameError> {
        let (bytes, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(FrameError::Truncated)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// As [`Reader::bytes`], in items of `N` bytes.
    pub(super) fn chunks<const N: usize>(
        &mut self,
        count: usize,
    ) -> Result<&'a [[u8; N]], FrameError> {
        let length = count.checked_mul(N).ok_or(FrameError::Truncated)?;
        Ok(self.bytes(length)?.as_chunks().0)
    }

    pub(super) fn varint(&mut self) -> Result<u64, FrameError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.varint_after(u64::from(first & 0x7f), 7)
    }

    /// The rest of an integer whose lowest `shift` bits are known; `shift` is below 64.
    pub(super) fn varint_after(&mut self, low: u64, shift: u32) -> Result<u64, FrameError> {
        let mut value = low;
        let mut shift = shift;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift >= 64 || bits << shift >> shift != bits {
                return Err(FrameError::Count);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Result<i64, FrameError> {
        Ok(unfold(self.varint()?))
    }

    /// A count of things of which there cannot be more than `most`.
    pub(super) fn count(&mut self, most: usize) -> Result<usize, FrameError> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&count| count <= most)
            .ok_or(FrameError::Count)
    }

    /// A count of things that each take at least a byte of what follows.
    pub(super) fn backed_count(&mut self) -> Result<usize, FrameError> {
        // The count itself is read first, so what is left then is the bound.
        let count = self.count(usize::MAX)?;
        if count > self.0.len() {
            return Err(FrameError::Count);
        }
        Ok(count)
    }
}
