//! The headers that a site declares for its files.

use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::scope::Scope;
use crate::document::shape::join;
use crate::text::finding::{Finding, FindingName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `Cache-Control` header of the files that match `files`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheRule {
    /// A glob over the file's path, such as `assets/**`.
    pub files: String,
    /// The `Cache-Control` header, such as `public, max-age=31536000, immutable`.
    #[schemars(extend("x-of-number" = "max-age={}"))]
    pub cache_control: String,
}

/// Headers for the files that match the rule. If a rule leaves a header out, other rules may set that header.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    /// A glob that the path of a file must match, such as `Build/*.br`.
    pub files: String,
    /// The `Content-Type` header, such as `text/html; charset=iso-8859-1`.
    #[schemars(extend("x-of-number" = ""))]
    pub content_type: Option<String>,
    /// The compression that browsers undo before they use the file. Write `none` for a compressed file that browsers
    /// must not unpack.
    pub content_encoding: Option<ContentEncoding>,
    /// The `Cache-Control` header, such as `public, max-age=31536000, immutable`.
    #[schemars(extend("x-of-number" = "max-age={}"))]
    pub cache_control: Option<String>,
}

impl HeaderRule {
    /// Notes in the scope what is wrong with the headers.
    pub(super) fn check(&self, scope: &mut Scope<'_>, path: &str) {
        if let Some(content_type) = &self.content_type {
            scope.check(&join(path, "content_type"), content_type, &aws_name::MIME_TYPE);
        }
        if let Some(cache_control) = &self.cache_control {
            scope.check(&join(path, "cache_control"), cache_control, &HEADER);
        }
        if self.content_type.is_none() && self.content_encoding.is_none() && self.cache_control.is_none() {
            scope.missing_field(
                path,
                format!("The rule for `{}` says no header.", self.files),
                "Write `content_type`, `content_encoding` or `cache_control`, or leave the rule out.",
            );
        }
    }

    /// Returns whether a rule that comes before another one leaves it nothing: it matches all of its files, and says
    /// each of its headers.
    fn leaves_nothing_of(&self, later: &Self) -> bool {
        let is_everything = matches!(self.files.as_str(), "**" | "**/*");
        (is_everything || self.files == later.files)
            && (self.content_type.is_some() || later.content_type.is_none())
            && (self.content_encoding.is_some() || later.content_encoding.is_none())
            && (self.cache_control.is_some() || later.cache_control.is_none())
    }
}

/// Returns warnings about the rules of a list that no file gets, because an earlier one counts.
pub(super) fn without_files(path: &str, rules: &[HeaderRule]) -> Vec<Finding> {
    let overruled = rules.iter().enumerate().filter_map(|(nth, rule)| {
        let earlier = rules.iter().take(nth).position(|earlier| earlier.leaves_nothing_of(rule))?;
        let is_same = rules.get(earlier).is_some_and(|earlier| earlier.files == rule.files);
        let remedy = if is_same { "Keep one of the two." } else { "Put it before that one, or leave it out." };
        Some(Finding::new(
            FindingName::Duplicate,
            format!("{path}[{nth}].files"),
            format!("No file gets what this rule says: `{path}[{earlier}]` matches the same files, and the first one counts."),
            remedy,
        ))
    });
    overruled.collect()
}

impl From<CacheRule> for HeaderRule {
    fn from(rule: CacheRule) -> Self {
        let cache_control = Some(rule.cache_control);
        Self { files: rule.files, content_type: None, content_encoding: None, cache_control }
    }
}

/// The compression of a file, which browsers undo (the HTTP Content Coding Registry of IANA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentEncoding {
    /// Gzip.
    Gzip,
    /// Brotli.
    Br,
    /// Zstandard.
    Zstd,
    /// Deflate.
    Deflate,
    /// Browsers get the file as it is.
    #[serde(rename = "none")]
    Plain,
}

impl ContentEncoding {
    /// Returns the value of the `Content-Encoding` header; `None` where it is not sent.
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some("gzip"),
            Self::Br => Some("br"),
            Self::Zstd => Some("zstd"),
            Self::Deflate => Some("deflate"),
            Self::Plain => None,
        }
    }
}

/// RFC 9110, section 5.5: what a header can have everywhere. A number alone is no directive (RFC 9111, section 5.2).
pub(super) const HEADER: TextForm = TextForm {
    accepts: |text| {
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain && !is_number && (1..=1024).contains(&text.len()) && text.trim() == text
    },
    words: "the value of the header, such as `max-age=3600`: 1 to 1024 plain characters, without blanks at its ends",
};
