//! The outcome of an upload in the first seconds: a refusal, or a deployment.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::interrupt;
use crate::ground::output::VerbOutput;
use crate::talk::installation_source::InstallationPlace;
use crate::talk::windlass::Windlass;
use crate::verbs::release::lookup::{ReleaseLookup, of_version};
use crate::verbs::release::preflight::ReleasePlan;
use crate::verbs::release::upload;
use crate::verbs::start::{BegunDeployment, Looking};
use crate::view::record;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::document::git::Git;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::key::FINDINGS_SUFFIX;
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::text::name::ComponentName;
use windlass_engine::upload_findings::UploadFindings;

/// The largest object beside an upload that is read, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// An uploaded manifest.
pub struct UploadOutcome<'a> {
    /// The release.
    pub plan: ReleasePlan<'a>,
    /// The look at it before the upload.
    pub sight: &'a ReleaseLookup,
    /// The artifacts bucket.
    pub bucket: &'a InstallationPlace,
    /// The manifest's key there.
    pub key: &'a str,
    /// Its version, where the bucket names one.
    pub version_id: Option<String>,
    /// The API, where it can be asked.
    pub windlass: Option<&'a Windlass>,
    /// The JSON that `--json` prints.
    pub report: Value,
}

impl UploadOutcome<'_> {
    /// Looks for a refusal, and for the deployment that the upload becomes.
    ///
    /// # Errors
    /// The findings, if it was refused.
    pub async fn look(mut self, looking: &Looking, output: VerbOutput) -> Result<Exit, Failure> {
        let (app, version) = (self.plan.app, &self.plan.manifest.version);
        let (bucket, key) = (self.bucket, self.key);
        output.announce(&format!("{app} {version} is handed in: s3://{}/{key}", bucket.value));
        let waiting = looking.begin();
        let watch = self.watch();
        interrupt::says(format!("interrupted; it is handed in, and goes on. {watch} shows how it ends"));
        waiting.pulse.waits_for("it is handed in; it is looked whether it is taken".to_owned());
        let (mut unseen, mut became) = (None, Ok(UploadEnd::Nothing));
        while looking.look.as_ms() > 0 {
            match self.refused().await {
                Ok(None) => unseen = None,
                Ok(Some(refusal)) => return Err(refusal),
                Err(failure) => unseen = Some(failure.message),
            }
            became = self.became().await;
            if let (Some(windlass), Ok(UploadEnd::Fresh(id))) = (self.windlass, &became) {
                self.report["id"] = json!(id);
                let begun = BegunDeployment { id, answer: &self.report, joins: false };
                return looking.follow(windlass, app, begun, output).await;
            }
            if !waiting.goes_on().await {
                break;
            }
        }
        // A refusal or a deployment of its own would have come by now.
        if let (Some(windlass), Ok(UploadEnd::Joined(id)), None) = (self.windlass, &became, &unseen) {
            self.report["id"] = json!(id);
            let begun = BegunDeployment { id, answer: &self.report, joins: true };
            return looking.follow(windlass, app, begun, output).await;
        }
        let looked = match (looking.look.as_ms(), unseen) {
            (0, _) => "whether it was taken was not looked at".to_owned(),
            (_, Some(why)) => format!("whether it was taken could not be seen: {why}"),
            (_, None) => format!("no findings lay beside it within {}", looking.look),
        };
        let looked = match became {
            _ if looking.look.as_ms() == 0 => looked,
            Ok(UploadEnd::Joined(id)) => {
                format!("{looked}; deployment {id} has the same release and was under way before")
            }
            Ok(_) => format!("{looked}, and no deployment of it was seen yet"),
            Err(why) => format!("{looked}; its deployment was not looked at: {why}"),
        };
        let words = format!("handed in; {looked}. {watch} shows how it ends");
        self.report["stands"] = json!(looked);
        output.result(&self.report, &words);
        Ok(Exit::Good)
    }

    /// Returns the command that shows how it ends.
    fn watch(&self) -> String {
        let (app, version) = (self.plan.app, &self.plan.manifest.version);
        let here = self.sight.here.as_ref();
        match here.map(|here| &here.environment) {
            Some(environment) => format!("`windlass watch {app} {environment} {version}`"),
            None => "The history of the environment that its Git ref chooses".to_owned(),
        }
    }

    /// Returns the findings beside this version of the upload.
    async fn refused(&self) -> Result<Option<Failure>, Failure> {
        let key = format!("{}{FINDINGS_SUFFIX}", self.key);
        let Some(bytes) = upload::read(self.bucket, &key, LARGEST).await? else { return Ok(None) };
        let lies = serde_json::from_slice::<UploadFindings>(&bytes).ok();
        let about_it = lies.filter(|lies| lies.is_about(self.version_id.as_deref()) && !lies.findings.is_empty());
        Ok(about_it.map(|lies| {
            let message = format!("it was handed in and rejected, see s3://{}/{key}:", self.bucket.value);
            let (app, version) = (self.plan.app, &self.plan.manifest.version);
            let here = self.sight.here.as_ref().map_or_else(String::new, |here| format!(" {}", here.environment));
            Failure::rejected(message, lies.findings).asked_for(format!("{app}{here} {version}"))
        }))
    }

    /// Returns the deployment that it has become, or the reason why that was not looked at.
    async fn became(&self) -> Result<UploadEnd, String> {
        let Some(windlass) = self.windlass else {
            let why = self.sight.without_api.clone();
            return Err(why.unwrap_or_else(|| "no `--endpoint` is named".to_owned()));
        };
        let here = self.sight.here.as_ref();
        let here = here.ok_or("the environment that it goes to is not known here")?;
        let known = of_version(self.plan, windlass, &here.environment).await.map_err(|failure| failure.message)?;
        let fresh = known.iter().find(|one| !self.sight.is_before(one.id.as_str()));
        if let Some(fresh) = fresh {
            return Ok(UploadEnd::Fresh(fresh.id.0.clone()));
        }
        for one in self.sight.before.iter().filter(|one| one.status != Status::Ended) {
            let record = record::of_deployment(windlass, self.plan.app, one.id.as_str()).await;
            let record = record.map_err(|failure| failure.message)?;
            if record.is_some_and(|record| is_it(&record.deployment, self.plan.manifest)) {
                return Ok(UploadEnd::Joined(one.id.0.clone()));
            }
        }
        Ok(UploadEnd::Nothing)
    }
}

