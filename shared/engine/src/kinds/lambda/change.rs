//! The ports of a function whose alias Windlass moves, one change of it over them, and the permissions that its changes
//! need (Service Authorization Reference, AWS Lambda).

use super::state::{Change, CodeSource, code_sha256, description, description_of_kept};
use crate::config::Configured;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::{PrepareInput, codedeploy};
use crate::ports::{Code, LambdaApi, PutOptions, Result, S3Api};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// The largest zip that is sent inline: 50 MB (AWS Lambda Developer Guide, "Lambda quotas").
pub const INLINE: u64 = 50 << 20;

/// The largest zip that is restored from a version: a package may have 250 MB unzipped (same page).
const LARGEST: usize = 250 << 20;

/// The kind over its ports.
pub struct LambdaKind<P> {
    /// The ports at the deployer's own place, for artifacts.
    home: P,
    /// The ports at the function's place.
    pub(super) at: P,
    /// The code that was fetched before its change is sent.
    pub(super) fetched: RefCell<Option<(CodeSource, Code)>>,
}

impl<P> LambdaKind<P> {
    /// Builds it from the ports at the deployer's own place and at the function's.
    pub fn new(home: P, at: P) -> Self {
        Self { home, at, fetched: RefCell::default() }
    }
}

impl<P: LambdaApi + S3Api + Configured> LambdaKind<P> {
    pub(super) async fn make(
        &self,
        function: &str,
        change: &Change,
        deployment: &DeploymentId,
    ) -> Result<Option<String>> {
        match change {
            Change::Update { to, source, code_key, revision_id, live, .. } => {
                let keeping = (code_key.as_deref(), revision_id.as_str());
                let taken = self.update(function, to, source, keeping).await?;
                // If callers use it already, a refusal would mean that nothing was changed: the next look finds the
                // other code, and the undo brings back the former.
                if !live {
                    as_sent(to, taken)?;
                }
                Ok(None)
            }
            Change::Publish { code_sha256, keep, revision_id } => {
                let description = described(*keep, deployment);
                let version = self.publish(function, code_sha256, revision_id, &description).await?;
                Ok(Some(version))
            }
            Change::Shift { alias, to, revision_id, .. } => {
                let revision = revision_id;
                self.at.update_alias(function, alias, &to.version, &to.weights, revision).await?;
                Ok(None)
            }
        }
    }

    /// Returns the SHA-256 of the zip that Lambda says it took. `None` for an image, because Lambda returns no digest
    /// of it here.
    async fn update(
        &self,
        function: &str,
        to: &[String],
        source: &CodeSource,
        (code_key, revision_id): (Option<&str>, &str),
    ) -> Result<Option<String>> {
        let code = match self.take_fetched(source) {
            Some(code) => code,
            None => self.code(function, to, source).await?,
        };
        let is_image = matches!(code, Code::Image(_));
        let updated = self.at.update_code(function, code, code_key, revision_id).await?;
        Ok((!is_image).then_some(updated.code_sha256))
    }

    fn take_fetched(&self, wanted: &CodeSource) -> Option<Code> {
        let fetched = self.fetched.borrow_mut().take();
        fetched.filter(|(source, _)| source == wanted).map(|(_, code)| code)
    }

    /// Publishes a version and returns its number. If Lambda finds nothing new, it publishes nothing and answers the
    /// version before (AWS Lambda API Reference, PublishVersion). That one must do, because a lost answer is asked for
    /// again in this way. The fault is `Refused` if its configuration is not the function's.
    async fn publish(&self, function: &str, code_sha256: &str, revision_id: &str, description: &str) -> Result<String> {
        let latest = self.at.function(function, None).await?;
        let published = self.at.publish_version(function, code_sha256, revision_id, description).await?;
        let ours = published.description == description;
        if ours || published.configuration == latest.configuration {
            return Ok(published.version);
        }
        Err(Fault::new(
            FaultName::Refused,
            format!(
                "Lambda published nothing new but answered version {}, whose configuration is not the function's",
                published.version
            ),
        ))
    }

