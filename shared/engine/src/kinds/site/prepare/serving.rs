//! Whether a distribution serves a site as browsers need it. What must be changed is the user's.

use crate::kinds::site::archive::Entry;
use crate::ports::{Distribution, ErrorPage};
use std::collections::BTreeSet;
use windlass_domain::finding::{Finding, FindingName};

/// Pure: what a distribution answers wrongly for an archive with these entries; `path` is where the
/// declaration names it, `origin` the id of the origin that is the bucket.
pub(super) fn judge(
    found: &Distribution,
    origin: &str,
    entries: &[Entry],
    path: &str,
) -> Vec<Finding> {
    let told = |reason: String, remedy: &str| {
        Finding::new(FindingName::TargetNotReady, path, reason, remedy)
    };
    let mut warnings: Vec<Finding> = found
        .error_pages
        .iter()
        .filter_map(fallback)
        .map(|reason| told(reason, REWRITE_INSTEAD))
        .collect();
    // A website endpoint knows index documents itself, and a function may rewrite addresses.
    let rest = found
        .origins
        .iter()
        .any(|it| it.id == origin && !it.is_website());
    if rest && !found.rewrites {
        warnings.extend(no_root(found, entries).map(|reason| told(reason, SET_ROOT)));
        warnings.extend(no_folders(entries).map(|reason| told(reason, REWRITE_FOLDERS)));
    }
    warnings
}

const REWRITE_INSTEAD: &str = "remove the custom error response, and let a CloudFront function on viewer requests rewrite only addresses without extension to the document";
const SET_ROOT: &str = "set the distribution's default root object to `index.html`";
const REWRITE_FOLDERS: &str = "let a CloudFront function on viewer requests append `index.html` to addresses that end with a slash, and redirect those of folders without one";

/// A missing file that is answered with a document and success: browsers would run it as a script.
fn fallback(page: &ErrorPage) -> Option<String> {
    let missing = matches!(page.status, 403 | 404);
    let success = page
        .answered
        .is_some_and(|status| (200..300).contains(&status));
    let document = page.path.as_ref().filter(|_| missing && success)?;
    Some(format!(
        "a missing file ({}) is answered with `{document}` and status {}: a browser that asks for a script that is gone gets a document instead, and every wrong address looks right",
        page.status,
        page.answered.unwrap_or(200)
    ))
}

fn no_root(found: &Distribution, entries: &[Entry]) -> Option<String> {
    let there = entries.iter().any(|entry| entry.name == "index.html");
    (there && found.root.is_empty()).then(|| {
        "it has no default root object, so that `/` is not answered with `index.html`".to_owned()
    })
}

fn no_folders(entries: &[Entry]) -> Option<String> {
    let folders: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry.name.strip_suffix("/index.html"))
        .collect();
    let first = folders.first()?;
    Some(format!(
        "{} folders have an `index.html`, but nothing answers an address such as `/{first}/` with it",
        folders.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::archive::Coding;
    use crate::ports::Origin;

    fn distribution(change: impl Fn(&mut Distribution)) -> Distribution {
        let mut found = Distribution {
            etag: "E".into(),
            deployed: true,
            domain: "d.cloudfront.net".into(),
            arn: "arn".into(),
            root: "index.html".into(),
            rewrites: false,
            origins: vec![Origin {
                id: "site".into(),
                domain: "b.s3.eu-west-1.amazonaws.com".into(),
                path: String::new(),
            }],
            error_pages: vec![],
        };
        change(&mut found);
        found
    }

    fn page(status: u16, answered: Option<u16>, path: Option<&str>) -> ErrorPage {
        ErrorPage {
            status,
            answered,
            path: path.map(str::to_owned),
        }
    }

    fn entry(path: &str) -> Entry {
        Entry {
            name: path.to_owned(),
            offset: 0,
            packed: 1,
            bytes: 1,
            crc32: 1,
            coding: Coding::Stored,
            encrypted: false,
            folder: false,
            special: None,
        }
    }

    fn reasons(found: &Distribution, paths: &[&str]) -> Vec<String> {
        let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
        let told = judge(found, "site", &entries, "components.web.distribution");
        told.into_iter().map(|finding| finding.reason).collect()
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
            let found = distribution(|found| found.error_pages = vec![page.clone()]);
            assert_eq!(
                reasons(&found, &["index.html"]).len(),
                usize::from(wrong),
                "{page:?}"
            );
        }
    }

    #[test]
    fn index_documents_need_somebody_who_knows_them() {
        let rootless = distribution(|found| found.root.clear());
        assert_eq!(reasons(&rootless, &["index.html"]).len(), 1);
        assert_eq!(reasons(&rootless, &["app.html"]), [""; 0]);
        let folders = ["index.html", "de/index.html", "de/about/index.html"];
        assert_eq!(
            reasons(&distribution(|_| {}), &folders),
            [
                "2 folders have an `index.html`, but nothing answers an address such as `/de/` with it"
            ]
        );
        let website = |found: &mut Distribution| {
            found.root.clear();
            found.origins[0].domain = "b.s3-website-eu-west-1.amazonaws.com".into();
        };
        assert_eq!(reasons(&distribution(website), &folders), [""; 0]);
        let rewriting = |found: &mut Distribution| {
            found.root.clear();
            found.rewrites = true;
        };
        assert_eq!(reasons(&distribution(rewriting), &folders), [""; 0]);
    }
}
