//! Finds the files of a site whose names change with their content: each has a hash in its name, and the build itself
//! names it.

// A narrow rule: a wrong no costs a request, a wrong yes a year. People name pictures with words, years and parts of
// a UUID.

use super::packed::within;
use super::types::name_of;
use crate::kinds::archive::{Entry, Unpacker, bounded};
use crate::ports::{ObjectId, S3Api};
use crate::trouble::{Checked, Trouble};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::word_search::WordSearch;

/// The endings of the files that bundlers name after their content. The hash may be short there, because nobody else
/// writes such names into scripts, styles and fonts.
const BUNDLED: [&str; 7] = ["js", "mjs", "cjs", "css", "wasm", "woff", "woff2"];

/// The endings of scripts and styles, which name files.
const CODE: [&str; 4] = ["js", "mjs", "cjs", "css"];

/// The endings of pages, which name files.
const PAGES: [&str; 3] = ["html", "htm", "xhtml"];

/// The names of the manifests of bundlers (Vite, webpack).
const MANIFESTS: [&str; 2] = ["manifest.json", "asset-manifest.json"];

/// The fewest digits of a hash in any other file. A number, a word such as `cafe2024` and a part of a UUID have less.
const LONG: usize = 16;

/// The most bytes of manifests that are read.
const READ: u64 = 1024 * 1024;

/// The most bytes of scripts and styles, and once more of pages, that are searched.
const SEARCHED: u64 = 32 * 1024 * 1024;

/// The most files that are looked for: scripts, styles and fonts before others, of which a site may have any number.
const LOOKED_FOR: usize = 10_000;

/// The bytes that are searched at a time.
const PIECE: usize = 1024 * 1024;

/// The files of an archive whose names change with their content, by their paths. What the declaration says is not
/// among them.
#[derive(Debug, Default)]
pub struct HashedNames(BTreeSet<String>);

impl HashedNames {
    /// The file at a path, if its name has a hash.
    pub fn guess(path: &str) -> Self {
        Self(hash_of(path).map(|_| path.to_owned()).into_iter().collect())
    }

    /// Returns whether a file is among them.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    /// Finds them among the entries of an archive. Which are found depends on its bytes and the declaration alone: the
    /// publisher finds those that `Prepare` has found. A file of which something is not as the directory says is found
    /// when it is published. `is_asked` says of a path whether its header depends on it.
    pub async fn find(
        objects: &impl S3Api,
        (archive, size): (ObjectId, u64),
        entries: &[Entry],
        is_asked: impl Fn(&str) -> bool,
    ) -> Checked<Self> {
        let files = entries.iter().filter(|entry| !entry.folder).map(|entry| entry.name.as_str());
        let files: Vec<&str> = files.filter(|path| short_hash_of(path).is_some() && is_asked(path)).collect();
        if files.is_empty() {
            return Ok(Self::default());
        }
        let build = Texts { objects, archive, size, entries };
        let manifests = build.named_by_manifests().await?;
        let (named, left): (Vec<&str>, Vec<&str>) =
            files.into_iter().partition(|path| manifests.contains(name_of(path)));
        let mut found: BTreeSet<String> = named.into_iter().map(str::to_owned).collect();
        let mut left = looked_for(left);
        found.extend(build.named_by(&CODE, &left).await?);
        // People name pictures and documents in pages by ids that no content has made. What pages are not searched for
        // must not keep the search of them from its end.
        left.retain(|(path, _)| !found.contains(*path) && is_bundled(path));
        found.extend(build.named_by(&PAGES, &left).await?);
        Ok(Self(found))
    }
}

/// The texts of an archive that may name its files.
struct Texts<'a, P> {
    objects: &'a P,
    archive: ObjectId,
    size: u64,
    entries: &'a [Entry],
}

