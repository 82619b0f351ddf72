//! JSON in which no object names a key twice. `serde_json` keeps the last of the two, and RFC 8259 (section 4) leaves
//! open which one counts: the first would be dropped without a word.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// The reason why a text was not read.
#[derive(Debug)]
pub(super) struct NotRead {
    /// The parser's error, which tells where.
    pub(super) error: serde_json::Error,
    /// The key that stands there for the second time, if that is the reason.
    pub(super) twice: Option<String>,
}

/// Reads JSON.
///
/// # Errors
/// It is not JSON, or an object names a key twice.
pub(super) fn read(text: &str) -> Result<Value, NotRead> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Once(&twice).deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| NotRead { error, twice: twice.take() })
}

/// A value in which each key is named once; else the key is put here.
#[derive(Clone, Copy)]
struct Once<'t>(&'t RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if read.contains_key(&key) {
                self.0.replace(Some(key));
                return Err(A::Error::custom("a key is named twice"));
            }
            read.insert(key, members.next_value_seed(self)?);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_key_twice_is_read_as_the_library_reads_it() {
        for text in [
            "null",
            "true",
            "-7",
            "18446744073709551615",
            "1.5e3",
            r#""\u00e9\n""#,
            r#"[1, [], {"a": {"a": 1}}, {"a": 2}]"#,
            "1 2",
            "[",
            "1e999",
            &"[".repeat(200),
        ] {
            let plain: Result<Value, _> = serde_json::from_str(text);
            let plain = plain.map_err(|error| error.to_string());
            let read = read(text).map_err(|not| not.error.to_string());
            assert_eq!(read, plain, "{text}");
        }
    }
}
