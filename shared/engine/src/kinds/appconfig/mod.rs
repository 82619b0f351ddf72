//! The kind `appconfig`: the version of a hosted configuration, such as feature flags, that is deployed in an
//! environment of AWS AppConfig.
//!
//! AppConfig itself grows a deployment by its strategy, and rolls it back if an alarm of the environment rings.
//! Windlass observes and reports that. In an environment AppConfig makes one deployment at a time, over all profiles,
//! and counts them: each change is sent upon a number. Only AppConfig keeps a version's content. A version's label,
//! which is made of the content's SHA-256, shows which content it has.

mod document;
mod find;
mod next;
mod prepare;
mod state;
mod wording;

use super::{ChangeFacts, Class, Kind, Next, Noticed, Trail, View, Writes, check_took};
use crate::config::Configured;
use crate::kinds::LookContext;
use crate::kinds::appconfig::state::stopped_by;
use crate::ports::{
    AppConfigApi, AssumeRole, Clock, ConfigurationRollout, NewRollout, NewVersion, Result, RolloutDetail, S3Api,
};
pub use document::check_artifact;
pub use find::needs;
pub use prepare::prepare;
use serde_json::json;
use state::stop_of;
pub use state::{Change, Configuration, Goal, LabeledVersion, PinnedDocument, Seen, Target, label};
use std::cell::Cell;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// Returns the words of AppConfig that this kind decides by, by the type that has them in the API. Any other word is
/// unknown.
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![("DeploymentState", state::STATES.to_vec())]
}

/// Returns that nothing writes log lines; see [`crate::kinds::writes()`].
#[allow(clippy::unnecessary_wraps, reason = "of other kinds it can fail")]
pub fn writes(_: &Step) -> Result<Writes> {
    Ok(Writes::Nothing("a configuration is read, and runs nothing"))
}

/// The kind, over ports.
#[derive(Debug)]
pub struct Appconfig<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    home: P,
    /// The ports at the target's place.
    at: P,
    deployment: DeploymentId,
    /// The last version whose content was compared with the document's, and true if it is another content. A version
    /// never changes.
    compared: Cell<Option<(u32, bool)>>,
}

impl<P> Appconfig<P> {
    /// The kind for one deployment.
    pub fn new(home: P, at: P, deployment: DeploymentId) -> Self {
        Self { home, at, deployment, compared: Cell::new(None) }
    }

    /// Returns the description by which a deployment of AppConfig is known to be this one's.
    fn mark(&self) -> String {
        format!("Windlass deployment {}", self.deployment)
    }
}

/// Returns the kind of a step.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<Appconfig<P>> {
    Ok(Appconfig::new(ports.at(&Place::default()), ports.at(&step.place), step.deployment.clone()))
}

impl<P: AppConfigApi + S3Api + Configured + Clock> Kind for Appconfig<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let rollouts = self.rollouts(target).await?;
        let (detail, stopped) = match &way.sent {
            Some(sent) => (self.detail(target, &rollouts).await?, stopped_by(&sent.change)),
            None => (None, None),
        };
        let is_to_be_made = way.goal.is_some_and(|goal| {
            let live = goal.live.as_ref();
            live.is_some_and(|live| live.version.is_none())
        });
        let (made, newest_version) = match &target.document {
            Some(document) if is_to_be_made => self.made(target, document, way.made).await?,
            _ => (None, 0),
        };
        Ok(Seen {
            now,
            profile: target.profile.clone(),
            rollouts,
            made,
            newest_version,
            detail,
            stopped,
            mark: self.mark(),
        })
    }

    fn view(target: &Target, seen: &Seen) -> View {
        let version = seen.live().map(|live| &live.version);
        View {
            noticed: Noticed { value: json!({ "version": version }), shown: wording::shown(seen) },
            waits_for: wording::waits_for(target, seen).map(Into::into),
            // Each change is sent upon the number of a deployment.
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn share(seen: &Seen) -> Option<u32> {
        seen.live().filter(|live| live.state != state::COMPLETE).map(|live| live.percent)
    }

    fn back(seen: &Seen) -> Goal {
        Goal {
            live: seen
                .live()
                .map(|live| Configuration { version: Some(live.version.clone()), label: live.label.clone() }),
            strategy: None,
            grows: false,
        }
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let (class, value, what) = match change {
            Change::Create { label, .. } => {
                (Class::Additive, json!({"create": label}), format!("make a version of {label}"))
            }
            Change::Start { version, strategy, .. } => (
                Class::Switching,
                json!({"start": version, "strategy": strategy}),
                format!("deploy version {version} by {strategy}"),
            ),
            Change::Stop { number, back_to } => (
                Class::Switching,
                stop_of(*number),
                match back_to {
                    Some(version) => format!("stop deployment {number}, back to version {version}"),
                    None => format!("stop deployment {number}, the first one"),
                },
            ),
        };
        // Nothing is said of what callers get after it: AppConfig may have taken it back before anybody looks.
        ChangeFacts::new(class, value, what)
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.application.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Create { label, newest } => self.create(target, label, *newest).await.map(Some),
            Change::Start { version, strategy, newest } => {
                let rollout = NewRollout {
                    profile: target.profile.clone(),
                    version: version.clone(),
                    strategy: strategy.clone(),
                    description: self.mark(),
                    newest: Some(*newest).filter(|newest| *newest > 0),
                };
                let (application, environment) = (&target.application, &target.environment);
                self.at.start_rollout(application, environment, &rollout).await.map(|_| None)
            }
            Change::Stop { number, back_to } => {
                self.stop(target, *number, back_to.as_deref()).await?;
                Ok(None)
            }
        }
    }
}

