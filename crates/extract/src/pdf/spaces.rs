//! Spaces of colour, and what else of a file changes how its colours show (ISO 32000-1, 8.6, 10.4, 14.11.5): which viewers follow in their own
//! ways, or not at all. A plain one is about what the device shows by itself; any other is a doubt, wherever the file has it.

use std::collections::HashMap;

use hayro_interpret::hayro_syntax::object::{
    Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream,
};

use crate::{
    doubt::{DoubtKind, Doubts},
    pdf::{icc, twice::twice},
};

/// How deep objects in objects are followed.
const MAX_DEPTH: usize = 24;

/// What is told of what stands deeper.
const TOO_DEEP: &str = "objects in objects in objects";

/// The gammas that devices have.
const GAMMAS: std::ops::RangeInclusive<f32> = 1.0..=3.0;

/// Takes what is told.
type Tell<'a> = dyn FnMut(DoubtKind, &str) + 'a;

/// Looks at a file's objects, one after the other.
#[derive(Default)]
pub(super) struct Spaces {
    /// Profiles that were read, each once.
    profiles: HashMap<ObjectIdentifier, bool>,
}

impl Spaces {
    /// Looks at an object and at all that stands in it.
    pub(super) fn look(&mut self, object: &Object<'_>, doubts: &mut Doubts) {
        self.each(object, 0, &mut |kind, what| doubts.add(kind, "", what));
    }

    fn each(&mut self, object: &Object<'_>, depth: usize, tell: &mut Tell<'_>) {
        if depth > MAX_DEPTH {
            return tell(DoubtKind::Contradiction, TOO_DEEP);
        }
        let inner: Vec<MaybeRef<Object<'_>>> = match object {
            Object::Dict(dict) => {
                self.dict(dict, tell);
                dict.entries().map(|(_, held)| held).collect()
            }
            Object::Stream(stream) => {
                self.dict(stream.dict(), tell);
                stream.dict().entries().map(|(_, held)| held).collect()
            }
            Object::Array(array) => {
                if let Some(what) = self.space(array) {
                    tell(DoubtKind::Colour, &what);
                }
                array.raw_iter().collect()
            }
            _ => return,
        };
        for held in inner {
            // What stands elsewhere is an object of the file.
            if let MaybeRef::NotRef(held) = held {
                self.each(&held, depth + 1, tell);
            }
        }
    }

    fn dict(&mut self, dict: &Dict<'_>, tell: &mut Tell<'_>) {
        if let Some(name) = twice(dict) {
            tell(DoubtKind::Contradiction, &format!("{name} is there twice"));
        }
        let mut tell = |what: &str| tell(DoubtKind::Colour, what);
        for (key, components) in [("DefaultGray", 1), ("DefaultRGB", 3), ("DefaultCMYK", 4)] {
            if let Some(space) = dict.get::<Object<'_>>(key)
                && !self.is_default(&space, components)
            {
                tell(&format!("the colour space {key}"));
            }
        }
        for key in ["op", "OP"] {
            // What is printed over another colour takes nothing of it away.
            if matches!(dict.get::<Object<'_>>(key), Some(Object::Boolean(true))) {
                tell("colours that are printed over each other");
            }
        }
        for key in ["TR", "TR2", "BG", "BG2", "UCR", "UCR2", "TransferFunction"] {
            let change = match dict.get::<Object<'_>>(key) {
                Some(Object::Dict(_) | Object::Stream(_)) => true,
                // One for each ink; of an annotation's look it would be a ground.
                Some(Object::Array(_)) => key.starts_with("TR") || key == "TransferFunction",
                _ => false,
            };
            if change {
                tell("a function that changes colours");
            }
        }
        if let Some(profile) = dict.get::<Stream<'_>>("DestOutputProfile") {
            let components = profile.dict().get::<usize>("N").unwrap_or(0);
            if !self.is_plain(&profile, components) {
                tell("a profile that colours are meant for");
            }
        }
        if dict.contains_key("DestOutputProfileRef") {
            tell("a profile that colours are meant for");
        }
    }

    /// The device's own space of so many components, or one by a plain profile for them.
    fn is_default(&mut self, space: &Object<'_>, components: usize) -> bool {
        match space {
            Object::Name(name) => device(name) == Some(components),
            Object::Array(array) => {
                let mut parts = array.flex_iter();
                let Some(name) = parts.next::<Name<'_>>() else {
                    return false;
                };
                match device(&name) {
                    Some(own) => own == components,
                    None if name.as_ref() == b"ICCBased" => {
                        let profile = parts.next::<Stream<'_>>();
                        profile.is_some_and(|profile| self.is_plain(&profile, components))
                    }
                    None => false,
                }
            }
            _ => false,
        }
    }

    /// What speaks against a space, where an array is one.
    fn space(&mut self, array: &Array<'_>) -> Option<String> {
        let mut parts = array.flex_iter();
        let family = parts.next::<Name<'_>>()?;
        let plain = match family.as_ref() {
            b"CalGray" | b"CalRGB" | b"Lab" => {
                parts.next::<Dict<'_>>().is_some_and(|d| is_calm(&d))
            }
            b"ICCBased" => parts.next::<Stream<'_>>().is_some_and(|profile| {
                let components = profile.dict().get::<usize>("N").unwrap_or(0);
                self.is_plain(&profile, components)
            }),
            b"Separation" => {
                let ink = parts.next::<Name<'_>>()?;
                let (other, tint) = (parts.next::<Object<'_>>(), parts.next::<Dict<'_>>());
                is_ink(&ink, other.as_ref(), tint.as_ref())
            }
            // Several inks at once, which viewers mix by this table or by that.
            b"DeviceN" | b"NChannel" | b"CalCMYK" => false,
            _ => return None,
        };
        (!plain).then(|| format!("the colour space {}", family.as_str()))
    }

    /// Whether a profile, and what stands in for it, is about what the device itself shows.
    fn is_plain(&mut self, profile: &Stream<'_>, components: usize) -> bool {
        let dict = profile.dict();
        let other = match dict.get::<Object<'_>>("Alternate") {
            None | Some(Object::Null(_)) => true,
            Some(Object::Name(name)) => device(&name) == Some(components),
            Some(Object::Array(array)) => {
                let name = array.flex_iter().next::<Name<'_>>();
                name.and_then(|name| device(&name)) == Some(components)
            }
            Some(_) => false,
        };
        let range = dict.get::<Array<'_>>("Range").is_none_or(|range| {
            let mut ends = range.iter::<f32>().zip([0.0, 1.0].into_iter().cycle());
            ends.all(|(is, usual)| is == usual)
        });
        other
            && range
            && dict.get::<usize>("N") == Some(components)
            && *self.profiles.entry(profile.obj_id()).or_insert_with(|| {
                let bytes = profile.decoded_data();
                bytes.is_ok_and(|bytes| icc::is_plain(&bytes, components))
            })
    }
}

