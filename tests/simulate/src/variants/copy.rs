//! Makes the copy of the tree that has the variants.

use super::{Variant, variants};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// The files and folders that are copied.
const COPIED: [&str; 8] = [
    "Cargo.lock",
    "statemachine",
    "shared/domain",
    "shared/engine",
    "tests/jsonata",
    "tests/machine",
    "tests/world",
    "tests/simulate",
];

/// The members of the copy's workspace.
const MEMBERS: &str = "members = [\"shared/domain\", \"shared/engine\", \"tests/jsonata\", \"tests/machine\", \"tests/world\", \"tests/simulate\"]";

/// The copy's program has a name of its own, so that both can be built into one folder.
const BINARY: [&str; 2] = ["[[bin]]\nname = \"windlass-simulate\"", "[[bin]]\nname = \"windlass-variants\""];

/// The one file that only the copy has.
const ONLY_THERE: &str = "variant.rs";

/// The text of that file. It answers which variant is chosen: by the simulation, or by the environment of a test of the
/// copy.
const CHOSEN: &str = "//! Which variant is chosen.
use std::cell::RefCell;
use std::sync::Mutex;
static CHOSEN: Mutex<String> = Mutex::new(String::new());
thread_local! {
    static KNOWN: RefCell<(String, bool)> = RefCell::default();
}
/// Chooses a variant, for threads that begin from now on.
pub fn choose(name: &str) {
    *CHOSEN.lock().unwrap() = name.to_owned();
    KNOWN.with_borrow_mut(|known| known.0.clear());
}
/// Returns whether this one is chosen, and it is not the past.
pub fn is(name: &str) -> bool {
    KNOWN.with_borrow_mut(|known| {
        if known.0.is_empty() {
            known.0 = CHOSEN.lock().unwrap().clone();
        }
        if known.0.is_empty() {
            known.0 = std::env::var(\"VARIANT\").unwrap_or_else(|_| \"none\".to_owned());
        }
        known.0 == name && !known.1
    })
}
/// Says whether it is the past.
pub fn in_past(past: bool) {
    KNOWN.with_borrow_mut(|known| known.1 = past);
}
";

/// Makes the copy of the tree in `from` under `to`. A file is written only if it differs, so that little is compiled
/// anew.
pub fn make(from: &Path, to: &Path) -> Result<(), String> {
    for name in COPIED {
        copy(from, to, Path::new(name))?;
    }
    let manifest = read(&from.join("Cargo.toml"))?;
    let begins = manifest.find("members = [").ok_or("no members")?;
    let ends = begins + manifest[begins..].find(']').ok_or("no end of the members")? + 1;
    let manifest = format!("{}{MEMBERS}{}", &manifest[..begins], &manifest[ends..]);
    // Cargo distinguishes packages by name and version, so that both trees can be built into one folder.
    let manifest = manifest.replacen("version = \"", "version = \"0.0.0-variants.", 1);
    write(&to.join("Cargo.toml"), manifest.as_bytes())?;
    let own = Path::new("tests/simulate/Cargo.toml");
    let own_manifest = read(&from.join(own))?;
    if !own_manifest.contains(BINARY[0]) {
        return Err(format!("{} does not name its program", own.display()));
    }
    write(&to.join(own), own_manifest.replace(BINARY[0], BINARY[1]).as_bytes())?;
    let chosen = to.join("shared/domain/src").join(ONLY_THERE);
    write(&chosen, CHOSEN.as_bytes())
}

/// Returns the text of a file of the copy: with the edits of all variants.
fn edited(name: &Path, text: String) -> Result<String, String> {
    let name = name.to_string_lossy();
    let mut text = match &*name {
        "shared/domain/src/lib.rs" => {
            format!(
                "{text}\nextern crate self as windlass_domain;\n#[allow(missing_docs, clippy::all)]\npub mod variant;\n"
            )
        }
        "tests/simulate/src/scenario.rs" => text
            .replace(
                "pub fn choose_variant(_name: &str) -> bool {\n    false",
                "pub fn choose_variant(name: &str) -> bool {\n    windlass_domain::variant::choose(name);\n    true",
            )
            .replace(
                "pub fn in_past(_past: bool) {}",
                "pub fn in_past(past: bool) {\n    windlass_domain::variant::in_past(past);\n}",
            ),
        _ => text,
    };
    for variant in variants() {
        for edit in variant.edits.iter().filter(|edit| edit.file == name) {
            text = one(&variant, edit.find, edit.replace, &text)
                .map_err(|why| format!("variant {}: {name}: {why}", variant.name))?;
        }
    }
    Ok(text)
}

fn one(variant: &Variant, find: &str, replace: &str, text: &str) -> Result<String, String> {
    let place = place(find, text).ok_or_else(|| format!("`{find}` is not there exactly once; mend the variant"))?;
    let asks = format!("windlass_domain::variant::is(\"{}\")", variant.name);
    // The comma behind the last one stays where it is.
    let replace = if find.ends_with(',') { replace.trim_end_matches(',') } else { replace };
    let replace = replace.replace("VARIANT", &asks);
    Ok(format!("{}{replace}{}", &text[..place.start], &text[place.end..]))
}

/// Returns the one place of a piece of code in a text. White space does not count, nor does the comma behind the last
/// of several: a formatter puts them where it likes.
fn place(find: &str, text: &str) -> Option<Range<usize>> {
    let (wanted, (code, at)) = (squeezed(find).0, squeezed(text));
    let mut places = code.match_indices(&wanted);
    let (begin, _) = places.next().filter(|_| !wanted.is_empty())?;
    let last = begin + wanted.len() - 1;
    places.next().is_none().then(|| at[begin]..at[last] + 1)
}

/// Returns a piece of code without white space and last commas, and the place that each of its bytes had.
fn squeezed(code: &str) -> (String, Vec<usize>) {
    let bytes = code.as_bytes();
    let is_last = |at: usize| {
        let mut behind = bytes[at + 1..].iter().filter(|byte| !byte.is_ascii_whitespace());
        behind.next().is_none_or(|next| b")]}".contains(next))
    };
    let kept = (0..bytes.len()).filter(|at| match bytes[*at] {
        b',' => !is_last(*at),
        byte => !byte.is_ascii_whitespace(),
    });
    let kept: Vec<usize> = kept.collect();
    let text: Vec<u8> = kept.iter().map(|at| bytes[*at]).collect();
    (String::from_utf8(text).unwrap_or_default(), kept)
}

fn copy(from: &Path, to: &Path, name: &Path) -> Result<(), String> {
    let source = from.join(name);
    if source.is_dir() {
        let entries = fs::read_dir(&source).map_err(|error| error.to_string())?;
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            copy(from, to, &name.join(entry.file_name()))?;
        }
        return forget(&source, &to.join(name));
    }
    let bytes = fs::read(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let is_code = name.extension().is_some_and(|extension| extension == "rs");
    let bytes = if is_code {
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        edited(name, text)?.into_bytes()
    } else {
        bytes
    };
    write(&to.join(name), &bytes)
}

/// Deletes everything that an earlier copy had and the tree has no more. Cargo would find it as a target.
fn forget(source: &Path, copied: &Path) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(copied) else {
        return Ok(());
    };
    for entry in entries {
        let there = entry.map_err(|error| error.to_string())?;
        let name = there.file_name();
        if source.join(&name).exists() || name == ONLY_THERE {
            continue;
        }
        let there = there.path();
        let gone = if there.is_dir() { fs::remove_dir_all(&there) } else { fs::remove_file(&there) };
        gone.map_err(|error| format!("{}: {error}", there.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_from_the_tree_is_gone_from_the_copy() {
        let root = std::env::temp_dir().join(format!("windlass-copy-{}", std::process::id()));
        let (from, to) = (root.join("from"), root.join("to"));
        for path in ["from/a/kept.txt", "to/a/gone.txt", "to/a/folder/gone.txt"] {
            write(&root.join(path), b"text").unwrap();
        }
        copy(&from, &to, Path::new("a")).unwrap();
        let left = fs::read_dir(to.join("a")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["kept.txt"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_place_is_found_however_its_lines_are_broken() {
        let text = "fn f() {\n    call(\n        a,\n        b(c),\n    );\n    match x { y => z, }\n}";
        for (find, found) in [
            ("call(a, b(c));", Some("call(\n        a,\n        b(c),\n    );")),
            ("        y => z,", Some("y => z")),
            ("call(a)", None),
            ("(", None),
            ("", None),
        ] {
            assert_eq!(place(find, text).map(|place| &text[place]), found, "{find}");
        }
    }

    #[test]
    fn every_edit_finds_its_place_exactly_once() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files: Vec<&str> = Vec::new();
        for variant in variants() {
            files.extend(variant.edits.iter().map(|edit| edit.file));
            assert!(!variant.scenarios.is_empty(), "{}", variant.name);
        }
        files.sort_unstable();
        files.dedup();
        let mut wrong = Vec::new();
        for file in files {
            let text = read(&root.join(file)).unwrap();
            match edited(Path::new(file), text) {
                Ok(text) => assert!(!text.contains("VARIANT"), "{file}"),
                Err(why) => wrong.push(why),
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
