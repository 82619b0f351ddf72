//! Finds which code a function or a version has, which one a release brings it, and what is wrong with a zip by its own
//! bytes.
//!
//! A zip is known by `CodeSha256`. An image is known by the digest in `ResolvedImageUri` (AWS Lambda API Reference,
//! FunctionCodeLocation). If that was not asked for, an image is known by `CodeSha256`, which holds the same digits:
//! Lambda translates a tag to the digest, and returns it in GetFunctionConfiguration (AWS Lambda Developer Guide,
//! "Deploying Lambda functions as container images"). The local cloud leaves it empty, so nothing rests on it alone.

// Without an alias the code that runs is published as a version first: only Lambda is sure to have it, and a version
// cannot change.
//
// The function's own KMS key is sent along: without it Lambda takes its own key from then on, and Git owns the
// shape.

use super::handler::check_handler;
use super::links::Links;
use super::package::{FileFindings, check_entries};
use super::state::{CodeSource, Latest, Observed, Version};
use crate::config::Configured;
use crate::kinds::PrepareInput;
use crate::kinds::archive::{Entry, Limits, check_whole, directory, not_taken_out, read_directory, refusals, sort};
use crate::ports::{Function, Image, Platform, Result, S3Api};
use windlass_domain::declaration::folder::FolderRules;
use windlass_domain::declaration::kinds::ResolvedKind as _;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// Returns the digits of the digest in an image's URI.
fn digits(image: Option<&str>) -> Option<&str> {
    let (_, digits) = image?.rsplit_once("@sha256:")?;
    Some(digits)
}

/// Returns the image that a source brings, if it is named by digest. The other names of the wanted code do not matter.
pub(super) fn image_of(source: &CodeSource) -> Option<String> {
    let image = match source {
        CodeSource::Artifact(image @ Artifact::Image { .. }) => image.to_string(),
        CodeSource::Image(uri) => uri.clone(),
        CodeSource::Artifact(Artifact::Object { .. } | Artifact::Images { .. }) | CodeSource::Version(_) => {
            return None;
        }
    };
    digits(Some(&image)).is_some().then_some(image)
}

impl Latest {
    /// Returns whether it is known by an image's digest.
    pub(super) fn is_image(&self) -> bool {
        digits(self.image.as_deref()).is_some()
    }

    /// Returns the code: an image's digits, else `CodeSha256`.
    pub(super) fn code(&self) -> &str {
        digits(self.image.as_deref()).unwrap_or(&self.code_sha256)
    }

    /// Returns whether its code is one of these.
    pub(super) fn is_any(&self, codes: &[String]) -> bool {
        is_any(&self.code_sha256, self.image.as_deref(), codes)
    }
}

impl Version {
    /// Returns the code: an image's digits, else `CodeSha256`.
    pub(super) fn code(&self) -> &str {
        digits(self.image.as_deref()).unwrap_or(&self.code_sha256)
    }

    /// Returns whether its code is one of these.
    pub(super) fn is_any(&self, codes: &[String]) -> bool {
        is_any(&self.code_sha256, self.image.as_deref(), codes)
    }
}

fn is_any(code_sha256: &str, image: Option<&str>, codes: &[String]) -> bool {
    let is = |text: &str| codes.iter().any(|code| code == text);
    is(code_sha256) || digits(image).is_some_and(is)
}

/// Returns the code that callers got in a recorded state, and its image if it is one.
pub(super) fn served(was: &Observed) -> (&str, Option<&str>) {
    let version = was.alias.as_ref().and_then(|alias| {
        let mut versions = was.versions.iter();
        versions.find(|version| version.version == alias.traffic.version)
    });
    match version {
        Some(version) => (version.code(), version.image.as_deref()),
        None => (was.latest.code(), was.latest.image.as_deref()),
    }
}

/// Returns the code that an image brings to a function, as Lambda will return it, and its source. Lambda takes the
/// image of one platform and no index of several (AWS Lambda Developer Guide, "Create a Lambda function using a
/// container image"). So an index brings the manifest for the function's architecture, and stays pinned by its own
/// digest, which counts as the wanted code as well. It is not refused, because `docker buildx` pushes an index even for
/// one platform. A tag is never sent: it moves, and Lambda refuses an index by it as well. The error names the
/// platforms that the index has.
pub(super) fn of_image(image: &Image, architecture: &str) -> Result<(Vec<String>, CodeSource), Vec<String>> {
    let index = image.digest.to_string();
    if image.platforms.is_empty() {
        let artifact = Artifact::Image { repository: image.repository_uri.clone(), digest: image.digest.clone() };
        return Ok((vec![index], CodeSource::Artifact(artifact)));
    }
    let fits = |platform: &&Platform| platform.os == "linux" && lambda_name(&platform.architecture) == architecture;
    let Some(platform) = image.platforms.iter().find(fits) else {
        let named = |platform: &Platform| format!("{}/{}", platform.os, platform.architecture);
        return Err(image.platforms.iter().map(named).collect());
    };
    let uri = format!("{}@sha256:{}", image.repository_uri, platform.digest);
    Ok((vec![index, platform.digest.to_string()], CodeSource::Image(uri)))
}

