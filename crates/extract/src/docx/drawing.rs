//! Pictures, shapes, text boxes, and places that say two things (ECMA-376 Part 3, markup compatibility).

use crate::{
    docx::{
        story::{Holder, Story},
        writer::{Track, Writer},
        xml::Node,
    },
    doubt::DoubtKind,
};

/// The deepest nesting of alternatives that is read.
const MAX_ALTERNATIVES: usize = 8;

/// How thick a rule between paragraphs is at most, in points.
const THICKEST_RULE: f32 = 3.0;

impl<'a> Story<'a, '_> {
    pub(super) fn drawing(&mut self, node: &'a Node, track: Track) {
        if is_rule(node) {
            return;
        }
        let (mut picture, mut floats, mut words, mut shape) = (false, false, None, false);
        node.each(&mut |n| match n.name.as_str() {
            "pic" | "imagedata" | "blip" | "fill" => picture = true,
            "OLEObject" | "control" | "chart" | "relIds" => shape = true,
            "anchor" => floats = true,
            "textpath" => words = Some(n.attribute("string").unwrap_or_default().to_owned()),
            _ => {}
        });
        floats |= node.name == "pict";
        if picture {
            self.doubt(DoubtKind::Picture, "");
        }
        if shape || node.name == "object" {
            self.doubt(DoubtKind::Embedded, "");
        }
        if let Some(words) = words {
            self.doubt(DoubtKind::Picture, &words);
        }
        if floats && !picture {
            self.doubt(
                DoubtKind::Moved,
                "a text box or shape, which may cover other text",
            );
        }
        if !(floats || picture || shape || node.name == "object") {
            self.doubt(DoubtKind::Picture, "a drawn shape");
        }
        // A box within a box is read with it.
        let mut outer: Vec<&'a Node> = Vec::new();
        let mut left: Vec<&'a Node> = vec![node];
        while let Some(next) = left.pop() {
            if next.name == "txbxContent" {
                outer.push(next);
            } else {
                let inner: Vec<&'a Node> = next.nodes().collect();
                left.extend(inner.into_iter().rev());
            }
        }
        self.boxes
            .extend(outer.into_iter().map(|content| (content, track)));
    }

    /// What a word processor shows one of, whichever it knows. The first is the text; each is read whole, with all that speaks
    /// against it, and the others must say the same.
    pub(super) fn alternatives(
        &mut self,
        node: &'a Node,
        holder: &Holder<'_>,
        track: Track,
        writer: &mut Writer,
    ) {
        if self.alternatives >= MAX_ALTERNATIVES {
            self.doubt(DoubtKind::Contradiction, "alternatives within alternatives");
            return;
        }
        self.alternatives += 1;
        let mut first: Option<Alternative<'a>> = None;
        for choice in node.nodes() {
            let read = self.alternative(choice, holder, track, writer);
            match &first {
                None => first = Some(read),
                Some(one) => {
                    if one.said != read.said || one.notes != read.notes {
                        let both = format!("{} / {}", one.said.join(" "), read.said.join(" "));
                        self.doubt(DoubtKind::Contradiction, &both);
                    }
                    // What is not taken is looked at all the same.
                    let mut aside = Writer::default();
                    for (content, track) in read.boxes {
                        self.text_box(content, track, &mut aside);
                    }
                }
            }
        }
        self.alternatives -= 1;
        let Some(first) = first else {
            return;
        };
        // A single one is shown by programs that know what it asks for, and left out by others.
        if node.nodes().count() == 1 && first.said.iter().any(|s| !s.is_empty()) {
            self.doubt(DoubtKind::Contradiction, &first.said.join(" "));
        }
        writer.counts.clone_from(&first.writer.counts);
        writer.append(first.writer);
        self.boxes.extend(first.boxes);
        self.notes.extend(first.notes);
    }

    fn alternative(
        &mut self,
        choice: &'a Node,
        holder: &Holder<'_>,
        track: Track,
        writer: &Writer,
    ) -> Alternative<'a> {
        let mut own = Writer::counting(&writer.counts);
        let boxes = std::mem::take(&mut self.boxes);
        let notes = std::mem::take(&mut self.notes);
        let depth = self.fields.len();
        match holder {
            Holder::Blocks => self.blocks(choice, track, &mut own),
            Holder::Inline(look) => self.inline(choice, look, track, &mut own),
            Holder::Run(look) => self.content(choice, look, track, &mut own),
        }
        if self.fields.len() != depth {
            self.doubt(
                DoubtKind::Field,
                "a field that begins or ends in an alternative",
            );
        }
        let own_boxes = std::mem::replace(&mut self.boxes, boxes);
        let own_notes = std::mem::replace(&mut self.notes, notes);
        let mut said: Vec<String> = Vec::new();
        for (out, line) in own.out.iter().zip(&own.line) {
            said.push(words(&format!("{out} {line}")));
        }
        let mut boxed = String::new();
        for (content, _) in &own_boxes {
            content.each(&mut |n| {
                if n.is("t") || n.is("delText") {
                    boxed.push_str(&n.text());
                } else if n.is("p") {
                    boxed.push(' ');
                }
            });
        }
        said.push(words(&boxed));
        Alternative {
            writer: own,
            boxes: own_boxes,
            notes: own_notes,
            said,
        }
    }
}

/// One alternative, read.
struct Alternative<'a> {
    writer: Writer,
    boxes: Vec<(&'a Node, Track)>,
    notes: Vec<super::story::Reference>,
    /// Its text in both readings, and that of its boxes.
    said: Vec<String>,
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The horizontal rule that pandoc and Word write between paragraphs (Part 4, 19.1.2.16): a flat rectangle and nothing in it.
fn is_rule(node: &Node) -> bool {
    let mut shapes = node.nodes();
    let (Some(shape), None) = (shapes.next(), shapes.next()) else {
        return false;
    };
    let thin = shape.attribute("style").is_some_and(|style| {
        style.split(';').all(|part| match part.split_once(':') {
            Some(("width", _)) => true,
            Some(("height", height)) => {
                let points = height.trim().strip_suffix("pt").unwrap_or("");
                points
                    .parse::<f32>()
                    .is_ok_and(|h| (0.0..=THICKEST_RULE).contains(&h))
            }
            _ => part.trim().is_empty(),
        })
    });
    node.is("pict")
        && shape.name == "rect"
        && shape.any_attribute("hr") == Some("t")
        && shape.nodes().next().is_none()
        && shape
            .attribute("style")
            .is_some_and(|s| s.contains("height"))
        && thin
}
