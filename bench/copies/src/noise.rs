//! Layout noise, and the errors of reading machines.

use crate::Rng;

/// Letters that reading machines take for others. Not the list of the rules: some of these no rule has.
const CONFUSIONS: [(&str, &str); 62] = [
    ("rn", "m"),
    ("m", "rn"),
    ("h", "b"),
    ("b", "h"),
    ("e", "c"),
    ("c", "e"),
    ("l", "1"),
    ("l", "I"),
    ("i", "l"),
    ("l", "i"),
    ("I", "l"),
    ("I", "1"),
    ("O", "0"),
    ("o", "0"),
    ("0", "O"),
    ("1", "l"),
    ("S", "5"),
    ("s", "5"),
    ("5", "S"),
    ("B", "8"),
    ("8", "B"),
    ("g", "9"),
    ("n", "u"),
    ("u", "n"),
    ("t", "f"),
    ("f", "t"),
    ("a", "o"),
    ("o", "a"),
    ("e", "o"),
    ("o", "e"),
    ("o", "c"),
    ("c", "o"),
    ("v", "y"),
    ("y", "v"),
    ("cl", "d"),
    ("d", "cl"),
    ("vv", "w"),
    ("w", "vv"),
    ("li", "h"),
    ("h", "li"),
    ("ii", "u"),
    ("u", "ii"),
    ("in", "m"),
    ("m", "in"),
    ("ni", "m"),
    ("ri", "n"),
    ("n", "ri"),
    ("t", "l"),
    ("l", "t"),
    ("q", "g"),
    ("g", "q"),
    ("i", "j"),
    ("D", "O"),
    ("E", "F"),
    ("P", "F"),
    ("V", "Y"),
    ("Q", "O"),
    ("G", "C"),
    ("C", "G"),
    ("R", "B"),
    ("3", "8"),
    ("z", "2"),
];

const ACCENTS: [(char, char); 10] = [
    ('é', 'e'),
    ('è', 'e'),
    ('ê', 'e'),
    ('à', 'a'),
    ('á', 'a'),
    ('ü', 'u'),
    ('ö', 'o'),
    ('û', 'u'),
    ('ç', 'c'),
    ('ó', 'o'),
];

const JOINED: [(&str, &str); 4] = [("ffi", "fi"), ("ff", "f"), ("fi", "f"), ("fl", "f")];

/// Errors in so many of a thousand characters.
pub(crate) fn ocr(text: &str, rate: u32, rng: &mut Rng) -> String {
    if rate == 0 {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == '\n' || !rng.chance(rate) {
            out.push(c);
            at += 1;
            continue;
        }
        at += error(&chars, at, &mut out, rng);
    }
    out
}

/// One error at a place: how many characters it takes.
fn error(chars: &[char], at: usize, out: &mut String, rng: &mut Rng) -> usize {
    let c = chars[at];
    let rest = &chars[at..];
    let begins = |text: &str| {
        let n = text.chars().count();
        rest.len() >= n && text.chars().eq(rest[..n].iter().copied())
    };
    if let Some((_, plain)) = ACCENTS.iter().find(|(accented, _)| *accented == c) {
        out.push(*plain);
        return 1;
    }
    if c == ' ' {
        // Words run together.
        return 1;
    }
    if matches!(c, '.' | ',' | ';' | ':' | '’' | '“' | '”' | '-' | '(' | ')') {
        if rng.chance(300) {
            out.push(if c == ',' { '.' } else { ',' });
        }
        return 1;
    }
    if let Some((joined, lost)) = JOINED.iter().find(|(joined, _)| begins(joined))
        && rng.chance(500)
    {
        out.push_str(lost);
        return joined.chars().count();
    }
    match rng.below(100) {
        // A word is split.
        0..6 => {
            out.push(c);
            out.push(' ');
            return 1;
        }
        // Any letter for it: nobody can list these.
        6..12 if c.is_alphabetic() => {
            out.push(char::from(b'a' + rng.below(26) as u8));
            return 1;
        }
        // Two letters exchanged: a person's error.
        12..16 if rest.len() > 1 && c.is_alphabetic() && rest[1].is_alphabetic() => {
            out.push(rest[1]);
            out.push(c);
            return 2;
        }
        _ => {}
    }
    let fitting: Vec<&(&str, &str)> = CONFUSIONS.iter().filter(|(from, _)| begins(from)).collect();
    match rng.pick(&fitting) {
        Some((from, to)) => {
            out.push_str(to);
            from.chars().count()
        }
        None => {
            out.push(c);
            1
        }
    }
}

/// The lines of a page.
const PAGE: u32 = 23;

/// The same words, otherwise set.
pub(crate) fn layout(paragraphs: &[String], rng: &mut Rng) -> String {
    let width = 40 + rng.below(50);
    let markings = rng.chance(700);
    let mut out = String::new();
    // Some are printed in pages, as pdftotext writes them: their numbers stand within paragraphs, too.
    let paged = rng.chance(300);
    let (mut page, mut lines) = (1, 0);
    for (n, paragraph) in paragraphs.iter().enumerate() {
        let text = if markings {
            format!("(S) {paragraph}")
        } else {
            paragraph.clone()
        };
        let text = text
            .replace(['’', '‘'], "'")
            .replace(['“', '”'], "\"")
            .replace('—', if rng.chance(500) { " -- " } else { "--" });
        let mut line = 0;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let word = if rng.chance(200) {
                word.replace("fi", "ﬁ").replace("fl", "ﬂ")
            } else {
                word.to_owned()
            };
            let length = word.chars().count();
            let plain = word.chars().all(|c| c.is_ascii_lowercase());
            if line > 0 && line + length > width {
                if plain && length > 7 && rng.chance(400) {
                    let cut = 3 + rng.below(length - 5);
                    out.push_str(&format!("{}-\n{}", &word[..cut], &word[cut..]));
                    line = length - cut;
                    out.push(' ');
                    continue;
                }
                out.push('\n');
                line = 0;
                lines += 1;
                if paged && lines == PAGE {
                    let number = if markings {
                        format!("- {page} -")
                    } else {
                        page.to_string()
                    };
                    out.push_str(&format!("\n{number}\n\u{c}"));
                    (page, lines) = (page + 1, 0);
                }
            }
            out.push_str(&word);
            out.push_str(if rng.chance(50) { "  " } else { " " });
            line += length + 1;
        }
        out.push_str("\n\n");
        if n % 7 == 6 && !paged {
            out.push_str(&format!("- {page} -\n\n"));
            page += 1;
        }
    }
    out
}
