//! `windlass.toml`: the one file that says where a repository's installation is.
//!
//! It is found from the working directory up to the root of the repository. Outside of a repository it is looked for in
//! the working directory alone, so that nobody else's file in a folder above is used.

// An option goes before a variable, and that before the file. What a stack answered is kept nowhere: it would be out
// of date where the stack is made anew.

use crate::ground::failure::Failure;
use crate::ground::machine::{self, shown};
use crate::ground::trouble::TroubleName;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};
use url::{Host, Url};
use windlass_domain::document::secret;
use windlass_domain::document::shape::objection::did_you_mean;
use windlass_domain::text::count::count;
use windlass_domain::text::foreign;

/// The file's name.
pub const FILE: &str = "windlass.toml";

/// A setting: its name, a check of its text, and a description of its form.
type Setting = (&'static str, fn(&str) -> bool, &'static str);

/// All settings.
const KNOWN: [Setting; 4] = [
    ("bucket", is_bucket, "the output `ArtifactsBucket` of the stack"),
    ("endpoint", is_address, "the output `ApiUrl` of the stack, `https://…`, or `http://…` of this machine alone"),
    ("region", is_region, "a region, such as `eu-west-1`"),
    ("stack", is_stack, "the stack's name, such as `windlass`, or its ARN"),
];

/// A file of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, (String, usize)>,
}

/// Something that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SettingsError {
    line: usize,
    what: String,
}

impl SettingsFile {
    /// Returns the settings of the working directory; none if there is no file.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its line.
    pub fn here() -> Result<Self, Failure> {
        std::env::current_dir()
            .ok()
            .and_then(|here| find(&here))
            .map_or_else(|| Ok(Self::default()), |path| Self::of(&path))
    }

    /// Reads the settings of a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let text =
            machine::text(path).map_err(|why| Failure::of(TroubleName::SettingsNotValid, format!("{why}. {SEE}")))?;
        match read(&text) {
            Ok(values) => Ok(Self { path: path.to_owned(), values }),
            Err(wrong) => Err(failure(path, &wrong)),
        }
    }

    /// Returns a value, and the place that it is from.
    pub fn value(&self, name: &str) -> Option<(String, String)> {
        let (value, line) = self.values.get(name)?;
        let from = format!("line {line} of {}", shown(&self.path));
        Some((value.clone(), from))
    }
}

/// The advice about a file that cannot be used.
const SEE: &str = "Correct it, or start the program in another folder";

fn failure(path: &Path, wrong: &[SettingsError]) -> Failure {
    let path = shown(path);
    let lines = wrong.iter().map(|wrong| format!("\n  {path}:{}: {}", wrong.line, foreign::line(&wrong.what)));
    let found = count(wrong.len() as u64, "finding");
    Failure::of(TroubleName::SettingsNotValid, format!("{path} has {found}. {SEE}:{}", lines.collect::<String>()))
}

/// Finds the file, from a folder upwards to the root of its repository; outside of one in the folder alone. The file of
/// somebody else than the folder's owner is none: in a shared folder anybody could lay one.
fn find(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|above| is_repository(above)).unwrap_or(folder);
    folder
        .ancestors()
        .take_while(|above| above.starts_with(root))
        .map(|above| above.join(FILE))
        .find(|file| file.exists() && is_of_owner(file, folder))
}

/// Returns whether Git would take a folder for the root of a repository: an empty `.git` is none.
fn is_repository(folder: &Path) -> bool {
    let git = folder.join(".git");
    git.is_file() || git.join("HEAD").exists()
}

/// Returns whether a file belongs to the owner of a folder, or to root.
#[cfg(unix)]
fn is_of_owner(file: &Path, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| std::fs::metadata(path).map(|about| about.uid()).ok();
    let of_file = owner(file);
    of_file == Some(0) || of_file == owner(folder)
}

#[cfg(not(unix))]
fn is_of_owner(_: &Path, _: &Path) -> bool {
    true
}

