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

/// The addresses in a document, as it writes them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DocumentAddresses {
    /// The base that it sets.
    pub base: Option<String>,
    /// The scripts and style sheets, in their order.
    pub needed: Vec<(Need, String)>,
    /// The images, in their order.
    pub images: Vec<String>,
    /// The other addresses, such as those of pages that it links, that have letters beyond ASCII, encoded or not. Any
    /// other name has one form only.
    pub links: Vec<String>,
    /// True if it is a page of its own, and no piece of HTML that a script puts into a page of another folder.
    pub is_page: bool,
}

/// Returns the addresses of the files that a browser fetches for a document. Pure.
pub fn named_by(html: &[u8]) -> DocumentAddresses {
    let mut names = DocumentAddresses::default();
    let mut unfetched = 0_usize;
    let mut emitter = DefaultEmitter::default();
    // Text inside a script or style is not markup.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let tag = match token {
            Token::StartTag(tag) => tag,
            Token::EndTag(tag) => {
                unfetched = unfetched.saturating_sub(usize::from(is_unfetched(&tag.name)));
                continue;
            }
            Token::Doctype(_) => {
                names.is_page = true;
                continue;
            }
            _ => continue,
        };
        unfetched += usize::from(is_unfetched(&tag.name));
        if unfetched > 0 {
            continue;
        }
        let value = |name: &str| {
            let found = tag.attributes.get(name.as_bytes())?;
            let found = String::from_utf8_lossy(found).trim().to_owned();
            (!found.is_empty()).then_some(found)
        };
        let sources = value("srcset").unwrap_or_default();
        let sources = sources.split(',').filter_map(|source| source.split_ascii_whitespace().next());
        names.links.extend(sources.filter(|it| is_beyond_ascii(it)).map(str::to_owned));
        let relation = value("rel").unwrap_or_default().to_ascii_lowercase();
        let has = |wanted: &str| relation.split_ascii_whitespace().any(|it| it == wanted);
        let (need, address) = match &tag.name[..] {
            b"base" => {
                names.base = names.base.or_else(|| value("href"));
                continue;
            }
            b"html" | b"head" | b"body" => {
                names.is_page = true;
                continue;
            }
            b"img" => {
                names.images.extend(value("src"));
                continue;
            }
            b"script" if is_run(value("type")) => (Need::Script, value("src")),
            b"link" if has("stylesheet") => (Need::Style, value("href")),
            b"link" if has("modulepreload") => (Need::Script, value("href")),
            _ => {
                let others = ["href", "src", "poster", "data"].into_iter().filter_map(value);
                names.links.extend(others.filter(|it| is_beyond_ascii(it)));
                continue;
            }
        };
        names.needed.extend(address.map(|it| (need, it)));
    }
    names
}

fn is_beyond_ascii(address: &str) -> bool {
    address.contains('%') || !address.is_ascii()
}

/// Returns whether a browser fetches nothing for the content of an element: a template (HTML Standard, "The template
/// element"), or `noframes`, whose content is text (the same, "Parsing HTML documents"), which the tokenizer does not
/// know.
fn is_unfetched(element: &[u8]) -> bool {
    matches!(element, b"template" | b"noframes")
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
    fn files_are_found_as_a_browser_finds_them() {
        let html = br#"<!doctype html><html><head>
            <base target="_blank"><base href="/docs/"><base href="/other/">
            <!-- <script src="/commented.js"></script> -->
            <link REL="preload stylesheet" href='/a.css'>
            <link rel=icon href=/favicon.ico>
            <link rel="modulepreload" href="/m.js">
            <style>/* <script src="/in-style.js"> */</style>
            <script type="application/json" src="/data.json"></script>
            <script src=""></script>
            <template><script src="/later.js"></script><template></template><img src="/later.png"></template>
            <img src=" /a.png " alt="/other.png"><img data-src="/lazy.png"><a href="/page.html">
            <script type="text/javascript" src="old.js"></script>
            <SCRIPT type="module" crossorigin src=/assets/index.js></SCRIPT>
            <script>const x = "</p>"; inline()</script>"#;
        let DocumentAddresses { base, needed, images, links, is_page } = named_by(html);
        assert_eq!(base.as_deref(), Some("/docs/"));
        assert!(is_page);
        assert_eq!(links, [""; 0]);
        assert_eq!(images, ["/a.png"]);
        let found: Vec<(Need, &str)> = needed.iter().map(|(need, it)| (*need, it.as_str())).collect();
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

    #[test]
    fn nothing_is_fetched_for_content_that_a_browser_with_scripts_does_not_show() {
        for element in ["template", "noframes", "noscript", "NOFRAMES"] {
            let html = format!(
                "<{element}><script src=a.js></script><link rel=stylesheet href=a.css><img src=a.png></{element}>\
                 <script src=b.js></script><img src=b.png>"
            );
            let DocumentAddresses { needed, images, .. } = named_by(html.as_bytes());
            assert_eq!((needed, images), (vec![(Need::Script, "b.js".into())], vec!["b.png".into()]), "{element}");
        }
    }

    #[test]
    fn links_are_listed_where_their_names_may_have_another_form() {
        let html = "<a href=über.html></a><a href=about.html></a><link rel=icon href=%C3%BC.ico><img srcset='ä.png 2x, \
                    b.png, ö.png'><iframe src=caf&eacute;.html></iframe><video poster=ß.png></video><a name=é>\
                    <template><a href=ï.html></a></template>";
        let names = named_by(html.as_bytes());
        assert_eq!(names.links, ["über.html", "%C3%BC.ico", "ä.png", "ö.png", "café.html", "ß.png"]);
        assert_eq!((names.needed, names.images), (vec![], vec![]));
    }

    #[test]
    fn a_page_is_known_by_its_frame() {
        let table = [
            ("<!doctype html><p>", true),
            ("<html><p>", true),
            ("<p>text</p><body>", true),
            ("<img src=a.png><!-- <html> -->", false),
            ("<template><body></template>", false),
            ("", false),
        ];
        for (html, is_page) in table {
            assert_eq!(named_by(html.as_bytes()).is_page, is_page, "{html}");
        }
    }
}
