//! Large members of an item, packed.
//!
//! DynamoDB takes items of at most 400 KB (Amazon DynamoDB Developer Guide, *Quotas*, "Item size"), and bills them by
//! the kilobyte. The state of an environment of hundreds of components is larger than that, and a third of it packed.
//! Small items stay as they are, so that a person can read them in the console.

// An environment of 500 functions is 460 KB of JSON, and DynamoDB takes 400 KB. It is packed here and not in the
// adapter, so that the in-memory world and the stream have what DynamoDB has. An item for each component would need
// five transactions for an ending.

use crate::ports::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::{Map, Value, json};
use windlass_domain::text::fault::Fault;

/// The size in bytes, about, from which bodies are packed.
const LARGE_BODY: usize = 100 * 1024;

/// The size in bytes, about, from which the members of such a body are packed.
const LARGE_MEMBER: usize = 8 * 1024;

/// The only name in a packed member, with its text. No application, environment or component can have this name, and
/// what people write freely is text and no object.
const PACKED: &str = "deflate,base64";

/// zlib's usual level.
const LEVEL: u8 = 6;

/// The most bytes that are unpacked. No item has more: it is twenty times what DynamoDB takes.
const LARGEST: usize = 8 * 1024 * 1024;

/// Packs the large members of a large body.
pub fn pack(body: &mut Map<String, Value>) {
    if body.values().map(weight).sum::<usize>() < LARGE_BODY {
        return;
    }
    for member in body.values_mut() {
        if weight(member) >= LARGE_MEMBER {
            let packed = compress_to_vec(member.to_string().as_bytes(), LEVEL);
            *member = json!({ PACKED: STANDARD.encode(packed) });
        }
    }
}

/// Restores the body as it was before it was packed.
pub fn unpack(body: &mut Map<String, Value>) -> Result<()> {
    for (name, member) in body {
        let packed = member.as_object().filter(|named| named.len() == 1);
        if let Some(Value::String(packed)) = packed.and_then(|named| named.get(PACKED)) {
            *member = unpacked(packed)
                .map_err(|why| Fault::internal(format!("the member {name} cannot be unpacked: {why}")))?;
        }
    }
    Ok(())
}

fn unpacked(packed: &str) -> Result<Value, String> {
    let bytes = STANDARD.decode(packed).map_err(|error| error.to_string())?;
    let text = decompress_to_vec_with_limit(&bytes, LARGEST).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}

/// Returns about how many bytes a value takes as JSON.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 3,
        Value::Array(all) => all.iter().map(weight).sum::<usize>() + 2,
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::digest::Digest;

    fn body(components: usize) -> Map<String, Value> {
        let running: Map<String, Value> = (0..components)
            .map(|n| {
                (
                    format!("c{n:03}"),
                    json!({"sha256": format!("{n:064x}"), "version": "1.0.0", "state": "x".repeat(200)}),
                )
            })
            .collect();
        json!({"last_snapshot": 7, "running": running, "version": "1.0.0"}).as_object().cloned().unwrap()
    }

    #[test]
    fn a_small_body_stays_readable() {
        let mut packed = body(64);
        pack(&mut packed);
        assert_eq!(packed, body(64));
    }

    #[test]
    fn a_large_body_is_packed_and_comes_back() {
        let mut packed = body(500);
        pack(&mut packed);
        assert_eq!(packed["last_snapshot"], 7);
        assert!(packed["running"].to_string().len() < 20_000);
        unpack(&mut packed).unwrap();
        assert_eq!(packed, body(500));
    }

    /// Code that limits an item by the bytes of its text has to allow for this growth, at most.
    #[test]
    fn a_text_in_which_little_repeats_grows_by_less_than_a_sixth() {
        let digits = (0..5_000).map(|number: u32| {
            let bytes = Digest::of(&number.to_be_bytes()).to_string().into_bytes();
            STANDARD.encode(compress_to_vec(&bytes, LEVEL))
        });
        let all: Vec<Value> = digits.map(|what| json!({"at": 0, "what": what})).collect();
        let mut packed = Map::from_iter([("steps".to_owned(), json!(all))]);
        let before = weight(&packed["steps"]);
        pack(&mut packed);
        let after = packed["steps"][PACKED].as_str().unwrap().len();
        assert!(after < before * 7 / 6, "{before} bytes became {after}");
    }

    #[test]
    fn what_cannot_be_unpacked_is_a_fault() {
        for damaged in ["!", "AAAA", "eJw="] {
            let mut packed = Map::from_iter([("running".into(), json!({ PACKED: damaged }))]);
            let fault = unpack(&mut packed).unwrap_err();
            assert!(fault.message.contains("the member running cannot be unpacked"), "{fault:?}");
        }
    }
}
