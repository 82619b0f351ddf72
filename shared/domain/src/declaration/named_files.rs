//! Finds the files of a site that nothing in the site names: no page, no script, no style. Pure.
//!
//! A name may be put together while a page runs, such as `"chunk-" + hash + ".js"`. So a file counts as named if each
//! part of its name is somewhere in the texts, each perhaps in another one.

// A year's `immutable` cannot be taken back, so the build has to name the file beside its looks. Whole names alone
// would miss chunks whose names are put together while a page runs.

use crate::declaration::word_search::WordSearch;
use std::collections::BTreeSet;

/// The shortest part of a name that is looked for. A shorter one is in every script.
const SHORTEST: usize = 3;

/// The endings of the files that may name others.
const TEXTS: [&str; 12] =
    ["html", "htm", "xhtml", "js", "mjs", "cjs", "css", "json", "xml", "svg", "wasm", "webmanifest"];

/// Returns whether a file may name others, by its own name.
pub fn may_name_others(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    TEXTS.iter().any(|text| ending.eq_ignore_ascii_case(text))
}

/// A search for the names of files.
pub struct NameSearch {
    /// The files, each with its parts.
    files: Vec<(String, Vec<String>)>,
    parts: WordSearch,
}

impl NameSearch {
    /// Makes a search for these files, by their paths. `None` if they are too many to be looked for at once.
    pub fn of(paths: impl Iterator<Item = String>) -> Option<Self> {
        let files: Vec<(String, Vec<String>)> = paths
            .map(|path| {
                let parts = parts(&path);
                (path, parts)
            })
            .collect();
        let parts = WordSearch::of(files.iter().flat_map(|(_, parts)| parts).cloned())?;
        Some(Self { files, parts })
    }

    /// Reads the next piece of a text. Texts may follow one another without an end.
    pub fn read(&mut self, piece: &[u8]) {
        self.parts.read(piece);
    }

    /// Returns the files that nothing names in what was read.
    pub fn unnamed(&self) -> BTreeSet<&str> {
        let is_missing = |part: &String| !self.parts.has(part);
        self.files.iter().filter(|(_, parts)| parts.iter().any(is_missing)).map(|(path, _)| path.as_str()).collect()
    }
}

/// Returns the parts of a file's name of which each must be found. A source map is asked for by its whole name alone. A
/// compressed copy is named as what it is a copy of. None if the name has no part that could be looked for.
fn parts(path: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ending == "map" && name.is_ascii() {
        return vec![name.to_owned()];
    }
    let name = [".gz", ".br"].iter().find_map(|copy| name.strip_suffix(copy)).unwrap_or(name);
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| part.len() >= SHORTEST).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_named(path: &str, texts: &[&str]) -> bool {
        let mut search = NameSearch::of([path.to_owned()].into_iter()).unwrap();
        for text in texts {
            search.read(text.as_bytes());
        }
        search.unnamed().is_empty()
    }

    #[test]
    fn a_file_is_named_if_each_part_of_its_name_is_in_the_texts() {
        let table: [(&str, &[&str], bool); 16] = [
            ("assets/index-ab12cd34.js", &["<script src=/assets/index-ab12cd34.js>"], true),
            // Put together by a script: `e + "." + {179: "ab12cd34"}[e] + ".chunk.js"`.
            ("js/179.ab12cd34.chunk.js", &["e+\".\"+{179:\"ab12cd34\"}", "+\".chunk.js\""], true),
            ("js/179.ab12cd34.chunk.js", &["e+\".\"+{178:\"ef56ab78\"}", "+\".chunk.js\""], false),
            ("locales/de.json", &["fetch(`/locales/${lang}.json`)"], true),
            ("LOGO.PNG", &["<img src=logo.png>"], true),
            ("my%20image one.png", &["url(my%20image%20one.png)", "my%2520image"], true),
            ("prices.csv", &["<h1>Prices</h1>"], false),
            ("backup.sql", &["a backup of it"], false),
            ("secrets.json", &["fetch('/config.json')"], false),
            ("dump.tar.gz", &["dump"], false),
            ("app.js.gz", &["app.js"], true),
            ("app-ab12cd34.js.map", &["//# sourceMappingURL=app-ab12cd34.js.map"], true),
            ("app-ab12cd34.js.map", &["app-ab12cd34.js", "map"], false),
            // Nothing could be looked for.
            ("a/é.js", &[], true),
            ("x.js", &[], true),
            // The name lies in two pieces.
            ("prices.csv", &["<a href=pri", "ces.csv>"], true),
        ];
        for (path, texts, expected) in table {
            assert_eq!(is_named(path, texts), expected, "{path} {texts:?}");
        }
    }

    #[test]
    fn of_many_files_those_that_nothing_names_are_found() {
        let mut search = NameSearch::of(["prices.csv", "app.js", "notes.txt"].map(str::to_owned).into_iter()).unwrap();
        search.read(b"<script src=app.js></script> see notes.txt");
        assert_eq!(search.unnamed(), ["prices.csv"].into());
    }

    #[test]
    fn pages_scripts_styles_and_data_may_name_others() {
        for path in ["index.html", "a/b.MJS", "app.css", "data.json", "app.wasm"] {
            assert!(may_name_others(path), "{path}");
        }
        for path in ["logo.png", "app.js.map", "a.html/b", "LICENSE"] {
            assert!(!may_name_others(path), "{path}");
        }
    }
}
