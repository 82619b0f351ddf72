//! Finds the other files that an HTML document names, as a browser reads it.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

/// The use that a document makes of another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A script, which is run.
    Script,
    /// A style sheet.
    Style,
}

/// Returns the base that a document sets, and the scripts and style sheets that it names, as it writes them. Pure.
pub fn named_by(html: &[u8]) -> (Option<String>, Vec<(Need, String)>) {
    let (mut base, mut named) = (None, Vec::new());
    let mut emitter = DefaultEmitter::default();
    // Text inside a script or style is not markup.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        let value = |name: &str| {
            let found = tag.attributes.get(name.as_bytes())?;
            let found = String::from_utf8_lossy(found).trim().to_owned();
            (!found.is_empty()).then_some(found)
        };
        let relation = value("rel").unwrap_or_default().to_ascii_lowercase();
        let has = |wanted: &str| relation.split_ascii_whitespace().any(|it| it == wanted);
        let (need, address) = match &tag.name[..] {
            b"base" => {
                base = base.or_else(|| value("href"));
                continue;
            }
            b"script" if is_run(value("type")) => (Need::Script, value("src")),
            b"link" if has("stylesheet") => (Need::Style, value("href")),
            b"link" if has("modulepreload") => (Need::Script, value("href")),
            _ => continue,
        };
        named.extend(address.map(|it| (need, it)));
    }
    (base, named)
}

/// Returns whether a browser runs a script of this type. Any other type is data, which browsers do not fetch (HTML
/// Standard, "The script element").
fn is_run(kind: Option<String>) -> bool {
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    kind.is_empty() || kind == "module" || kind.contains("javascript") || kind.contains("ecmascript")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_are_found_as_a_browser_finds_them() {
        let html = br#"<!doctype html><html><head>
            <base target="_blank"><base href="/docs/"><base href="/other/">
            <!-- <script src="/commented.js"></script> -->
            <link REL="preload stylesheet" href='/a.css'>
            <link rel=icon href=/favicon.ico>
            <link rel="modulepreload" href="/m.js">
            <style>/* <script src="/in-style.js"> */</style>
            <script type="application/json" src="/data.json"></script>
            <script src=""></script>
            <script type="text/javascript" src="old.js"></script>
            <SCRIPT type="module" crossorigin src=/assets/index.js></SCRIPT>
            <script>const x = "</p>"; inline()</script>"#;
        let (base, found) = named_by(html);
        assert_eq!(base.as_deref(), Some("/docs/"));
        let found: Vec<(Need, &str)> = found.iter().map(|(need, it)| (*need, it.as_str())).collect();
        assert_eq!(
            found,
            [
                (Need::Style, "/a.css"),
                (Need::Script, "/m.js"),
                (Need::Script, "old.js"),
                (Need::Script, "/assets/index.js"),
            ]
        );
    }
}
