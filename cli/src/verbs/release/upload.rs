//! Sending artifacts to the artifacts bucket: several at a time, each verified by its SHA-256. A CI job that shows a
//! token has no right of S3, and sends them to addresses that Windlass signs.

use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::ground::trouble::next_for_credentials;
use crate::talk::installation_source::InstallationPlace;
use crate::talk::windlass::{RouteName, Windlass, read as answered};
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::time::Duration;
use windlass_aws::{Aws, put_signed};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::key::PLANS;
use windlass_domain::release::uploads::{WantedUpload, WantedUploads};
use windlass_domain::shown::api::{SignedUpload, SignedUploads};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::ports::{ObjectId, PutOptions, S3Api};

/// The number of artifacts that are sent at the same time: one connection seldom fills a line, and each artifact under
/// way is in memory.
const AT_A_TIME: usize = 4;

/// The advice where there is no such bucket.
const NAMED: &str =
    "Give `--bucket`, or set WINDLASS_BUCKET, to the output `ArtifactsBucket` of the installation's stack";

/// The advice where S3 does not answer.
const UNREACHED: &str = "Check the network and AWS_REGION, and AWS_ENDPOINT_URL if it is set";

/// The advice where S3 does not let the caller write.
const WRITES: &str = "`s3:PutObject` on `artifacts/<app>/<environment>/*` of the bucket is needed, on `releases/<app>/<environment>/*` with `--upload`, on `plans/<app>/*` for `plan`, and on `apps/<app>/app.yaml` for `declare`";

/// Turns a fault of S3 into a failure, with the next step.
fn of_s3(fault: Fault, bucket: &InstallationPlace, is_written: bool) -> Failure {
    // Where something is put, only the bucket can be missing.
    let is_no_bucket = fault.fact == Some(Fact::NoBucket) || (is_written && fault.name == FaultName::NotFound);
    let next = match fault.name {
        _ if is_no_bucket => Some(NAMED),
        FaultName::Unavailable => Some(UNREACHED),
        FaultName::AccessDenied if is_written => Some(WRITES),
        _ => None,
    };
    let next = next_for_credentials(fault.fact.as_ref()).or(next);
    let mut failure = Failure::from(fault);
    if is_no_bucket {
        let (name, from) = (&bucket.value, &bucket.from);
        failure = failure.with_next(&format!("The bucket's name, `{name}`, is from {from}"));
    }
    next.into_iter().fold(failure, Failure::with_next)
}

/// An artifact with its bytes, such as one to be sent.
#[derive(Debug, Clone)]
pub struct LoadedArtifact {
    /// The component it is for.
    pub component: ComponentName,
    /// The words of the command: the component with the path.
    pub given: String,
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// Their SHA-256, which S3 checks on arrival.
    pub sha256: Digest,
}

/// An artifact that is in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentArtifact {
    /// The component it is for.
    pub component: ComponentName,
    /// Its key.
    pub key: String,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its version.
    pub version_id: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// True if it had to be sent; otherwise the same bytes were there already.
    pub sent: bool,
}

/// Sends the artifacts that are not there yet.
///
/// # Errors
/// The first failure. What was sent by then stays, and is not sent again the next time.
pub async fn all(
    bucket: &InstallationPlace,
    artifacts: Vec<LoadedArtifact>,
    progress: &UploadProgress,
) -> Result<Vec<SentArtifact>, Failure> {
    let aws = &Aws::for_people(bucket.region.as_deref()).await?;
    progress.expect(&artifacts);
    each(artifacts.into_iter().map(|artifact| one(aws, bucket, artifact)), progress).await
}

/// Awaits what is being sent, several at a time.
async fn each<S: Future<Output = Result<SentArtifact, Failure>>>(
    sending: impl Iterator<Item = S>,
    progress: &UploadProgress,
) -> Result<Vec<SentArtifact>, Failure> {
    let noted = |one: S| async move {
        let sent = one.await?;
        progress.arrived(&sent);
        Ok::<_, Failure>(sent)
    };
    let sent = stream::iter(sending.map(noted)).buffered(AT_A_TIME).try_collect().await;
    progress.end();
    sent
}

