//! The scheme `cui`: Controlled Unclassified Information.
//!
//! The grammar is that of 32 CFR 2002.20 and NARA's CUI Marking Handbook: `U`, or
//! `CUI[//CATEGORY[/CATEGORY]][//CONTROL[/CONTROL]]`. Specified categories (`SP-…`) stand
//! before basic ones, each group in alphabetical order; so do the limited dissemination
//! controls of the CUI registry. Any order is read, one is written. That a category has the
//! form of one is checked; that the registry lists it is not.

use std::{collections::BTreeSet, fmt};

/// The longest category marking, in bytes, without `SP-`.
const MAX_CATEGORY: usize = 16;

/// The most categories, controls or countries in one marking.
const MAX_ITEMS: usize = 32;

/// A category: specified ones before basic ones, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category {
    basic: bool,
    name: String,
}

impl Category {
    /// Whether it is CUI Specified (`SP-`).
    #[must_use]
    pub const fn is_specified(&self) -> bool {
        !self.basic
    }

    /// Its marking without `SP-`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn parse(text: &str) -> Option<Self> {
        let (basic, name) = text
            .strip_prefix("SP-")
            .map_or((true, text), |name| (false, name));
        is_category(name).then(|| Self {
            basic,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.basic { "" } else { "SP-" }, self.name)
    }
}

/// Whether `name` has the form of a category's marking, without `SP-`.
pub(crate) fn is_category(name: &str) -> bool {
    (1..=MAX_CATEGORY).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !matches!(name, "U" | "CUI" | "CONTROLLED")
        && Control::parse(name).is_err_and(|e| e.is_none())
}

/// A limited dissemination control of the CUI registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// `NOFORN`, in a portion `NF`: no foreign dissemination.
    Noforn,
    /// `FED ONLY`: federal employees only.
    FedOnly,
    /// `FEDCON`: federal employees and contractors only.
    FedCon,
    /// `NOCON`: no dissemination to contractors.
    NoCon,
    /// `DL ONLY`: those on the dissemination list only.
    DlOnly,
    /// `REL TO USA, …`: releasable to these (without `USA`, which always stands first).
    RelTo(BTreeSet<Country>),
    /// `DISPLAY ONLY …`: may be shown to these, and no copy kept.
    DisplayOnly(BTreeSet<Country>),
    /// `Attorney-Client`, in a portion `AC`; with the category `PRIVILEGE` only.
    AttorneyClient,
    /// `Attorney-WP`, in a portion `AWP`; with the category `PRIVILEGE` only.
    AttorneyWorkProduct,
    /// `Deliberative`, in a portion `DELIB`.
    Deliberative,
}

/// A country (three letters) or an organisation (four): trigraphs sort before tetragraphs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    letters: usize,
    code: String,
}

impl Control {
    /// Whom the banner names, or (`portion`) the shorter form.
    fn text(&self, portion: bool) -> String {
        let either = |short: &str, full: &str| (if portion { short } else { full }).to_owned();
        let list = |countries: &BTreeSet<Country>| {
            countries
                .iter()
                .map(|c| c.code.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Self::Noforn => either("NF", "NOFORN"),
            Self::FedOnly => "FED ONLY".to_owned(),
            Self::FedCon => "FEDCON".to_owned(),
            Self::NoCon => "NOCON".to_owned(),
            Self::DlOnly => "DL ONLY".to_owned(),
            Self::RelTo(countries) => format!("REL TO USA, {}", list(countries)),
            Self::DisplayOnly(countries) => format!("DISPLAY ONLY {}", list(countries)),
            Self::AttorneyClient => either("AC", "Attorney-Client"),
            Self::AttorneyWorkProduct => either("AWP", "Attorney-WP"),
            Self::Deliberative => either("DELIB", "Deliberative"),
        }
    }

    /// Reads a control; `Err(None)` where it is not one, `Err(Some(why))` where it is a bad one.
    fn parse(text: &str) -> Result<Self, Option<String>> {
        Ok(match text {
            "NF" | "NOFORN" => Self::Noforn,
            "FED ONLY" => Self::FedOnly,
            "FEDCON" => Self::FedCon,
            "NOCON" => Self::NoCon,
            "DL ONLY" => Self::DlOnly,
            "AC" | "Attorney-Client" => Self::AttorneyClient,
            "AWP" | "Attorney-WP" => Self::AttorneyWorkProduct,
            "DELIB" | "Deliberative" => Self::Deliberative,
            _ => {
                if let Some(list) = text.strip_prefix("REL TO ") {
                    let mut countries = countries(list)?;
                    let usa = Country {
                        letters: 3,
                        code: "USA".to_owned(),
                    };
                    if !countries.remove(&usa) {
                        return Err(Some("REL TO names USA first".to_owned()));
                    }
                    if countries.is_empty() {
                        return Err(Some("REL TO USA alone is NOFORN: write NF".to_owned()));
                    }
                    Self::RelTo(countries)
                } else if let Some(list) = text.strip_prefix("DISPLAY ONLY ") {
                    Self::DisplayOnly(countries(list)?)
                } else {
                    return Err(None);
                }
            }
        })
    }
}

fn countries(list: &str) -> Result<BTreeSet<Country>, Option<String>> {
    let mut countries = BTreeSet::new();
    for code in list.split(',').map(str::trim) {
        if !matches!(code.len(), 3 | 4) || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Some("name countries by three capital letters (organisations by four), with commas between".to_owned()));
        }
        if !countries.insert(Country {
            letters: code.len(),
            code: code.to_owned(),
        }) {
            return Err(Some(format!("{code} stands twice")));
        }
    }
    if countries.len() > MAX_ITEMS {
        return Err(Some(format!("more than {MAX_ITEMS} countries")));
    }
    Ok(countries)
}

