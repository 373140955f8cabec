//! One size for all notes, so that a note's size tells nothing.
//!
//! A padded note is the length of the content (4 bytes, big-endian), the content, and zeros up to the
//! size.

use zeroize::Zeroizing;

/// How many bytes of a note's size are not content.
pub const NOTE_OVERHEAD: usize = 4;

/// Why bytes can't be padded or unpadded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The content does not fit.
    #[error("the note's content has {len} bytes; a note of {size} bytes holds {} at most", size.saturating_sub(NOTE_OVERHEAD))]
    TooLong {
        /// The content's length.
        len: usize,
        /// The note's size.
        size: usize,
    },
    /// Not of the size that all notes have.
    #[error("the note has {len} bytes, not {size} as every note")]
    WrongSize {
        /// What it has.
        len: usize,
        /// What every note has.
        size: usize,
    },
    /// The length in front is beyond the end, or what follows the content is not zeros.
    #[error("the note's padding is not as it must be")]
    Padding,
}

/// `content` padded to exactly `size` bytes.
///
/// # Errors
/// When it is longer than `size` less [`NOTE_OVERHEAD`].
pub fn pad_note(content: &[u8], size: usize) -> Result<Zeroizing<Vec<u8>>, NoteError> {
    let len = content.len();
    let too_long = NoteError::TooLong { len, size };
    let length = u32::try_from(len).map_err(|_| too_long)?;
    if size < NOTE_OVERHEAD || len > size - NOTE_OVERHEAD {
        return Err(too_long);
    }
    // One allocation: no copy of the content stays behind.
    let mut note = Zeroizing::new(vec![0; size]);
    note[..NOTE_OVERHEAD].copy_from_slice(&length.to_be_bytes());
    note[NOTE_OVERHEAD..NOTE_OVERHEAD + len].copy_from_slice(content);
    Ok(note)
}

/// The content of a note that was padded to `size` bytes.
///
/// # Errors
/// When the bytes are not what [`pad_note`] makes of any content: one content, one note.
pub fn unpad_note(note: &[u8], size: usize) -> Result<&[u8], NoteError> {
    if note.len() != size {
        let len = note.len();
        return Err(NoteError::WrongSize { len, size });
    }
    let (length, rest) = note
        .split_first_chunk::<NOTE_OVERHEAD>()
        .ok_or(NoteError::Padding)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| NoteError::Padding)?;
    let (content, zeros) = rest.split_at_checked(length).ok_or(NoteError::Padding)?;
    if zeros.iter().all(|byte| *byte == 0) {
        Ok(content)
    } else {
        Err(NoteError::Padding)
    }
}
