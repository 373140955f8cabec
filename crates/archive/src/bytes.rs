//! Numbers and texts as bytes.

use crate::ArchiveError;

/// Writes a number in groups of seven bits, the lowest first (LEB128).
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Writes a text after its length.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what [`put`] and [`put_text`] write.
#[derive(Clone)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn byte(&mut self) -> Result<u8, ArchiveError> {
        let byte = { self.bytes.get(self.at) }.ok_or(ArchiveError::Cut)?;
        self.at += 1;
        Ok(*byte)
    }

    /// A number, in the one spelling that [`put`] gives it, of at most `most`.
    pub(crate) fn number(&mut self, most: u64) -> Result<u64, ArchiveError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            if shift > 0 && byte == 0 || group << shift >> shift != group {
                return Err(ArchiveError::Damaged(self.at));
            }
            number |= group << shift;
            if byte < 0x80 {
                return if number <= most {
                    Ok(number)
                } else {
                    Err(ArchiveError::Damaged(self.at))
                };
            }
        }
        Err(ArchiveError::Damaged(self.at))
    }

    pub(crate) fn number32(&mut self, most: u32) -> Result<u32, ArchiveError> {
        let number = self.number(u64::from(most))?;
        u32::try_from(number).map_err(|_| ArchiveError::Damaged(self.at))
    }

    /// Passes over `count` numbers, without a look at their spelling.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), ArchiveError> {
        let Some(last) = count.checked_sub(1) else {
            return Ok(());
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut ends = rest.iter().zip(1..).filter(|(byte, _)| **byte < 0x80);
        let (_, length) = ends.nth(last).ok_or(ArchiveError::Cut)?;
        self.at += length;
        Ok(())
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'b [u8], ArchiveError> {
        let end = { self.at.checked_add(length) }.ok_or(ArchiveError::Cut)?;
        let taken = { self.bytes.get(self.at..end) }.ok_or(ArchiveError::Cut)?;
        self.at = end;
        Ok(taken)
    }

    /// A length of at most `most`, and so many bytes.
    pub(crate) fn sized(&mut self, most: usize) -> Result<&'b [u8], ArchiveError> {
        let length = self.number(most as u64)?;
        self.take(usize::try_from(length).map_err(|_| ArchiveError::Cut)?)
    }

    pub(crate) fn text(&mut self, most: usize) -> Result<&'b str, ArchiveError> {
        let bytes = self.sized(most)?;
        str::from_utf8(bytes).map_err(|_| ArchiveError::Damaged(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.number(u64::MAX), Ok(number));
            assert!(reader.is_done());
            bytes.push(7);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.skip(0).and_then(|()| reader.skip(1)), Ok(()));
            assert_eq!(reader.number(u64::MAX), Ok(7));
            assert!(Reader::new(&bytes).skip(3).is_err());
            bytes.pop();
            assert!(
                Reader::new(&bytes[..bytes.len() - 1])
                    .number(u64::MAX)
                    .is_err()
            );
        }
        assert!(Reader::new(&[0x80, 0]).number(u64::MAX).is_err());
        assert!(Reader::new(&[0xff; 11]).number(u64::MAX).is_err());
        assert!(Reader::new(&[5]).number(4).is_err());
    }
}
