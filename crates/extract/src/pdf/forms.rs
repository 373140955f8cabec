//! How much a page's drawings come to: each may draw others, and those others again, so that a few bytes may ask for more work than any
//! reader has time for. They are followed as the reader would follow them, without drawing anything, until it is too much.

use std::{collections::HashMap, rc::Rc};

use hayro_interpret::hayro_syntax::{
    Pdf,
    content::{TypedIter, ops::TypedInstruction},
    object::{Array, Dict, Name, Object, ObjectIdentifier, Stream},
    page::Resources,
};

use crate::{ExtractError, limits::MAX_FORMS};

/// The reader goes no deeper.
const MAX_DEPTH: usize = 50;

/// What each drawing costs beside its content, in bytes of that.
const CALL: usize = 512;

/// Whether what is drawn stays within the cap, each drawing as often as it is drawn.
pub(super) fn check(pdf: &Pdf) -> Result<(), ExtractError> {
    let mut walk = Walk {
        known: HashMap::new(),
        left: MAX_FORMS,
    };
    for page in pdf.pages().iter() {
        let resources = page.resources();
        if !resources.x_objects.is_empty() {
            let names = names(page.typed_operations());
            walk.all(&streams(&names, resources), resources, 0)?;
        }
        // What notes look like is drawn, too.
        let notes = page.raw().get::<Array<'_>>(b"Annots").unwrap_or_default();
        for note in notes.iter::<Dict<'_>>() {
            let looks = note.get::<Dict<'_>>(b"AP");
            match looks.and_then(|looks| looks.get::<Object<'_>>(b"N")) {
                Some(Object::Stream(stream)) => walk.form(&stream, resources, 0)?,
                Some(Object::Dict(states)) => {
                    for state in states.keys() {
                        if let Some(stream) = states.get::<Stream<'_>>(&state) {
                            walk.form(&stream, resources, 0)?;
                        }
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

struct Walk<'a> {
    known: HashMap<ObjectIdentifier, Rc<Form<'a>>>,
    left: usize,
}

/// A drawing: its length, and what it draws.
struct Form<'a> {
    length: usize,
    drawn: Drawn<'a>,
}

enum Drawn<'a> {
    Streams(Vec<Stream<'a>>),
    /// By the names of whoever draws it.
    Names(Vec<Vec<u8>>),
}

impl<'a> Walk<'a> {
    fn all(
        &mut self,
        drawn: &[Stream<'a>],
        resources: &Resources<'a>,
        depth: usize,
    ) -> Result<(), ExtractError> {
        { drawn.iter() }.try_for_each(|stream| self.form(stream, resources, depth))
    }

    fn form(
        &mut self,
        stream: &Stream<'a>,
        around: &Resources<'a>,
        depth: usize,
    ) -> Result<(), ExtractError> {
        if depth >= MAX_DEPTH {
            return Ok(());
        }
        let known = self.known.entry(stream.obj_id());
        let form = known.or_insert_with(|| Rc::new(Form::of(stream))).clone();
        let Some(left) = self.left.checked_sub(form.length + CALL) else {
            return Err(ExtractError::Limit {
                what: "the PDF's pages draw too much",
                limit: MAX_FORMS,
            });
        };
        self.left = left;
        match &form.drawn {
            Drawn::Streams(streams) => self.all(streams, around, depth + 1),
            Drawn::Names(names) => self.all(&streams(names, around), around, depth + 1),
        }
    }
}

impl<'a> Form<'a> {
    fn of(stream: &Stream<'a>) -> Self {
        let content = stream.decoded_data().unwrap_or_default();
        let names = names(TypedIter::new(&content));
        let resources = stream.dict().get::<Dict<'_>>(b"Resources");
        Self {
            length: content.len(),
            drawn: match resources.map(Resources::new) {
                Some(own) => Drawn::Streams(streams(&names, &own)),
                None => Drawn::Names(names),
            },
        }
    }
}

/// What stands behind names; pictures draw nothing.
fn streams<'a>(names: &[Vec<u8>], resources: &Resources<'a>) -> Vec<Stream<'a>> {
    let mut known: HashMap<&[u8], Option<Stream<'a>>> = HashMap::new();
    let find = |name: &[u8]| {
        let stream = resources.x_objects.get::<Stream<'_>>(name)?;
        let kind = stream.dict().get::<Name<'_>>(b"Subtype");
        kind.is_none_or(|kind| kind.as_ref() != b"Image")
            .then_some(stream)
    };
    { names.iter() }
        .filter_map(|name| known.entry(name).or_insert_with(|| find(name)).clone())
        .collect()
}

/// The names of what a content draws.
fn names(mut content: TypedIter<'_>) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while let Some(instruction) = content.next() {
        if let TypedInstruction::XObject(drawn) = instruction {
            out.push(drawn.0.as_ref().to_vec());
        }
    }
    out
}
