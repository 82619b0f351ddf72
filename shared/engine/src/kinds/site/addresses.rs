//! Follows the addresses in a page to the files of its site, as far as the declaration and the distribution show where
//! they lead.

use super::prepare::scene::Serving;
use super::served_site::{folder_in_addresses, visitors};
use super::withdraw::address;
use url::Url;
use windlass_domain::declaration::kinds::site::StaticSite;

/// The address of a site of which nobody says the host. No host has this name (RFC 2606).
const NOWHERE: &str = "https://site.invalid/";

/// The signs of an address that is filled in before a browser follows it, such as `{{ url }}` or `<%= url %>`.
const FILLED_IN: [&str; 4] = ["{", "<", "[[", "]]"];

/// The addresses of a site.
pub(super) struct Addresses<'a> {
    /// The address under which its files are, with a slash at its end.
    site: Url,
    serving: Option<&'a Serving>,
    /// True if each address has the path of its file.
    is_plain: bool,
}

/// A file of a site to which an address leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// Its path in the site.
    pub path: String,
    /// True if the file is at this path. Otherwise the address may be changed on its way to the bucket, and only the
    /// file's name is known.
    pub is_sure: bool,
}

impl<'a> Addresses<'a> {
    /// The addresses of a site behind a distribution; `None` if the site's own address is none.
    pub(super) fn of(site: &StaticSite, serving: Option<&'a Serving>) -> Option<Self> {
        let visited = visitors(site, serving).unwrap_or_else(|| format!("{NOWHERE}{}", site.prefix));
        let url = Url::parse(&visited).ok()?;
        let is_plain = serving.is_some_and(|found| {
            let folder = folder_in_addresses(site, found).map(|folder| format!("/{folder}"));
            !found.distribution.rewrites && folder.as_deref() == Some(url.path())
        });
        Some(Self { site: url, serving, is_plain })
    }

    /// Returns the address from which a browser follows those in a page. `base` is the one that the page sets. Returns
    /// `None` if it cannot be known.
    pub(super) fn base(&self, page: &str, base: Option<&str>) -> Option<Url> {
        let page = address(self.site.as_str(), page).ok()?;
        match base {
            None => Some(page),
            Some(base) if is_filled_in(base) => None,
            Some(base) => page.join(base).ok(),
        }
    }

    /// Returns the file to which an address leads that a page names; `None` if it leads to another origin, out of the
    /// site, or to no file.
    pub(super) fn follow(&self, base: &Url, named: &str) -> Option<Lead> {
        if is_filled_in(named) {
            return None;
        }
        let url = base.join(named).ok()?;
        if url.origin() != self.site.origin() {
            return None;
        }
        let mut is_sure = self.is_plain;
        if let Some(serving) = self.serving
            && let Some(behaviour) = serving.distribution.behaviours.iter().find(|one| one.takes(url.path()))
        {
            if behaviour.origin != serving.origin.id {
                return None;
            }
            is_sure &= !behaviour.rewrites;
        }
        let path = decoded(url.path().strip_prefix(self.site.path())?)?;
        // Without an ending it is an address of a service as likely as that of a file.
        let is_file = name_of(&path).contains('.');
        is_file.then_some(Lead { path, is_sure })
    }
}

fn is_filled_in(address: &str) -> bool {
    FILLED_IN.iter().any(|sign| address.contains(sign))
}

/// Returns the last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns the text that an address has as this path; `None` if it has none, because the path is filled in later
/// (`%PUBLIC_URL%`) or is not UTF-8.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(one) = rest.next() {
        let byte = if one == b'%' { digit(rest.next()?)? * 16 + digit(rest.next()?)? } else { one };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

