//! Entries changed at random.

use super::*;

/// Changes one value of an entry: a number, a text, a place in a list.
fn mutate(value: &mut serde_json::Value, draw: &mut impl FnMut() -> usize) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let at = draw() % map.len().max(1);
            if let Some((_, inner)) = map.iter_mut().nth(at) {
                mutate(inner, draw);
            }
        }
        Value::Array(items) => match (draw() % 4, items.len()) {
            (_, 0) => {}
            (0, n) => drop(items.remove(draw() % n)),
            (1, n) => items.push(items[draw() % n].clone()),
            (_, n) => mutate(&mut items[draw() % n], draw),
        },
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or(0);
            let choices = [
                0,
                1,
                old + 1,
                old.saturating_sub(1),
                u64::from(u32::MAX),
                (1 << 53) - 1,
            ];
            *value = Value::from(choices[draw() % choices.len()]);
        }
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            match (draw() % 3, chars.len()) {
                (_, 0) | (0, _) => chars.push('0'),
                (1, n) => drop(chars.remove(draw() % n)),
                (_, n) => chars[draw() % n] = ['0', 'f', 'z', '9'][draw() % 4],
            }
            *value = Value::String(chars.into_iter().collect());
        }
        Value::Null => *value = Value::from("x"),
        Value::Bool(_) => {}
    }
}

#[test]
fn hostile_entries_are_refused_or_taken_but_never_panic_and_leave_no_trace() {
    let world = World::whole(false);
    let mut state = 88_172_645_463_325_252_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap()
    };
    let mut replay = Replay::new(common::ORIGIN);
    let mut refused = 0;
    for ended in world.replay.batches() {
        let all: Vec<_> = (ended.first..ended.checkpoint.size)
            .map(|index| &world.entries[usize::try_from(index).unwrap()])
            .collect();
        world.recall(&mut replay, opened_places(&all));
        replay.begin_batch(ended.time).unwrap();
        for index in ended.first..ended.checkpoint.size {
            let good = &world.entries[usize::try_from(index).unwrap()];
            for _ in 0..40 {
                let mut value: serde_json::Value = serde_json::from_slice(good).unwrap();
                mutate(&mut value, &mut draw);
                let Ok(bad) = demur_encoding::canonical::to_vec(&value) else {
                    continue;
                };
                let (before, mut tried) = ((replay.size(), replay.root()), replay.clone());
                if tried.apply(index, &bad).is_err() {
                    refused += 1;
                    assert_eq!((tried.size(), tried.root()), before);
                    // What was refused left nothing behind: the true entry still fits.
                    tried.apply(index, good).unwrap();
                }
            }
            replay.apply(index, good).unwrap();
        }
        replay
            .close_batch(ended.checkpoint, ended.published.unwrap())
            .unwrap();
    }
    assert!(refused > 1000, "{refused}");
}
