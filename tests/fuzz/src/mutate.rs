//! Changes inputs: bytes, and the nodes of documents.

use crate::words::{WORDS, values};
use fastrand::Rng;
use serde_json::{Map, Value};

/// The length of the longest text that is made of bytes.
const LONGEST: usize = 300_000;

/// Returns bytes that are changed in up to eight places.
pub fn bytes(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = pick(rng, seeds).cloned().unwrap_or_default();
    for _ in 0..rng.u8(0..=8) {
        change(rng, &mut bytes, seeds);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = rng.usize(0..=bytes.len());
    let end = (at + rng.usize(0..=32)).min(bytes.len());
    match rng.u8(0..8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(0..8),
        1 if at < bytes.len() => bytes[at] = rng.u8(..),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again: Vec<u8> = bytes[at..end].repeat(rng.usize(1..=64));
            insert(bytes, at, &again);
        }
        4 => {
            let other = pick(rng, seeds).cloned().unwrap_or_default();
            let from = rng.usize(0..=other.len());
            let to = (from + rng.usize(0..=256)).min(other.len());
            insert(bytes, at, &other[from..to]);
        }
        5 => {
            let number = [rng.u64(..).to_string(), "-1".into(), "1e999".into(), "0x7f".into()];
            let number = number[rng.usize(0..4)].clone();
            insert(bytes, at, number.as_bytes());
        }
        6 => bytes.truncate(at),
        _ => insert(bytes, at, word(rng).as_bytes()),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, what: &[u8]) {
    let tail = bytes.split_off(at);
    bytes.extend_from_slice(what);
    bytes.extend(tail);
}

/// Returns a document that is changed in up to four places.
pub fn document(rng: &mut Rng, seeds: &[Value]) -> Value {
    let mut document = pick(rng, seeds).cloned().unwrap_or_default();
    for _ in 0..rng.u8(0..=4) {
        let other = pick(rng, seeds).cloned().unwrap_or_default();
        let graft = node(rng, other);
        change_node(rng, &mut document, &graft);
    }
    document
}

/// Returns some node of a document.
fn node(rng: &mut Rng, mut document: Value) -> Value {
    while rng.u8(0..4) > 0 {
        let inner = match &mut document {
            Value::Object(members) if !members.is_empty() => {
                let at = rng.usize(0..members.len());
                members.values_mut().nth(at).map(Value::take)
            }
            Value::Array(items) if !items.is_empty() => {
                let at = rng.usize(0..items.len());
                Some(items.swap_remove(at))
            }
            _ => None,
        };
        match inner {
            Some(inner) => document = inner,
            None => break,
        }
    }
    document
}

fn change_node(rng: &mut Rng, document: &mut Value, graft: &Value) {
    let deeper = rng.u8(0..4) > 0;
    match document {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = rng.usize(0..members.len());
            if let Some(inner) = members.values_mut().nth(at) {
                change_node(rng, inner, graft);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = rng.usize(0..items.len());
            change_node(rng, &mut items[at], graft);
        }
        Value::Object(members) if rng.bool() => change_members(rng, members, graft),
        Value::Array(items) if rng.bool() => items.push(graft.clone()),
        other => *other = another(rng, other, graft),
    }
}

fn change_members(rng: &mut Rng, members: &mut Map<String, Value>, graft: &Value) {
    let name = members.keys().nth(rng.usize(0..=members.len())).cloned();
    match (rng.u8(0..3), name) {
        (0, Some(name)) => drop(members.remove(&name)),
        (1, Some(name)) => {
            let value = members.remove(&name).unwrap_or_default();
            members.insert(word(rng), value);
        }
        _ => drop(members.insert(word(rng), graft.clone())),
    }
}

fn another(rng: &mut Rng, present: &Value, graft: &Value) -> Value {
    match (rng.u8(0..4), present) {
        (0, Value::String(text)) => {
            let changed = bytes(rng, &[text.as_bytes().to_vec()]);
            Value::from(String::from_utf8_lossy(&changed).into_owned())
        }
        (0 | 1, _) => Value::from(word(rng)),
        (2, _) => pick(rng, &values()).cloned().unwrap_or_default(),
        _ => graft.clone(),
    }
}

/// Returns a word, or some words put together.
pub fn word(rng: &mut Rng) -> String {
    let mut word = String::new();
    for _ in 0..=rng.u8(0..=1) * rng.u8(0..=3) {
        word += pick(rng, WORDS).copied().unwrap_or_default();
    }
    word
}

/// Returns one of them.
pub fn pick<'a, T>(rng: &mut Rng, all: &'a [T]) -> Option<&'a T> {
    rng.choice(all)
}
