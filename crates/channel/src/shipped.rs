//! The profiles that come with Demur.

/// Identifier and text of each profile in `profiles/`.
pub const SHIPPED: &[(&str, &str)] = &[
    ("demo", include_str!("../../../profiles/demo.toml")),
    ("doe", include_str!("../../../profiles/doe.toml")),
    (
        "eu-directive",
        include_str!("../../../profiles/eu-directive.toml"),
    ),
    ("nasa", include_str!("../../../profiles/nasa.toml")),
    ("nrc", include_str!("../../../profiles/nrc.toml")),
    ("state", include_str!("../../../profiles/state.toml")),
    ("usaid", include_str!("../../../profiles/usaid.toml")),
];

/// The text of the shipped profile `id`.
#[must_use]
pub fn shipped(id: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(name, _)| *name == id)
        .map(|(_, text)| *text)
}
