//! Writes the findings on an upload beside it as `<key>.findings.json`, where its author looks.

// Findings lie beside the upload, because who uploads by `aws s3 cp` has no other place to look. A later good upload
// overwrites them with an empty list that names it. A deletion would need one more right, and leave a reader without
// an answer to which upload that was.

use crate::config::Configured;
use crate::ports::{ObjectHead, PutOptions, Replaces, Result, S3Api};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::key::FINDINGS_SUFFIX;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::release::way_in::WayIn;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;

/// The most that is read of an object beside an upload, in bytes. The notes that Windlass writes are smaller.
const LARGEST: u64 = 2 * 1024 * 1024;

/// The ports that notes beside uploads need.
pub trait Ports: S3Api + Configured {}
impl<P: S3Api + Configured> Ports for P {}

/// The note beside an upload. It names the version of the upload and the deployment that it is about, so that a late
/// note is not mistaken for the present one.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadFindings {
    /// The version of the upload.
    pub version_id: Option<String>,
    /// The deployment; null if the upload did not become one.
    pub deployment: Option<DeploymentId>,
    /// Everything that is wrong, each with the page that explains it. Empty if the upload is in force, or was taken
    /// after all.
    #[serde(serialize_with = "with_pages", deserialize_with = "from_data")]
    pub findings: Vec<Finding>,
    /// The warnings about an upload that is in force. They stop nothing.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "with_pages",
        deserialize_with = "from_data"
    )]
    pub warnings: Vec<Finding>,
}

/// A finding as its author reads it, with the page that explains it. It is written in words, with its steps beside them
/// as the API has them.
#[derive(Serialize, Deserialize)]
struct Explained<F> {
    #[serde(flatten)]
    finding: F,
    #[serde(default)]
    page: String,
    /// The finding with its steps as values; absent if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Finding>,
}

fn with_pages<S: Serializer>(findings: &[Finding], to: S) -> Result<S::Ok, S::Error> {
    let explained = |finding: &Finding| -> serde_json::Result<Explained<Value>> {
        let mut words = serde_json::to_value(finding)?;
        WayIn::Console.answer(&mut words);
        let data = finding.steps().next().map(|_| finding.clone());
        Ok(Explained { finding: words, page: finding.name.page(), data })
    };
    let explained: serde_json::Result<Vec<_>> = findings.iter().map(explained).collect();
    to.collect_seq(explained.map_err(S::Error::custom)?)
}

fn from_data<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Finding>, D::Error> {
    let listed = Vec::<Explained<Finding>>::deserialize(from)?;
    Ok(listed.into_iter().map(|one| one.data.unwrap_or(one.finding)).collect())
}

impl UploadFindings {
    fn of(upload: &ObjectRef, deployment: Option<&DeploymentId>, findings: &[Finding]) -> Self {
        Self {
            version_id: upload.version_id.clone(),
            deployment: deployment.cloned(),
            findings: findings.to_vec(),
            warnings: Vec::new(),
        }
    }

    /// Returns whether the note is about this version of the upload. Events of some clouds name no version; a note that
    /// was written for such an event counts as being about the present version.
    pub fn is_about(&self, version_id: Option<&str>) -> bool {
        self.version_id.is_none() || self.version_id.as_deref() == version_id
    }
}

/// Reads the note beside an upload. `None` if nothing lies there, or something that Windlass did not write.
pub async fn read(ports: &impl Ports, key: &str) -> Result<Option<UploadFindings>> {
    Ok(lying(ports, key).await?.and_then(|(_, lies)| lies))
}

type Lying = Option<(ObjectHead, Option<UploadFindings>)>;

/// The object beside an upload, and what it says if it is ours.
async fn lying(ports: &impl Ports, key: &str) -> Result<Lying> {
    let mut place = ports.artifact(&beside(key), None);
    let Some(head) = ports.head(&place).await? else { return Ok(None) };
    place.version_id.clone_from(&head.version_id);
    let lies = if head.bytes <= LARGEST {
        let lies = S3Api::get(ports, &place, LARGEST).await?;
        serde_json::from_slice(&lies).ok()
    } else {
        None
    };
    Ok(Some((head, lies)))
}

