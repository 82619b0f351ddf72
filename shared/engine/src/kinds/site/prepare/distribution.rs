//! Checks the root document of a site, and whether a distribution serves the site as browsers need it. A release
//! without its root document would go live with nothing at `/`, so it is refused and not only warned of. The one folder
//! of an archive is not taken for its root, because it may be a part of the addresses. A rollback is not asked: what
//! was live before may come back. If the distribution must be changed, its user changes it.

use crate::kinds::archive::Entry;
use crate::kinds::site::bucket_distributions::{NotKnown, OnBucket};
use crate::kinds::site::prepare::scene::Serving;
use crate::kinds::site::target::folder_of;
use crate::ports::{Distribution, ErrorPage, Origin};
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// The root document of a site if nothing else is said.
const USUAL: &str = "index.html";

/// Pure: a finding if the archive at `key` has no root document. `declared` is where the declaration names it.
pub(in crate::kinds::site) fn lacks_root(
    declared: &str,
    site: &StaticSite,
    serving: Option<&Serving>,
    (key, entries): (&str, &[Entry]),
) -> Option<Finding> {
    let (root, why) = root(site, serving)?;
    let has = |path: &str| entries.iter().any(|entry| !entry.folder && entry.name == path);
    let is_written = site.config.as_ref().is_some_and(|config| config.path == root);
    if is_written || has(&root) {
        return None;
    }
    let packed_in = entries
        .iter()
        .filter_map(|entry| entry.name.strip_suffix(&format!("/{root}")))
        .min_by_key(|folder| folder.len());
    let remedy = match packed_in {
        Some(folder) => format!(
            "pack the content of the folder `{folder}` and not the folder (`cd {folder} && zip -r ../site.zip .`)"
        ),
        None => "build the archive again".to_owned(),
    };
    Some(Finding::new(
        FindingName::BadArchive,
        format!("{key}: {root}"),
        format!("the archive has no `{root}`, {why}: visitors of `/` would get nothing"),
        format!("{remedy}; or say with `{declared}` what `/` is answered with, `none` where these files are no pages"),
    ))
}

/// Returns the path of the root document within the archive, and who says so. If the default root object is outside of
/// the site's folder, it belongs to another site.
fn root(site: &StaticSite, serving: Option<&Serving>) -> Option<(String, &'static str)> {
    match site.root.as_deref() {
        Some(StaticSite::NO_ROOT) => return None,
        Some(root) => return Some((root.to_owned(), "which `root` of the component names")),
        None => {}
    }
    let with_root = serving.filter(|found| !found.distribution.root.is_empty());
    let default_root = with_root.and_then(|found| {
        let root = found.distribution.root.trim_start_matches('/');
        if site.mode == SiteMode::Prefix {
            return Some(root.to_owned());
        }
        let folder = folder_of(&found.origin.path);
        // An origin of a folder within this one serves another site.
        let key = site.prefix.starts_with(&folder).then(|| format!("{folder}{root}"))?;
        Some(key.strip_prefix(&site.prefix)?.to_owned())
    });
    Some(match default_root {
        Some(root) => (root, "the distribution's default root object"),
        None => (USUAL.to_owned(), "which `/` is answered with"),
    })
}

/// Pure: the warnings about what a distribution answers wrongly for an archive with these entries. `path` is where the
/// declaration names it.
pub(in crate::kinds::site) fn warnings(
    Serving { distribution: found, origin, .. }: &Serving,
    entries: &[Entry],
    path: &str,
) -> Vec<Finding> {
    let warning = |reason: String, remedy: &str| Finding::new(FindingName::TargetNotReady, path, reason, remedy);
    let mut warnings: Vec<Finding> =
        found.error_pages.iter().filter_map(fallback).map(|reason| warning(reason, REWRITE_INSTEAD)).collect();
    // A website endpoint serves index documents itself, and a function may rewrite addresses.
    if !origin.is_website() && !found.rewrites {
        warnings.extend(no_root(found, entries).map(|reason| warning(reason, SET_ROOT)));
        warnings.extend(no_folders(entries).map(|reason| warning(reason, REWRITE_FOLDERS)));
    }
    warnings
}