/// The marking of one portion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CuiMarking {
    controlled: bool,
    categories: BTreeSet<Category>,
    controls: BTreeSet<Control>,
}

impl CuiMarking {
    /// `U`: not CUI.
    pub const UNCLASSIFIED: Self = Self {
        controlled: false,
        categories: BTreeSet::new(),
        controls: BTreeSet::new(),
    };

    /// Whether it is CUI.
    #[must_use]
    pub const fn is_controlled(&self) -> bool {
        self.controlled
    }

    /// The categories in the order in which they are written.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter()
    }

    /// The limited dissemination controls.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter()
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut segments = text.split("//");
        match segments.next() {
            Some("U" | "UNCLASSIFIED") if segments.next().is_none() => {
                return Ok(Self::UNCLASSIFIED);
            }
            Some("U" | "UNCLASSIFIED") => {
                return Err("a U portion has no categories or controls".to_owned());
            }
            Some("CUI" | "CONTROLLED") => {}
            _ => return Err("begin it with U or CUI".to_owned()),
        }
        let segments: Vec<&str> = segments.collect();
        if segments.len() > 2 {
            return Err("after CUI come categories and then controls, and nothing more".to_owned());
        }
        let mut marking = Self {
            controlled: true,
            ..Self::UNCLASSIFIED
        };
        for (i, segment) in segments.iter().enumerate() {
            let items: Vec<&str> = segment.split('/').collect();
            if items.len() > MAX_ITEMS {
                return Err(format!("more than {MAX_ITEMS} categories or controls"));
            }
            // A lone segment is either; a control is known by its name.
            let is_controls = i == 1
                || !matches!(
                    Control::parse(items.first().copied().unwrap_or_default()),
                    Err(None)
                );
            for item in items {
                let new = if is_controls {
                    let control = Control::parse(item).map_err(|why| {
                        why.unwrap_or_else(|| {
                            format!("\"{item}\" is not a limited dissemination control")
                        })
                    })?;
                    marking.controls.insert(control)
                } else {
                    let category = Category::parse(item)
                        .ok_or_else(|| format!("\"{item}\" is not a category's marking"))?;
                    marking.categories.insert(category)
                };
                if !new {
                    return Err(format!("{item} stands twice"));
                }
            }
            if is_controls && i == 0 && segments.len() == 2 {
                return Err("categories stand before controls".to_owned());
            }
        }
        marking.consistent()?;
        Ok(marking)
    }

    fn consistent(&self) -> Result<(), String> {
        let has = |c: &Control| self.controls.contains(c);
        let count = |f: fn(&Control) -> bool| self.controls.iter().filter(|c| f(c)).count();
        let release = count(|c| matches!(c, Control::RelTo(_)));
        let display = count(|c| matches!(c, Control::DisplayOnly(_)));
        if release > 1 || display > 1 {
            return Err("name all countries in one list".to_owned());
        }
        if has(&Control::Noforn) && release + display > 0 {
            return Err("NOFORN excludes REL TO and DISPLAY ONLY".to_owned());
        }
        if count(|c| matches!(c, Control::FedOnly | Control::FedCon | Control::NoCon)) > 1 {
            return Err(
                "FED ONLY, FEDCON and NOCON exclude each other: keep the narrowest".to_owned(),
            );
        }
        let privileged = self.categories.iter().any(|c| c.name == "PRIVILEGE");
        if !privileged && (has(&Control::AttorneyClient) || has(&Control::AttorneyWorkProduct)) {
            return Err("AC and AWP need the category PRIVILEGE".to_owned());
        }
        Ok(())
    }

    fn text(&self, portion: bool) -> String {
        if !self.controlled {
            return if portion { "U" } else { "UNCLASSIFIED" }.to_owned();
        }
        let mut text = "CUI".to_owned();
        let categories: Vec<String> = self.categories.iter().map(Category::to_string).collect();
        let mut controls: Vec<String> = self.controls.iter().map(|c| c.text(portion)).collect();
        // By the banner's own letters, whatever their case.
        controls.sort_by_key(|c| c.to_ascii_uppercase());
        for segment in [categories, controls].into_iter().filter(|s| !s.is_empty()) {
            text.push_str("//");
            text.push_str(&segment.join("/"));
        }
        text
    }
}