/// How many components a device's space has.
fn device(name: &Name<'_>) -> Option<usize> {
    match name.as_ref() {
        b"DeviceGray" | b"G" => Some(1),
        b"DeviceRGB" | b"RGB" => Some(3),
        b"DeviceCMYK" | b"CMYK" => Some(4),
        _ => None,
    }
}

/// Whether a space by measure (8.6.5.2 to 8.6.5.4) is near what devices have.
fn is_calm(space: &Dict<'_>) -> bool {
    let numbers = |key: &str| -> Option<Vec<f32>> {
        match space.get::<Object<'_>>(key)? {
            Object::Array(array) => Some(array.iter::<f32>().collect()),
            Object::Number(number) => Some(vec![number.as_f32()]),
            // Nothing that a measure could be.
            _ => Some(vec![f32::NAN]),
        }
    };
    let white = numbers("WhitePoint").unwrap_or_default();
    let [x, y, z] = white.as_slice() else {
        return false;
    };
    let calm = |key: &str, is: &dyn Fn(f32) -> bool| {
        numbers(key).is_none_or(|all| !all.is_empty() && all.into_iter().all(is))
    };
    let matrix = numbers("Matrix").is_none_or(|matrix| {
        let sum = |n: usize| -> f32 { matrix.iter().skip(n).step_by(3).sum() };
        let near = |n: usize, white: &f32| (sum(n) - white).abs() < 0.2;
        matrix.len() == 9
            && matrix.iter().all(|part| (-0.3..=1.3).contains(part))
            && near(0, x)
            && near(1, y)
            && near(2, z)
    });
    [x, z].iter().all(|part| (0.7..=1.4).contains(*part))
        && (0.99..=1.01).contains(y)
        && calm("BlackPoint", &|part| (0.0..=0.1).contains(&part))
        && calm("Gamma", &|gamma| GAMMAS.contains(&gamma))
        && calm("Range", &|end| end.abs() <= 128.0)
        && matrix
}

/// Whether a single ink is one that is shown in other colours on every screen, or black, and shown as that.
fn is_ink(ink: &Name<'_>, other: Option<&Object<'_>>, tint: Option<&Dict<'_>>) -> bool {
    match ink.as_ref() {
        b"All" | b"None" | b"Cyan" | b"Magenta" | b"Yellow" | b"Red" | b"Green" | b"Blue"
        | b"Gray" | b"White" => false,
        // Who has such an ink takes it, others the colours of the table.
        b"Black" => {
            let components = match other {
                Some(Object::Name(name)) => device(name),
                _ => None,
            };
            let ends: Option<[Vec<f32>; 2]> = tint
                .filter(|tint| {
                    tint.get::<u8>("FunctionType") == Some(2) && tint.get::<f32>("N") == Some(1.0)
                })
                .map(|tint| {
                    ["C0", "C1"].map(|key| {
                        let end = tint.get::<Array<'_>>(key).unwrap_or_default();
                        end.iter::<f32>().collect()
                    })
                });
            let Some([none, full]) = ends else {
                return false;
            };
            match components {
                Some(4) => none == [0.0; 4] && full == [0.0, 0.0, 0.0, 1.0],
                Some(n) => none == vec![1.0; n] && full == vec![0.0; n],
                None => false,
            }
        }
        _ => true,
    }
}
