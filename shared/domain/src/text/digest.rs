//! Content digests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[0-9a-f]{64}$"))]
pub struct Digest(String);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256 digest: write 64 lower-case hexadecimal digits")]
pub struct BadDigest(pub String);

/// The beginning of a digest in 16 digits or more, by which people name what they have seen: nobody finds anything else
/// whose digest begins so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^[0-9a-f]{16,64}$"))]
pub struct DigestBeginning(String);

/// The text is not 16 to 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not begin a SHA-256 digest: write its first 16 lower-case hexadecimal digits, or more")]
pub struct BadBeginning(pub String);

/// The fewest digits of a beginning.
const BEGINNING: usize = 16;

/// The hexadecimal digits.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Digest {
    /// Computes the digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_bytes(&Sha256::digest(bytes))
    }

    /// Computes the digest of the content of a document. The members of an object are sorted, so that neither layout
    /// nor order counts.
    pub fn of_content(content: &Value) -> Self {
        Self::of(content.to_string().as_bytes())
    }

    /// Makes the digest whose 32 raw bytes these are.
    pub fn from_bytes(raw: &[u8]) -> Self {
        let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
        Self(raw.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// Accepts 64 hexadecimal digits, with or without the prefix `sha256:`.
    pub fn parse(text: &str) -> Result<Self, BadDigest> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if is_digest(hex) { Ok(Self(hex.to_owned())) } else { Err(BadDigest(text.to_owned())) }
    }

    /// Returns all 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first 16 digits, which are enough of a beginning.
    pub fn beginning(&self) -> &str {
        &self.0[..BEGINNING]
    }

    /// Returns the first 12 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }

    /// Returns the 32 raw bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        (0..32).map(|i| u8::from_str_radix(&self.0[2 * i..2 * i + 2], 16).unwrap_or(0)).collect()
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;
    fn try_from(text: String) -> Result<Self, BadDigest> {
        if is_digest(&text) {
            return Ok(Self(text));
        }
        Self::parse(&text)
    }
}

impl DigestBeginning {
    /// Accepts 16 to 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, BadBeginning> {
        let is_beginning = (BEGINNING..=64).contains(&text.len()) && are_digits(text);
        if is_beginning { Ok(Self(text.to_owned())) } else { Err(BadBeginning(text.to_owned())) }
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it begins a digest.
    pub fn begins(&self, digest: &Digest) -> bool {
        digest.as_str().starts_with(&self.0)
    }
}

impl TryFrom<String> for DigestBeginning {
    type Error = BadBeginning;
    fn try_from(text: String) -> Result<Self, BadBeginning> {
        Self::parse(&text)
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && are_digits(text)
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_digits() {
        // NIST, "Example Algorithms", SHA-256 of `abc`.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = Digest::of(b"abc");
        assert_eq!(digest.as_str(), abc);
        assert_eq!(digest.to_string(), abc);
        assert_eq!(digest.short(), "ba7816bf8f01");
        assert_eq!(digest.to_bytes()[..2], [0xba, 0x78]);
        assert_eq!(Digest::from_bytes(&digest.to_bytes()), digest);
        assert_eq!(Digest::parse(abc), Ok(digest.clone()));
        assert_eq!(Digest::parse(&format!("sha256:{abc}")), Ok(digest));
        let upper = abc.to_uppercase();
        let other = abc.replace('f', "g");
        for text in ["", &abc[1..], &upper, &other] {
            assert_eq!(Digest::parse(text), Err(BadDigest(text.to_owned())));
        }
    }

    #[test]
    fn a_digest_is_named_by_16_digits_of_its_beginning_or_more() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.beginning(), "ba7816bf8f01cfea");
        let whole = digest.as_str();
        for (text, begins) in [
            (digest.beginning(), Some(true)),
            (&whole[..20], Some(true)),
            (whole, Some(true)),
            ("ba7816bf8f01cfeb", Some(false)),
            (&whole[1..], Some(false)),
            (&whole[..15], None),
            ("BA7816BF8F01CFEA", None),
            ("ba7816bf8f01cfeg", None),
            ("", None),
        ] {
            let read = DigestBeginning::parse(text);
            assert_eq!(read.ok().map(|beginning| beginning.begins(&digest)), begins, "{text}");
        }
        assert!(DigestBeginning::parse(&format!("{whole}0")).is_err());
    }
}
