//! XML parts as trees (by `quick-xml`): no document type, no entities, bounded depth and size.

use quick_xml::{
    NsReader,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use crate::{ExtractError, charset, docx::damaged, limits::MAX_XML_DEPTH};

/// The most elements of one part.
const MAX_NODES: usize = 1_000_000;

/// The most properties of one element that are looked at.
const MAX_PROPERTIES: usize = 256;

/// The vocabularies that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ns {
    /// WordprocessingML.
    W,
    /// Office Math.
    M,
    /// Markup compatibility.
    Mc,
    Other,
}

/// Whose an attribute is: a word processor looks at those of its element's vocabulary alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Without a prefix.
    Element,
    /// WordprocessingML.
    W,
    /// A reference to a relationship.
    Relation,
    /// `xml:space` and the like.
    Xml,
    Other,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Node(Node),
    Text(String),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) ns: Ns,
    pub(super) name: String,
    /// By local name.
    attributes: Vec<(Of, String, String)>,
    pub(super) items: Vec<Item>,
}

impl Node {
    /// What stands for a part that is not there.
    pub(super) const fn empty() -> Self {
        Self {
            ns: Ns::Other,
            name: String::new(),
            attributes: Vec::new(),
            items: Vec::new(),
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.ns == Ns::W && self.name == name
    }

    /// An attribute of WordprocessingML for its elements, one without a prefix for others.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.find(if self.ns == Ns::W { Of::W } else { Of::Element }, name)
    }

    /// An attribute of whatever vocabulary.
    pub(super) fn any_attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(_, n, _)| n == name).map(|(_, _, v)| v.as_str())
    }

    /// The relationship that it refers to.
    pub(super) fn relation(&self) -> Option<&str> {
        self.find(Of::Relation, "id")
    }

    /// Whether white space at its text's ends is shown.
    pub(super) fn keeps_space(&self) -> bool {
        self.find(Of::Xml, "space") == Some("preserve")
    }

    fn find(&self, of: Of, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(o, n, _)| *o == of && n == name)
            .map(|(_, _, v)| v.as_str())
    }

    pub(super) fn val(&self) -> Option<&str> {
        self.attribute("val")
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Self> {
        self.items.iter().filter_map(|item| match item {
            Item::Node(node) => Some(node),
            Item::Text(_) => None,
        })
    }

    /// The first child of WordprocessingML with that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.nodes().find(|node| node.is(name))
    }

    /// A child that has another one's name and says something else: of two properties programs take the first or the last. Where there
    /// are more than any element has properties, the first one that is too many.
    pub(super) fn twice(&self) -> Option<&Self> {
        let mut seen: Vec<&Self> = Vec::new();
        self.nodes().find(|node| {
            let other = |o: &&Self| o.ns == node.ns && o.name == node.name && *o != *node;
            let twice = seen.len() >= MAX_PROPERTIES || seen.iter().any(other);
            seen.push(node);
            twice
        })
    }

    /// The characters directly in it.
    pub(super) fn text(&self) -> String {
        let texts = self.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text.as_str()),
            Item::Node(_) => None,
        });
        texts.collect()
    }

    /// Every element below, itself first.
    pub(super) fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        for node in self.nodes() {
            node.each(visit);
        }
    }

    /// Whether a property is switched on: `<w:b/>` is, `<w:b w:val="false"/>` is not.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.val(), Some("0" | "false" | "off" | "none"))
    }
}