/// Reads the values with their lines.
fn read(text: &str) -> Result<BTreeMap<String, (String, usize)>, Vec<SettingsError>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let line = |span: Range<usize>| line_at(text, span.start);
    let unread = errors.iter().map(|error| error.span().map_or(1, line));
    let mut wrong: Vec<SettingsError> =
        unread.map(|line| SettingsError { line, what: unread_line(text, line) }).collect();
    let mut values = BTreeMap::new();
    for (key, value) in table.get_ref() {
        let (name, at) = (key.get_ref().as_ref(), line(key.span()));
        // A line that is no TOML has that one finding alone.
        let is_reported = wrong.iter().any(|known| known.line == at);
        match checked(name, value.get_ref(), text.get(value.span()).unwrap_or_default()) {
            Ok(text) => drop(values.insert(name.to_owned(), (text, at))),
            Err(_) if is_reported => {}
            Err(what) => wrong.push(SettingsError { line: at, what }),
        }
    }
    wrong.sort_by_key(|wrong| wrong.line);
    wrong.dedup();
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

/// Says what is wrong with a line that is no TOML. The parser's own words are about the parser.
fn unread_line(text: &str, line: usize) -> String {
    let mut before: Vec<&str> = text.lines().take(line).collect();
    let (name, value) = before.pop().and_then(|line| line.split_once('=')).unwrap_or_default();
    let (name, value) = (bare_key(name), value.trim());
    // Another line may have a password.
    let Some(setting) = KNOWN.iter().find(|(known, ..)| *known == name) else {
        let known = KNOWN.map(|(known, ..)| known);
        return format!("it is no TOML. Write `name = \"…\"`, with one of these names: `{}`.", known.join("`, `"));
    };
    let is_quoted = value.starts_with(['"', '\'']);
    let is_named = |line: &&str| line.split_once('=').is_some_and(|(other, _)| bare_key(other) == name);
    if is_quoted && before.iter().any(is_named) {
        return format!("`{name}` is written twice. Keep one of the two.");
    }
    let value = if is_quoted { value } else { value.split('#').next().unwrap_or_default().trim() };
    no_text(setting, value)
}

/// Returns a key as it is read: one in quotes is the same as one without.
fn bare_key(written: &str) -> &str {
    let written = written.trim();
    let in_quotes = |quote: char| written.strip_prefix(quote)?.strip_suffix(quote);
    in_quotes('"').or_else(|| in_quotes('\'')).unwrap_or(written)
}

/// Says that a setting's value, as it is written, is no text.
fn no_text((name, is_good, form): &Setting, value: &str) -> String {
    if value.is_empty() || secret::stands_in(value) {
        format!("`{name}` has no text. Write {form}, in quotes.")
    } else if is_good(value) {
        format!("`{value}` of `{name}` is no text. Put it in quotes, `\"{value}\"`.")
    } else {
        format!("`{value}` of `{name}` is no text. Write {form}, in quotes.")
    }
}

/// Returns the text of a setting; else what is wrong with its value, which is written so.
fn checked(name: &str, value: &DeValue<'_>, written: &str) -> Result<String, String> {
    let Some(setting) = KNOWN.iter().find(|(known, ..)| *known == name) else {
        let known = KNOWN.map(|(known, ..)| known.to_owned());
        return Err(format!("`{name}` is no setting. {}", did_you_mean(name, &known)));
    };
    let (_, is_good, form) = setting;
    match value.as_str() {
        Some(text) if is_good(text) => Ok(text.to_owned()),
        Some(text) => Err(format!("`{text}` is not what `{name}` takes. Write {form}.")),
        // Such as of `stack.name = "windlass"`: what is written there is a key.
        None if matches!(value, DeValue::Table(_)) && !written.starts_with('{') => {
            Err(format!("`{name}` is a table here. Write `{name} = \"…\"`, with {form}."))
        }
        None => Err(no_text(setting, written)),
    }
}

fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// Returns whether a text is a bucket's name (Amazon S3 User Guide, "General purpose bucket naming rules").
fn is_bucket(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    (3..=63).contains(&text.len()) && text.chars().all(letters)
}