impl<P: S3Api> Texts<'_, P> {
    /// Returns the names that the manifests of bundlers say are made of the content, without their folders.
    async fn named_by_manifests(&self) -> Checked<BTreeSet<String>> {
        let manifests = self.bounded(READ, |path| MANIFESTS.contains(&name_of(path)));
        let mut unpacker = self.unpacker(&manifests);
        let mut names = BTreeSet::new();
        for manifest in &manifests {
            match unpacker.unpack(manifest).await {
                Ok(json) => names.extend(made_by_bundler(&json)),
                Err(Trouble::Findings(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(names)
    }

    /// Returns the paths of those of the files whose hashes the texts with these endings have.
    async fn named_by(&self, endings: &[&str], files: &[(&str, &str)]) -> Checked<Vec<String>> {
        let Some(mut search) = WordSearch::of(files.iter().map(|(_, hash)| (*hash).to_owned())) else {
            return Ok(vec![]);
        };
        self.read(endings, &mut search).await?;
        let named = files.iter().filter(|(_, hash)| search.has(hash));
        Ok(named.map(|(path, _)| (*path).to_owned()).collect())
    }

    /// Searches the files with these endings. What is in the name of a file does not count within it.
    async fn read(&self, endings: &[&str], search: &mut WordSearch) -> Checked<()> {
        let texts = self.bounded(SEARCHED, |path| ends_in(path, endings));
        let mut unpacker = self.unpacker(&texts);
        for text in &texts {
            if search.is_done() {
                break;
            }
            search.begin(hash_of(&text.name));
            let mut reading = unpacker.open(text);
            loop {
                match reading.next(PIECE).await {
                    Ok(piece) if piece.is_empty() => break,
                    Ok(piece) => search.read(&piece),
                    Err(Trouble::Findings(_)) => break,
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(())
    }

    /// Returns the files of a sort that are read.
    fn bounded(&self, most: u64, is_one: impl Fn(&str) -> bool) -> Vec<Entry> {
        bounded(self.entries.iter().filter(|entry| !entry.folder && is_one(&entry.name)), most)
    }

    fn unpacker(&self, wanted: &[Entry]) -> Unpacker<'_, P> {
        Unpacker::new(self.objects, self.archive.clone(), self.size, self.entries, wanted)
    }
}

/// Pure: the files that are looked for, each with the hash in its name.
fn looked_for(mut files: Vec<&str>) -> Vec<(&str, &str)> {
    files.sort_unstable_by_key(|path| (!is_bundled(path), *path));
    files.into_iter().filter_map(|path| Some((path, hash_of(path)?))).take(LOOKED_FOR).collect()
}

/// Pure: the names in a manifest that a bundler has made of the content: the files, styles and assets of the chunks of
/// Vite (Vite documentation, "Backend integration"), and the values of webpack's plugins that differ from their keys.
fn made_by_bundler(json: &[u8]) -> Vec<String> {
    let Ok(Value::Object(manifest)) = serde_json::from_slice(json) else { return vec![] };
    let files = manifest.get("files").and_then(Value::as_object).unwrap_or(&manifest);
    let named = files.iter().flat_map(|(key, value)| match value {
        Value::String(file) if name_of(file) != name_of(key) => vec![file.as_str()],
        Value::Object(chunk) => {
            let lists = ["css", "assets"].into_iter().filter_map(|list| chunk.get(list)?.as_array()).flatten();
            chunk.get("file").into_iter().chain(lists).filter_map(Value::as_str).collect()
        }
        _ => vec![],
    });
    named.map(|file| name_of(file).to_owned()).collect()
}

/// Returns whether a name has a hash as bundlers write it.
pub fn has_hash(path: &str) -> bool {
    hash_of(path).is_some()
}

/// Returns the hash in a name as bundlers write it: a part of 16 to 64 hexadecimal digits; in a file of [`BUNDLED`]
/// also a short one. A name that is wrongly taken for hashed would be cached for a year, and one that is wrongly taken
/// for another is asked for once a visit: so words and dates must not match, and `hashed` declares what no name shows.
fn hash_of(path: &str) -> Option<&str> {
    if is_bundled(path) {
        return short_hash_of(path);
    }
    let (stem, _) = split(path)?;
    parts(stem).find(|part| part.len() >= LONG && is_hexadecimal(part))
}

/// Returns the hash in a name, where it may be short: a part of 8 to 64 hexadecimal digits, of exactly 8 letters and
/// digits of mixed kind (Vite, Rollup, esbuild), or Vite's tail.
fn short_hash_of(path: &str) -> Option<&str> {
    let (stem, _) = split(path)?;
    let hexadecimal = parts(stem).find(|part| is_hexadecimal(part));
    let mixed = || parts(stem).skip(1).find(|part| is_mixed(part));
    hexadecimal.or_else(mixed).or_else(|| bundler_tail(within(path), stem))
}

/// Returns the stem and the ending of a name: of the plain file for a packed one, of the script for its map.
fn split(path: &str) -> Option<(&str, &str)> {
    let name = name_of(within(path));
    name.strip_suffix(".map").unwrap_or(name).rsplit_once('.')
}

fn parts(stem: &str) -> impl Iterator<Item = &str> {
    stem.split(['.', '-', '_', '~'])
}

fn ends_in(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|it| ending.eq_ignore_ascii_case(it)))
}

fn is_bundled(path: &str) -> bool {
    split(path).is_some_and(|(_, ending)| BUNDLED.contains(&ending))
}

fn is_hexadecimal(part: &str) -> bool {
    (8..=64).contains(&part.len())
        && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && part.bytes().any(|b| b.is_ascii_digit())
        && part.bytes().any(|b| b.is_ascii_alphabetic())
}

fn is_mixed(part: &str) -> bool {
    part.len() == 8
        && part.bytes().all(|b| b.is_ascii_alphanumeric())
        && part.bytes().any(|b| b.is_ascii_digit())
        && part.bytes().any(|b| b.is_ascii_uppercase())
        && !is_word(part)
}

/// Returns whether a part is a word, which a number may follow, such as `calendar` or `Summer25`.
fn is_word(part: &str) -> bool {
    let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
    letters.len() >= 3 && letters.bytes().skip(1).all(|b| b.is_ascii_lowercase())
}

/// Returns the tail of a name that is like Vite's `assets/<name>-<8 characters of base64url>.<extension>`, which may
/// lack a digit. Fonts have none: their names end in words such as `SemiBold`.
fn bundler_tail<'s>(path: &str, stem: &'s str) -> Option<&'s str> {
    let at = stem.len().checked_sub(9)?;
    let (Some(b"-"), Some(tail)) = (stem.as_bytes().get(at..=at), stem.get(at + 1..)) else { return None };
    let in_assets = path.starts_with("assets/") || path.contains("/assets/");
    let is_font = path.rsplit_once('.').is_some_and(|(_, ending)| ["woff", "woff2"].contains(&ending));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_hash = in_assets
        && !is_font
        && tail.bytes().all(allowed)
        && !is_word(tail)
        && tail.bytes().any(|b| b.is_ascii_alphabetic());
    is_hash.then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_known_by_their_form() {
        let table = [
            ("main.3f2a9c1b.js", Some("3f2a9c1b")),
            ("main.3f2a9c1b.js.map", Some("3f2a9c1b")),
            ("Build/main.3f2a9c1b.wasm.br", Some("3f2a9c1b")),
            ("static/css/main.b7a1f0c29d.chunk.css", Some("b7a1f0c29d")),
            ("assets/index-DiwrgTda.js", Some("DiwrgTda")),
            ("assets/index-B-3_q9Zx.css", Some("B-3_q9Zx")),
            ("chunk-ABCD1234.js", Some("ABCD1234")),
            ("static/0a1b2c3d4e5f60718293.js", Some("0a1b2c3d4e5f60718293")),
            ("static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", Some("6ce24c58023cc2f8fd88fe9d219db6c6")),
            ("assets/Inter-BxYz12ab.woff2", Some("BxYz12ab")),
            ("Prices-Summer25.pdf", None),
            ("Menu-Spring26.pdf", None),
            ("Team_Berlin24.jpg", None),
            ("menu-cafe2024.pdf", None),
            ("photo-deadbeef.jpg", None),
            ("logo.3f2a9c1b.svg", None),
            ("photos/550e8400-e29b-41d4-a716-446655440000.jpg", None),
            ("assets/logo-B-3_q9Zx.svg", None),
            ("Chart-Summer25.js", None),
            ("assets/Chart-Summer25.js", None),
            ("assets/fonts/Poppins-SemiBold.woff2", None),
            ("bootstrap-datepicker.js", None),
            ("assets/bootstrap-calendar.js", None),
            ("report-20240101.pdf", None),
            ("jQuery-DataTables.js", None),
            ("defaced.png", None),
            ("_next/static/build/_buildManifest.js", None),
            ("CNAME", None),
        ];
        for (path, hash) in table {
            assert_eq!(hash_of(path), hash, "{path}");
            assert_eq!(HashedNames::guess(path).has(path), hash.is_some(), "{path}");
        }
        for (path, hash) in [("logo.3f2a9c1b.svg", Some("3f2a9c1b")), ("assets/logo-B-3_q9Zx.svg", Some("B-3_q9Zx"))] {
            assert_eq!(short_hash_of(path), hash, "{path}");
        }
        assert_eq!(short_hash_of("Prices-Summer25.pdf"), None);
    }

    #[test]
    fn scripts_are_looked_for_before_any_number_of_pictures() {
        let pictures: Vec<String> = (0..=LOOKED_FOR).map(|n| format!("avatars/{n:018}64a1f0.jpg")).collect();
        let files = pictures.iter().map(String::as_str).chain(["static/js/main.62c98c62.js"]).collect();
        let found = looked_for(files);
        assert_eq!(found.len(), LOOKED_FOR);
        assert_eq!(
            found[..2].iter().map(|(path, _)| *path).collect::<Vec<_>>(),
            ["static/js/main.62c98c62.js", pictures[0].as_str()]
        );
    }

    #[test]
    fn manifests_say_what_a_bundler_has_named() {
        let table: [(&str, &[&str]); 6] = [
            (
                r#"{"src/main.ts": {"file": "assets/main-BRBmoGS9.js", "css": ["assets/main-5UjPuW-k.css"],
                    "assets": ["assets/logo-B-3_q9Zx.svg"], "imports": ["_shared-ChJ_j-JJ.js"], "isEntry": true}}"#,
                &["main-BRBmoGS9.js", "main-5UjPuW-k.css", "logo-B-3_q9Zx.svg"],
            ),
            (
                r#"{"files": {"main.js": "/static/js/main.62c98c62.js", "index.html": "/index.html"},
                    "entrypoints": ["static/js/main.62c98c62.js"]}"#,
                &["main.62c98c62.js"],
            ),
            (
                r#"{"logo.png": "https://cdn.example/logo.3f2a9c1b.png", "a.3f.jpg": "/a.3f.jpg"}"#,
                &["logo.3f2a9c1b.png"],
            ),
            // The manifest of a web application.
            (r#"{"icons": [{"src": "icon.3f2a9c1b.png"}], "screenshots": []}"#, &[]),
            ("[]", &[]),
            ("{", &[]),
        ];
        for (json, expected) in table {
            assert_eq!(made_by_bundler(json.as_bytes()), expected, "{json}");
        }
    }
}