impl<P: AppConfigApi + S3Api + Configured + Clock> Appconfig<P> {
    /// Makes a version of the document's bytes, which are compared with the pinned ones first (rule 5).
    async fn create(&self, target: &Target, label: &str, newest: u32) -> Result<String> {
        let document = target.document.as_ref();
        let document = document.ok_or_else(|| Fault::internal("there is no document to be deployed"))?;
        let content = document::read(&self.home, document).await?;
        let version = NewVersion {
            content,
            content_type: target.content_type.clone(),
            label: label.to_owned(),
            description: self.mark(),
            newest: Some(newest).filter(|newest| *newest > 0),
        };
        let (application, profile) = (&target.application, &target.profile);
        let refused = match self.at.create_version(application, profile, &version).await {
            Ok(number) => return Ok(number.to_string()),
            Err(fault) if fault.name == FaultName::Refused => fault,
            Err(fault) => return Err(fault),
        };
        // AppConfig takes no condition for the first version. A call whose answer was lost may have made it.
        let versions = self.at.versions(application, profile).await?;
        let mut labels = versions.iter().filter_map(|it| it.label.as_deref());
        if labels.any(|known| known == version.label) {
            let message = format!("{} has a version of {label} already", target.named);
            return Err(Fault::new(FaultName::Conflict, message));
        }
        Err(refused)
    }

    /// Stops or reverts a deployment. AppConfig takes no condition but the deployment's number. So just before, a look
    /// checks that callers still get this deployment, and that they would still go back to the same version. If
    /// AppConfig refuses the stop, the look is repeated.
    async fn stop(&self, target: &Target, number: u32, back_to: Option<&str>) -> Result<()> {
        let began = self.at.now();
        self.check_live(target, number, back_to).await?;
        check_took(&self.at, began, &format!("looking at {}", target.named))?;
        let (application, environment) = (&target.application, &target.environment);
        let stopped = self.at.stop_rollout(application, environment, number).await;
        if let Err(fault) = &stopped
            && fault.name == FaultName::Refused
        {
            self.check_live(target, number, back_to).await?;
        }
        stopped
    }

    /// Checks that a deployment is live, with this version behind it. Fault: `Conflict` if callers get another
    /// deployment, or would get another version without it.
    async fn check_live(&self, target: &Target, number: u32, back_to: Option<&str>) -> Result<()> {
        let seen = self.observe(target, &LookContext::default()).await?;
        let is_live = seen.live().is_some_and(|live| live.number == number);
        let behind = seen.behind().map(|behind| behind.version.as_str());
        if is_live && behind == back_to {
            return Ok(());
        }
        Err(Fault::new(
            FaultName::Conflict,
            format!("deployment {number} of {} is not as it was any more", target.named),
        ))
    }

    /// Returns the environment's deployments, newest first. It reads no further back than to the one that this
    /// profile's callers would get if the live one were taken back.
    pub(crate) async fn rollouts(&self, target: &Target) -> Result<Vec<ConfigurationRollout>> {
        let mut rollouts: Vec<ConfigurationRollout> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let (application, environment) = (&target.application, &target.environment);
            let (page, more) = self.at.rollouts(application, environment, next.as_deref()).await?;
            rollouts.extend(page);
            let stand = rollouts.iter().filter(|rollout| rollout.profile == target.profile && rollout.stands());
            next = more;
            if next.is_none() || stand.count() >= 2 {
                break;
            }
        }
        rollouts.sort_by_key(|rollout| std::cmp::Reverse(rollout.number));
        Ok(rollouts)
    }

    /// Returns the profile's newest deployment in detail.
    async fn detail(&self, target: &Target, rollouts: &[ConfigurationRollout]) -> Result<Option<RolloutDetail>> {
        let mut own = rollouts.iter().filter(|rollout| rollout.profile == target.profile);
        let Some(newest) = own.next() else { return Ok(None) };
        let (application, environment) = (&target.application, &target.environment);
        self.at.rollout(application, environment, newest.number).await.map(Some)
    }

    /// Returns the version of the document, and the number of the newest version. A label is no proof: if AppConfig
    /// returns a content as it was stored, the content is compared.
    async fn made(
        &self,
        target: &Target,
        document: &PinnedDocument,
        noted: Option<&str>,
    ) -> Result<(Option<LabeledVersion>, u32)> {
        let (application, profile) = (&target.application, &target.profile);
        let versions = self.at.versions(application, profile).await?;
        let newest = versions.iter().map(|version| version.number).max();
        let label = label(document.deployed());
        let noted = noted.and_then(|noted| noted.parse().ok());
        let labelled = versions.iter().filter(|version| version.label.as_deref() == Some(label.as_str()));
        let Some(number) = labelled.map(|version| version.number).max().or(noted) else {
            return Ok((None, newest.unwrap_or(0)));
        };
        let is_other = target.is_verbatim && {
            let known = self.compared.get();
            match known {
                Some((compared, is_other)) if compared == number => is_other,
                _ => {
                    let content = self.at.content(application, profile, number).await?;
                    let is_other = Digest::of(&content) != *document.deployed();
                    self.compared.set(Some((number, is_other)));
                    is_other
                }
            }
        };
        let made = LabeledVersion { version: number.to_string(), is_other };
        Ok((Some(made), newest.unwrap_or(0).max(number)))
    }
}
