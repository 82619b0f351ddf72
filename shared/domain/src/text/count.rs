//! Puts numbers and their nouns into words. Every sentence with a count uses this module: a test searches the sources
//! for others (`tests/contract/tests/counts.rs`). No crate does it: English nouns of two forms need ten lines.

use std::fmt::Display;

/// `1 file`, `2 files`, `0 files`. `one` is what a single one is called.
pub fn count(number: impl Copy + Display + PartialEq + From<u8>, one: &str) -> String {
    format!("{number} {}", many(number, one))
}

/// Returns the noun alone, for a sentence in which something stands between it and its number.
pub fn many<N: Copy + PartialEq + From<u8>>(number: N, one: &str) -> String {
    if number == N::from(1) {
        return one.to_owned();
    }
    match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{one}s"),
    }
}

/// Returns the word that goes with a number, such as `is` or `are`.
pub fn agree<'a, N: Copy + PartialEq + From<u8>>(number: N, one: &'a str, more: &'a str) -> &'a str {
    if number == N::from(1) { one } else { more }
}

/// Returns whether a count is none, as serde asks for a member that is left out then.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
pub(crate) const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_counted_as_one() {
        for (number, one, words) in [
            (0, "file", "0 files"),
            (1, "file", "1 file"),
            (2, "file", "2 files"),
            (1, "entry", "1 entry"),
            (3, "entry", "3 entries"),
            (3, "day", "3 days"),
        ] {
            assert_eq!(count(number, one), words);
        }
        assert_eq!(count(1_usize, "byte"), "1 byte");
        assert_eq!(count(2_u64, "more file"), "2 more files");
        assert_eq!((agree(1, "is", "are"), agree(0, "is", "are")), ("is", "are"));
    }
}
