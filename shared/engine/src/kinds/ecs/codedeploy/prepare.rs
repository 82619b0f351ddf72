//! Plans what CodeDeploy does with a service. `Prepare` asks: is the group there, of Amazon ECS, and free; does it
//! deploy this service, and in which steps? What the service itself needs has been planned by then.

use crate::kinds::codedeploy::{Asks, FoundGroup, GroupWaves, SERVICES, refused};
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{CodeDeployApi, DeploymentGroup, EcsApi, Result};
use crate::trouble::Checked;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans what the group does of what is planned of the service.
pub async fn prepare(
    there: &(impl EcsApi + CodeDeployApi),
    input: &PrepareInput<'_>,
    spec: &Spec,
    declared: &Declared,
    planned: Prepared,
) -> Result<Prepared> {
    let asks = Asks { there, input, declared, platform: SERVICES };
    let found = match find(&asks, spec).await {
        Err(trouble) => return Ok(refused(planned, trouble.findings()?)),
        // The service that the group would be asked about need not be there.
        Ok(_) if !planned.findings.is_empty() => return Ok(planned),
        Ok(found) => found,
    };
    if let Some(busy) = asks.busy().await? {
        return Ok(refused(planned, vec![busy]));
    }
    let (target, is_back) = (format!("service {}", spec.service), input.goal_state.is_some());
    GroupWaves { found: &found, target, is_back, keeps_former: true }.planned(planned, |_| Ok(true))
}

async fn find<P: EcsApi + CodeDeployApi>(asks: &Asks<'_, P>, spec: &Spec) -> Checked<FoundGroup> {
    let group = asks.group().await?;
    let appspec = match of_another(asks, spec, &group) {
        Some(finding) => Err(finding.into()),
        None => appspec(asks, spec, &group).await,
    };
    asks.with(&group, appspec).await
}

/// Finds a group of another service.
fn of_another<P: CodeDeployApi>(asks: &Asks<'_, P>, spec: &Spec, found: &DeploymentGroup) -> Option<Finding> {
    let name = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    let own = (name(&spec.cluster), spec.service.clone());
    let mut all = found.services.iter();
    if all.any(|(cluster, service)| (name(cluster), name(service)) == own) {
        return None;
    }
    let named = found.services.iter().map(|(cluster, service)| format!("{cluster}/{service}"));
    let named: Vec<String> = named.collect();
    Some(asks.finding(
        FindingName::BadValue,
        format!(
            "CodeDeploy's {} deploys {}, and not service {}/{}.",
            asks.named(),
            match named.as_slice() {
                [] => "no service".to_owned(),
                named => format!("service {}", named.join(", ")),
            },
            spec.cluster,
            spec.service
        ),
        "Name the deployment group that deploys this service.",
    ))
}

/// Returns the document of the group's last revision. If there is none, it is made from the task set that has the
/// callers.
async fn appspec<P: EcsApi + CodeDeployApi>(
    asks: &Asks<'_, P>,
    spec: &Spec,
    found: &DeploymentGroup,
) -> Checked<AppSpec> {
    match asks.last_text(found).await? {
        Some(text) => AppSpec::read_service(&text).map_err(|why| asks.unreadable(&why, "this service").into()),
        None => first(asks, spec).await,
    }
}

async fn first<P: EcsApi + CodeDeployApi>(asks: &Asks<'_, P>, spec: &Spec) -> Checked<AppSpec> {
    let (cluster, service) = (&spec.cluster, &spec.service);
    let found = asks.there.service(cluster, service).await?;
    let shape = super::state::primary(&found.task_sets).map(|primary| &primary.shape);
    let shape = shape.filter(|shape| shape.container.is_some());
    match shape {
        Some(shape) => Ok(AppSpec::of_service(shape)),
        None => Err(asks.finding(
            FindingName::TargetNotReady,
            format!(
                "CodeDeploy's {} has deployed nothing yet, and no task set of service {cluster}/{service} is PRIMARY behind a load balancer, so that nobody knows what to deploy it with.",
                asks.named()
            ),
            "Deploy the service once with CodeDeploy; Windlass goes on from there.",
        ).into()),
    }
}
