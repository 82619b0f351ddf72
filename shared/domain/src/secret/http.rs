//! Secrets that are said as HTTP says them: `Bearer …`, `Basic …`, and the password in an address.

use super::forms::is_mixed;
use super::values::is_placeholder;

/// The fewest characters of a token after `Bearer`.
const OF_A_BEARER: usize = 8;

/// Returns what credentials stand in a text, as in the header `Authorization` (RFC 6750, section 2.1; RFC 7617, section
/// 2), as words for a person.
pub(super) fn credentials(text: &str) -> Option<&'static str> {
    let mut before = "";
    for word in text.split_whitespace() {
        let after = token(word);
        if says(before, "bearer") && after.len() >= OF_A_BEARER && is_mixed(after) {
            return Some("`Bearer` credentials");
        }
        if says(before, "basic") && is_user_and_password(after) {
            return Some("`Basic` credentials");
        }
        before = word;
    }
    None
}

/// Returns whether a word is this scheme, also at the end of `Authorization:Bearer`.
fn says(word: &str, scheme: &str) -> bool {
    let Some(at) = word.len().checked_sub(scheme.len()) else {
        return false;
    };
    let (Some(head), Some(end)) = (word.get(..at), word.get(at..)) else {
        return false;
    };
    end.eq_ignore_ascii_case(scheme) && !head.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Returns the token with which a word begins (RFC 7235, section 2.1, `token68`).
fn token(word: &str) -> &str {
    let word = word.trim_start_matches(['"', '\'', '`']);
    let is_in = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let end = word.find(|c| !is_in(c)).unwrap_or(word.len());
    word.get(..end).unwrap_or_default()
}

/// Returns whether a token is `user:password` in Base64.
fn is_user_and_password(token: &str) -> bool {
    let plain = decoded(token.trim_end_matches('='));
    plain.is_some_and(|plain| {
        let is_readable = plain.iter().all(|byte| (b' '..=b'~').contains(byte));
        is_readable && plain.len() >= 4 && plain.contains(&b':')
    })
}

/// Reads Base64 without padding (RFC 4648, section 4); `None` if it is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Returns whether a text has an address with a user's password, such as `postgres://shop:…@db`.
pub(super) fn has_a_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let ends = |c: char| c.is_whitespace() || "/?#\"'`<>\\".contains(c);
        let user = rest.split(ends).next().unwrap_or_default();
        let user = user.rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':'));
        password.is_some_and(|(_, it)| !it.is_empty() && !is_placeholder(it))
    })
}

/// Returns whether an address is of nobody's guessing: it has a user, or a part of its path or query that has letters
/// and digits. Whoever knows the address of a webhook may call it.
pub(super) fn is_unguessable(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut parts = path.split(|c: char| !c.is_ascii_alphanumeric());
    host.contains('@') || parts.any(|part| part.len() >= 6 && is_mixed(part))
}
