//! Follows the addresses in a page to the files of its site, as far as the declaration and the distribution show where
//! they lead.

use super::prepare::scene::Serving;
use super::served_site::{folder_in_addresses, visitors};
use super::types::name_of;
use super::withdraw::address;
use crate::ports::Behaviour;
use std::collections::BTreeSet;
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
    /// True if the declaration says where visitors reach the site. Otherwise somebody may mount its distribution under
    /// a path, and take that path off again.
    is_declared: bool,
    /// The pages that visitors also get at other addresses: error pages, and a root document in a folder.
    moved: BTreeSet<String>,
}

/// The address from which a browser follows those in a page.
pub(super) struct BaseAddress {
    url: Url,
    /// True if visitors get the page at no other address.
    is_sure: bool,
}

/// The knowledge of the file to which an address leads, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Nobody knows: a function, or a routing rule of the bucket's website, may answer the address with anything.
    Guess,
    /// The file's name is known. The address may be changed on its way to the bucket.
    Name,
    /// The file's path is known.
    Path,
}

/// The place in a site to which an address leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// Its path in the site.
    pub path: String,
    /// The knowledge of it.
    pub known: Known,
}

impl<'a> Addresses<'a> {
    /// The addresses of a site behind a distribution; `None` if the site's own address is none.
    pub(super) fn of(site: &StaticSite, serving: Option<&'a Serving>) -> Option<Self> {
        let visited = visitors(site, serving).unwrap_or_else(|| format!("{NOWHERE}{}", site.prefix));
        let url = Url::parse(&visited).ok()?;
        let folder = serving.and_then(|found| folder_in_addresses(site, found));
        let is_plain = folder.is_some_and(|folder| format!("/{folder}") == url.path());
        let distribution = serving.map(|found| &found.distribution);
        let error_pages = distribution.into_iter().flat_map(|it| &it.error_pages);
        let error_pages = error_pages.filter_map(|page| page.path.as_deref());
        let default_root = distribution.map(|it| it.root.trim_start_matches('/')).filter(|root| root.contains('/'));
        let within = |path: &str| {
            let path = decoded(path.trim_start_matches('/'))?;
            path.strip_prefix(folder.unwrap_or_default()).map(str::to_owned)
        };
        let root = site.root.clone().filter(|root| root.contains('/'));
        let moved = error_pages.chain(default_root).filter_map(within).chain(root).collect();
        Some(Self { site: url, serving, is_plain, is_declared: site.url.is_some(), moved })
    }

    /// Returns the address from which a browser follows those in a page. `base` is the one that the page sets. Returns
    /// `None` if it cannot be known.
    pub(super) fn base(&self, page: &str, base: Option<&str>) -> Option<BaseAddress> {
        let url = address(self.site.as_str(), page).ok()?;
        // A function may also give the page to those who ask for another address.
        let has_function = self.behaviour(&url).is_some_and(|it| it.has_function);
        let is_sure = !has_function && !self.moved.contains(page);
        match base {
            None => Some(BaseAddress { url, is_sure }),
            Some(base) if is_filled_in(base) => None,
            Some(base) => Some(BaseAddress { url: url.join(base).ok()?, is_sure: self.is_sure(base, is_sure) }),
        }
    }

    /// Returns the file to which an address leads that a page names; `None` if it leads to another origin, out of the
    /// site, or to no file.
    pub(super) fn follow(&self, base: &BaseAddress, named: &str) -> Option<Lead> {
        // Without an ending it is an address of a service as likely as that of a file.
        self.lead(base, named).filter(|lead| name_of(&lead.path).contains('.'))
    }

