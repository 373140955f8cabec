//! Which elements a rule of a style sheet may meet: by its last part alone, so that it is rather said to meet than not.

use std::collections::HashSet;

use super::css::{Broken, component, is_space};

/// The most classes and identifiers of one part of a selector.
const MAX_NAMES: usize = 32;

/// The most parts of a selector.
const MAX_PARTS: usize = 16;

/// A selector by its last part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The element's name; `None` for any.
    name: Option<String>,
    classes: Vec<String>,
    ids: Vec<String>,
    /// What it asks of elements around or before.
    others: Vec<Self>,
    /// Whether not all that it asks for is looked at: it may meet fewer elements.
    pub(super) loose: bool,
    /// Whether it speaks of a part of the element, or of what is put before or after it.
    pub(super) pseudo: bool,
}

/// What selectors ask of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'e> {
    pub(super) name: &'e str,
    pub(super) class: &'e str,
    pub(super) id: &'e str,
}

/// What elements a page has.
#[derive(Debug, Default)]
pub(super) struct Inhabitants {
    names: HashSet<String>,
    classes: HashSet<String>,
    ids: HashSet<String>,
}

impl Inhabitants {
    pub(super) fn add(&mut self, element: Subject<'_>) {
        let put = |set: &mut HashSet<String>, item: &str| {
            if !set.contains(item) {
                set.insert(item.to_ascii_lowercase());
            }
        };
        put(&mut self.names, element.name);
        element
            .class
            .split(is_space)
            .for_each(|c| put(&mut self.classes, c));
        put(&mut self.ids, element.id);
    }

    /// Whether there may be an element that one part of a selector meets.
    fn have(&self, part: &Target) -> bool {
        // These are there without a tag.
        let implied = ["html", "head", "body", "tbody", "tr", "colgroup"];
        { part.name.as_deref() }.is_none_or(|n| implied.contains(&n) || self.names.contains(n))
            && part.classes.iter().all(|c| self.classes.contains(c))
            && part.ids.iter().all(|i| self.ids.contains(i))
    }
}

impl Target {
    pub(super) fn meets(&self, element: Subject<'_>, page: &Inhabitants) -> bool {
        // Pages without a document type compare in any case.
        let has = |list: &str, wanted: &str| {
            list.split(is_space)
                .any(|item| item.eq_ignore_ascii_case(wanted))
        };
        { self.name.as_deref() }.is_none_or(|name| name == element.name)
            && self.classes.iter().all(|class| has(element.class, class))
            && self
                .ids
                .iter()
                .all(|id| id.eq_ignore_ascii_case(element.id))
            && self.others.iter().all(|part| page.have(part))
    }
}

/// The targets of a rule's selectors, without comments.
pub(super) fn targets(selectors: &str) -> Result<Vec<Target>, Broken> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    loop {
        match selectors.as_bytes().get(at) {
            None | Some(b',') => {
                out.push(target(selectors[start..at].trim_matches(is_space))?);
                if at >= selectors.len() {
                    return Ok(out);
                }
                at += 1;
                start = at;
            }
            Some(_) => at = component(selectors, at, 0)?,
        }
    }
}

fn target(selector: &str) -> Result<Target, Broken> {
    if selector.is_empty() {
        return Err(Broken);
    }
    // The last part begins after the last combinator.
    let mut others = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < selector.len() {
        let end = component(selector, at, 0)?;
        if selector[at..end].starts_with(|c| is_space(c) || matches!(c, '>' | '+' | '~')) {
            if from < at {
                others.push(compound(&selector[from..at])?);
            }
            from = end;
        }
        at = end;
    }
    if others.len() > MAX_PARTS {
        return Err(Broken);
    }
    let last = compound(&selector[from..])?;
    Ok(Target {
        loose: last.loose || from > 0,
        others,
        ..last
    })
}

/// One part of a selector: what it asks of one element.
fn compound(last: &str) -> Result<Target, Broken> {
    if last.is_empty() || last.matches(['.', '#']).count() > MAX_NAMES {
        return Err(Broken);
    }
    let mut out = Target::default();
    let mut at = 0;
    while at < last.len() {
        match last.as_bytes()[at] {
            b'.' => {
                let (name, end) = identifier(last, at + 1)?;
                out.classes.push(name);
                at = end;
            }
            b'#' => {
                let (name, end) = identifier(last, at + 1)?;
                out.ids.push(name);
                at = end;
            }
            b'[' => {
                out.loose = true;
                at = component(last, at, 0)?;
            }
            b':' => {
                out.loose = true;
                let twice = last[at + 1..].starts_with(':');
                let (name, end) = identifier(last, at + 1 + usize::from(twice))?;
                let old = ["before", "after", "first-line", "first-letter"];
                out.pseudo |= twice || old.contains(&name.as_str());
                at = end;
                if last[at..].starts_with('(') {
                    at = component(last, at, 0)?;
                }
            }
            b'*' if at == 0 => at += 1,
            // `v\:*` is no selector for a browser; for old ones it meant all elements of that prefix, which are told by themselves.
            b'*' if out.name.as_deref().is_some_and(|n| n.ends_with(':')) => at += 1,
            _ if at == 0 => {
                let (name, end) = identifier(last, 0)?;
                out.name = Some(name);
                at = end;
            }
            _ => return Err(Broken),
        }
    }
    Ok(out)
}

/// A name, in lower case, and where it ends.
fn identifier(text: &str, from: usize) -> Result<(String, usize), Broken> {
    let mut out = String::new();
    let mut chars = text[from..].char_indices();
    let mut end = text.len();
    while let Some((i, c)) = chars.next() {
        if c == '\\' {
            // Of a hexadecimal digit it is Broken already.
            out.extend(chars.next().map(|(_, c)| c));
        } else if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            end = from + i;
            break;
        }
    }
    if out.is_empty() {
        return Err(Broken);
    }
    Ok((out, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_decides() {
        let meets = |selectors: &str, name, class, id| {
            let element = Subject { name, class, id };
            let mut page = Inhabitants::default();
            page.add(element);
            page.add(Subject {
                name: "table",
                class: "",
                id: "",
            });
            targets(selectors).map(|all| all.iter().any(|t| t.meets(element, &page)))
        };
        for (selectors, met) in [
            ("p", true),
            ("div, P.a", true),
            ("*", true),
            (".A.b", true),
            ("#x", true),
            ("table p:not(.a)", true),
            (".gone > p", false),
            ("#toc p", false),
            ("a:not(b, p)", false),
            ("p > span", false),
            (".c", false),
            ("p#y", false),
            ("v\\:*", false),
        ] {
            assert_eq!(meets(selectors, "p", "a b", "x"), Ok(met), "{selectors}");
        }
        for broken in ["", "p,", "p &", "p{", "p;q", "p\\6e", "p)", "@x"] {
            assert_eq!(meets(broken, "p", "", ""), Err(Broken), "{broken}");
        }
    }
}