/// Returns whether a text is the address of an API. What is sent there is signed and may have a session's token, so
/// only to this machine, such as a local cloud, it goes in the clear.
fn is_address(text: &str) -> bool {
    let Some(url) = Url::parse(text).ok().filter(|_| !text.contains(char::is_whitespace)) else { return false };
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    // What is wrong with an address is shown with it: a password has no place there.
    let is_open = url.username().is_empty() && url.password().is_none();
    is_open && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

fn is_region(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.contains('-') && text.chars().all(letters)
}

/// Returns whether a text is a stack's name, or its ARN (AWS CloudFormation API Reference, "CreateStack", `StackName`).
pub fn is_stack(text: &str) -> bool {
    let is_arn = text.starts_with("arn:") && text.contains(":cloudformation:") && !text.contains(char::is_whitespace);
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    is_arn || (begins && text.len() <= 128 && text.chars().all(letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let wrong = read(text).unwrap_err();
        wrong.iter().map(|wrong| format!("{}: {}", wrong.line, foreign::line(&wrong.what))).collect()
    }

    #[test]
    fn the_file_above_counts_within_a_repository_that_git_takes_for_one() {
        let place = std::env::temp_dir().join(format!("windlass-settings-{}", std::process::id()));
        let folder = place.join("a/b");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir(place.join(".git")).unwrap();
        std::fs::write(place.join(FILE), "stack = \"windlass\"").unwrap();
        assert_eq!(find(&folder), None, "an empty `.git` is no repository");
        std::fs::write(place.join(".git/HEAD"), "ref: refs/heads/main").unwrap();
        assert_eq!(find(&folder), Some(place.join(FILE)));
        #[cfg(unix)]
        if std::os::unix::fs::chown(place.join(FILE), Some(65_534), None).is_ok() {
            assert_eq!(find(&folder), None, "it is somebody else's");
        }
        std::fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn each_value_has_its_line() {
        let text = "# where Windlass is\nstack = \"windlass\"\n\nregion = 'eu-west-1' # Dublin\n";
        let values = read(text).unwrap();
        let wanted = [("region", ("eu-west-1", 4)), ("stack", ("windlass", 2))];
        let wanted = wanted.map(|(key, (value, line))| (key.to_owned(), (value.to_owned(), line)));
        assert_eq!(values, BTreeMap::from(wanted));
        assert_eq!(read("").unwrap(), BTreeMap::new());
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once_with_its_line() {
        let text = "endpont = \"https://a.example\"\nbucket = 12\nregion = \"\"\nendpoint = \"http://a.example\"\nstack = \"a b\"\n[api]\nx = 1\n";
        let errors = errors(text);
        let beginnings = [
            "1: `endpont` is no setting. Did you mean `endpoint`?",
            "2: `12` of `bucket` is no text. Write the output `ArtifactsBucket` of the stack, in quotes.",
            "3: `` is not what `region` takes. Write a region, such as `eu-west-1`.",
            "4: `http://a.example` is not what `endpoint` takes. Write the output `ApiUrl`",
            "5: `a b` is not what `stack` takes.",
            "6: `api` is no setting. Known here: `bucket`, `endpoint`, `region`, `stack`.",
        ];
        assert_eq!(errors.len(), beginnings.len(), "{errors:?}");
        for (error, begins) in errors.iter().zip(beginnings) {
            assert!(error.starts_with(begins), "{error}");
        }
    }

    #[test]
    fn what_is_no_toml_is_reported_beside_what_can_be_read() {
        let errors = errors("stack = windlass\nbuckt = \"a-bucket\"\nregion = \"eu-west-1\n");
        let wanted = [
            "1: `windlass` of `stack` is no text. Put it in quotes, `\"windlass\"`.",
            "2: `buckt` is no setting. Did you mean `bucket`? Known here: `bucket`, `endpoint`, `region`, `stack`.",
            "3: `\"eu-west-1` of `region` is no text. Write a region, such as `eu-west-1`, in quotes.",
        ];
        assert_eq!(errors, wanted);
    }

    /// The parser makes a number, a date or a list of some of them, and reads nothing of the others.
    #[test]
    fn a_value_that_is_no_text_is_shown_as_it_is_written() {
        let bucket = "Write the output `ArtifactsBucket` of the stack, in quotes.";
        let none =
            "it is no TOML. Write `name = \"…\"`, with one of these names: `bucket`, `endpoint`, `region`, `stack`.";
        for value in ["123", "1.10", "true", "2026-11-20", "1e3", "windlass", "012", "123 # why", "a.b-c"] {
            let written = value.split(" #").next().unwrap();
            let wanted = format!("1: `{written}` of `bucket` is no text. Put it in quotes, `\"{written}\"`.");
            assert_eq!(errors(&format!("bucket = {value}")), [wanted], "{value}");
        }
        for value in ["0x1F", "1_000", "+12", "[1.10, 'a']", "{a = 1.10}", "2026-11-20T10:00:00Z", "s3://abc", "no way"]
        {
            assert_eq!(
                errors(&format!("bucket = {value}")),
                [format!("1: `{value}` of `bucket` is no text. {bucket}")],
                "{value}"
            );
        }
        let table = [
            ("bucket =", format!("1: `bucket` has no text. {bucket}")),
            ("stack = \"a\"\nstack = \"b\"", "2: `stack` is written twice. Keep one of the two.".into()),
            ("\"stack\" = \"a\"\nstack = \"b\"", "2: `stack` is written twice. Keep one of the two.".into()),
            ("stack = \"a\"\n'stack' = \"b\"", "2: `stack` is written twice. Keep one of the two.".into()),
            (
                "stack.name = \"windlass\"",
                "1: `stack` is a table here. Write `stack = \"…\"`, with the stack's name, such as `windlass`, or its ARN."
                    .into(),
            ),
            ("password = hunter2", format!("1: {none}")),
            ("windlass", format!("1: {none}")),
        ];
        for (text, wanted) in table {
            assert_eq!(errors(text), [wanted], "{text}");
        }
    }

    #[test]
    fn each_value_has_a_form() {
        type Row<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);
        let table: [Row; 4] = [
            (is_bucket, &["abc", "windlass-artifacts-1x"], &["", "ab", "A-b", "s3://abc", "a b c"]),
            (
                is_address,
                &["https://a.example", "http://127.0.0.1:4566/x", "http://localhost", "http://[::1]:4566"],
                &[
                    "",
                    "a.example",
                    "https://",
                    "https://a b",
                    "http://a.example",
                    "http://10.0.0.1",
                    "http://127.0.0.1@a.example",
                    "http://localhost.a.example",
                ],
            ),
            (is_region, &["eu-west-1", "us-gov-east-1"], &["", "Dublin", "eu west 1"]),
            (
                is_stack,
                &["windlass", "arn:aws:cloudformation:eu-west-1:111111111111:stack/a/b"],
                &["", "1a", "a b", "a/b"],
            ),
        ];
        for (row, (is_good, good, bad)) in table.into_iter().enumerate() {
            assert!(good.iter().all(|text| is_good(text)), "{row}");
            assert!(!bad.iter().any(|text| is_good(text)), "{row}");
        }
    }

    #[test]
    fn the_nearest_file_within_the_repository_is_taken_and_none_above_it() {
        let root = std::env::temp_dir().join(format!("windlass-settings-shared-{}", std::process::id()));
        let deep = root.join("above/repository/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let put = |at: &str| std::fs::write(root.join(at), "").unwrap();
        put("above/windlass.toml");
        let name =
            |found: Option<PathBuf>| found.map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
        assert_eq!(name(find(&deep)), None, "outside of a repository the folder alone");
        assert_eq!(name(find(&root.join("above"))), Some("above/windlass.toml".into()));
        put("above/repository/.git");
        assert_eq!(name(find(&deep)), None, "nothing above the repository");
        put("above/repository/windlass.toml");
        assert_eq!(name(find(&deep)), Some("above/repository/windlass.toml".into()));
        put("above/repository/a/windlass.toml");
        assert_eq!(name(find(&deep)), Some("above/repository/a/windlass.toml".into()));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