/// Sends the artifacts to addresses that Windlass signs for an environment.
///
/// # Errors
/// The first failure. What was sent by then stays.
pub async fn to_signed(
    windlass: &Windlass,
    of: EnvironmentId<'_>,
    artifacts: Vec<LoadedArtifact>,
    progress: &UploadProgress,
) -> Result<Vec<SentArtifact>, Failure> {
    let wanted = artifacts.iter().map(|artifact| WantedUpload {
        component: artifact.component.clone(),
        sha256: artifact.sha256.clone(),
        bytes: artifact.bytes.len() as u64,
        ending: "zip".to_owned(),
    });
    // Where the command places them says what they are for; Windlass names the keys.
    let plan = artifacts.iter().any(|artifact| artifact.key.starts_with(PLANS));
    let wanted = serde_json::to_value(WantedUploads { artifacts: wanted.collect(), plan });
    let wanted = wanted.map_err(|error| Failure::broken(format!("the uploads cannot be written: {error}")))?;
    let names = [of.app().as_str(), of.environment().as_str()];
    let SignedUploads { uploads, .. } = answered(&windlass.send(RouteName::Uploads, &names, &wanted).await?)?;
    if uploads.len() != artifacts.len() {
        return Err(Failure::not_understood("the answer", "it signs another number of uploads than was asked for"));
    }
    progress.expect(&artifacts);
    each(artifacts.into_iter().zip(uploads).map(|(artifact, signed)| put_one(artifact, signed)), progress).await
}

async fn put_one(artifact: LoadedArtifact, signed: SignedUpload) -> Result<SentArtifact, Failure> {
    let bytes = artifact.bytes.len() as u64;
    // The same bytes at the same key are the same artifact, so that it may be sent once more.
    let put = || put_signed(&signed.url, &signed.headers, artifact.bytes.clone());
    let mut written = put().await;
    if written.as_ref().is_err_and(|fault| fault.name.is_transient()) {
        written = put().await;
    }
    written?;
    Ok(SentArtifact {
        component: artifact.component,
        key: signed.key,
        sha256: artifact.sha256,
        version_id: None,
        bytes,
        sent: true,
    })
}

async fn one(aws: &Aws, bucket: &InstallationPlace, artifact: LoadedArtifact) -> Result<SentArtifact, Failure> {
    let object = ObjectId { bucket: bucket.value.clone(), key: artifact.key.clone(), version_id: None };
    let bytes = artifact.bytes.len() as u64;
    let there = match aws.head(&object).await {
        // A caller that may put and not get sends what may be there already: the same bytes are the same artifact.
        Err(fault) if fault.name == FaultName::AccessDenied => None,
        there => there.map_err(|fault| of_s3(fault, bucket, false))?,
    };
    let same = there.filter(|head| head.sha256.as_ref() == Some(&artifact.sha256));
    let (version_id, sent) = match same {
        Some(head) => (head.version_id, false),
        None => (put(aws, bucket, &object.key, artifact.bytes, "application/zip").await?, true),
    };
    Ok(SentArtifact {
        component: artifact.component,
        key: artifact.key,
        sha256: artifact.sha256,
        version_id,
        bytes,
        sent,
    })
}

/// Writes the manifest, after all that it names. Returns its version.
///
/// # Errors
/// If S3 did not take it.
pub async fn manifest(bucket: &InstallationPlace, key: &str, bytes: Bytes) -> Result<Option<String>, Failure> {
    let aws = Aws::for_people(bucket.region.as_deref()).await?;
    put(&aws, bucket, key, bytes, "application/json").await
}

/// Writes a declaration to its place. Returns its version.
///
/// # Errors
/// If S3 did not take it.
pub async fn declaration(bucket: &InstallationPlace, key: &str, bytes: Bytes) -> Result<Option<String>, Failure> {
    let aws = Aws::for_people(bucket.region.as_deref()).await?;
    put(&aws, bucket, key, bytes, "application/yaml").await
}