    /// Returns where an address leads that a page names, to a file or not; `None` if it leads to another origin or out
    /// of the site.
    pub(super) fn lead(&self, base: &BaseAddress, named: &str) -> Option<Lead> {
        if is_filled_in(named) {
            return None;
        }
        let url = base.url.join(named).ok()?;
        if url.origin() != self.site.origin() {
            return None;
        }
        let is_sure = self.is_plain && self.is_sure(named, base.is_sure);
        let mut known = if is_sure { Known::Path } else { Known::Name };
        if let Some(serving) = self.serving {
            let behaviour = self.behaviour(&url);
            if behaviour.is_some_and(|it| it.origin != serving.origin.id) {
                return None;
            }
            // Routing rules of a website (Amazon S3 User Guide, "Configuring a webpage redirect") are not read.
            if serving.origin.is_website() || behaviour.is_some_and(|it| it.has_function) {
                known = Known::Guess;
            }
        }
        let path = decoded(url.path().strip_prefix(self.site.path())?)?;
        Some(Lead { path, known })
    }

    /// Returns the behaviour of the distribution that answers an address.
    fn behaviour(&self, url: &Url) -> Option<&'a Behaviour> {
        self.serving?.distribution.behaviours.iter().find(|one| one.takes(url.path()))
    }

    /// Returns whether it is sure where an address leads that is written so. `from_page` says so of those that are
    /// relative to the page.
    fn is_sure(&self, named: &str, from_page: bool) -> bool {
        if named.starts_with("//") || Url::parse(named).is_ok() {
            return true;
        }
        if named.starts_with(['/', '\\']) { self.is_declared } else { from_page }
    }
}

