//! The kind `static_site`: files in S3, usually behind CloudFront.

use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::IN_PARTS_S;
use crate::declaration::folder::{Destination, Folder, FolderPatterns};
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::{
    ArtifactSorts, AsWritten, Common, Extent, Resolve, ResolvedKind, VisitedPages, WarningContext,
};
use crate::declaration::name_text::NameText;
use crate::declaration::probe_url;
use crate::declaration::scope::{NOT_FILLED_IN, Scope, Text};
use crate::document::git_rule::glob;
use crate::document::glob_form::path_meant;
use crate::document::shape::join;
use crate::text::finding::{Finding, repeated};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

mod headers;

pub use headers::{CacheRule, ContentEncoding, HeaderRule};

/// A static site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "rollout": "Remove it: a site goes out all at once, as its `mode` says; only a `lambda` has a \
                `rollout`.",
})))]
pub struct Written {
    /// The bucket's name.
    pub bucket: Text,
    /// The folder of the site within the bucket. If absent, the site uses the whole bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Text>,
    /// The way in which a release goes live: `in_place` or `prefix`.
    #[serde(default)]
    pub mode: SiteMode,
    /// The id of the CloudFront distribution, such as `E2QWRUHAPOMQZL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Text>,
    /// The id of the distribution's origin for this site. With the mode `prefix`, Windlass changes the path of this
    /// origin. With this mode the id is needed if several origins of the distribution are the site's bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text>,
    /// The address under which visitors reach the site. If absent, it is the distribution's own domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text>,
    /// The file that visitors get at `/`. Windlass refuses a release without this file. If `root` is absent, the file
    /// is the distribution's default root object. If the distribution has no default root object, or has one outside of
    /// the site's folder, the file is `index.html`. Write `none` if the site has no page at `/`, for example because
    /// its files are only for pages of another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Text>,
    /// Rules for the `Cache-Control` header of files. For each file the first matching rule counts. These rules
    /// override the built-in rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache: Vec<CacheRule>,
    /// Rules for headers of files. These rules override `cache` and the built-in rules. A file gets each header from
    /// the first matching rule that sets this header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderRule>,
    /// Patterns of files whose names change with their content. Browsers keep such files for a year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashed: Vec<String>,
    /// The number of former snapshots to which a rollback can return; 10 if absent. Windlass keeps the files of these
    /// snapshots, and later deployments delete the files that only older snapshots need. There is one exception:
    /// for 30 days, deployments keep all files of a replaced release except documents such as HTML pages. A page that
    /// is still open in a browser may request such files, for example scripts and images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub keep: Option<u32>,
    /// A configuration file that Windlass writes for each environment, so that all environments can have the same
    /// build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<WrittenConfigFile>,
    /// Patterns of files in the component's folder. A release contains these files, even if Windlass would otherwise
    /// refuse them or leave them out. The section *Files of a folder* in `docs/app.md` lists the files that Windlass
    /// refuses or leaves out. The patterns have the syntax of a `.gitignore`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
    /// Patterns of files in the component's folder. A release leaves these files out. The patterns have the syntax of a
    /// `.gitignore`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Patterns of files that the site's pages use and that another server provides, such as `widgets/**`. The
    /// release's archive may lack these files. If the archive lacks any other file that a page loads, such as a script,
    /// a style sheet or an image, Windlass refuses the release. In two cases Windlass warns instead: if a
    /// function of the distribution could provide the file, and if the distribution's origin is the website endpoint of
    /// the bucket. With `**`, the archive may lack any file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
}

/// A configuration file whose values differ by environment. The file is public, so never write a secret into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "ConfigFile", deny_unknown_fields)]
pub struct WrittenConfigFile {
    /// The file's path in the site, such as `config.json` or `config.js`.
    pub path: String,
    /// A global name, such as `window.config`. With `global`, the file is a script that assigns the values to this
    /// name. If absent, the file is a JSON document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<String>,
    /// The values by name. In a value, `${infra.socket}` stands for the output `socket` of the component `infra`, which
    /// must change before the site.
    pub values: BTreeMap<String, Text>,
}

