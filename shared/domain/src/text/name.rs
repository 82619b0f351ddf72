//! Names of applications, environments and components.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest name accepted, in characters: three names, a version and a suffix must fit in the
/// 80 characters of a Step Functions execution name.
pub const LONGEST: usize = 32;

/// A name was refused: it is not lower-case letters, digits and hyphens, starting with a letter,
/// of at most [`LONGEST`] characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is not a name: use lower-case letters, digits and hyphens, start with a letter, at most 32 characters", shown(.0)
)]
pub struct BadName(pub String);

fn shown(text: &str) -> String {
    if text.trim().is_empty() { "nothing but blanks".to_owned() } else { format!("`{text}`") }
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Displays a type by a function of another trait: as its form writes it, or as its code does.
macro_rules! displayed {
    ($type:ty, $by:path) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $by(self, f)
            }
        }
    };
}
pub(crate) use displayed;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("pattern" = r"^[a-z][a-z0-9-]{0,31}$"))]
        pub struct $type(String);

        impl $type {
            /// Accepts a valid name; see [`BadName`].
            pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
                let text = text.into();
                if is_name(&text) { Ok(Self(text)) } else { Err(BadName(text)) }
            }

            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of an application, such as `shop`. The name begins with a letter, and consists of at most 32 lower-case
    /// letters, digits and hyphens.
    AppName
}
name! {
    /// The name of an environment of an application, such as `prod`. The name begins with a letter, and consists of at
    /// most 32 lower-case letters, digits and hyphens.
    EnvironmentName
}
name! {
    /// The name of a component of an application, such as `api`. The name begins with a letter, and consists of at most
    /// 32 lower-case letters, digits and hyphens.
    ComponentName
}
name! {
    /// The name of a person or of a group in an access file, such as `lead-1` or `leads`: lower-case letters, digits
    /// and hyphens, starting with a letter, at most 32 characters.
    WhoName
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_name_is_shown_where_there_is_one() {
        let refusal = |text: &str| AppName::new(text).unwrap_err().to_string();
        assert!(refusal("Shop").starts_with("`Shop` is not a name: "));
        for blank in ["", " "] {
            assert!(refusal(blank).starts_with("nothing but blanks is not a name: "));
        }
    }

    #[test]
    fn a_name_is_lower_case_and_short() {
        for text in ["a", "shop", "shop-2", "a-", &"x".repeat(LONGEST)] {
            let name = AppName::new(text).unwrap();
            assert_eq!((name.as_str(), name.to_string().as_str()), (text, text));
            assert_eq!(AppName::try_from(text.to_owned()), Ok(name));
        }
        for text in ["", "-a", "2shop", "Shop", "a_b", "a.b", "é", &"x".repeat(LONGEST + 1)] {
            assert_eq!(ComponentName::new(text), Err(BadName(text.to_owned())));
            assert!(EnvironmentName::try_from(text.to_owned()).is_err());
        }
    }
}