fn is_filled_in(address: &str) -> bool {
    FILLED_IN.iter().any(|sign| address.contains(sign))
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
    use crate::ports::{Distribution, ErrorPage, Origin};
    use serde_json::{from_value, json};

    fn behaviour(paths: &str, origin: &str, has_function: bool) -> Behaviour {
        Behaviour { paths: paths.to_owned(), origin: origin.to_owned(), has_function }
    }

    /// The distribution of a bucket, beside whose origin there is an API.
    fn serving(path: &str, has_function: bool) -> Serving {
        let origin = Origin { id: "site".into(), domain: "b.s3.eu-west-1.amazonaws.com".into(), path: path.into() };
        let distribution = Distribution {
            domain: "d.cloudfront.net".into(),
            origins: vec![origin.clone()],
            behaviours: vec![
                behaviour("/api/*", "api", false),
                behaviour("*/v?/*.js", "api", false),
                behaviour("moved/*", "site", true),
                behaviour("*", "site", has_function),
            ],
            ..Distribution::default()
        };
        Serving { id: "E1".into(), distribution, origin }
    }

    fn site(mode: &str, prefix: &str, url: Option<&str>) -> StaticSite {
        let site = json!({"bucket": "b", "prefix": prefix, "mode": mode, "url": url, "cache": [], "hashed": []});
        from_value(site).unwrap()
    }

    /// Returns the path to which an address leads, with `?` in front where only the name is known, and with `??` where
    /// nothing is.
    fn followed(site: &StaticSite, serving: Option<&Serving>, (page, base, named): (&str, &str, &str)) -> String {
        let addresses = Addresses::of(site, serving).unwrap();
        let base = addresses.base(page, Some(base).filter(|it| !it.is_empty()));
        let lead = base.and_then(|base| addresses.follow(&base, named));
        let sign = |known| match known {
            Known::Path => "",
            Known::Name => "?",
            Known::Guess => "??",
        };
        lead.map_or_else(String::new, |lead| format!("{}{}", sign(lead.known), lead.path))
    }

    #[test]
    fn where_an_address_in_a_page_leads() {
        let table = [
            ("index.html", "", "a.js", "a.js"),
            ("index.html", "", "/assets/a.js?v=1#x", "?assets/a.js"),
            ("de/about.html", "", "a.js", "de/a.js"),
            ("de/about.html", "", "../a.js", "a.js"),
            ("de/über uns.html", "", "./%C3%BCber%20uns.js", "de/über uns.js"),
            ("index.html", "/app/", "a.js", "?app/a.js"),
            ("de/index.html", "../", "a.js", "a.js"),
            ("index.html", "", "https://d.cloudfront.net/a.js", "a.js"),
            ("index.html", "", "//d.cloudfront.net/a.js", "a.js"),
            ("index.html", "https://d.cloudfront.net/app/", "a.js", "app/a.js"),
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
            ("index.html", "", "x/v22/a.js", "x/v22/a.js"),
            ("index.html", "", "/moved/a.js", "??moved/a.js"),
            ("moved/index.html", "", "../a.js", "?a.js"),
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
        let (plain, answering) = (serving("", false), serving("", true));
        let mut website = serving("", false);
        website.origin.domain = "b.s3-website-eu-west-1.amazonaws.com".into();
        let (above, below) = (serving("/web", false), serving("/web/docs/old", false));
        let (docs, own) = (Some("https://x.example/docs/"), Some("https://x.example"));
        let table = [
            ("", None, Some(&plain), "a.js", "a.js"),
            // Whoever mounts the distribution under a path may take it off.
            ("", None, Some(&plain), "/a.js", "?a.js"),
            ("", own, Some(&plain), "/a.js", "a.js"),
            ("", own, Some(&answering), "/a.js", "??a.js"),
            ("", own, Some(&website), "/a.js", "??a.js"),
            ("", None, None, "/a.js", "?a.js"),
            ("", docs, Some(&plain), "/docs/a.js", "?a.js"),
            // Out of the site.
            ("", docs, Some(&plain), "/a.js", ""),
            ("web/docs/", None, Some(&above), "/docs/a.js", "?a.js"),
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

    #[test]
    fn a_page_at_several_addresses_says_nothing_of_what_is_relative_to_it() {
        let page = |path: &str| ErrorPage { status: 403, answered: Some(200), path: Some(path.into()) };
        // The folder, the root document, the error page; the page and what it names.
        let table = [
            ("", None, "", "index.html", "a.js", "a.js"),
            ("", None, "/index.html", "index.html", "a.js", "?a.js"),
            ("", None, "/index.html", "index.html", "/a.js", "a.js"),
            ("", None, "/index.html", "about.html", "a.js", "a.js"),
            ("", None, "/not%20found.html", "not found.html", "a.js", "?a.js"),
            ("docs/", None, "/docs/404.html", "404.html", "a.js", "?a.js"),
            ("docs/", None, "/404.html", "404.html", "a.js", "a.js"),
            ("", Some("app/index.html"), "", "app/index.html", "a.js", "?app/a.js"),
            ("", Some("app/index.html"), "", "app/about.html", "a.js", "app/a.js"),
            ("", Some("home.html"), "", "home.html", "a.js", "a.js"),
        ];
        for (prefix, root, error_page, named_in, named, leads) in table {
            let mut serving = serving("", false);
            serving.distribution.error_pages = vec![page(error_page)];
            let url = format!("https://x.example/{prefix}");
            let mut site = site("in_place", prefix, Some(&url));
            site.root = root.map(str::to_owned);
            let found = followed(&site, Some(&serving), (named_in, "", named));
            assert_eq!(found, leads, "{prefix} {root:?} {error_page} {named_in} {named}");
        }
        let mut of_a_folder = serving("", false);
        of_a_folder.distribution.root = "docs/index.html".into();
        let docs = site("in_place", "docs/", Some("https://x.example/docs"));
        assert_eq!(followed(&docs, Some(&of_a_folder), ("index.html", "", "a.js")), "?a.js");
        let mut serving = serving("", false);
        serving.distribution.error_pages = vec![page("/index.html")];
        let site = site("in_place", "", Some("https://x.example"));
        for (base, leads) in [("./", "?a.js"), ("/", "a.js"), ("https://x.example/", "a.js")] {
            assert_eq!(followed(&site, Some(&serving), ("index.html", base, "a.js")), leads, "{base}");
        }
    }
}