/// A static site's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StaticSite {
    /// The bucket.
    pub bucket: String,
    /// The folder within the bucket, without leading slash, empty or ending in a slash.
    pub prefix: String,
    /// The way in which a release goes live.
    pub mode: SiteMode,
    /// The CloudFront distribution's id.
    pub distribution: Option<String>,
    /// The id of the distribution's origin to switch; needed if the distribution has several.
    pub origin: Option<String>,
    /// The address under which visitors reach it; the distribution's own domain if absent.
    pub url: Option<String>,
    /// The file that `/` is answered with, which a release must have; [`StaticSite::NO_ROOT`] if there is none, absent
    /// if the distribution names it.
    #[serde(default)]
    pub root: Option<String>,
    /// Cache headers by pattern; the first match wins, before the built-in rules.
    pub cache: Vec<CacheRule>,
    /// Headers by pattern, before those of `cache`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderRule>,
    /// Patterns of files whose names change with their content.
    pub hashed: Vec<String>,
    /// Patterns of files that pages name and that others serve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
    /// The number of snapshots back up to which a rollback finds its files.
    #[serde(default = "StaticSite::default_keep")]
    pub keep: u32,
    /// A file written from the declaration's values.
    pub config: Option<ConfigFile>,
    /// True if pages of the release's folder are looked at before visitors get it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_tried: bool,
    /// The patterns of files that go, and that do not.
    #[serde(default, skip_serializing_if = "FolderPatterns::is_empty")]
    pub files: FolderPatterns,
}

impl StaticSite {
    /// Stands for no file that `/` is answered with.
    pub const NO_ROOT: &str = "none";

    /// Returns the number of snapshots that are kept if the declaration does not say.
    pub fn default_keep() -> u32 {
        10
    }

    /// Returns its folder, with the rules for its files.
    pub const fn files_of_folder(&self) -> Folder<'_> {
        Folder { destination: Destination::Site, patterns: &self.files }
    }
}

/// The way in which a site's release goes live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteMode {
    /// Windlass writes the files of a release over the live files. The bucket needs versioning.
    #[default]
    InPlace,
    /// Each release has a folder of its own, and Windlass switches the distribution's origin path to this folder.
    Prefix,
}

/// A configuration file that differs by environment, so that one build serves them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The file's path in the site, such as `config.json` or `config.js`.
    pub path: String,
    /// For a script, the global name that receives the values, such as `window.config`; a JSON
    /// document is written if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<String>,
    /// The values. Never secrets: the file is public.
    pub values: BTreeMap<String, String>,
}

impl AsWritten for Written {
    fn takes(&self) -> ArtifactSorts {
        ArtifactSorts { key: true, image: false, images: false, instead: "Write `key`: a static site takes a zip." }
    }

    fn visited(&self) -> Option<VisitedPages> {
        let no_root = Text::Everywhere(StaticSite::NO_ROOT.to_owned());
        Some(VisitedPages {
            has_address: self.url.is_some() || self.distribution.is_some(),
            has_first: self.root.as_ref() != Some(&no_root),
            has_folder: self.mode == SiteMode::Prefix,
        })
    }
}

impl ResolvedKind for StaticSite {
    /// Buckets have one name space over all accounts and regions (Amazon S3 User Guide, "Bucket naming rules").
    fn claim(&self) -> DeclaredClaim {
        let what = format!("the place `{}/{}`", self.bucket, self.prefix);
        let bucket = DeclaredClaim::whole("s3:bucket", "bucket", &[&self.bucket], what).within(&["prefix"]);
        DeclaredClaim { folder: self.prefix.clone(), is_global: true, ..bucket }
    }

    /// As many polls as is usual, because a large site is published in several invocations.
    fn extent(&self) -> Extent {
        Extent { seconds: IN_PARTS_S, polls: 5 }
    }

    fn is_tried_ahead(&self) -> bool {
        self.is_tried
    }

    /// In place, files that older releases left are deleted. A folder per release stays until it is pruned.
    fn keeps(&self) -> Option<u32> {
        (self.mode == SiteMode::InPlace).then_some(self.keep)
    }

    fn folder(&self) -> Option<Folder<'_>> {
        Some(self.files_of_folder())
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let mut names = vec![NameText::new("bucket", &mut self.bucket, &aws_name::BUCKET)];
        let distribution = self.distribution.as_mut();
        names.extend(distribution.map(|id| NameText::new("distribution", id, &aws_name::DISTRIBUTION)));
        names.extend(self.url.as_mut().map(|url| NameText::address("url", url, &probe_url::HTTP)));
        let values = self.config.iter_mut().flat_map(|config| &mut config.values);
        names.extend(values.map(|(name, text)| NameText::new(format!("config.values.{name}"), text, &TEXT)));
        names
    }

    /// Warns of rules for headers that earlier ones leave no file.
    fn warnings(&self, about: &WarningContext<'_>) -> Vec<Finding> {
        let path = format!("components.{}", about.component);
        let cache: Vec<HeaderRule> = self.cache.iter().cloned().map(Into::into).collect();
        let mut warnings = headers::without_files(&join(&path, "cache"), &cache);
        warnings.extend(headers::without_files(&join(&path, "headers"), &self.headers));
        warnings
    }
}

impl Resolve for StaticSite {
    type Written = Written;
    const MEMORY_MB: u64 = 1024;
    const SHORTEST: &str = r#"{"bucket": "{app}-{environment}-a"}"#;
    const PUBLISHES: bool = true;
    const WITHDRAWS: bool = true;