/// Returns Lambda's name of a processor. An index names processors as Go does, Lambda in its own way (AWS Lambda API
/// Reference, FunctionConfiguration, `Architectures`).
fn lambda_name(architecture: &str) -> &str {
    match architecture {
        "amd64" => "x86_64",
        other => other,
    }
}

/// The most that a function's files may have together, in bytes (AWS Lambda Developer Guide, "Lambda quotas":
/// 250 MB unzipped, with all layers).
const UNZIPPED: u64 = 250 << 20;

/// Finds what is wrong with the zip, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`]. Only `Prepare` knows the function, and so the file that its handler is in.
pub fn check_artifact(_: &ComponentName, spec: &Lambda, named: &str, bytes: &[u8]) -> Vec<Finding> {
    // A function of a repository takes images: the manifest itself shows that a zip does not fit.
    if spec.repository.is_some() {
        return vec![];
    }
    match directory(named, bytes) {
        Ok(mut entries) => check_zip(named, &mut entries, bytes.len() as u64, spec).refused,
        Err(finding) => vec![finding],
    }
}

/// The bytes of the end of a zip's directory, which an archive without files has alone (APPNOTE 4.3.16).
const LEAST: u64 = 22;

/// Checks the files of a release's zip. What is no zip, such as a `tar.gz`, is refused; what is smaller than any zip is
/// left to Lambda, whose answer is the same. A rollback brings code that was live.
pub(super) async fn check_files(
    home: &(impl S3Api + Configured),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    function: &Function,
) -> Result<FileFindings> {
    let (Some(Artifact::Object { key, version_id, bytes, .. }), None) = (input.artifact, input.goal_state) else {
        return Ok(FileFindings::default());
    };
    let object = home.artifact(key, Some(version_id));
    if *bytes < LEAST {
        return Ok(FileFindings::default());
    }
    let mut entries = match read_directory(home, &object, *bytes).await {
        Ok(entries) => entries,
        Err(trouble) => return Ok(FileFindings { refused: trouble.findings()?, ..FileFindings::default() }),
    };
    let mut files = check_handler(key, &entries, function);
    let zip = check_zip(key, &mut entries, *bytes, spec);
    // What is refused may have any number of entries, of any size.
    if zip.refused.is_empty() {
        let links = Links::read(home, object, *bytes, &entries).await?;
        files.warnings.extend(links.check(key, &entries));
    }
    files.extend(zip);
    Ok(files)
}

/// Checks a zip of `size` bytes without a look at its function.
fn check_zip(archive: &str, entries: &mut [Entry], size: u64, spec: &Lambda) -> FileFindings {
    let limits = Limits { total: UNZIPPED, ..Limits::default() };
    let mut findings = check_entries(archive, entries, size);
    findings.refused.extend(check_whole(archive, entries, &limits));
    // A declaration with a pattern that is none is refused when it is uploaded.
    let Some(Ok(rules)) = spec.folder().map(FolderRules::new) else { return findings };
    let sorting = sort(entries, &rules);
    findings.refused.extend(refusals(archive, &sorting, &rules));
    findings.refused.extend(not_taken_out(archive, &sorting));
    findings.warnings.extend(sorting.idle(archive, &rules));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::digest::Digest;

    fn image(platforms: &[&str]) -> Image {
        let platforms = platforms.iter().map(|name| {
            let (os, architecture) = name.split_once('/').unwrap();
            Platform { digest: Digest::of(name.as_bytes()), os: os.into(), architecture: architecture.into() }
        });
        Image {
            repository_uri: "shop/api".into(),
            digest: Digest::of(b"image"),
            tags: vec![],
            media_type: String::new(),
            platforms: platforms.collect(),
        }
    }

    #[test]
    fn of_an_index_the_function_s_platform_is_brought() {
        let both = image(&["windows/amd64", "linux/amd64", "linux/arm64"]);
        for (architecture, platform) in [("x86_64", "linux/amd64"), ("arm64", "linux/arm64")] {
            let digest = Digest::of(platform.as_bytes());
            assert_eq!(
                of_image(&both, architecture),
                Ok((
                    vec![both.digest.to_string(), digest.to_string()],
                    CodeSource::Image(format!("shop/api@sha256:{digest}"))
                ))
            );
        }
        assert_eq!(of_image(&image(&["linux/amd64"]), "arm64"), Err(vec!["linux/amd64".to_owned()]));
    }

    #[test]
    fn an_image_of_one_platform_is_brought_as_it_is() {
        let one = image(&[]);
        let (codes, source) = of_image(&one, "arm64").unwrap();
        assert_eq!(codes, [one.digest.to_string()]);
        assert!(matches!(source, CodeSource::Artifact(Artifact::Image { .. })));
    }
}
