use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use std::collections::BTreeSet;

/// What a document needs of another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It is run.
    Script,
    /// It is a style sheet.
    Style,
}

/// The scripts and styles that a document names, as it writes them.
pub fn named_by(html: &[u8]) -> BTreeSet<(Need, String)> {
    let mut named = BTreeSet::new();
    let mut emitter = DefaultEmitter::default();
    // What stands in a script or style is not markup.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        let value = |name: &str| {
            let found = tag.attributes.get(name.as_bytes())?;
            Some(String::from_utf8_lossy(found).trim().to_owned())
        };
        let relation = value("rel").unwrap_or_default().to_ascii_lowercase();
        let has = |wanted: &str| relation.split_ascii_whitespace().any(|it| it == wanted);
        let (need, address) = match &tag.name[..] {
            b"script" => (Need::Script, value("src")),
            b"link" if has("stylesheet") => (Need::Style, value("href")),
            b"link" if has("modulepreload") => (Need::Script, value("href")),
            _ => continue,
        };
        named.extend(address.filter(|it| !it.is_empty()).map(|it| (need, it)));
    }
    named
}

/// The path within the site of an address that a document at `document` names; nothing if it
/// leads to another host, or out of the site.
pub fn path_of(document: &str, address: &str) -> Option<String> {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let scheme = address.split('/').next().unwrap_or_default().contains(':');
    if address.is_empty() || address.starts_with("//") || scheme {
        return None;
    }
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = match address.strip_prefix('/') {
        Some(rooted) => rooted.to_owned(),
        None => format!("{folder}/{address}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_are_found_as_a_browser_finds_them() {
        let html = br#"<!doctype html><html><head>
            <!-- <script src="/commented.js"></script> -->
            <link REL="preload stylesheet" href='/a.css'>
            <link rel=icon href=/favicon.ico>
            <link rel="modulepreload" href="/m.js">
            <style>/* <script src="/in-style.js"> */</style>
            <SCRIPT type="module" crossorigin src=/assets/index.js></SCRIPT>
            <script>const x = "</p>"; inline()</script>
            <base href="x">"#;
        let found: Vec<(Need, String)> = named_by(html).into_iter().collect();
        assert_eq!(
            found,
            [
                (Need::Script, "/assets/index.js".to_owned()),
                (Need::Script, "/m.js".to_owned()),
                (Need::Style, "/a.css".to_owned()),
            ]
        );
    }

    #[test]
    fn addresses_become_paths() {
        let table = [
            ("index.html", "/a/b.js", Some("a/b.js")),
            ("de/index.html", "b.js?v=1#x", Some("de/b.js")),
            ("de/about/index.html", "../../b.js", Some("b.js")),
            ("index.html", "./b.js", Some("b.js")),
            ("index.html", "../b.js", None),
            ("index.html", "https://cdn.example/b.js", None),
            ("index.html", "//cdn.example/b.js", None),
            ("index.html", "data:text/javascript,1", None),
            ("index.html", "", None),
        ];
        for (document, address, expected) in table {
            assert_eq!(
                path_of(document, address).as_deref(),
                expected,
                "{document} {address}"
            );
        }
    }
}
