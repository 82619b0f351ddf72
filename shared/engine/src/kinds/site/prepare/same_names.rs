//! Finds scripts and styles that keep their names although their content changes.

// S3 and browsers compare bytes, so a name in NFD and a link in NFC miss each other. To publish each name in NFC
// would break a page that is in NFD itself.

use crate::kinds::archive::Entry;
use crate::kinds::site::files::File;
use crate::kinds::site::rules::SiteRules;
use windlass_domain::text::count::agree;
use windlass_domain::text::finding::{Finding, FindingName};

/// The extensions of files that pages run. In other files visitors hardly notice the content of another release.
const RUN: [&str; 6] = ["js", "mjs", "cjs", "css", "wasm", "json"];

/// The file that was there under the name of an entry before.
pub(in crate::kinds::site) enum Former<'a> {
    Nothing,
    /// A file of somebody else, whose content is in no list.
    Unknown,
    Ours(&'a File),
}

/// Pure: a warning if scripts and styles keep their names although their content changes. Pages that were opened before
/// then get the new ones. `path` is where the declaration names the site.
pub(in crate::kinds::site) fn same_names<'f>(
    entries: &[Entry],
    former: impl Fn(&str) -> Former<'f>,
    rules: &SiteRules,
    path: &str,
) -> Option<Finding> {
    let is_run = |name: &str| {
        let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
        rules.outlives(name) && RUN.contains(&extension.to_ascii_lowercase().as_str())
    };
    let changes = |entry: &&Entry| match former(&entry.name) {
        Former::Nothing => false,
        // A hash in the name says that the content is the same.
        Former::Unknown => !rules.names_a_hash(&entry.name),
        Former::Ours(file) => match file.crc32 {
            Some(crc32) => (crc32, file.bytes) != (entry.crc32, entry.bytes),
            None => file.bytes != entry.bytes || !rules.names_a_hash(&entry.name),
        },
    };
    let files = entries.iter().filter(|entry| !entry.folder && is_run(&entry.name));
    let same: Vec<&str> = files.filter(changes).map(|entry| entry.name.as_str()).collect();
    let first = same.iter().take(3).copied().collect::<Vec<_>>().join("`, `");
    (!same.is_empty()).then(|| {
        Finding::new(
            FindingName::MixedReleases,
            path,
            format!(
                "{} {}: `{first}`. Pages that were opened before the switch, and those that are opened while it is under way, get files of both releases",
                same.len(),
                agree(
                    same.len(),
                    "script or style has new content under the name that it had",
                    "scripts and styles have new content under the names that they had"
                )
            ),
            "let the bundler write a hash of the content into these names (esbuild: `--entry-names=[name]-[hash]`; webpack: `output.filename: \"[name].[contenthash].js\"`; Rollup: `entryFileNames: \"[name]-[hash].js\"`)",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use windlass_domain::text::digest::Digest;

    fn rules() -> SiteRules {
        let site = serde_json::json!({
            "bucket": "b", "prefix": "", "mode": "in_place", "cache": [], "hashed": [],
        });
        SiteRules::new(&serde_json::from_value(site).unwrap()).unwrap()
    }

    fn entry(name: &str) -> Entry {
        Entry { crc32: 2, ..Entry::plain(name) }
    }

    fn file(crc32: Option<u32>, bytes: u64) -> File {
        File {
            sha256: Digest::of(b"x"),
            bytes,
            content_type: String::new(),
            cache_control: String::new(),
            content_encoding: None,
            crc32,
        }
    }

    #[test]
    fn what_changes_under_its_name_is_reported() {
        let (same, other) = (file(Some(2), 7), file(Some(1), 7));
        let (longer, without_crc) = (file(Some(2), 8), file(None, 7));
        let table = [
            ("app.js", Former::Nothing, false),
            ("app.js", Former::Ours(&same), false),
            ("app.js", Former::Ours(&other), true),
            ("app.js", Former::Ours(&longer), true),
            ("app.js", Former::Ours(&without_crc), true),
            ("app.js", Former::Unknown, true),
            ("chunk-ABCD1234.js", Former::Unknown, false),
            ("chunk-ABCD1234.js", Former::Ours(&without_crc), false),
            // The same name with other content is no hash of it.
            ("chunk-ABCD1234.js", Former::Ours(&other), true),
            ("index.html", Former::Ours(&other), false),
            ("sw.js", Former::Ours(&other), false),
            ("logo.svg", Former::Ours(&other), false),
            ("STYLE.CSS", Former::Ours(&other), true),
        ];
        for (name, former, reported) in table {
            let former = Cell::new(Some(former));
            let before = |_: &str| former.take().unwrap_or(Former::Nothing);
            assert_eq!(same_names(&[entry(name)], before, &rules(), "components.web").is_some(), reported, "{name}");
        }
    }
}
