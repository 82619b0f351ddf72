//! What came of an upload in the first seconds: refused, or a deployment.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::preflight::Plan;
use crate::sight::{Sight, of_version};
use crate::start::Looking;
use crate::upload;
use crate::windlass::Windlass;
use serde_json::{Value, json};
use windlass_domain::key::FINDINGS_SUFFIX;
use windlass_engine::beside::Beside;

/// The most that is read of what lies beside an upload, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// An uploaded manifest.
pub struct HandedIn<'a> {
    /// What was released.
    pub plan: Plan<'a>,
    /// What was seen before.
    pub sight: &'a Sight,
    /// The artifacts bucket.
    pub bucket: &'a str,
    /// The manifest's key there.
    pub key: &'a str,
    /// Its version, where the bucket tells one.
    pub version_id: Option<String>,
    /// The API, where it can be asked.
    pub windlass: Option<&'a Windlass>,
    /// What `--json` prints.
    pub report: Value,
}

impl HandedIn<'_> {
    /// Looks for a refusal, and for the deployment that it becomes.
    ///
    /// # Errors
    /// The findings, where it was refused.
    pub async fn look(mut self, looking: &Looking, output: Output) -> Result<Exit, Failure> {
        let (app, version) = (self.plan.app, &self.plan.manifest.version);
        let (bucket, key) = (self.bucket, self.key);
        output.announce(&format!(
            "{app} {version} is handed in: s3://{bucket}/{key}"
        ));
        let waiting = looking.begin();
        let (mut unseen, mut became) = (None, Ok(None));
        while looking.look.as_ms() > 0 {
            match self.refused().await {
                Ok(None) => unseen = None,
                Ok(Some(refusal)) => return Err(refusal),
                Err(failure) => unseen = Some(failure.message),
            }
            became = self.became().await;
            if let (Some(windlass), Ok(Some(id))) = (self.windlass, &became) {
                self.report["id"] = json!(id);
                return looking
                    .follow(windlass, app, id, &self.report, output)
                    .await;
            }
            if !waiting.goes_on().await {
                break;
            }
        }
        let looked = match (looking.look.as_ms(), unseen) {
            (0, _) => "whether it was taken was not looked at".to_owned(),
            (_, Some(why)) => format!("whether it was taken could not be seen: {why}"),
            (_, None) => format!("no findings lay beside it within {}", looking.look),
        };
        let looked = match became {
            _ if looking.look.as_ms() == 0 => looked,
            Ok(_) => format!("{looked}, and no deployment of it was seen yet"),
            Err(why) => format!("{looked}; its deployment was not looked at: {why}"),
        };
        let here = self.sight.here.as_ref();
        let watch = match here.map(|here| &here.environment) {
            Some(environment) => format!("`windlass watch {app} {environment} {version}`"),
            None => "The history of the environment that its Git ref chooses".to_owned(),
        };
        let words = format!("handed in; {looked}. {watch} tells how it ends");
        output.result(&self.report, &words);
        Ok(Exit::Good)
    }

    /// The findings beside this version of the upload.
    async fn refused(&self) -> Result<Option<Failure>, Failure> {
        let key = format!("{}{FINDINGS_SUFFIX}", self.key);
        let Some(bytes) = upload::read(self.bucket, &key, LARGEST).await? else {
            return Ok(None);
        };
        let lies = serde_json::from_slice::<Beside>(&bytes).ok();
        let about_it = lies
            .filter(|lies| lies.is_about(self.version_id.as_deref()) && !lies.findings.is_empty());
        Ok(about_it.map(|lies| {
            let message = format!(
                "it was handed in and rejected, see s3://{}/{key}:",
                self.bucket
            );
            Failure::rejected(message, lies.findings)
        }))
    }

    /// The deployment that was not there before; why that was not looked at, where it was not.
    async fn became(&self) -> Result<Option<String>, String> {
        let Some(windlass) = self.windlass else {
            let unseen = self
                .sight
                .unseen
                .iter()
                .find(|unseen| unseen.starts_with("the API"));
            return Err(unseen
                .cloned()
                .unwrap_or_else(|| "no `--endpoint` is named".to_owned()));
        };
        let here = self.sight.here.as_ref();
        let here = here.ok_or("the environment that it goes to is not known here")?;
        let known = of_version(self.plan, windlass, &here.environment).await;
        let mut fresh = known.map_err(|failure| failure.message)?.into_iter();
        let fresh = fresh.find(|one| !self.sight.before.contains(&one.id));
        Ok(fresh.map(|fresh| fresh.id))
    }
}
