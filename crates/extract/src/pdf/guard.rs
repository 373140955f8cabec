//! A look at a PDF's streams before anything unpacks them: what is packed too often or too tightly is refused.
//!
//! Which filters hold for which stream is known only to who follows the file's tables, and these may be packed themselves. So what is
//! packed by the one way that such tables are packed in, zlib's, is looked at first, wherever it stands and whatever is
//! said of it; other ways are allowed only where no table is packed, and are looked at by the tables.

use hayro_interpret::hayro_syntax::{Filter as Named, Pdf, object::Object};

use crate::{
    ExtractError,
    limits::{MAX_PDF_STREAM, MAX_PDF_STREAMS, MAX_PDF_UNPACKED},
    pdf::inflate::{Inflated, inflated, is_zlib},
};

/// How often one stream may be packed in another.
const MAX_LAYERS: usize = 4;

/// The most chains of filters that a file may name.
const MAX_CHAINS: usize = 16;

/// The first code of LZW that stands for no single byte, and those that empty the table and end the data (ISO 32000-1, 7.4.4.2).
const LZW_FIRST: usize = 258;
const LZW_CLEAR: usize = 256;
const LZW_END: usize = 257;
const LZW_CODES: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Flate,
    Lzw,
    Ascii85,
    Hex,
    RunLength,
    /// Pictures, which nothing here unpacks.
    Picture,
}

/// Unpacks each stream as far as allowed, and throws it away.
pub(super) fn check(bytes: &[u8]) -> Result<(), ExtractError> {
    let chains = chains(bytes)?;
    let (mut total, mut streams, mut at) = (0, 0, 0);
    while let Some(found) = find(&bytes[at..], b"stream") {
        let ends = bytes[..at + found].ends_with(b"end");
        at += found + b"stream".len();
        // No dictionary ends so, and only after one a stream begins.
        if ends {
            continue;
        }
        let data = &bytes[at..];
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        let mut most = 0;
        if is_zlib(data) {
            most = by_look(data)?;
        }
        for chain in chains.iter().filter(|chain| begins_so(data, chain)) {
            most = most.max(measure(data, chain)?);
        }
        streams += usize::from(most > 0);
        if streams > MAX_PDF_STREAMS {
            return Err(ExtractError::Limit {
                what: "too many streams in the PDF",
                limit: MAX_PDF_STREAMS,
            });
        }
        total += most;
        if total > MAX_PDF_UNPACKED {
            return Err(too_much(MAX_PDF_UNPACKED));
        }
    }
    Ok(())
}

/// The same for ways of packing that can't be told by their look, which only files without packed tables have.
pub(super) fn check_named(pdf: &Pdf) -> Result<(), ExtractError> {
    let mut total = 0;
    for object in pdf.objects() {
        let Object::Stream(stream) = object else {
            continue;
        };
        let filters = stream.filters();
        let chain: Vec<Filter> = { filters.iter() }
            .map(|filter| match filter {
                Named::FlateDecode => Filter::Flate,
                Named::LzwDecode => Filter::Lzw,
                Named::Ascii85Decode => Filter::Ascii85,
                Named::AsciiHexDecode => Filter::Hex,
                Named::RunLengthDecode => Filter::RunLength,
                _ => Filter::Picture,
            })
            .collect();
        if chain.len() > MAX_LAYERS {
            return Err(too_often());
        }
        if chain
            .iter()
            .any(|f| matches!(f, Filter::Lzw | Filter::RunLength))
        {
            total += measure(&stream.raw_data(), &chain)?;
            if total > MAX_PDF_UNPACKED {
                return Err(too_much(MAX_PDF_UNPACKED));
            }
        }
    }
    Ok(())
}

const fn too_much(limit: usize) -> ExtractError {
    ExtractError::Limit {
        what: "the PDF's streams unpack to too much",
        limit,
    }
}

const fn too_often() -> ExtractError {
    ExtractError::Limit {
        what: "the PDF's streams are packed too often",
        limit: MAX_LAYERS,
    }
}