fn digit(letter: u8) -> Option<u8> {
    u8::try_from(char::from(letter).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Behaviour, Distribution, Origin};
    use serde_json::{from_value, json};

    fn behaviour(paths: &str, origin: &str, rewrites: bool) -> Behaviour {
        Behaviour { paths: paths.to_owned(), origin: origin.to_owned(), rewrites }
    }

    /// The distribution of a bucket, beside whose origin there is an API.
    fn serving(path: &str, rewrites: bool) -> Serving {
        let origin = Origin { id: "site".into(), domain: "b.s3.eu-west-1.amazonaws.com".into(), path: path.into() };
        let distribution = Distribution {
            domain: "d.cloudfront.net".into(),
            origins: vec![origin.clone()],
            rewrites,
            behaviours: vec![
                behaviour("/api/*", "api", false),
                behaviour("*/v?/*.js", "api", false),
                behaviour("moved/*", "site", true),
                behaviour("*", "site", rewrites),
            ],
            ..Distribution::default()
        };
        Serving { id: "E1".into(), distribution, origin }
    }

    fn site(mode: &str, prefix: &str, url: Option<&str>) -> StaticSite {
        let site = json!({"bucket": "b", "prefix": prefix, "mode": mode, "url": url, "cache": [], "hashed": []});
        from_value(site).unwrap()
    }

    /// Where an address leads: the path, with `?` in front where only the name is known.
    fn followed(site: &StaticSite, serving: Option<&Serving>, (page, base, named): (&str, &str, &str)) -> String {
        let addresses = Addresses::of(site, serving).unwrap();
        let base = addresses.base(page, Some(base).filter(|it| !it.is_empty()));
        let lead = base.and_then(|base| addresses.follow(&base, named));
        lead.map_or_else(String::new, |lead| format!("{}{}", if lead.is_sure { "" } else { "?" }, lead.path))
    }

    #[test]
    fn where_an_address_in_a_page_leads() {
        let table = [
            ("index.html", "", "a.js", "a.js"),
            ("index.html", "", "/assets/a.js?v=1#x", "assets/a.js"),
            ("de/about.html", "", "a.js", "de/a.js"),
            ("de/about.html", "", "../a.js", "a.js"),
            ("de/über uns.html", "", "./%C3%BCber%20uns.js", "de/über uns.js"),
            ("index.html", "/app/", "a.js", "app/a.js"),
            ("de/index.html", "../", "a.js", "a.js"),
            ("index.html", "", "https://d.cloudfront.net/a.js", "a.js"),
            // These lead to another origin, or to one that nobody knows yet.
            ("index.html", "", "//cdn.example/a.js", ""),
            ("index.html", "", "https://cdn.example/a.js", ""),
            ("index.html", "https://cdn.example/", "a.js", ""),
            ("index.html", "", "data:text/javascript,a.js", ""),
            ("index.html", "", "blob:https://d.cloudfront.net/a.js", ""),
            ("index.html", "", "{{ root }}/a.js", ""),
            ("index.html", "", "<%= root %>a.js", ""),
            ("index.html", "", "[[root]]/a.js", ""),
            ("index.html", "{{ root }}", "a.js", ""),
            ("index.html", "", "%PUBLIC_URL%/a.js", ""),
            ("index.html", "", "%VITE_ROOT%/a.js", ""),
            ("index.html", "", "a%FF.js", ""),
            // No file.
            ("index.html", "", "/analytics/script", ""),
            ("index.html", "", "/de/", ""),
            // Other behaviours.
            ("index.html", "", "/api/a.js", ""),
            ("index.html", "", "/x/v2/a.js", ""),
            ("index.html", "", "/x/v22/a.js", "x/v22/a.js"),
            ("index.html", "", "/moved/a.js", "?moved/a.js"),
        ];
        for (page, base, named, leads) in table {
            for (mode, prefix, path) in [("in_place", "", ""), ("prefix", "releases/", "/releases/0a")] {
                let serving = serving(path, false);
                let found = followed(&site(mode, prefix, None), Some(&serving), (page, base, named));
                assert_eq!(found, leads, "{mode} {page} {base} {named}");
            }
        }
    }

    #[test]
    fn how_surely_an_address_leads_to_a_file() {
        let (plain, rewriting) = (serving("", false), serving("", true));
        let (above, below) = (serving("/web", false), serving("/web/docs/old", false));
        let (docs, own) = (Some("https://x.example/docs/"), Some("https://x.example"));
        let table = [
            ("", None, Some(&plain), "/a.js", "a.js"),
            ("", own, Some(&plain), "/a.js", "a.js"),
            ("", None, Some(&rewriting), "/a.js", "?a.js"),
            ("", None, None, "/a.js", "?a.js"),
            ("", docs, Some(&plain), "/docs/a.js", "?a.js"),
            // Out of the site.
            ("", docs, Some(&plain), "/a.js", ""),
            ("web/docs/", None, Some(&above), "/docs/a.js", "a.js"),
            ("web/docs/", docs, Some(&above), "/docs/a.js", "a.js"),
            ("web/docs/", None, Some(&above), "/a.js", ""),
            ("web/docs/", None, Some(&below), "/a.js", "?a.js"),
            ("web/", None, None, "a.js", "?a.js"),
            ("web/", None, None, "/a.js", ""),
        ];
        for (prefix, url, serving, named, leads) in table {
            let site = site("in_place", prefix, url);
            assert_eq!(followed(&site, serving, ("index.html", "", named)), leads, "{prefix} {url:?} {named}");
        }
    }
}