/// Pure: a finding if another origin is in an origin group with the one that is switched. Where the switched one fails,
/// CloudFront asks the other one, which answers out of another release (Amazon CloudFront Developer Guide, "Optimize
/// high availability with CloudFront origin failover"). `path` is where the declaration names it.
pub(super) fn fails_over(found: &Distribution, origin: &Origin, path: &str) -> Option<Finding> {
    let groups = found.groups.iter().filter(|group| group.contains(&origin.id));
    let other = groups.flatten().find(|id| **id != origin.id)?;
    let switched = &origin.id;
    Some(Finding::not_supported(
        path,
        format!(
            "the origins `{switched}` and `{other}` are in one origin group, and only `{switched}` is switched: where \
             it fails, `{other}` would answer out of another release"
        ),
        format!(
            "let the behaviour ask `{switched}` alone, and delete the group; or use mode `in_place`, in which no \
             origin is switched"
        ),
    ))
}

/// Pure: the warning about the distributions that serve the site beside the one that is `named`, of those `found` on
/// its bucket; or that nobody knows them. A way back has it as well: it changes as little there as a release.
pub(super) fn others(
    found: Result<Vec<OnBucket>, NotKnown>,
    site: &StaticSite,
    named: &str,
    path: &str,
) -> Option<Finding> {
    let bucket = &site.bucket;
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            let name = if why.is_denied() { FindingName::NoPermission } else { FindingName::TargetNotReady };
            let reason = format!(
                "whether other distributions serve the bucket {bucket}, which would stay as they are, is not known: {}",
                why.in_words()
            );
            return Some(Finding::new(name, path, reason, why.remedy()));
        }
    };
    let others: Vec<String> =
        found.into_iter().filter(|it| it.id != named && it.serves(site)).map(|it| it.id).collect();
    if others.is_empty() {
        return None;
    }
    let which = agree(others.len(), "another distribution serves", "other distributions serve");
    let (stays, mut remedy) = match site.mode {
        SiteMode::Prefix => ("nothing is switched there", SWITCH_ALL.into()),
        SiteMode::InPlace => (
            "nothing is invalidated there, and caches answer with former files",
            prose!("{} ({})", INVALIDATE_ALL, run!("aws cloudfront create-invalidation")),
        ),
    };
    if site.prefix.is_empty() {
        remedy.push(OWN_PREFIX);
    }
    let reason =
        format!("{which} the bucket {bucket}, and the component names {named} alone: {stays}: {}", others.join(", "));
    Some(Finding::new(FindingName::TargetNotReady, path, reason, remedy))
}

const SWITCH_ALL: &str = "let the distribution that is named answer for the domain names of all, or set the origin \
                          path of the others after each release";
const INVALIDATE_ALL: &str = "let the distribution that is named answer for the domain names of all, or invalidate the \
                              others after each release";
const OWN_PREFIX: &str = "; where they show other sites, give each site a `prefix` of its own";

const REWRITE_INSTEAD: &str = "remove the custom error response, and let a CloudFront function on viewer requests rewrite only addresses without extension to the document";
const SET_ROOT: &str = "set the distribution's default root object to `index.html`";
const REWRITE_FOLDERS: &str = "let a CloudFront function on viewer requests append `index.html` to addresses that end with a slash, and redirect those of folders without one";

/// The reason of a warning if a missing file is answered with a document and success: browsers would run it as a
/// script.
fn fallback(page: &ErrorPage) -> Option<String> {
    let missing = matches!(page.status, 403 | 404);
    let success = page.answered.is_some_and(|status| (200..300).contains(&status));
    let document = page.path.as_ref().filter(|_| missing && success)?;
    Some(format!(
        "a missing file ({}) is answered with `{document}` and status {}: a browser that asks for a script that is gone gets a document instead, and every wrong address looks right",
        page.status,
        page.answered.unwrap_or(200)
    ))
}

fn no_root(found: &Distribution, entries: &[Entry]) -> Option<String> {
    let there = entries.iter().any(|entry| entry.name == "index.html");
    (there && found.root.is_empty())
        .then(|| "it has no default root object, so that `/` is not answered with `index.html`".to_owned())
}

