//! Fonts of symbols.

/// Parts of the names of fonts whose letters are drawn as other signs.
const SYMBOLS: &[&str] = &[
    "dings",
    "symbol",
    "dingbat",
    "marlett",
    "mt extra",
    "ms outlook",
    "specialty",
    "ornament",
    "barcode",
    "mdl2",
    "fluent icon",
    "fontawesome",
    "font awesome",
    "material icon",
    "icomoon",
    "opentype music",
    "braille",
];

/// Whether a font's letters are drawn as other signs.
pub(crate) fn is_symbol_font(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // Their names' last resort: these have letters, too.
    let name = name
        .replace("segoe ui symbol", "")
        .replace("noto sans symbols", "");
    SYMBOLS.iter().any(|font| name.contains(font))
}