/// Reads the bytes under a key; `None` where there are none.
///
/// # Errors
/// If it cannot be read.
pub async fn read(bucket: &InstallationPlace, key: &str, largest: u64) -> Result<Option<Bytes>, Failure> {
    read_version(bucket, key, None, largest).await
}

/// Reads the bytes of a version of an object, of the newest if none is named; `None` where there are none.
///
/// # Errors
/// If it cannot be read.
pub async fn read_version(
    bucket: &InstallationPlace,
    key: &str,
    version_id: Option<&str>,
    largest: u64,
) -> Result<Option<Bytes>, Failure> {
    let object =
        ObjectId { bucket: bucket.value.clone(), key: key.to_owned(), version_id: version_id.map(str::to_owned) };
    let aws = Aws::for_people(bucket.region.as_deref()).await?;
    match aws.get(&object, largest).await {
        Ok(bytes) => Ok(Some(bytes)),
        // S3 says both of a bucket and of a key that they are not there.
        Err(fault) if fault.fact == Some(Fact::NoBucket) => Err(of_s3(fault, bucket, false)),
        Err(fault) if fault.name == FaultName::NotFound => Ok(None),
        Err(fault) => Err(of_s3(fault, bucket, false)),
    }
}

async fn put(
    aws: &Aws,
    bucket: &InstallationPlace,
    key: &str,
    bytes: Bytes,
    content_type: &str,
) -> Result<Option<String>, Failure> {
    let options = PutOptions { content_type: Some(content_type.to_owned()), ..PutOptions::default() };
    let written = aws.put(&bucket.value, key, bytes, &options).await.map_err(|fault| of_s3(fault, bucket, true))?;
    Ok(written.version_id)
}

/// The progress of the sending: a bar where a person watches, nothing elsewhere.
pub struct UploadProgress {
    bar: ProgressBar,
}

impl UploadProgress {
    /// Draws on standard error, and not at all where that is no terminal, or where one document is printed.
    pub fn of(output: VerbOutput) -> Self {
        if output.is_json() {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new(0);
        let style = "{spinner} {bar:30} {bytes}/{total_bytes} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar }
    }

    fn expect(&self, artifacts: &[LoadedArtifact]) {
        self.bar.set_length(artifacts.iter().map(|artifact| artifact.bytes.len() as u64).sum());
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn arrived(&self, sent: &SentArtifact) {
        self.bar.inc(sent.bytes);
        self.bar.set_message(sent.component.to_string());
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the fate of an artifact, for a person.
pub fn in_words(sent: &SentArtifact) -> String {
    let verb = if sent.sent { "uploaded" } else { "there already" };
    format!("{}: {verb}, {}, sha256 {}", sent.component, HumanBytes(sent.bytes), sent.sha256.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_s3_has_its_next_step_by_the_fact_and_not_by_the_words() {
        let bucket = InstallationPlace { value: "b".into(), from: "here".into(), region: None };
        let nonsense = "NoSuchBucket: AWS answered AccessDenied: the security token has expired";
        for (name, fact, is_written, next) in [
            (FaultName::NotFound, Some(Fact::NoBucket), false, Some(NAMED)),
            (FaultName::NotFound, None, true, Some(NAMED)),
            (FaultName::NotFound, None, false, None),
            (FaultName::AccessDenied, None, true, Some(WRITES)),
            (FaultName::AccessDenied, None, false, None),
            (FaultName::AccessDenied, Some(Fact::ExpiredCredentials), true, Some("Sign in again")),
            (FaultName::Unavailable, None, true, Some(UNREACHED)),
            (FaultName::Refused, None, true, None),
        ] {
            for said in [nonsense, "x"] {
                let failure = of_s3(Fault::new(name, said).with_fact(fact.clone()), &bucket, is_written);
                let added = failure.message.strip_prefix(said).unwrap();
                assert!(added.contains(next.unwrap_or_default()), "{name} {fact:?}: {added}");
                assert_eq!(added.is_empty(), next.is_none(), "{name} {fact:?}: {added}");
            }
        }
    }
}