/// Writes the findings on an upload; an empty list says that nothing is wrong with it.
pub async fn write(ports: &impl Ports, upload: &ObjectRef, findings: &[Finding]) -> Result<()> {
    put(ports, upload, &UploadFindings::of(upload, None, findings), Replaces::Anything).await
}

/// Writes that an upload is in force, and the warnings about it.
pub async fn write_in_force(ports: &impl Ports, upload: &ObjectRef, warnings: Vec<Finding>) -> Result<()> {
    let note = UploadFindings { warnings, ..UploadFindings::of(upload, None, &[]) };
    put(ports, upload, &note, Replaces::Anything).await
}

/// Writes the findings on an upload that is looked at more than once, where they do not lie there already. That nothing
/// is wrong with it is written where something else was.
pub async fn write_if_new(ports: &impl Ports, upload: &ObjectRef, findings: &[Finding]) -> Result<()> {
    let lies = read(ports, &upload.key).await?;
    let version = upload.version_id.as_deref();
    let known = lies.filter(|lies| lies.is_about(version) || findings.is_empty());
    let known = known.map(|lies| lies.findings).unwrap_or_default();
    if known == findings {
        return Ok(());
    }
    write(ports, upload, findings).await
}

/// Writes beside its upload why a deployment was rejected. A note that cannot be written does not
/// stop the ending that it is about.
pub async fn write_rejection(ports: &impl Ports, record: &Deployment) -> Result<()> {
    let (Some(upload), Some(ended)) = (&record.upload, &record.ending) else { return Ok(()) };
    if ended.ending != Ending::Rejected || ended.findings.is_empty() {
        return Ok(());
    }
    let note = UploadFindings::of(upload, Some(&record.id), &ended.findings);
    match put(ports, upload, &note, Replaces::Anything).await {
        Err(fault) if !fault.name.is_transient() => {
            tracing::warn!(%fault, "the findings could not be written beside the upload");
            Ok(())
        }
        written => written,
    }
}

/// Writes beside an upload that became this deployment that nothing is wrong with it, where findings
/// lie there that are not about it: of a former version, or of a former attempt.
pub async fn clear(ports: &impl Ports, upload: Option<&ObjectRef>, id: &DeploymentId) -> Result<()> {
    let Some(upload) = upload else { return Ok(()) };
    let Some((head, lies)) = lying(ports, &upload.key).await? else { return Ok(()) };
    let present = UploadFindings::of(upload, Some(id), &[]);
    let is_about_it =
        |lies: UploadFindings| lies.version_id == present.version_id && lies.deployment == present.deployment;
    if lies.is_some_and(is_about_it) {
        return Ok(());
    }
    match put(ports, upload, &present, Replaces::ETag(head.etag)).await {
        // Somebody else wrote meanwhile, and knew more.
        Err(fault) if fault.name == FaultName::Conflict => Ok(()),
        written => written,
    }
}

fn beside(key: &str) -> String {
    format!("{key}{FINDINGS_SUFFIX}")
}

async fn put(ports: &impl Ports, upload: &ObjectRef, note: &UploadFindings, replaces: Replaces) -> Result<()> {
    let text =
        serde_json::to_vec(note).map_err(|error| Fault::internal(format!("findings cannot be written: {error}")))?;
    let options = PutOptions { content_type: Some("application/json".into()), replaces, ..PutOptions::default() };
    let bucket = &ports.config().artifacts_bucket;
    ports.put(bucket, &beside(&upload.key), text.into(), &options).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::prose;
    use windlass_domain::text::next_step::NextStep;

    #[test]
    fn a_note_has_words_for_its_author_with_the_steps_beside_them_and_is_read_as_it_was_made() {
        let step = NextStep::run("aws s3 ls");
        let finding = Finding::bad_value("version", "It is none.", prose!("Look: {}.", step.clone()));
        let note = UploadFindings { version_id: None, deployment: None, findings: vec![finding], warnings: Vec::new() };
        let written = serde_json::to_value(&note).unwrap();
        let words = &written["findings"][0];
        assert_eq!((&words["remedy"], &words["next_steps"]), (&json!("Look: `aws s3 ls`."), &json!([step])));
        assert_eq!(serde_json::from_value::<UploadFindings>(written).unwrap(), note);
    }
}
