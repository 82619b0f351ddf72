//! An installation's place with its source, for each part that a command must find: an option goes before a variable,
//! and that before the settings. Pure but for the program's own arguments.

use crate::talk::settings::SettingsFile;

/// A place as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallationSource {
    /// The place itself, with its source.
    Value {
        /// The place.
        value: String,
        /// Its source.
        from: String,
    },
    /// A stack whose outputs name the place, with its source.
    Stack {
        /// Its name.
        name: String,
        /// Its source.
        from: String,
    },
}

/// A place of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationPlace {
    /// The address, or the bucket's name.
    pub value: String,
    /// Its source, such as `WINDLASS_ENDPOINT` or `line 2 of windlass.toml`.
    pub from: String,
    /// The region of the settings, which is used where the environment names none.
    pub region: Option<String>,
}

/// Something given on the command line: an option goes before a variable.
#[derive(Debug, Clone, Copy)]
pub struct GivenOption<'a> {
    text: &'a str,
    is_option: bool,
    from: &'static str,
}

impl GivenOption<'_> {
    /// Returns whether a person typed it as an option: the same command typed elsewhere needs the option too.
    pub const fn is_option(&self) -> bool {
        self.is_option
    }
}

/// Chooses the source of a place: an option, else a variable, else the settings. Within each, the place itself goes
/// before a stack.
pub fn named(
    setting: &str,
    value: Option<GivenOption<'_>>,
    stack: Option<GivenOption<'_>>,
    settings: &SettingsFile,
) -> Option<InstallationSource> {
    let is_later = |given: &GivenOption<'_>| stack.is_some_and(|stack| stack.is_option && !given.is_option);
    if let Some(given) = value.filter(|given| !is_later(given)) {
        let (value, from) = (given.text.to_owned(), given.from.to_owned());
        return Some(InstallationSource::Value { value, from });
    }
    if let Some(stack) = stack {
        let (name, from) = (stack.text.to_owned(), stack.from.to_owned());
        return Some(InstallationSource::Stack { name, from });
    }
    if let Some((value, from)) = settings.value(setting) {
        return Some(InstallationSource::Value { value, from });
    }
    let (name, from) = settings.value("stack")?;
    Some(InstallationSource::Stack { name, from })
}

/// Returns the text of the command line, by an option or a variable. clap gives no more than the value.
pub fn given<'a>(text: Option<&'a str>, option: &'static str, variable: &'static str) -> Option<GivenOption<'a>> {
    let text = text?;
    let is_option = std::env::args().any(|argument| {
        let rest = argument.strip_prefix(option);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    });
    let from = if is_option { option } else { variable };
    Some(GivenOption { text, is_option, from })
}

/// The parts of an installation whose place a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationPart {
    /// The address of the HTTP API.
    Endpoint,
    /// The artifacts bucket.
    Bucket,
}

impl InstallationPart {
    /// Returns the output of the stack that names it.
    pub(crate) fn output(self) -> &'static str {
        match self {
            Self::Endpoint => "ApiUrl",
            Self::Bucket => "ArtifactsBucket",
        }
    }

    /// Returns the setting of `windlass.toml` that names it.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Bucket => "bucket",
        }
    }

    /// Returns the text for a place that nothing names.
    pub(crate) fn unnamed(self) -> &'static str {
        match self {
            Self::Endpoint => NO_ENDPOINT,
            Self::Bucket => NO_BUCKET,
        }
    }

    /// Returns what the option or the variable says of it.
    pub(crate) fn given(self, text: Option<&str>) -> Option<GivenOption<'_>> {
        match self {
            Self::Endpoint => given(text, "--endpoint", "WINDLASS_ENDPOINT"),
            Self::Bucket => given(text, "--bucket", "WINDLASS_BUCKET"),
        }
    }
}

const NO_ENDPOINT: &str = "Give `--endpoint`, or set WINDLASS_ENDPOINT, to the output `ApiUrl` of the installation's stack, or write `stack = \"…\"` into a file windlass.toml.";
const NO_BUCKET: &str = "Give `--bucket`, or set WINDLASS_BUCKET, to the output `ArtifactsBucket` of the installation's stack, or write `stack = \"…\"` into a file windlass.toml.";

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a text as given by an option, if `from` is one, else by a variable.
    fn by<'a>(text: &'a str, from: &'static str) -> GivenOption<'a> {
        let is_option = from.starts_with("--");
        GivenOption { text, is_option, from }
    }

    #[test]
    fn an_option_goes_before_a_variable_and_that_before_the_settings() {
        let folder = std::env::temp_dir().join(format!("windlass-places-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let settings = |text: &str| {
            let file = folder.join("windlass.toml");
            std::fs::write(&file, text).unwrap();
            SettingsFile::of(&file).unwrap()
        };
        let both = settings("endpoint = \"https://file\"\nstack = \"of-file\"\n");
        let stack_alone = settings("stack = \"of-file\"\n");
        let none = SettingsFile::default();
        let (opt_url, var_url) = (Some(by("https://o", "--endpoint")), Some(by("https://v", "WINDLASS_ENDPOINT")));
        let (opt_stack, var_stack) = (Some(by("of-o", "--stack")), Some(by("of-v", "WINDLASS_STACK")));
        let table = [
            (opt_url, opt_stack, &both, "https://o from --endpoint"),
            (opt_url, var_stack, &none, "https://o from --endpoint"),
            (var_url, opt_stack, &both, "stack of-o from --stack"),
            (var_url, var_stack, &both, "https://v from WINDLASS_ENDPOINT"),
            (None, var_stack, &both, "stack of-v from WINDLASS_STACK"),
            (None, None, &both, "https://file from line 1 of "),
            (None, None, &stack_alone, "stack of-file from line 1 of "),
            (None, None, &none, "nothing"),
        ];
        for (value, stack, settings, wanted) in table {
            let found = match named("endpoint", value, stack, settings) {
                None => "nothing".to_owned(),
                Some(InstallationSource::Value { value, from }) => format!("{value} from {from}"),
                Some(InstallationSource::Stack { name, from }) => {
                    format!("stack {name} from {from}")
                }
            };
            assert!(found.starts_with(wanted), "{found}, and not {wanted}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
