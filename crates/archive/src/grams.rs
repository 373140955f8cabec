//! What is looked up: single words and groups of three, each as a number of 32 bits.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// How many words on end make a group.
pub(crate) const GROUP: usize = 3;

/// The numbers of a text's words and of its groups of words; sorted, none twice.
///
/// `keys` are words as `demur_check::copy::keys` gives them. Here letters fold further, accents and what reading machines
/// confuse among them: an index only chooses what is compared, and the comparison itself folds nothing of that.
pub(crate) fn grams<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<u32> {
    let words: Vec<u64> = words(keys).collect();
    let groups = words.windows(GROUP).map(|group| {
        let mixed = group.iter().fold(SEED_GROUP, |all, word| mix(all ^ word));
        short(mixed)
    });
    let mut out: Vec<u32> = words
        .iter()
        .map(|word| short(*word))
        .chain(groups)
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// The numbers of single words, in their order.
pub(crate) fn singles<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<u32> {
    words(keys).map(short).collect()
}

fn words<'k>(keys: impl IntoIterator<Item = &'k str>) -> impl Iterator<Item = u64> {
    keys.into_iter().filter_map(|key| {
        let plain = plain(key);
        (!plain.is_empty()).then(|| {
            let bytes = plain.bytes();
            // FNV-1a, then mixed: its low bits alone are poor.
            mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            }))
        })
    })
}

/// Small letters and digits, without marks; letters that look alike are one.
fn plain(key: &str) -> String {
    let text: Cow<'_, str> = if key.is_ascii() {
        Cow::Borrowed(key)
    } else {
        key.nfd().collect::<String>().into()
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '|' {
            out.push('l');
        } else if c.is_alphanumeric() {
            for c in c.to_lowercase() {
                out.push(match c {
                    '1' | 'i' => 'l',
                    '0' => 'o',
                    '5' => 's',
                    '8' => 'b',
                    c => c,
                });
            }
        }
    }
    if out.contains("rn") || out.contains("vv") || out.contains("cl") {
        out = out.replace("rn", "m").replace("vv", "w").replace("cl", "d");
    }
    out
}

const SEED_GROUP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64.
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const fn short(x: u64) -> u32 {
    (x >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_one() {
        for (a, b) in [
            ("modem", "modern"),
            ("Clear", "dear"),
            ("I0", "1O"),
            ("r\u{e9}sum\u{e9}", "resume"),
            ("well-known,", "wellknown"),
        ] {
            assert_eq!(plain(a), plain(b), "{a} {b}");
        }
        assert!(plain("—").is_empty());
        assert_ne!(plain("now"), plain("not"));
    }

    #[test]
    fn order_makes_the_group() {
        let of = |text: &str| grams(text.split(' '));
        assert_eq!(of("a b").len(), 2);
        assert_eq!(of("a b c").len(), 4);
        assert_ne!(of("a b c"), of("c b a"));
    }
}
