//! The content type of a site's file: by its name, by its bytes where the name says nothing, and with a character set
//! only where the bytes are in it.

use std::borrow::Cow;

/// The type of bytes of which nothing is known.
pub const BYTES: &str = "application/octet-stream";

/// The types of files that are asked for by a fixed path and have no ending that says it.
const FIXED: [(&str, &str); 7] = [
    // Apple Developer Documentation, "Supporting associated domains".
    ("apple-app-site-association", "application/json"),
    // OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3; Matrix specification, "Server discovery".
    (".well-known/openid-configuration", "application/json"),
    (".well-known/oauth-authorization-server", "application/json"),
    (".well-known/matrix/client", "application/json"),
    (".well-known/matrix/server", "application/json"),
    // RFC 7033, section 10.2; RFC 6415, section 2.
    (".well-known/webfinger", "application/jrd+json"),
    (".well-known/host-meta", "application/xrd+xml"),
];

/// The types of endings, where those of the library are missing or are not those that browsers, players and phones go
/// by.
const ENDINGS: [(&str, &str); 12] = [
    // HTML Standard, "Scripting": a module runs only with a type of JavaScript.
    ("js", "text/javascript"),
    ("mjs", "text/javascript"),
    ("cjs", "text/javascript"),
    ("map", "application/json"),
    ("importmap", "application/importmap+json"),
    ("webmanifest", "application/manifest+json"),
    // RFC 8216, sections 3.2 and 4: the segments and the playlist of HTTP Live Streaming.
    ("ts", "video/mp2t"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4s", "video/iso.segment"),
    // What phones open by its type: a model in Quick Look, a profile, the manifest of an app.
    ("usdz", "model/vnd.usdz+zip"),
    ("mobileconfig", "application/x-apple-aspen-config"),
    ("plist", "text/xml"),
];

/// Returns the last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns the type that a file's name says, without a character set; `None` for a name without an ending.
pub fn by_name(path: &str) -> Option<&'static str> {
    let is_at = |fixed: &str| path.strip_suffix(fixed).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'));
    if let Some((_, kind)) = FIXED.iter().copied().find(|(fixed, _)| is_at(fixed)) {
        return Some(kind);
    }
    let (_, ending) = name_of(path).rsplit_once('.').filter(|(stem, _)| !stem.is_empty())?;
    let ending = ending.to_ascii_lowercase();
    let known = ENDINGS.iter().copied().find(|(known, _)| *known == ending).map(|(_, kind)| kind);
    Some(known.or_else(|| mime_guess::from_ext(&ending).first_raw()).unwrap_or(BYTES))
}