impl fmt::Display for CuiMarking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(true))
    }
}

/// The banner over portions: all categories, and the narrowest reading of the controls.
///
/// - `UNCLASSIFIED` if no portion is CUI.
/// - Categories: every one that any portion has.
/// - Foreign release: a recipient may be named only if every portion that limits foreign release
///   lets it be; what remains for none is NOFORN. (A portion without such a control is open to
///   any lawful purpose, 32 CFR 2002.16, and limits nothing.)
/// - FED ONLY before FEDCON and NOCON; those two together are FED ONLY, for the one lets in
///   contractors as the only outsiders and the other keeps them out.
/// - Every other control that any portion has.
#[must_use]
pub fn banner<'a>(portions: impl IntoIterator<Item = &'a CuiMarking>) -> String {
    let mut all = CuiMarking::UNCLASSIFIED;
    let mut release: Option<BTreeSet<Country>> = None;
    let mut show: Option<BTreeSet<Country>> = None;
    let narrow = |set: &mut Option<BTreeSet<Country>>, by: BTreeSet<Country>| {
        *set = Some(match set.take() {
            Some(old) => old.intersection(&by).cloned().collect(),
            None => by,
        });
    };
    for portion in portions {
        all.controlled |= portion.controlled;
        all.categories.extend(portion.categories.iter().cloned());
        let mut foreign = None;
        for control in &portion.controls {
            let (rel, display) = foreign.get_or_insert_with(|| (BTreeSet::new(), BTreeSet::new()));
            match control {
                Control::Noforn => {}
                Control::RelTo(countries) => rel.extend(countries.iter().cloned()),
                Control::DisplayOnly(countries) => display.extend(countries.iter().cloned()),
                other => {
                    all.controls.insert(other.clone());
                }
            }
        }
        let limits = |c: &Control| {
            matches!(
                c,
                Control::Noforn | Control::RelTo(_) | Control::DisplayOnly(_)
            )
        };
        if let Some((rel, mut display)) = foreign.filter(|_| portion.controls.iter().any(limits)) {
            // What may be kept may be seen.
            display.extend(rel.iter().cloned());
            narrow(&mut release, rel);
            narrow(&mut show, display);
        }
    }
    if let (Some(release), Some(show)) = (release, show) {
        let only: BTreeSet<Country> = show.difference(&release).cloned().collect();
        if release.is_empty() && only.is_empty() {
            all.controls.insert(Control::Noforn);
        }
        if !release.is_empty() {
            all.controls.insert(Control::RelTo(release));
        }
        if !only.is_empty() {
            all.controls.insert(Control::DisplayOnly(only));
        }
    }
    let contractors = [Control::FedCon, Control::NoCon];
    if contractors.iter().all(|c| all.controls.contains(c)) {
        all.controls.insert(Control::FedOnly);
    }
    if all.controls.contains(&Control::FedOnly) {
        all.controls.retain(|c| !contractors.contains(c));
    }
    all.text(false)
}

#[cfg(test)]
mod tests;
