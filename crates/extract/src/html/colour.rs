//! Colours as CSS and HTML write them.

use super::length::number;

/// Below this ratio of contrast (WCAG 2.2, 1.4.3 has 4.5 for readers) text can hardly be seen.
pub(crate) const LEAST_CONTRAST: f32 = 1.6;

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

pub(super) const BLACK: Rgb = [0; 3];
pub(super) const WHITE: Rgb = [0xff; 3];
/// Links as browsers show them: not visited, visited.
pub(super) const LINKS: [Rgb; 2] = [[0, 0, 0xee], [0x55, 0x1a, 0x8b]];

/// A colour's value in a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Is(Rgb),
    /// That of what stands around.
    Around,
    /// That of a page without styles.
    Initial,
    /// None: what lies beneath is seen.
    Clear,
}

/// The ratio of contrast of two colours (WCAG 2.2), each by red, green and blue from 0 to 1.
pub(crate) fn contrast(a: [f32; 3], b: [f32; 3]) -> f32 {
    let luminance = |c: [f32; 3]| {
        let linear = c.map(|v| {
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether text of the one colour can't be seen on the other.
pub(super) fn is_lost(text: Rgb, ground: Rgb) -> bool {
    let parts = |c: Rgb| c.map(|v| f32::from(v) / 255.0);
    contrast(parts(text), parts(ground)) < LEAST_CONTRAST
}

/// A colour of CSS, in lower case; `None`: not one of the forms that are read.
pub(super) fn css(text: &str) -> Option<Colour> {
    match text {
        "inherit" | "unset" | "currentcolor" => return Some(Colour::Around),
        "initial" | "windowtext" | "canvastext" => return Some(Colour::Initial),
        "transparent" => return Some(Colour::Clear),
        _ => {}
    }
    if let Some(rgb) = named(text) {
        return Some(Colour::Is(rgb));
    }
    if let Some(hex) = text.strip_prefix('#') {
        return hexadecimal(hex).map(Colour::Is);
    }
    let inside = text.strip_prefix("rgba(").or(text.strip_prefix("rgb("))?;
    let inside = inside.strip_suffix(')')?;
    let (parts, alpha): (Vec<&str>, Option<&str>) = if inside.contains(',') {
        let mut parts: Vec<&str> = inside.split(',').map(str::trim).collect();
        let alpha = if parts.len() == 4 { parts.pop() } else { None };
        (parts, alpha)
    } else {
        let (colour, alpha) = match inside.split_once('/') {
            Some((colour, alpha)) => (colour, Some(alpha.trim())),
            None => (inside, None),
        };
        (colour.split_whitespace().collect(), alpha)
    };
    let percent = parts.iter().filter(|part| part.ends_with('%')).count();
    if parts.len() != 3 || !matches!(percent, 0 | 3) {
        return None;
    }
    let mut rgb = BLACK;
    for (out, part) in rgb.iter_mut().zip(parts) {
        let value = match part.strip_suffix('%') {
            Some(percent) => number(percent)? * 2.55,
            None => number(part)?,
        };
        if !(0.0..=255.0).contains(&value) {
            return None;
        }
        *out = value.round() as u8;
    }
    let alpha = alpha.unwrap_or("1");
    match alpha {
        "1" | "1.0" | "100%" => Some(Colour::Is(rgb)),
        "0" | "0.0" | "0%" => Some(Colour::Clear),
        _ => None,
    }
}

/// Three or six hexadecimal digits.
fn hexadecimal(hex: &str) -> Option<Rgb> {
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let wide: String = match hex.len() {
        6 => hex.to_owned(),
        3 => hex.chars().flat_map(|c| [c, c]).collect(),
        _ => return None,
    };
    let [_, r, g, b] = u32::from_str_radix(&wide, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

/// The colour of an attribute, which takes any text for one (WHATWG HTML, 2.3.6); `None`: it sets none.
pub(super) fn legacy(text: &str) -> Option<Rgb> {
    let text = text.trim_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if text.is_empty() || text.eq_ignore_ascii_case("transparent") {
        return None;
    }
    if let Some(rgb) = named(&text.to_ascii_lowercase()) {
        return Some(rgb);
    }
    if let Some(hex) = text.strip_prefix('#')
        && hex.len() == 3
        && let Some(rgb) = hexadecimal(hex)
    {
        return Some(rgb);
    }
    // A character beyond the first plane counts as two zeros.
    let mut digits: Vec<u8> = Vec::new();
    for c in text.chars().take(128) {
        match u8::try_from(c) {
            _ if u32::from(c) > 0xffff => digits.extend(b"00"),
            Ok(b) if b.is_ascii_hexdigit() => digits.push(b),
            Ok(b'#') if digits.is_empty() => digits.push(b'#'),
            _ => digits.push(b'0'),
        }
    }
    digits.truncate(128);
    if digits.first() == Some(&b'#') {
        digits.remove(0);
    }
    while digits.is_empty() || !digits.len().is_multiple_of(3) {
        digits.push(b'0');
    }
    let mut length = digits.len() / 3;
    let mut parts: Vec<&[u8]> = digits.chunks(length).collect();
    if length > 8 {
        parts = parts.iter().map(|p| &p[length - 8..]).collect();
        length = 8;
    }
    while length > 2 && parts.iter().all(|p| p[0] == b'0') {
        parts = parts.iter().map(|p| &p[1..]).collect();
        length -= 1;
    }
    let part = |p: &[u8]| {
        let p = str::from_utf8(&p[..length.min(2)]).ok()?;
        u8::from_str_radix(p, 16).ok()
    };
    Some([part(parts[0])?, part(parts[1])?, part(parts[2])?])
}

/// The named colours of CSS Color 4, 6.1.
fn named(text: &str) -> Option<Rgb> {
    let at = NAMED.binary_search_by(|(name, _)| (*name).cmp(text)).ok()?;
    let [_, r, g, b] = NAMED[at].1.to_be_bytes();
    Some([r, g, b])
}

const NAMED: [(&str, u32); 148] = [
    ("aliceblue", 0xf0_f8ff),
    ("antiquewhite", 0xfa_ebd7),
    ("aqua", 0x00_ffff),
    ("aquamarine", 0x7f_ffd4),
    ("azure", 0xf0_ffff),
    ("beige", 0xf5_f5dc),
    ("bisque", 0xff_e4c4),
    ("black", 0x00_0000),
    ("blanchedalmond", 0xff_ebcd),
    ("blue", 0x00_00ff),
    ("blueviolet", 0x8a_2be2),
    ("brown", 0xa5_2a2a),
    ("burlywood", 0xde_b887),
    ("cadetblue", 0x5f_9ea0),
    ("chartreuse", 0x7f_ff00),
    ("chocolate", 0xd2_691e),
    ("coral", 0xff_7f50),
    ("cornflowerblue", 0x64_95ed),
    ("cornsilk", 0xff_f8dc),
    ("crimson", 0xdc_143c),
    ("cyan", 0x00_ffff),
    ("darkblue", 0x00_008b),
    ("darkcyan", 0x00_8b8b),
    ("darkgoldenrod", 0xb8_860b),
    ("darkgray", 0xa9_a9a9),
    ("darkgreen", 0x00_6400),
    ("darkgrey", 0xa9_a9a9),
    ("darkkhaki", 0xbd_b76b),
    ("darkmagenta", 0x8b_008b),
    ("darkolivegreen", 0x55_6b2f),
    ("darkorange", 0xff_8c00),
    ("darkorchid", 0x99_32cc),
    ("darkred", 0x8b_0000),
    ("darksalmon", 0xe9_967a),
    ("darkseagreen", 0x8f_bc8f),
    ("darkslateblue", 0x48_3d8b),
    ("darkslategray", 0x2f_4f4f),
    ("darkslategrey", 0x2f_4f4f),
    ("darkturquoise", 0x00_ced1),
    ("darkviolet", 0x94_00d3),
    ("deeppink", 0xff_1493),
    ("deepskyblue", 0x00_bfff),
    ("dimgray", 0x69_6969),
    ("dimgrey", 0x69_6969),
    ("dodgerblue", 0x1e_90ff),
    ("firebrick", 0xb2_2222),
    ("floralwhite", 0xff_faf0),
    ("forestgreen", 0x22_8b22),
    ("fuchsia", 0xff_00ff),
    ("gainsboro", 0xdc_dcdc),
    ("ghostwhite", 0xf8_f8ff),
    ("gold", 0xff_d700),
    ("goldenrod", 0xda_a520),
    ("gray", 0x80_8080),
    ("green", 0x00_8000),
    ("greenyellow", 0xad_ff2f),
    ("grey", 0x80_8080),
    ("honeydew", 0xf0_fff0),
    ("hotpink", 0xff_69b4),
    ("indianred", 0xcd_5c5c),
    ("indigo", 0x4b_0082),
    ("ivory", 0xff_fff0),
    ("khaki", 0xf0_e68c),
    ("lavender", 0xe6_e6fa),
    ("lavenderblush", 0xff_f0f5),
    ("lawngreen", 0x7c_fc00),
    ("lemonchiffon", 0xff_facd),
    ("lightblue", 0xad_d8e6),
    ("lightcoral", 0xf0_8080),
    ("lightcyan", 0xe0_ffff),
    ("lightgoldenrodyellow", 0xfa_fad2),
    ("lightgray", 0xd3_d3d3),
    ("lightgreen", 0x90_ee90),
    ("lightgrey", 0xd3_d3d3),
    ("lightpink", 0xff_b6c1),
    ("lightsalmon", 0xff_a07a),
    ("lightseagreen", 0x20_b2aa),
    ("lightskyblue", 0x87_cefa),
    ("lightslategray", 0x77_8899),
    ("lightslategrey", 0x77_8899),
    ("lightsteelblue", 0xb0_c4de),
    ("lightyellow", 0xff_ffe0),
    ("lime", 0x00_ff00),
    ("limegreen", 0x32_cd32),
    ("linen", 0xfa_f0e6),
    ("magenta", 0xff_00ff),
    ("maroon", 0x80_0000),
    ("mediumaquamarine", 0x66_cdaa),
    ("mediumblue", 0x00_00cd),
    ("mediumorchid", 0xba_55d3),
    ("mediumpurple", 0x93_70db),
    ("mediumseagreen", 0x3c_b371),
    ("mediumslateblue", 0x7b_68ee),
    ("mediumspringgreen", 0x00_fa9a),
    ("mediumturquoise", 0x48_d1cc),
    ("mediumvioletred", 0xc7_1585),
    ("midnightblue", 0x19_1970),
    ("mintcream", 0xf5_fffa),
    ("mistyrose", 0xff_e4e1),
    ("moccasin", 0xff_e4b5),
    ("navajowhite", 0xff_dead),
    ("navy", 0x00_0080),
    ("oldlace", 0xfd_f5e6),
    ("olive", 0x80_8000),
    ("olivedrab", 0x6b_8e23),
    ("orange", 0xff_a500),
    ("orangered", 0xff_4500),
    ("orchid", 0xda_70d6),
    ("palegoldenrod", 0xee_e8aa),
    ("palegreen", 0x98_fb98),
    ("paleturquoise", 0xaf_eeee),
    ("palevioletred", 0xdb_7093),
    ("papayawhip", 0xff_efd5),
    ("peachpuff", 0xff_dab9),
    ("peru", 0xcd_853f),
    ("pink", 0xff_c0cb),
    ("plum", 0xdd_a0dd),
    ("powderblue", 0xb0_e0e6),
    ("purple", 0x80_0080),
    ("rebeccapurple", 0x66_3399),
    ("red", 0xff_0000),
    ("rosybrown", 0xbc_8f8f),
    ("royalblue", 0x41_69e1),
    ("saddlebrown", 0x8b_4513),
    ("salmon", 0xfa_8072),
    ("sandybrown", 0xf4_a460),
    ("seagreen", 0x2e_8b57),
    ("seashell", 0xff_f5ee),
    ("sienna", 0xa0_522d),
    ("silver", 0xc0_c0c0),
    ("skyblue", 0x87_ceeb),
    ("slateblue", 0x6a_5acd),
    ("slategray", 0x70_8090),
    ("slategrey", 0x70_8090),
    ("snow", 0xff_fafa),
    ("springgreen", 0x00_ff7f),
    ("steelblue", 0x46_82b4),
    ("tan", 0xd2_b48c),
    ("teal", 0x00_8080),
    ("thistle", 0xd8_bfd8),
    ("tomato", 0xff_6347),
    ("turquoise", 0x40_e0d0),
    ("violet", 0xee_82ee),
    ("wheat", 0xf5_deb3),
    ("white", 0xff_ffff),
    ("whitesmoke", 0xf5_f5f5),
    ("yellow", 0xff_ff00),
    ("yellowgreen", 0x9a_cd32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_take_any_text_for_a_colour() {
        // The vectors of the standard's own examples and of web-platform-tests.
        for (text, rgb) in [
            ("white", [0xff; 3]),
            ("#fff", [0xff; 3]),
            ("ffffff", [0xff; 3]),
            ("chucknorris", [0xc0, 0, 0]),
            ("ffffffffffff", [0xff; 3]),
            ("crap", [0xc0, 0xa0, 0]),
            ("f", [0xf, 0, 0]),
        ] {
            assert_eq!(legacy(text), Some(rgb), "{text}");
        }
        assert_eq!(legacy(" "), None);
        assert!(NAMED.is_sorted());
    }

    #[test]
    fn forms_of_css() {
        for (text, colour) in [
            ("#fff", Some(Colour::Is(WHITE))),
            ("rgb(255, 255, 255)", Some(Colour::Is(WHITE))),
            ("rgb(100% 100% 100% / 1)", Some(Colour::Is(WHITE))),
            ("rgba(0,0,0,0)", Some(Colour::Clear)),
            ("rgba(0,0,0,.1)", None),
            ("rgb(0%,0,0)", None),
            ("rgb(0.,0,0)", None),
            ("rgb(/ 0 0 0)", None),
            ("rgb(0 0 0 1)", None),
            ("#ffff", None),
            ("hsl(0 0% 100%)", None),
            ("oklch(1 0 0)", None),
            ("buttonface", None),
            ("ffffff", None),
        ] {
            assert_eq!(css(text), colour, "{text}");
        }
    }
}
