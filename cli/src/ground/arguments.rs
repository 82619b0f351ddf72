//! The checks of arguments before anything is sent, also of components, such as `web=dist/` and
//! `agent=image:shop/agent:1.4.0`. A variable that is not set, or that belongs to another command, is a mistake in the
//! command, and the message says so.

use std::path::PathBuf;
use std::str::FromStr;
use windlass_domain::release::Part;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

/// Reads a text that is not blank.
///
/// # Errors
/// If it is empty, or blank.
pub fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it says nothing: is a variable not set?".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads the version of a release, as the history lists it.
///
/// # Errors
/// If no version is written so.
pub fn version(version: &str) -> Result<String, String> {
    let version = text(version)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let begins = version.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins && version.len() <= 141 && version.chars().all(is_allowed) {
        return Ok(version);
    }
    Err("no version is written so: write one as the environment's history lists it".to_owned())
}

/// Reads the id of a deployment.
///
/// # Errors
/// If it is none.
pub fn id(id: &str) -> Result<String, String> {
    let id = text(id)?;
    if is_id(&id) {
        return Ok(id);
    }
    Err("it is no deployment's id, which has 16 hexadecimal digits".to_owned())
}

/// Reads the id of a deployment, or an environment.
///
/// # Errors
/// If it is neither.
pub fn which(which: &str) -> Result<String, String> {
    let which = text(which)?;
    match EnvironmentName::new(which.as_str()) {
        Err(why) if !is_id(&which) => {
            Err(format!("it is no deployment's id, which has 16 hexadecimal digits, and no environment: {why}"))
        }
        _ => Ok(which),
    }
}

/// Returns whether a text is a deployment's id: 16 hexadecimal digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Reads a whole number.
///
/// # Errors
/// If it is none, or is too large.
pub fn number(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| "write a whole number, such as `12`".to_owned())
}

/// Reads a semantic version.
///
/// # Errors
/// If it is none.
pub fn semantic(text: &str) -> Result<semver::Version, String> {
    let version = text.parse();
    version.map_err(|_| "write a semantic version, such as `1.3.0`".to_owned())
}

/// A component, or a container of one, with the bytes that it is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentArgument {
    /// Its name.
    pub part: Part,
    /// Its bytes.
    pub source: BytesPlace,
}

/// The place of a component's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BytesPlace {
    /// A file, or a folder that is put into an archive.
    Path(PathBuf),
    /// An image that is in its repository already.
    Image(String),
}

impl FromStr for ComponentArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, source) = text.split_once('=').ok_or_else(|| {
            "write `<component>=<file or folder>` or `<component>=image:<repository>:<tag>`".to_owned()
        })?;
        let part = match name.split_once('/') {
            None => ComponentName::new(name).map_err(|error| error.to_string())?.into(),
            Some(_) => Part::try_from(name.to_owned()).map_err(|error| error.to_string())?,
        };
        let source = match source.strip_prefix("image:") {
            _ if source.is_empty() => return Err(format!("nothing is given for `{name}`")),
            Some("") => return Err(format!("`{name}` names no image")),
            Some(image) => BytesPlace::Image(image.to_owned()),
            None if part.container.is_some() => {
                return Err(format!("`{name}` takes an image: write `{name}=image:<repository>:<tag>`"));
            }
            None => BytesPlace::Path(PathBuf::from(source)),
        };
        Ok(Self { part, source })
    }
}

#[cfg(test)]
mod tests_of_component {
    use super::*;

    fn source(text: &str) -> Result<BytesPlace, String> {
        text.parse().map(|parsed: ComponentArgument| parsed.source)
    }

    #[test]
    fn a_component_is_a_path_or_an_image() {
        assert_eq!(source("web=dist.zip"), Ok(BytesPlace::Path("dist.zip".into())));
        assert_eq!(source("web=a=b/"), Ok(BytesPlace::Path("a=b/".into())));
        let image = source("agent=image:shop/agent:1.4.0");
        assert_eq!(image, Ok(BytesPlace::Image("shop/agent:1.4.0".into())));
        let image = source("agent/web=image:shop/web:1.4.0");
        assert_eq!(image, Ok(BytesPlace::Image("shop/web:1.4.0".into())));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "web",
            "Web=dist.zip",
            "=dist.zip",
            "web=",
            "agent=image:",
            "agent/web=dist.zip",
            "agent/=image:shop/web:1",
        ] {
            assert!(source(text).is_err(), "{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A check of an argument, with examples that pass it and that do not.
    type Row<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn each_argument_is_what_it_must_be() {
        let long = "v".repeat(142);
        let table: [Row; 6] = [
            (|it| text(it).is_ok(), &["why", " why "], &["", " ", "\t\n"]),
            (
                |it| version(it).is_ok(),
                &["1.4.0", "main+3f9a1c225566", "_x", &long[1..]],
                &["", "a b", "../1", "1/2", "-1", "é", &long],
            ),
            (|it| id(it).is_ok(), &["0123456789abcdef"], &["", "prod", "0123456789abcdeg", "0123456789abcdef0"]),
            (|it| which(it).is_ok(), &["0123456789abcdef", "prod", "a-1"], &["", "Prod", "prod/", "1.4.0", &long]),
            (|it| number(it).is_ok(), &["0", "812"], &["", "-1", "1.5", "abc", "99999999999999999999"]),
            (|it| semantic(it).is_ok(), &["1.3.0"], &["", "1.3", "latest"]),
        ];
        for (row, (is_good, good, bad)) in table.into_iter().enumerate() {
            for it in good {
                assert!(is_good(it), "{row}: {it}");
            }
            for it in bad {
                assert!(!is_good(it), "{row}: {it}");
            }
        }
    }
}