fn no_folders(entries: &[Entry]) -> Option<String> {
    let folders: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.name.strip_suffix("/index.html")).collect();
    let first = folders.first()?;
    Some(format!(
        "{} {} an `index.html`, but nothing answers an address such as `/{first}/` with it",
        count(folders.len(), "folder"),
        agree(folders.len(), "has", "have")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn site(mode: SiteMode, prefix: &str, root: Option<&str>) -> StaticSite {
        from_value(json!({
            "bucket": "b", "prefix": prefix, "mode": mode, "root": root, "cache": [], "hashed": [],
        }))
        .unwrap()
    }

    /// A distribution with this root object, whose origin has this path.
    fn serving(root: &str, path: &str) -> Serving {
        let origin = Origin { id: "site".into(), domain: "b.s3.eu-west-1.amazonaws.com".into(), path: path.into() };
        let distribution = Distribution {
            etag: "E".into(),
            deployed: true,
            domain: "d.cloudfront.net".into(),
            arn: "arn".into(),
            root: root.into(),
            origins: vec![origin.clone()],
            ..Distribution::default()
        };
        Serving { id: "E1".into(), distribution, origin }
    }

    #[test]
    fn who_says_what_a_site_begins_with() {
        use SiteMode::{InPlace, Prefix};
        // The mode, the folder of the site, `root` of the component, the distribution's root object and its origin's
        // path, the file that must be there.
        type Row =
            (SiteMode, &'static str, Option<&'static str>, Option<(&'static str, &'static str)>, Option<&'static str>);
        let table: [Row; 13] = [
            (InPlace, "", None, None, Some("index.html")),
            (InPlace, "", None, Some(("", "")), Some("index.html")),
            (InPlace, "", None, Some(("app.html", "")), Some("app.html")),
            (InPlace, "web/", None, Some(("app.html", "/web")), Some("app.html")),
            (InPlace, "web/", None, Some(("web/app.html", "")), Some("app.html")),
            // These belong to another site.
            (InPlace, "", None, Some(("app.html", "/releases/0a")), Some("index.html")),
            (InPlace, "docs/", None, Some(("app.html", "/web")), Some("index.html")),
            (Prefix, "releases/", None, Some(("app.html", "/releases/0a")), Some("app.html")),
            (Prefix, "releases/", None, Some(("/app.html", "")), Some("app.html")),
            (Prefix, "releases/", None, Some(("", "")), Some("index.html")),
            (Prefix, "", Some("x.html"), Some(("app.html", "")), Some("x.html")),
            (Prefix, "", Some("none"), Some(("app.html", "")), None),
            (InPlace, "", Some("none"), None, None),
        ];
        for (mode, prefix, declared, served, wanted) in table {
            let found = served.map(|(root, path)| serving(root, path));
            let site = site(mode, prefix, declared);
            let root = root(&site, found.as_ref()).map(|(root, _)| root);
            assert_eq!(root.as_deref(), wanted, "{mode:?} {prefix} {declared:?} {served:?}");
        }
    }

    fn changed(change: impl Fn(&mut Serving)) -> Serving {
        let mut found = serving("index.html", "");
        change(&mut found);
        found
    }

    fn page(status: u16, answered: Option<u16>, path: Option<&str>) -> ErrorPage {
        ErrorPage { status, answered, path: path.map(str::to_owned) }
    }

    fn entry(path: &str) -> Entry {
        Entry::plain(path)
    }

    fn reasons(found: &Serving, paths: &[&str]) -> Vec<String> {
        let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
        warnings(found, &entries, "components.web.distribution")
            .into_iter()
            .map(|finding| finding.reason.written())
            .collect()
    }

    #[test]
    fn only_a_document_with_success_is_a_wrong_fallback() {
        let table = [
            (page(403, Some(200), Some("/index.html")), true),
            (page(404, Some(200), Some("/index.html")), true),
            (page(404, Some(404), Some("/404.html")), false),
            (page(404, None, Some("/404.html")), false),
            (page(404, None, None), false),
            (page(503, Some(200), Some("/sorry.html")), false),
        ];
        for (page, wrong) in table {
            let found = changed(|found| found.distribution.error_pages = vec![page.clone()]);
            assert_eq!(reasons(&found, &["index.html"]).len(), usize::from(wrong), "{page:?}");
        }
    }

    #[test]
    fn index_documents_need_somebody_who_knows_them() {
        let rootless = changed(|found| found.distribution.root.clear());
        assert_eq!(reasons(&rootless, &["index.html"]).len(), 1);
        assert_eq!(reasons(&rootless, &["app.html"]), [""; 0]);
        let folders = ["index.html", "de/index.html", "de/about/index.html"];
        assert_eq!(
            reasons(&changed(|_| {}), &folders),
            ["2 folders have an `index.html`, but nothing answers an address such as `/de/` with it"]
        );
        let website = |found: &mut Serving| {
            found.distribution.root.clear();
            found.origin.domain = "b.s3-website-eu-west-1.amazonaws.com".into();
        };
        assert_eq!(reasons(&changed(website), &folders), [""; 0]);
        let rewriting = |found: &mut Serving| {
            found.distribution.root.clear();
            found.distribution.rewrites = true;
        };
        assert_eq!(reasons(&changed(rewriting), &folders), [""; 0]);
    }
}
