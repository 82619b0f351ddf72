//! Asks about a deployment group for `Prepare`: is it there, of which platform, in which steps does it move callers,
//! what did it deploy last, and which permissions does it need (Service Authorization Reference, AWS CodeDeploy)?

use super::sentences;
use crate::kinds::PrepareInput;
use crate::kinds::needs::{Needed, beside};
use crate::ports::{CodeDeployApi, DeploymentGroup, Result, Revision, Routing};
use crate::trouble::Checked;
use windlass_domain::declaration::kinds::codedeploy::{Group, Group as Declared};
use windlass_domain::prose;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;

/// The shortest time of a wave in which a move is watched, in minutes. The look after it shows whether CodeDeploy has
/// gone back by itself.
const LOOK_MIN: u64 = 5;

/// The largest number of such looks: each is a wave.
const LOOKS: u64 = 12;

/// Returns the number of looks at a move that takes so many minutes.
pub(in crate::kinds) fn looks(minutes: u64) -> u64 {
    match minutes {
        0 => 0,
        minutes => (minutes / LOOK_MIN).clamp(1, LOOKS),
    }
}

/// A declared group that is asked about.
pub(in crate::kinds) struct Asks<'a, P> {
    pub there: &'a P,
    pub input: &'a PrepareInput<'a>,
    pub declared: &'a Declared,
    /// The compute platform that it must have.
    pub platform: &'static str,
}

impl<P: CodeDeployApi> Asks<'_, P> {
    pub fn finding(&self, name: FindingName, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Finding {
        let path = self.input.path("codedeploy.group");
        Finding::new(name, path, reason, remedy)
    }

    pub fn named(&self) -> String {
        sentences::named(&self.declared.application, &self.declared.group)
    }

    /// Returns the group, or a finding if it is not there or of another platform.
    pub async fn group(&self) -> Checked<DeploymentGroup> {
        let Declared { application, group, .. } = self.declared;
        let found = match self.there.deployment_group(application, group).await {
            Err(fault) if fault.name == FaultName::NotFound => {
                return Err(self
                    .finding(
                        FindingName::TargetMissing,
                        format!("CodeDeploy has no {} here.", self.named()),
                        "Make it with your infrastructure code before the first deployment, or mend the names.",
                    )
                    .into());
            }
            found => found?,
        };
        let platform = self.platform;
        if found.platform == platform {
            return Ok(found);
        }
        Err(self
            .finding(
                FindingName::NotSupported,
                format!("CodeDeploy's {} deploys to {}, and not to {platform}.", self.named(), found.platform),
                format!("Name a deployment group whose application has the compute platform {platform}."),
            )
            .into())
    }

    /// Returns the minutes in which all callers are moved.
    pub fn minutes(&self, found: &DeploymentGroup, routing: &Routing) -> Result<u64, Finding> {
        match routing {
            Routing::AllAtOnce => Ok(0),
            Routing::Canary(_, minutes) => Ok(*minutes),
            Routing::Linear(percent, minutes) => {
                Ok(minutes * (100_u64.div_ceil((*percent).max(1)) - 1))
            }
            Routing::Other(other) => Err(self.finding(
                FindingName::NotSupported,
                format!(
                    "The deployment configuration {} of CodeDeploy's {} moves callers by {other}, which this Windlass does not know.",
                    found.configuration,
                    self.named()
                ),
                "Use a configuration that moves all at once, by a canary or linearly.",
            )),
        }
    }

    /// Returns the text of the group's last revision; nothing if it has none.
    pub async fn last_text(&self, found: &DeploymentGroup) -> Checked<Option<String>> {
        match self.last_revision(found).await? {
            None => Ok(None),
            Some(Revision::Kept { kind, sha256 }) => {
                let application = &self.declared.application;
                let text = self.there.revision(application, &kind, &sha256).await?;
                Ok(Some(text))
            }
            Some(Revision::Elsewhere(place)) => Err(self.finding(
                FindingName::NotSupported,
                format!(
                    "The last revision of CodeDeploy's {} is kept in {place}, so that its hooks cannot be read and kept.",
                    self.named()
                ),
                "Deploy once with the AppSpec as a text (`aws deploy create-deployment --revision revisionType=AppSpecContent,…`); Windlass goes on from there.",
            ).into()),
        }
    }

    /// The finding that Windlass cannot go on from this text.
    pub fn unreadable(&self, why: &Prose, of: &str) -> Finding {
        self.finding(
            FindingName::NotSupported,
            prose![
                format!("The AppSpec of the last revision of CodeDeploy's {} cannot be gone on from: ", self.named()),
                why,
                "."
            ],
            format!("Deploy once with an AppSpec of {of} alone; Windlass goes on from there."),
        )
    }

    /// Returns the group's last revision. If the group itself does not name it, its last deployments do.
    async fn last_revision(&self, found: &DeploymentGroup) -> Result<Option<Revision>> {
        if found.revision.is_some() {
            return Ok(found.revision.clone());
        }
        for id in &found.last {
            let known = crate::kinds::codedeploy::deployment(self.there, id).await?;
            if let Some(revision) = known.and_then(|known| known.revision) {
                return Ok(Some(revision));
            }
        }
        Ok(None)
    }
}

/// Returns the calls of a release by this group, which is in the account and the region of the target.
pub fn needs(group: &Group, target: &str) -> Vec<Needed> {
    let Group { application, group: name, continue_when_ready } = group;
    let on = |resource: &str, action| Needed::on("codedeploy", beside(target, "codedeploy", resource), &[action]);
    let mut on_any = vec!["codedeploy:StopDeployment"];
    if *continue_when_ready {
        on_any.push("codedeploy:ContinueDeployment");
    }
    vec![
        on(&format!("deploymentgroup:{application}/{name}"), "codedeploy:CreateDeployment"),
        on(&format!("application:{application}"), "codedeploy:RegisterApplicationRevision"),
        // A deployment has no ARN.
        Needed::on("codedeploy", "*".to_owned(), &on_any),
    ]
}