/// Returns the content type of a file.
pub fn content_type(path: &str, text: &TextCheck) -> String {
    let kind = by_name(path).unwrap_or_else(|| text.kind());
    let is_said = is_text(kind) && text.is_utf8() && !(is_page(kind) && text.is_left_to_the_page());
    if is_said { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

/// Returns whether a file whose bytes stayed the same keeps this content type. What the bytes decide stays with them.
pub fn is_kept(path: &str, former: &str) -> bool {
    by_name(path).is_none_or(|kind| kind == essence(former))
}

/// Returns whether a content type is one of text and has no character set.
pub fn is_text(kind: &str) -> bool {
    let is_whole = !kind.contains(';');
    is_whole && (kind.starts_with("text/") || kind.ends_with("json") || kind.ends_with("xml"))
}

/// Returns whether a type is that of pages.
pub fn is_page(kind: &str) -> bool {
    ["text/html", "application/xhtml+xml"].contains(&kind)
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim_end()
}

/// The bytes at the beginning of a page in which a browser looks for its character set (HTML Standard, "Prescan a byte
/// stream to determine its encoding").
const BEGIN: usize = 1024;

/// The knowledge of a file's bytes that its content type needs. It takes them piece by piece.
#[derive(Debug, Default)]
pub struct TextCheck {
    begin: Vec<u8>,
    /// The beginning of a character whose end is in the next piece.
    cut: Vec<u8>,
    is_broken: bool,
    is_beyond_ascii: bool,
}

impl TextCheck {
    /// The knowledge of a file with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut check = Self::default();
        check.add(bytes);
        check
    }

    /// Takes the next bytes of the file.
    pub fn add(&mut self, piece: &[u8]) {
        let lacking = BEGIN.saturating_sub(self.begin.len());
        self.begin.extend(piece.iter().take(lacking));
        if self.is_broken {
            return;
        }
        let cut = std::mem::take(&mut self.cut);
        let text = if cut.is_empty() { Cow::Borrowed(piece) } else { Cow::Owned([cut.as_slice(), piece].concat()) };
        self.is_beyond_ascii |= !text.is_ascii();
        // No text in UTF-8 has this byte, and most of UTF-16 without a byte order mark would pass without this.
        self.is_broken |= text.contains(&0);
        let Err(error) = std::str::from_utf8(&text) else { return };
        match error.error_len() {
            Some(_) => self.is_broken = true,
            None => self.cut = text.get(error.valid_up_to()..).unwrap_or_default().to_vec(),
        }
    }

    /// Returns whether the file begins with these bytes.
    pub fn begins_with(&self, bytes: &[u8]) -> bool {
        self.begin.starts_with(bytes)
    }

    /// Returns whether all bytes are UTF-8. A byte order mark of UTF-16 is none.
    fn is_utf8(&self) -> bool {
        !self.is_broken && self.cut.is_empty()
    }

    /// Returns whether a page names another character set than UTF-8, and has no byte that shows it to be wrong. Forms
    /// and scripts of the page go by that set, and ISO-2022-JP has ASCII alone.
    fn is_left_to_the_page(&self) -> bool {
        let begin = String::from_utf8_lossy(&self.begin).to_ascii_lowercase();
        let named = begin.split_once("charset").map(|(_, named)| named.trim_start_matches([' ', '=', '"', '\'']));
        !self.is_beyond_ascii && named.is_some_and(|named| !named.starts_with("utf-8") && !named.starts_with("utf8"))
    }

    /// Returns the type of a file whose name says none.
    fn kind(&self) -> &'static str {
        let begin = String::from_utf8_lossy(&self.begin).to_ascii_lowercase();
        let begin = begin.trim_start_matches('\u{feff}').trim_start();
        if begin.starts_with("<!doctype html") || begin.starts_with("<html") {
            "text/html"
        } else if self.is_utf8() {
            "text/plain"
        } else {
            BYTES
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_of_the_name() {
        let table = [
            ("index.html", "text/html; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.MJS", "text/javascript; charset=utf-8"),
            ("a.cjs", "text/javascript; charset=utf-8"),
            ("a.json", "application/json; charset=utf-8"),
            ("a.js.map", "application/json; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("sitemap.xml", "text/xml; charset=utf-8"),
            ("a.webmanifest", "application/manifest+json; charset=utf-8"),
            ("a.importmap", "application/importmap+json; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("a.wasm", "application/wasm"),
            ("live/1.ts", "video/mp2t"),
            ("live/all.m3u8", "application/vnd.apple.mpegurl"),
            ("live/1.m4s", "video/iso.segment"),
            ("chair.usdz", "model/vnd.usdz+zip"),
            ("vpn.mobileconfig", "application/x-apple-aspen-config"),
            ("app.plist", "text/xml; charset=utf-8"),
            ("a.unheard-of", "application/octet-stream"),
            ("apple-app-site-association", "application/json; charset=utf-8"),
            (".well-known/apple-app-site-association", "application/json; charset=utf-8"),
            ("no-apple-app-site-association", "text/plain; charset=utf-8"),
            (".well-known/openid-configuration", "application/json; charset=utf-8"),
            (".well-known/oauth-authorization-server", "application/json; charset=utf-8"),
            (".well-known/matrix/client", "application/json; charset=utf-8"),
            (".well-known/matrix/server", "application/json; charset=utf-8"),
            ("app/.well-known/webfinger", "application/jrd+json; charset=utf-8"),
            (".well-known/host-meta", "application/xrd+xml; charset=utf-8"),
            ("LICENSE", "text/plain; charset=utf-8"),
            ("CNAME", "text/plain; charset=utf-8"),
            (".nojekyll", "text/plain; charset=utf-8"),
        ];
        for (path, expected) in table {
            assert_eq!(content_type(path, &TextCheck::of(b"text")), expected, "{path}");
        }
    }

    #[test]
    fn the_character_set_is_said_only_of_bytes_that_are_in_it() {
        let latin = b"<!DOCTYPE html><meta charset=ISO-8859-1><p>caf\xe9";
        let ascii = b"<meta http-equiv=content-type content='text/html; charset=iso-2022-jp'><p>\x1b$B";
        let table: [(&str, &[u8], &str); 15] = [
            ("a.html", b"", "text/html; charset=utf-8"),
            ("a.html", "<p>café".as_bytes(), "text/html; charset=utf-8"),
            ("a.html", latin, "text/html"),
            ("a.html", ascii, "text/html"),
            ("a.html", b"<meta charset = 'UTF-8'>", "text/html; charset=utf-8"),
            ("a.html", b"<meta charset=utf8>", "text/html; charset=utf-8"),
            // The bytes show that what the page says is wrong.
            ("a.html", "<meta charset=ISO-8859-1>café".as_bytes(), "text/html; charset=utf-8"),
            ("a.html", b"\xef\xbb\xbf<p>", "text/html; charset=utf-8"),
            ("a.html", b"\xff\xfe<\0p\0>\0", "text/html"),
            ("a.html", b"\xfe\xff\0<\0p\0>", "text/html"),
            ("a.js", b"a\0l\0e\0r\0t\0", "text/javascript"),
            ("a.css", b"a::after { content: \"\xe9\" }", "text/css"),
            ("about", latin, "text/html"),
            ("about", b" <HTML>", "text/html; charset=utf-8"),
            ("program", b"\x7fELF\x02\0", "application/octet-stream"),
        ];
        for (path, bytes, expected) in table {
            assert_eq!(content_type(path, &TextCheck::of(bytes)), expected, "{path}: {bytes:?}");
        }
    }

    #[test]
    fn pieces_are_taken_as_the_whole() {
        for text in ["naïve 漢字 🎐 ".as_bytes(), b"caf\xe9 ", b"\xe6\xbc", b"plain"] {
            let whole = content_type("a.txt", &TextCheck::of(text));
            for size in 1..text.len() {
                let mut check = TextCheck::default();
                for piece in text.chunks(size) {
                    check.add(piece);
                }
                assert_eq!(content_type("a.txt", &check), whole, "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_the_bytes_decide_is_kept_while_they_are_the_same() {
        let table = [
            ("a.html", "text/html", true),
            ("a.html", "text/html; charset=utf-8", true),
            ("a.html", "text/plain; charset=utf-8", false),
            ("a.ts", "video/vnd.dlna.mpeg-tts", false),
            ("about", "text/html", true),
            ("about", "text/plain; charset=utf-8", true),
        ];
        for (path, former, kept) in table {
            assert_eq!(is_kept(path, former), kept, "{path} {former}");
        }
    }
}
