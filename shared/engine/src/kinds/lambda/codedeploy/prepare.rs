//! Plans what CodeDeploy does with a function. `Prepare` asks: is the group there, of Lambda, and free; does it deploy
//! this alias, and in which steps? What the function itself needs has been planned by then.

use super::wording;
use crate::kinds::codedeploy::{Asks, FoundGroup, GroupWaves, refused};
use crate::kinds::lambda::state::{self as lambda, BackRecord, Observed, Target};
use crate::kinds::needs::beside;
use crate::kinds::{PrepareInput, Prepared, Recorded, Stage, from_value};
use crate::ports::{CodeDeployApi, DeploymentGroup, Result};
use crate::trouble::Checked;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans the move by the group of what is planned of the function. A way back moves the alias itself.
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
    let asks = Asks { there, input, declared, platform: "Lambda" };
    let found = match find(&asks, spec).await {
        Ok(found) => found,
        Err(trouble) => return Ok(refused(planned, trouble.findings()?)),
    };
    let mut findings: Vec<Finding> = asks.busy().await?.into_iter().collect();
    findings.extend(shared(input, spec, &planned)?);
    if !findings.is_empty() || !planned.findings.is_empty() {
        return Ok(refused(planned, findings));
    }
    let target = format!("function {}", spec.function);
    GroupWaves { found: &found, target, is_back: false, keeps_former: false }.planned(planned, is_moved)
}

/// Returns whether a stage moves the alias forward.
fn is_moved(stage: &Stage) -> Result<bool> {
    let of: lambda::Goal = from_value("goal", &stage.goal)?;
    Ok(matches!(of, lambda::Goal::Release(wanted) if !wanted.is_ahead()))
}

async fn find<P: CodeDeployApi>(asks: &Asks<'_, P>, spec: &Lambda) -> Checked<FoundGroup> {
    let group = asks.group().await?;
    let appspec = appspec(asks, spec, &group).await;
    asks.with(&group, appspec).await
}

/// Returns the document of the group's last revision. On a way back nothing is deployed by it.
async fn appspec<P: CodeDeployApi>(asks: &Asks<'_, P>, spec: &Lambda, group: &DeploymentGroup) -> Checked<AppSpec> {
    let alias = spec.alias.as_deref().unwrap_or_default();
    let function = &spec.function;
    let text = if asks.input.goal_state.is_some() { None } else { asks.last_text(group).await? };
    let Some(text) = text else { return Ok(AppSpec::new(function, alias)) };
    let read = AppSpec::read(&text).map_err(|why| asks.unreadable(&why, "this function and its alias"))?;
    if read.is_of(function, alias) {
        return Ok(read);
    }
    let (its_function, its_alias) = read.deploys();
    Err(asks
        .finding(
            FindingName::BadValue,
            format!(
                "CodeDeploy's {} deployed the alias {its_alias} of {its_function} last, and not {alias} of {function}.",
                asks.named()
            ),
            "Name the deployment group that moves this alias.",
        )
        .into())
}

/// Finds an alias that shares its callers. CodeDeploy deploys nothing from there.
fn shared(input: &PrepareInput<'_>, spec: &Lambda, planned: &Prepared) -> Result<Option<Finding>> {
    if input.goal_state.is_some() || planned.before.is_null() || planned.stages.is_empty() {
        return Ok(None);
    }
    let before = Recorded::read("state before", &planned.before)?;
    let BackRecord { back } = from_value("state before", &before.goal)?;
    let Observed { alias, .. } = back;
    let shared = alias.filter(|alias| !alias.traffic.weights.is_empty());
    let target = Target { function: spec.function.clone(), alias: spec.alias.clone(), codedeploy: None };
    Ok(shared.map(|alias| Finding { path: input.path("alias"), ..wording::shared(&target, &alias.traffic) }))
}
