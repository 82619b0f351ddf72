//! Asks about a deployment group for `Prepare`: is it there, of which platform, in which steps does it move callers,
//! what did it deploy last, and which permissions does it need (Service Authorization Reference, AWS CodeDeploy)?

use super::deployments::{MARK, deployment, deployments};
use super::state::{PlannedGroup, is_ending};
use super::{sentences, wording};
use crate::kinds::needs::{Needed, beside};
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{CodeDeployApi, Deployed, DeploymentGroup, Result, Revision, Routing};
use crate::trouble::{Checked, Trouble, collected, if_there};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;
use windlass_domain::{prose, run};

/// The compute platform of groups that deploy services.
pub(in crate::kinds) const SERVICES: &str = "ECS";

/// A group that can deploy the target.
pub(in crate::kinds) struct FoundGroup {
    pub group: PlannedGroup,
    /// The group and what it will do, in words.
    pub words: String,
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
        let found = if_there(self.there.deployment_group(application, group).await)?.ok_or_else(|| {
            self.finding(
                FindingName::TargetMissing,
                format!("CodeDeploy has no {} here.", self.named()),
                "Make it with your infrastructure code before the first deployment, or mend the names.",
            )
        })?;
        let platform = self.platform;
        if found.platform == platform {
            return Ok(found);
        }
        let reason = format!("CodeDeploy's {} deploys to {}, and not to {platform}.", self.named(), found.platform);
        let remedy = format!("Name a deployment group whose application has the compute platform {platform}.");
        Err(self.finding(FindingName::NotSupported, reason, remedy).into())
    }

    /// Returns the group as it can deploy the target with this document, or what is wrong with both.
    pub async fn with(&self, found: &DeploymentGroup, appspec: Checked<AppSpec>) -> Checked<FoundGroup> {
        let routing = self.there.routing(&found.configuration).await?;
        let mut findings = Vec::new();
        let minutes = collected(self.minutes(found, &routing).map_err(Trouble::from), &mut findings)?;
        let appspec = collected(appspec, &mut findings)?;
        let (Some(minutes), Some(appspec)) = (minutes, appspec) else { return Err(findings.into()) };
        Ok(FoundGroup {
            words: sentences::way(&self.named(), &routing, &appspec),
            group: PlannedGroup {
                application: self.declared.application.clone(),
                group: self.declared.group.clone(),
                minutes,
                ready_min: found.ready_min,
                ends_min: found.ends_min,
                continues: self.declared.continue_when_ready,
                appspec,
            },
        })
    }

    /// Finds somebody's deployment under way in the group: it moves the callers, whatever else is sent. One of an
    /// earlier release that only keeps the former tasks does not count.
    pub async fn busy(&self) -> Result<Option<Finding>> {
        let Declared { application, group, .. } = self.declared;
        let all = deployments(self.there, (application, group), None).await?;
        for other in all.into_iter().filter(|one| !one.is_over()) {
            if !self.is_left(&other).await? {
                let path = self.input.path("codedeploy.group");
                return Ok(Some(wording::busy(&path, &self.named(), &other)));
            }
        }
        Ok(None)
    }

    /// Returns whether an earlier release has left it only to keep the former tasks.
    async fn is_left(&self, other: &Deployed) -> Result<bool> {
        if self.platform != SERVICES || !other.description.starts_with(MARK) {
            return Ok(false);
        }
        let lifecycle = self.there.lifecycle_events(&other.id).await?;
        Ok(is_ending(other, &lifecycle))
    }

    /// Returns the minutes in which all callers are moved.
    fn minutes(&self, found: &DeploymentGroup, routing: &Routing) -> Result<u64, Finding> {
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
                prose!(
                    "Deploy once with the AppSpec as a text ({}); Windlass goes on from there.",
                    run!("aws deploy create-deployment --revision revisionType=AppSpecContent,…")
                ),
            ).into()),
        }
    }

    /// The finding that Windlass cannot go on from this text.
    pub fn unreadable(&self, why: &Prose, of: &str) -> Finding {
        self.finding(
            FindingName::NotSupported,
            prose!(
                "The AppSpec of the last revision of CodeDeploy's {} cannot be gone on from: {}.",
                self.named(),
                why
            ),
            format!("Deploy once with an AppSpec of {of} alone; Windlass goes on from there."),
        )
    }

    /// Returns the group's last revision. If the group itself does not name it, its last deployments do.
    async fn last_revision(&self, found: &DeploymentGroup) -> Result<Option<Revision>> {
        if found.revision.is_some() {
            return Ok(found.revision.clone());
        }
        for id in &found.last {
            let known = deployment(self.there, id).await?;
            if let Some(revision) = known.and_then(|known| known.revision) {
                return Ok(Some(revision));
            }
        }
        Ok(None)
    }
}

/// Returns the plan, refused for these findings as well.
pub(in crate::kinds) fn refused(planned: Prepared, more: Vec<Finding>) -> Prepared {
    let findings = planned.findings.into_iter().chain(more).collect();
    Prepared { claims: planned.claims, ..Prepared::refused(findings) }
}

/// Returns the calls of a release by this group, which is in the account and the region of the target.
pub fn needs(group: &Declared, target: &str) -> Vec<Needed> {
    let Declared { application, group: name, continue_when_ready } = group;
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