    pub(super) async fn code(&self, function: &str, to: &[String], source: &CodeSource) -> Result<Code> {
        match source {
            CodeSource::Image(uri) => Ok(Code::Image(uri.clone())),
            CodeSource::Artifact(image @ Artifact::Image { .. }) => Ok(Code::Image(image.to_string())),
            CodeSource::Artifact(Artifact::Object { key, version_id, sha256, bytes }) => {
                self.object(key, version_id, sha256, *bytes).await
            }
            CodeSource::Artifact(images @ Artifact::Images { .. }) => {
                Err(Fault::internal(format!("a function takes one image, and not {images}")))
            }
            CodeSource::Version(version) => self.version(function, version, to).await,
        }
    }

    async fn object(&self, key: &str, version_id: &str, sha256: &Digest, bytes: u64) -> Result<Code> {
        if bytes > INLINE {
            let bucket = self.home.config().artifacts_bucket.clone();
            return Ok(Code::Object { bucket, key: key.to_owned(), version_id: version_id.to_owned() });
        }
        let object = self.home.artifact(key, Some(version_id));
        let zip = self.home.get(&object, INLINE).await?;
        if Digest::of(&zip) == *sha256 {
            Ok(Code::Zip(zip))
        } else {
            Err(other_bytes(&format!("the object {key} changed")))
        }
    }

    /// Returns the code of a published version of the same function. The fault is `Refused` if the bytes are not the
    /// wanted ones.
    async fn version(&self, function: &str, version: &str, to: &[String]) -> Result<Code> {
        let location = self.at.function(function, Some(version)).await?.code_location.ok_or_else(|| {
            Fault::new(FaultName::NotFound, format!("Lambda shows no location of the code of version {version}"))
        })?;
        let zip = self.at.download(&location).await?;
        let digest = Digest::of(&zip);
        if !to.contains(&code_sha256(&digest)) {
            return Err(other_bytes(&format!("version {version} was downloaded")));
        }
        if zip.len() as u64 <= INLINE {
            return Ok(Code::Zip(zip));
        }
        self.by_bucket(function, &digest, zip).await
    }

    async fn by_bucket(&self, function: &str, digest: &Digest, zip: Bytes) -> Result<Code> {
        if zip.len() > LARGEST {
            return Err(Fault::new(FaultName::Refused, "the former code is larger than Lambda's limit"));
        }
        let bucket = self.home.config().artifacts_bucket.clone();
        let key = format!("windlass/restore/{function}/{digest}.zip");
        let options = PutOptions::default();
        let written = self.home.put(&bucket, &key, zip, &options).await?;
        let version_id = written
            .version_id
            .ok_or_else(|| Fault::new(FaultName::Refused, format!("the bucket {bucket} keeps no versions")))?;
        Ok(Code::Object { bucket, key, version_id })
    }
}

fn described(keep: bool, deployment: &DeploymentId) -> String {
    if keep { description_of_kept(deployment) } else { description(deployment) }
}

/// Returns the fault `Refused` if Lambda took other bytes than those that were sent.
fn as_sent(to: &[String], taken: Option<String>) -> Result<()> {
    match taken {
        Some(taken) if !to.contains(&taken) => Err(other_bytes(&format!("Lambda took code with the SHA-256 {taken}"))),
        _ => Ok(()),
    }
}

fn other_bytes(what: &str) -> Fault {
    Fault::new(FaultName::Refused, format!("{what}: these are not the bytes that were pinned"))
}

/// The calls of a release; see [`crate::kinds::needs`].
pub async fn needs(
    there: &impl LambdaApi,
    _: &PrepareInput<'_>,
    _: &DeployerRole<'_>,
    spec: &Lambda,
) -> Result<Vec<Needed>> {
    let function = there.function(&spec.function, None).await?;
    let tags = there.function_tags(&function.arn).await?;
    Ok(of(spec, &function.arn, &tags))
}

/// Pure: returns these calls. If CodeDeploy moves the alias, Windlass moves it as well, on the way back (decision
/// 0450).
fn of(spec: &Lambda, arn: &str, tags: &BTreeMap<String, String>) -> Vec<Needed> {
    let mut actions = vec!["lambda:UpdateFunctionCode", "lambda:PublishVersion"];
    if spec.alias.is_some() {
        actions.push("lambda:UpdateAlias");
    }
    let mut needs = vec![Needed::on("function", arn.to_owned(), &actions).tagged(tags)];
    let group = spec.codedeploy.iter();
    needs.extend(group.flat_map(|group| codedeploy::needs(group, arn)));
    needs
}