/// The root of a part.
pub(super) fn parse(bytes: &[u8], part: &str) -> Result<Node, ExtractError> {
    let bad = |reason: &str| damaged(format!("{part}: {reason}"));
    // What the library says of it, people can do nothing with.
    let broken = || bad("its XML is broken or cut off");
    let decoded = charset::decode(bytes, Some("utf-8"));
    if decoded.broken {
        return Err(bad("not UTF-8"));
    }
    let mut reader = NsReader::from_str(&decoded.text);
    let mut stack: Vec<Node> = Vec::new();
    let mut root = None;
    let mut nodes = 0;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| broken())?;
        let ns = namespace(&resolved);
        match event {
            Event::Start(start) => {
                nodes += 1;
                if stack.len() >= MAX_XML_DEPTH {
                    return Err(ExtractError::Limit {
                        what: "XML elements stand too deep in each other",
                        limit: MAX_XML_DEPTH,
                    });
                }
                stack.push(node(&reader, ns, &start).ok_or_else(broken)?);
            }
            Event::Empty(start) => {
                nodes += 1;
                let node = node(&reader, ns, &start).ok_or_else(broken)?;
                close(node, &mut stack, &mut root).map_err(bad)?;
            }
            Event::End(_) => {
                let node = stack
                    .pop()
                    .ok_or_else(|| bad("an end without a beginning"))?;
                close(node, &mut stack, &mut root).map_err(bad)?;
            }
            Event::Text(text) => put(&mut stack, &text.xml10_content()),
            Event::CData(text) => put(&mut stack, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().map_err(|_| broken())? {
                    Some(c) => c,
                    None => match reference.xml10_content().as_ref() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return Err(bad("an entity of its own")),
                    },
                };
                put(&mut stack, c.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => {
                return Err(bad("a document type declaration, which no document needs"));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        if nodes > MAX_NODES {
            return Err(ExtractError::Limit {
                what: "too many XML elements in one part",
                limit: MAX_NODES,
            });
        }
    }
    if !stack.is_empty() {
        return Err(bad("it is cut off"));
    }
    root.ok_or_else(|| bad("it is empty"))
}

fn namespace(resolved: &ResolveResult<'_>) -> Ns {
    let ResolveResult::Bound(Namespace(uri)) = resolved else {
        return Ns::Other;
    };
    let uri: &[u8] = uri.as_ref();
    match uri {
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        | b"http://purl.oclc.org/ooxml/wordprocessingml/main" => Ns::W,
        b"http://schemas.openxmlformats.org/officeDocument/2006/math"
        | b"http://purl.oclc.org/ooxml/officeDocument/math" => Ns::M,
        b"http://schemas.openxmlformats.org/markup-compatibility/2006" => Ns::Mc,
        _ => Ns::Other,
    }
}

fn of(resolved: &ResolveResult<'_>) -> Of {
    let ResolveResult::Bound(Namespace(uri)) = resolved else {
        return Of::Element;
    };
    let uri: &[u8] = uri.as_ref();
    match uri {
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        | b"http://purl.oclc.org/ooxml/officeDocument/relationships" => Of::Relation,
        b"http://www.w3.org/XML/1998/namespace" => Of::Xml,
        _ if namespace(resolved) == Ns::W => Of::W,
        _ => Of::Other,
    }
}

/// `None` where its attributes are broken.
fn node(reader: &NsReader<&[u8]>, ns: Ns, start: &BytesStart<'_>) -> Option<Node> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
        let of = of(&resolved);
        let name: &[u8] = local.into_inner().as_ref();
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .ok()?;
        attributes.push((
            of,
            String::from_utf8_lossy(name).into_owned(),
            value.into_owned(),
        ));
    }
    let name: &[u8] = start.local_name().into_inner().as_ref();
    Some(Node {
        ns,
        name: String::from_utf8_lossy(name).into_owned(),
        attributes,
        items: Vec::new(),
    })
}

fn put(stack: &mut [Node], text: &str) {
    let Some(node) = stack.last_mut() else {
        return;
    };
    if let Some(Item::Text(last)) = node.items.last_mut() {
        last.push_str(text);
    } else {
        node.items.push(Item::Text(text.to_owned()));
    }
}

fn close(node: Node, stack: &mut [Node], root: &mut Option<Node>) -> Result<(), &'static str> {
    match stack.last_mut() {
        Some(parent) => parent.items.push(Item::Node(node)),
        None if root.is_none() => *root = Some(node),
        None => return Err("two roots"),
    }
    Ok(())
}