/// The chains of filters that the file names, each once.
fn chains(bytes: &[u8]) -> Result<Vec<Vec<Filter>>, ExtractError> {
    let mut out: Vec<Vec<Filter>> = Vec::new();
    let mut at = 0;
    let mut tables = false;
    while let Some(found) = find(&bytes[at..], b"/") {
        at += found + 1;
        let (name, rest) = name(&bytes[at..]);
        tables |= matches!(name.as_slice(), b"ObjStm" | b"XRef");
        if name == b"Encrypt" {
            // What is encrypted has no look, with an empty password, too: nothing here could be measured.
            return Err(ExtractError::Encrypted { what: "the PDF" });
        }
        if name != b"Filter" {
            continue;
        }
        let rest = without_space(rest);
        let inner = rest.strip_prefix(b"[").map_or(rest, without_space);
        if inner.first().is_some_and(u8::is_ascii_digit) {
            return Err(ExtractError::Damaged {
                format: "PDF",
                reason: "a stream's filters are kept elsewhere".to_owned(),
            });
        }
        let chain = chain(rest);
        if chain.len() > MAX_LAYERS {
            return Err(too_often());
        }
        if !chain.is_empty() && !out.contains(&chain) {
            out.push(chain);
        }
        if out.len() > MAX_CHAINS {
            return Err(ExtractError::Limit {
                what: "the PDF packs its streams in too many ways",
                limit: MAX_CHAINS,
            });
        }
    }
    let old = |f: &Filter| matches!(f, Filter::Lzw | Filter::RunLength);
    if tables && out.iter().flatten().any(old) {
        return Err(ExtractError::Unsupported {
            what: "a PDF that packs its parts by LZW or run lengths, and its tables, too",
            advice: "save it anew, or print it to a PDF",
        });
    }
    Ok(out)
}

/// The filters that a name or an array of names names.
fn chain(rest: &[u8]) -> Vec<Filter> {
    let (array, mut rest) = match rest.strip_prefix(b"[") {
        Some(inner) => (true, inner),
        None => (false, rest),
    };
    let mut out = Vec::new();
    while out.len() <= MAX_LAYERS {
        rest = without_space(rest);
        let Some(after) = rest.strip_prefix(b"/") else {
            break;
        };
        let (name, next) = name(after);
        rest = next;
        out.push(match name.as_slice() {
            b"FlateDecode" | b"Fl" => Filter::Flate,
            b"LZWDecode" | b"LZW" => Filter::Lzw,
            b"ASCII85Decode" | b"A85" => Filter::Ascii85,
            b"ASCIIHexDecode" | b"AHx" => Filter::Hex,
            b"RunLengthDecode" | b"RL" => Filter::RunLength,
            b"DCTDecode" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode" | b"DCT" | b"CCF" => {
                Filter::Picture
            }
            // Encryption, and what no reader knows.
            _ => break,
        });
        if !array {
            break;
        }
    }
    out
}

/// A name without its `/`, escapes undone, and what follows it.
pub(super) fn name(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = bytes
        .iter()
        .position(|b| b.is_ascii_whitespace() || *b == 0 || b"()<>[]{}/%".contains(b))
        .unwrap_or(bytes.len())
        // Nothing that matters is longer.
        .min(96);
    let mut out = Vec::new();
    let mut at = 0;
    while at < end {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'#');
        let byte = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    (out, &bytes[end..])
}

/// Without white space and comments.
pub(super) fn without_space(mut bytes: &[u8]) -> &[u8] {
    loop {
        let start = bytes
            .iter()
            .position(|b| !(b.is_ascii_whitespace() || *b == 0))
            .unwrap_or(bytes.len());
        bytes = &bytes[start..];
        if bytes.first() != Some(&b'%') {
            return bytes;
        }
        let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n'));
        bytes = &bytes[end.unwrap_or(bytes.len())..];
    }
}

/// Whether data may be packed so, by characters, which end by themselves.
fn begins_so(data: &[u8], chain: &[Filter]) -> bool {
    let start = without_space(data);
    match chain.first() {
        Some(Filter::Ascii85) => {
            let is = |b: &u8| matches!(b, b'!'..=b'u' | b'z' | b'~') || b.is_ascii_whitespace();
            start.iter().take(5).all(is)
        }
        Some(Filter::Hex) => {
            let is = |b: &u8| b.is_ascii_hexdigit() || b.is_ascii_whitespace() || *b == b'>';
            start.iter().take(4).all(is)
        }
        // What has no head of zlib is taken for bare; what has one is looked at anyway, but for what is packed in it.
        Some(Filter::Flate) => !is_zlib(data) || chain.len() > 1,
        _ => false,
    }
}

/// The most bytes that any step of a chain gives, or takes.
fn measure(data: &[u8], chain: &[Filter]) -> Result<usize, ExtractError> {
    let mut current: Vec<u8> = Vec::new();
    let (mut most, mut work) = (0_usize, 0);
    for (n, filter) in chain.iter().enumerate() {
        let input: &[u8] = if n == 0 { data } else { &current };
        let mut consumed = 0;
        let output = match filter {
            Filter::Flate => {
                let out = inflated(input);
                // Work that gives nothing is work, too.
                work += out.work;
                out.bytes
            }
            Filter::Ascii85 => ascii85(input, &mut consumed),
            Filter::Hex => hex(input, &mut consumed),
            Filter::RunLength => run_length(input),
            Filter::Lzw => {
                let size = lzw(input);
                if size > MAX_PDF_STREAM {
                    return Err(too_much(MAX_PDF_STREAM));
                }
                // What is packed in that again is not followed.
                if chain.len() > n + 1 && chain[n + 1] != Filter::Picture {
                    return Err(too_often());
                }
                return Ok(most.max(size).max(work));
            }
            Filter::Picture => break,
        };
        most = most.max(output.len());
        // White space between signs gives nothing.
        work += consumed;
        if most > MAX_PDF_STREAM {
            return Err(too_much(MAX_PDF_STREAM));
        }
        current = output;
    }
    Ok(most.max(work))
}