/// The outcome of an upload.
#[derive(Debug, PartialEq, Eq)]
enum UploadEnd {
    /// A deployment that was not there before.
    Fresh(String),
    /// The deployment of the same release that was under way before. While that one waits or runs, an equal arrival
    /// joins it.
    Joined(String),
    /// Nothing that can be seen.
    Nothing,
}

/// Returns whether an arrival of this manifest joins a deployment while that waits or runs. The deployment must be of
/// an arrival itself, and of the same version, commit and components. A manifest does not name the digests of images:
/// they are the same under the same version, or the manifest is refused.
fn is_it(record: &Deployment, manifest: &Manifest) -> bool {
    let release = &record.release;
    let commit = |git: &Option<Git>| git.as_ref().and_then(|git| git.commit.clone());
    let has = |(name, named): (&ComponentName, &ArtifactRef)| {
        let brought = release.components.get(name);
        brought.is_some_and(|brought| {
            let digest = named.sha256.as_ref();
            let containers = |artifact: &Artifact| {
                let all = artifact.containers();
                all.map(|all| all.keys().cloned().collect::<BTreeSet<String>>())
            };
            let named = named.images.as_ref().map(|all| all.keys().cloned().collect());
            digest.is_none_or(|digest| *digest == brought.digest())
                && (named.is_none() || containers(brought).is_none() || named == containers(brought))
        })
    };
    record.action == ActionName::Deploy
        && record.keyed.is_none()
        && !release.image_push
        && release.version == manifest.version
        && commit(&release.git) == commit(&manifest.git)
        && release.components.len() == manifest.components.len()
        && manifest.components.iter().all(has)
}
