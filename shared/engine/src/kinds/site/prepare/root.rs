//! The document that visitors begin with: a release without it would go live with nothing at `/`.

use crate::kinds::PrepareInput;
use crate::kinds::site::archive::Entry;
use crate::kinds::site::release::folder_of;
use crate::ports::Distribution;
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::finding::{Finding, FindingName};

/// What a site begins with where nothing says otherwise.
const USUAL: &str = "index.html";

/// Pure: what is wrong where the archive at `key` has no such document.
pub(super) fn missing(
    input: &PrepareInput<'_>,
    site: &StaticSite,
    (distribution, origin): (Option<&Distribution>, Option<&String>),
    (key, entries): (&str, &[Entry]),
) -> Option<Finding> {
    let (root, why) = root(site, distribution, origin)?;
    let has = |path: &str| {
        entries
            .iter()
            .any(|entry| !entry.folder && entry.name == path)
    };
    let is_written = site
        .config
        .as_ref()
        .is_some_and(|config| config.path == root);
    if is_written || has(&root) {
        return None;
    }
    let packed_in = entries
        .iter()
        .filter_map(|entry| entry.name.strip_suffix(&format!("/{root}")))
        .min_by_key(|folder| folder.len());
    let remedy = match packed_in {
        Some(folder) => format!(
            "pack the content of the folder `{folder}` and not the folder (`cd {folder} && zip -r ../site.zip .`), and give the archive a new version"
        ),
        None => "build the archive again, and give it a new version".to_owned(),
    };
    Some(Finding::new(
        FindingName::BadArchive,
        format!("{key}: {root}"),
        format!("the archive has no `{root}`, {why}: visitors of `/` would get nothing"),
        format!(
            "{remedy}; or say with `{}` what `/` is answered with, `none` where these files are no pages",
            input.path("root")
        ),
    ))
}

/// The path of the root document within the archive, and who says so. A default root object that is outside
/// of the site's folder is another site's.
fn root(
    site: &StaticSite,
    distribution: Option<&Distribution>,
    origin: Option<&String>,
) -> Option<(String, &'static str)> {
    match site.root.as_deref() {
        Some(StaticSite::NO_ROOT) => return None,
        Some(root) => return Some((root.to_owned(), "which `root` of the component names")),
        None => {}
    }
    let told = distribution.filter(|found| !found.root.is_empty());
    let told = told.and_then(|found| {
        let root = found.root.trim_start_matches('/');
        if site.mode == SiteMode::Prefix {
            return Some(root.to_owned());
        }
        let origin = found.origins.iter().find(|it| Some(&it.id) == origin)?;
        let folder = folder_of(&origin.path);
        // An origin of a folder within this one serves another site.
        let key = site
            .prefix
            .starts_with(&folder)
            .then(|| format!("{folder}{root}"))?;
        Some(key.strip_prefix(&site.prefix)?.to_owned())
    });
    Some(match told {
        Some(root) => (root, "the distribution's default root object"),
        None => (USUAL.to_owned(), "which `/` is answered with"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Origin;

    fn site(mode: SiteMode, prefix: &str, root: Option<&str>) -> StaticSite {
        StaticSite {
            bucket: "b".into(),
            prefix: prefix.into(),
            mode,
            distribution: None,
            origin: None,
            url: None,
            root: root.map(str::to_owned),
            cache: vec![],
            hashed: vec![],
            keep: 10,
            config: None,
            is_tried: false,
        }
    }

    fn distribution(root: &str, path: &str) -> Distribution {
        Distribution {
            etag: "E".into(),
            deployed: true,
            domain: "d.cloudfront.net".into(),
            arn: "arn".into(),
            root: root.into(),
            rewrites: false,
            origins: vec![Origin {
                id: "site".into(),
                domain: "b.s3.eu-west-1.amazonaws.com".into(),
                path: path.into(),
            }],
            error_pages: vec![],
        }
    }

    #[test]
    fn who_says_what_a_site_begins_with() {
        use SiteMode::{InPlace, Prefix};
        // mode, folder of the site, `root` of the component, the distribution's root object and its origin's
        // path, the file that must be there
        type Row = (
            SiteMode,
            &'static str,
            Option<&'static str>,
            Option<(&'static str, &'static str)>,
            Option<&'static str>,
        );
        let table: [Row; 13] = [
            (InPlace, "", None, None, Some("index.html")),
            (InPlace, "", None, Some(("", "")), Some("index.html")),
            (InPlace, "", None, Some(("app.html", "")), Some("app.html")),
            (
                InPlace,
                "web/",
                None,
                Some(("app.html", "/web")),
                Some("app.html"),
            ),
            (
                InPlace,
                "web/",
                None,
                Some(("web/app.html", "")),
                Some("app.html"),
            ),
            // Another site's.
            (
                InPlace,
                "",
                None,
                Some(("app.html", "/releases/0a")),
                Some("index.html"),
            ),
            (
                InPlace,
                "docs/",
                None,
                Some(("app.html", "/web")),
                Some("index.html"),
            ),
            (
                Prefix,
                "releases/",
                None,
                Some(("app.html", "/releases/0a")),
                Some("app.html"),
            ),
            (
                Prefix,
                "releases/",
                None,
                Some(("/app.html", "")),
                Some("app.html"),
            ),
            (
                Prefix,
                "releases/",
                None,
                Some(("", "")),
                Some("index.html"),
            ),
            (
                Prefix,
                "",
                Some("x.html"),
                Some(("app.html", "")),
                Some("x.html"),
            ),
            (Prefix, "", Some("none"), Some(("app.html", "")), None),
            (InPlace, "", Some("none"), None, None),
        ];
        for (mode, prefix, declared, told, wanted) in table {
            let found = told.map(|(root, path)| distribution(root, path));
            let site = site(mode, prefix, declared);
            let origin = "site".to_owned();
            let root = root(&site, found.as_ref(), Some(&origin)).map(|(root, _)| root);
            assert_eq!(
                root.as_deref(),
                wanted,
                "{mode:?} {prefix} {declared:?} {told:?}"
            );
        }
    }
}