/// The most bytes that zlib data gives, and that in it, whatever the file says.
fn by_look(data: &[u8]) -> Result<usize, ExtractError> {
    let Inflated {
        bytes: mut packed,
        mut work,
    } = inflated(data);
    let mut most = 0;
    for _ in 0..MAX_LAYERS {
        most = most.max(packed.len());
        if packed.len() > MAX_PDF_STREAM {
            return Err(too_much(MAX_PDF_STREAM));
        }
        if !is_zlib(&packed) {
            return Ok(most.max(work));
        }
        let next = inflated(&packed);
        work += next.work;
        packed = next.bytes;
    }
    // A short text may begin like that.
    if packed.is_empty() {
        Ok(most.max(work))
    } else {
        Err(too_often())
    }
}

fn ascii85(data: &[u8], consumed: &mut usize) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut group, mut count) = (0_u32, 0_usize);
    for byte in data {
        *consumed += 1;
        match byte {
            b'z' if count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
                if count == 5 {
                    out.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b if b.is_ascii_whitespace() || *b == 0 => {}
            _ => break,
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(&group.to_be_bytes()[..count - 1]);
    }
    out
}

fn hex(data: &[u8], consumed: &mut usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut high = None;
    for byte in data {
        *consumed += 1;
        let Some(digit) = char::from(*byte).to_digit(16) else {
            if byte.is_ascii_whitespace() || *byte == 0 {
                continue;
            }
            break;
        };
        let digit = digit as u8;
        match high.take() {
            None => high = Some(digit),
            Some(high) => out.push(high << 4 | digit),
        }
    }
    out.extend(high.map(|h| h << 4));
    out
}

fn run_length(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(length) = data.get(at).copied().filter(|l| *l != 128) {
        let count = usize::from(length);
        if count < 128 {
            let end = data.len().min(at + count + 2);
            out.extend(&data[at + 1..end]);
            at += count + 2;
        } else if let Some(byte) = data.get(at + 1) {
            out.extend(std::iter::repeat_n(*byte, 257 - count));
            at += 2;
        } else {
            break;
        }
        if out.len() > MAX_PDF_STREAM {
            break;
        }
    }
    out
}

/// How many bytes LZW data gives: the lengths of its strings are enough. Codes may grow one early or not; where they are read
/// otherwise than they were written they soon make no sense, so the larger of both holds.
fn lzw(data: &[u8]) -> usize {
    let size = |early: usize| {
        let mut lengths: Vec<usize> = vec![1; LZW_FIRST];
        let (mut size, mut bit, mut last) = (0_usize, 0_usize, None::<usize>);
        loop {
            let width = match lengths.len() + early {
                2_048.. => 12,
                1_024.. => 11,
                512.. => 10,
                _ => 9,
            };
            let Some(code) = bits(data, bit, width) else {
                return size;
            };
            bit += width;
            match code {
                LZW_CLEAR => {
                    lengths.truncate(LZW_FIRST);
                    last = None;
                }
                LZW_END => return size,
                _ => {
                    let known = lengths.get(code).copied();
                    let Some(length) =
                        known.or_else(|| last.filter(|_| code == lengths.len()).map(|l| l + 1))
                    else {
                        return size;
                    };
                    if let Some(last) = last
                        && lengths.len() < LZW_CODES
                    {
                        lengths.push(last + 1);
                    }
                    last = Some(length);
                    size += length;
                    if size > MAX_PDF_STREAM {
                        return size;
                    }
                }
            }
        }
    };
    size(0).max(size(1))
}

fn bits(data: &[u8], at: usize, width: usize) -> Option<usize> {
    let mut out = 0;
    for n in 0..3 {
        let byte = data.get(at / 8 + n).copied();
        // The last code may end with the data.
        if byte.is_none() && (at + width).div_ceil(8) > at / 8 + n {
            return None;
        }
        out = out << 8 | usize::from(byte.unwrap_or(0));
    }
    Some(out >> (24 - at % 8 - width) & ((1 << width) - 1))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}
