//! Profiles of colour (ICC.1, the versions 2 and 4): whether one says of grey or red, green and blue what any device shows by itself, so that
//! it makes no difference to the words whether a viewer follows it.

/// The head, and what the list of tags says of each (ICC.1:2010, 7.2 and 7.3).
const HEAD: usize = 128;
const TAG: usize = 12;

/// The most tags of a profile, and the most steps of a curve.
const MAX_TAGS: usize = 100;
const MAX_STEPS: usize = 65_536;

/// In how many places a curve by formula is looked at.
const PLACES: usize = 256;

/// The white of the space in which profiles meet: D50 (7.2.16).
const D50: [f64; 3] = [0.9642, 1.0, 0.8249];

/// How far red, green and blue together may be from that white.
const NEAR_WHITE: f64 = 0.06;

/// The gammas between which curves of devices lie, and how far beyond one may be.
const GAMMAS: (f64, f64) = (1.4, 3.0);
const NEAR_CURVE: f64 = 0.03;

/// Whether a profile for so many components is such a plain one. One that goes by tables, as those for ink do, is none: which of its tables
/// holds is the viewer's choice.
pub(super) fn is_plain(profile: &[u8], components: usize) -> bool {
    plain(profile, components).is_some()
}

fn plain(profile: &[u8], components: usize) -> Option<()> {
    let size = number(profile, 0)?;
    let class = profile.get(12..16)?;
    let known = matches!(class, b"mntr" | b"scnr" | b"prtr" | b"spac");
    // What its colours meet in is XYZ.
    let head = profile.get(20..24)? == b"XYZ " && profile.get(36..40)? == b"acsp";
    (known && head && size <= profile.len()).then_some(())?;
    let tags = Tags::new(profile)?;
    let white = tags.triple(b"wtpt")?;
    (white.iter().all(|part| (0.6..1.5).contains(part))).then_some(())?;
    match (components, profile.get(16..20)?) {
        (1, b"GRAY") => tags.curve(b"kTRC"),
        (3, b"RGB ") => {
            let mut sum = [0.0; 3];
            for (place, curve) in [(b"rXYZ", b"rTRC"), (b"gXYZ", b"gTRC"), (b"bXYZ", b"bTRC")] {
                let parts = tags.triple(place)?;
                (parts.iter().all(|part| (-0.3..1.2).contains(part))).then_some(())?;
                for (sum, part) in sum.iter_mut().zip(parts) {
                    *sum += part;
                }
                tags.curve(curve)?;
            }
            let mut parts = sum.iter().zip(D50);
            (parts.all(|(sum, white)| (sum - white).abs() < NEAR_WHITE)).then_some(())
        }
        _ => None,
    }
}

/// A profile's tags: what each holds.
struct Tags<'a>(Vec<([u8; 4], &'a [u8])>);

impl<'a> Tags<'a> {
    /// None where they are too many, two are of one name, or one may go before what is looked at here.
    fn new(profile: &'a [u8]) -> Option<Self> {
        let count = number(profile, HEAD).filter(|count| *count <= MAX_TAGS)?;
        let mut out: Vec<([u8; 4], &[u8])> = Vec::new();
        for n in 0..count {
            let at = HEAD + 4 + n * TAG;
            let name: [u8; 4] = profile.get(at..at + 4)?.try_into().ok()?;
            let start = number(profile, at + 4)?;
            let held = profile.get(start..start.checked_add(number(profile, at + 8)?)?)?;
            let tables = [b"A2B", b"D2B", b"B2A", b"B2D"].contains(&&[name[0], name[1], name[2]]);
            let again = out.iter().any(|(other, _)| *other == name);
            (!tables && !again && name != *b"cicp").then_some(())?;
            out.push((name, held));
        }
        Some(Self(out))
    }

    fn get(&self, name: &[u8; 4]) -> Option<&'a [u8]> {
        let tag = self.0.iter().find(|(tag, _)| tag == name);
        tag.map(|(_, held)| *held)
    }

    /// A place in XYZ (10.27).
    fn triple(&self, name: &[u8; 4]) -> Option<[f64; 3]> {
        let held = self.get(name).filter(|held| held.starts_with(b"XYZ "))?;
        Some([fixed(held, 8)?, fixed(held, 12)?, fixed(held, 16)?])
    }

    /// Whether it has a curve of that name, which is one of a device.
    fn curve(&self, name: &[u8; 4]) -> Option<()> {
        let held = self.get(name)?;
        match held.get(..4)? {
            b"curv" => stepped(held),
            b"para" => computed(held),
            _ => None,
        }
    }
}

/// A curve by steps, or by a gamma (10.5).
fn stepped(held: &[u8]) -> Option<()> {
    let count = number(held, 8).filter(|count| *count <= MAX_STEPS)?;
    let step = |n: usize| {
        let bytes: [u8; 2] = held.get(12 + 2 * n..14 + 2 * n)?.try_into().ok()?;
        Some(f64::from(u16::from_be_bytes(bytes)))
    };
    match count {
        // As it is.
        0 => None,
        1 => {
            let gamma = step(0)? / 256.0;
            (GAMMAS.0..=GAMMAS.1).contains(&gamma).then_some(())
        }
        _ => (0..count).try_for_each(|n| {
            let x = n as f64 / (count - 1) as f64;
            fits(x, step(n)? / 65_535.0)
        }),
    }
}

/// A curve by a formula (10.18).
fn computed(held: &[u8]) -> Option<()> {
    let kind = held.get(8..10)?;
    let part = |n: usize| fixed(held, 12 + 4 * n);
    let (g, zero) = (part(0)?, 0.0);
    let one = 1.0;
    // Above d it is (ax + b)^g + e, below it cx + f.
    let (a, b, c, d, e, f) = match kind {
        [0, 0] => (one, zero, zero, zero, zero, zero),
        [0, 1] => (part(1)?, part(2)?, zero, -part(2)? / part(1)?, zero, zero),
        [0, 2] => {
            let (a, b, c) = (part(1)?, part(2)?, part(3)?);
            (a, b, zero, -b / a, c, c)
        }
        [0, 3] => (part(1)?, part(2)?, part(3)?, part(4)?, zero, zero),
        [0, 4] => (part(1)?, part(2)?, part(3)?, part(4)?, part(5)?, part(6)?),
        _ => return None,
    };
    (0..PLACES).try_for_each(|n| {
        let x = n as f64 / (PLACES - 1) as f64;
        let y = if x >= d {
            (a * x + b).powf(g) + e
        } else {
            c * x + f
        };
        fits(x, y)
    })
}

/// Whether a curve that goes there may be that of a device.
fn fits(x: f64, y: f64) -> Option<()> {
    let least = x.powf(GAMMAS.1) - NEAR_CURVE;
    let most = x.powf(GAMMAS.0) + NEAR_CURVE;
    (least..=most).contains(&y).then_some(())
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// A number of 16 bits before the point and 16 behind it.
fn fixed(bytes: &[u8], at: usize) -> Option<f64> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(f64::from(i32::from_be_bytes(bytes)) / 65_536.0)
}