    fn resolve(scope: &mut Scope<'_>, path: &str, site: &Written, common: &Common, _: &Gates) -> Self {
        let at = |field: &str| join(path, field);
        let prefix = scope.maybe(&at("prefix"), site.prefix.as_ref(), &aws_name::PREFIX);
        let url = site.url.as_ref();
        let url = url.map(|url| probe_url::text(scope, &at("url"), url, &probe_url::HTTP));
        if site.mode == SiteMode::Prefix && site.distribution.is_none() {
            let reason = "The mode `prefix` switches a distribution's origin path, and none is named.";
            let remedy = "Write `distribution`, or use the mode `in_place`.";
            scope.note(Finding::missing_field(at("distribution"), reason, remedy).resting_on([at("mode")]));
        }
        for (i, rule) in site.cache.iter().enumerate() {
            let at = format!("{path}.cache[{i}]");
            check_glob(scope, &join(&at, "files"), &rule.files);
            scope.check(&join(&at, "cache_control"), &rule.cache_control, &headers::HEADER);
        }
        for (i, rule) in site.headers.iter().enumerate() {
            check_glob(scope, &format!("{path}.headers[{i}].files"), &rule.files);
            rule.check(scope, &format!("{path}.headers[{i}]"));
        }
        for (i, pattern) in site.hashed.iter().enumerate() {
            check_glob(scope, &format!("{path}.hashed[{i}]"), pattern);
        }
        for (i, pattern) in site.elsewhere.iter().enumerate() {
            check_glob(scope, &format!("{path}.elsewhere[{i}]"), pattern);
        }
        let distribution = site.distribution.as_ref();
        Self {
            bucket: scope.text_taking(&at("bucket"), &site.bucket, &aws_name::BUCKET),
            prefix: prefix.map(as_folder).unwrap_or_default(),
            mode: site.mode,
            distribution: distribution.map(|id| scope.text_taking(&at("distribution"), id, &aws_name::DISTRIBUTION)),
            origin: scope.maybe(&at("origin"), site.origin.as_ref(), &aws_name::ORIGIN),
            url,
            root: scope.maybe(&at("root"), site.root.as_ref(), &aws_name::FILE),
            cache: site.cache.clone(),
            headers: site.headers.clone(),
            hashed: site.hashed.clone(),
            elsewhere: site.elsewhere.clone(),
            keep: site.keep.unwrap_or_else(Self::default_keep),
            config: site.config.as_ref().map(|config| config_file(scope, &at("config"), config)),
            is_tried: common.gates.pages.iter().flatten().any(|page| page.before_switch.is_some()),
            files: FolderPatterns::resolve(scope, path, &site.publish, &site.exclude),
        }
    }
}

fn as_folder(prefix: String) -> String {
    if prefix.is_empty() || prefix.ends_with('/') { prefix } else { format!("{prefix}/") }
}

/// The advice where a pattern is none.
const WRITE: &str = "Write a glob: `*` stops at `/`, `**` does not, `{a,b}` is either.";

/// Checks a pattern of files.
fn check_glob(scope: &mut Scope<'_>, path: &str, pattern: &str) {
    if pattern.contains("://") || pattern.starts_with("//") {
        scope.bad_value(
            path,
            format!(
                "`{}` is not a pattern: it is an address, and a pattern is about paths of the site.",
                repeated(pattern)
            ),
            "Leave it out; a file of the site is named by its path, such as `assets/**`.",
        );
        return;
    }
    let (why, meant) = if let Err(why) = glob(pattern) {
        (why, None)
    } else if let Some(meant) = scope.pattern_meant(path, pattern) {
        (NOT_FILLED_IN.to_owned(), Some(meant))
    } else if let Some(meant) = path_meant(pattern) {
        let why = "no file matches it: a path begins in the site's folder, without `/`, and has no `.` and `..` in it";
        let within = if pattern.ends_with('/') && !meant.ends_with("**") { "/**" } else { "" };
        (why.to_owned(), (!meant.is_empty()).then(|| format!("{meant}{within}")))
    } else {
        return;
    };
    let write = meant.map_or_else(|| WRITE.to_owned(), |meant| format!("Write `{meant}`."));
    scope.bad_value(path, format!("`{}` is not a pattern: {why}.", repeated(pattern)), write);
}

fn config_file(scope: &mut Scope<'_>, path: &str, config: &WrittenConfigFile) -> ConfigFile {
    scope.check(&join(path, "path"), &config.path, &aws_name::FILE);
    let mut values = BTreeMap::new();
    for (name, text) in &config.values {
        let at = join(&join(path, "values"), name);
        values.insert(name.clone(), scope.text_taking(&at, text, &TEXT));
    }
    ConfigFile { path: config.path.clone(), global: config.global.clone(), values }
}

const TEXT: TextForm = TextForm { accepts: |text| text.len() <= 4096, words: "a text of at most 4096 characters" };
