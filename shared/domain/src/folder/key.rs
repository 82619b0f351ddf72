//! Recognises private keys by their content, whatever they are called.

/// The most bytes of a file that are looked at, from its begin.
pub const LOOKED_AT: usize = 64 * 1024;

/// Endings of names of files that hold certificates and keys. What such a file has before its first block, such as
/// attributes, is a comment.
const ENDINGS: [&str; 7] = [".pem", ".key", ".crt", ".cer", ".cert", ".asc", ".p8"];

/// Returns whether a file holds a private key: its text begins with `-----BEGIN … PRIVATE KEY-----`, or it is a file of
/// certificates and keys (a text that begins with another such block, or a name that ends so) and has that line
/// further on. A byte-order mark, white space and UTF-16 make no difference. A page that shows such a line holds none.
pub fn is_private_key(path: &str, bytes: &[u8]) -> bool {
    let looked_at = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let text = as_text(looked_at);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else {
        return false;
    };
    let path = path.to_ascii_lowercase();
    let is_of_keys = block(first).is_some()
        || first.starts_with("Bag Attributes")
        || ENDINGS.iter().any(|ending| path.ends_with(ending));
    is_key(first) || (is_of_keys && lines.any(is_key))
}

/// Returns the bytes as text, as far as they are. Of UTF-16 only what ASCII has as well matters here.
fn as_text(bytes: &[u8]) -> String {
    let bytes = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let of_ascii = bytes[2..].iter().copied().filter(|byte| *byte != 0);
            return String::from_utf8_lossy(&of_ascii.collect::<Vec<_>>()).into_owned();
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        bytes => bytes,
    };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the label of a line that begins a block, such as `RSA PRIVATE KEY` (RFC 7468, section 2; SSH's own form has
/// four dashes, RFC 4716).
fn block(line: &str) -> Option<&str> {
    let label = line.trim_start().strip_prefix("----")?;
    label.trim_start_matches(['-', ' ']).strip_prefix("BEGIN ")
}

fn is_key(line: &str) -> bool {
    block(line).is_some_and(|label| label.contains("PRIVATE KEY"))
}
