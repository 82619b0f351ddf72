//! Plans what CodeDeploy does with a function. `Prepare` asks: is the group there, of Lambda, and free; does it deploy
//! this alias, and in which steps? What the function itself needs has been planned by then.

use super::state::Goal;
use super::wording;
use crate::kinds::codedeploy::group::{self, looks};
use crate::kinds::codedeploy::{self, CODEDEPLOY, sentences};
use crate::kinds::lambda::state::{self as lambda, BackRecord, Group, Observed, Target};
use crate::kinds::needs::beside;
use crate::kinds::{PrepareInput, Prepared, Recorded, Stage, from_value, to_value};
use crate::ports::{CodeDeployApi, DeploymentGroup, Result};
use crate::trouble::{Checked, Trouble, collected};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans the move by the group of what is planned of the function.
pub async fn prepare(
    there: &impl CodeDeployApi,
    input: &PrepareInput<'_>,
    spec: &Lambda,
    declared: &Declared,
    mut planned: Prepared,
) -> Result<Prepared> {
    // Nothing shows whose a group is that has deployed nothing. A group of services is its service's.
    if let Some(function) = planned.claims.first() {
        let group = format!("deploymentgroup:{}/{}", declared.application, declared.group);
        let group = Claim::whole(beside(&function.resource, "codedeploy", &group));
        planned.claims.push(group);
    }
    let asks = Asks { of: group::Asks { there, input, declared, platform: "Lambda" }, spec };
    let mut findings = planned.findings.clone();
    let found = collected(asks.find().await, &mut findings)?;
    let Some(found) = found else {
        return Ok(refused(findings, planned.claims));
    };
    let target =
        Target { function: spec.function.clone(), alias: spec.alias.clone(), codedeploy: Some(found.group.clone()) };
    findings.extend(asks.busy(&target).await?);
    findings.extend(asks.shared(&target, &planned)?);
    if !findings.is_empty() {
        return Ok(refused(findings, planned.claims));
    }
    let stages = stages(&found, planned.stages)?;
    Ok(Prepared { target: to_value(&target)?, stages, ..planned })
}

fn refused(findings: Vec<Finding>, claims: Vec<Claim>) -> Prepared {
    Prepared { claims, ..Prepared::refused(findings) }
}

/// Plans the waves. The move goes by itself. It is looked at in waves for as long as the configuration says, so that
/// gates watch it, and so that Windlass soon reports what CodeDeploy takes back. The last wave waits for its end. A way
/// back moves the alias itself.
fn stages(found: &Found, planned: Vec<Stage>) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    for stage in planned {
        let of: lambda::Goal = from_value("goal", &stage.goal)?;
        let is_moved = matches!(&of, lambda::Goal::Release(wanted) if !wanted.is_ahead());
        if !is_moved {
            stages.push(stage);
            continue;
        }
        let minutes = found.group.minutes;
        let looks = looks(minutes);
        let moving = to_value(&Goal { of: of.clone(), moves: true })?;
        let what = |look: u64| match (look, looks) {
            (0, 0) | (1, _) => format!("{} by CodeDeploy's {}", stage.what, found.words),
            (0, _) => format!("{}, complete", stage.what),
            _ => format!("{}, look {look} of {looks}", stage.what),
        };
        stages.extend((1..=looks).map(|look| Stage {
            bake_s: Some(minutes * 60 / looks),
            look: look > 1,
            timed_by: Some(CODEDEPLOY),
            ..Stage::new(moving.clone(), what(look))
        }));
        stages.push(Stage::new(to_value(&Goal::to(of))?, what(0)));
    }
    Ok(stages)
}

/// A group that can deploy this alias.
struct Found {
    group: Group,
    /// The group and what it will do, in words.
    words: String,
}

struct Asks<'a, P> {
    of: group::Asks<'a, P>,
    spec: &'a Lambda,
}

impl<P: CodeDeployApi> Asks<'_, P> {
    async fn find(&self) -> Checked<Found> {
        let of = &self.of;
        let found = of.group().await?;
        let routing = of.there.routing(&found.configuration).await?;
        let mut findings = Vec::new();
        let minutes = of.minutes(&found, &routing).map_err(Trouble::from);
        let minutes = collected(minutes, &mut findings)?;
        let appspec = collected(self.appspec(&found).await, &mut findings)?;
        match (minutes, appspec) {
            (Some(minutes), Some(appspec)) => Ok(Found {
                words: sentences::way(&of.named(), &routing, &appspec),
                group: Group {
                    application: of.declared.application.clone(),
                    group: of.declared.group.clone(),
                    minutes,
                    appspec,
                },
            }),
            _ => Err(findings.into()),
        }
    }

    /// Returns the document of the group's last revision. On a way back nothing is deployed by it.
    async fn appspec(&self, found: &DeploymentGroup) -> Checked<AppSpec> {
        let alias = self.spec.alias.as_deref().unwrap_or_default();
        let function = &self.spec.function;
        let new = || AppSpec::new(function, alias);
        if self.of.input.goal_state.is_some() {
            return Ok(new());
        }
        let Some(text) = self.of.last_text(found).await? else {
            return Ok(new());
        };
        let read = AppSpec::read(&text).map_err(|why| self.of.unreadable(&why, "this function and its alias"))?;
        if read.is_of(function, alias) {
            return Ok(read);
        }
        let (its_function, its_alias) = read.deploys();
        Err(self.of.finding(
            FindingName::BadValue,
            format!(
                "CodeDeploy's {} deployed the alias {its_alias} of {its_function} last, and not {alias} of {function}.",
                self.of.named()
            ),
            "Name the deployment group that moves this alias.",
        ).into())
    }

    /// Finds somebody's deployment under way in the group: it moves the alias, whatever else is sent.
    async fn busy(&self, target: &Target) -> Result<Option<Finding>> {
        let Some(group) = &target.codedeploy else {
            return Ok(None);
        };
        let all = codedeploy::deployments(self.of.there, (&group.application, &group.group), None).await?;
        let other = all.iter().find(|one| !one.is_over());
        Ok(other.map(|other| Finding { path: self.of.input.path("codedeploy.group"), ..wording::busy(target, other) }))
    }

    /// Finds an alias that shares its callers. CodeDeploy deploys nothing from there.
    fn shared(&self, target: &Target, planned: &Prepared) -> Result<Option<Finding>> {
        if self.of.input.goal_state.is_some() || planned.before.is_null() || planned.stages.is_empty() {
            return Ok(None);
        }
        let before = Recorded::read("state before", &planned.before)?;
        let BackRecord { back } = from_value("state before", &before.goal)?;
        let Observed { alias, .. } = back;
        let shared = alias.filter(|alias| !alias.traffic.weights.is_empty());
        Ok(shared.map(|alias| Finding { path: self.of.input.path("alias"), ..wording::shared(target, &alias.traffic) }))
    }
}
