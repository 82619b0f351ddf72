//! Plans the change of a service. `Prepare` asks: is the service ours and ready, what must it run, and from what is the
//! new task definition made?

use super::check::{container_at, findings};
use super::find_goal::find_goal;
use super::stage::{ServiceDeploymentState, sentence};
use super::state::Target;
use super::wanted::WantedService;
use super::{document, strategy, waves};
use crate::config::Configured;
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::wanted::widen;
use crate::kinds::ecs::{permissions, wording};
use crate::kinds::{Kind as _, LookContext, PrepareInput, Prepared, Recorded, to_value};
use crate::ports::{AssumeRole, Clock, EcrApi, EcsApi, Result, S3Api, Service, TaskDefinition};
use crate::trouble::{Trouble, if_there};
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::release::artifact::split_image;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

/// Plans the change of one service; see [`crate::kinds::PrepareInput`].
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: EcsApi + EcrApi + S3Api + Configured + Clock + AssumeRole,
{
    let Some(service) = if_there(ports.service(&spec.cluster, &spec.service).await)? else {
        return Ok(Prepared::refused(vec![missing(input, spec)]));
    };
    let current = ports.task_definition(service.runs()).await?;
    let mut findings = findings(input, spec, &service, &current);
    if findings.is_empty() && !spec.rollout.is_rolling() {
        findings.extend(shifting(ports, input, spec).await?);
    }
    let home = ports.at(&Place::default());
    findings.extend(permissions::findings(home.config(), input, "service", &current));
    match find_goal(ports, &home, input, spec, &current).await {
        Ok(wanted) if findings.is_empty() => plan(ports, home, input, spec, &service, &current, wanted).await,
        Err(Trouble::Findings(more)) => {
            findings.extend(more);
            Ok(Prepared { claims: claims(&service), ..Prepared::refused(findings) })
        }
        Err(Trouble::Fault(fault)) if findings.is_empty() || fault.name != FaultName::NotFound => Err(fault),
        Ok(_) | Err(_) => Ok(Prepared { claims: claims(&service), ..Prepared::refused(findings) }),
    }
}

async fn plan<P>(
    ports: &P,
    home: P,
    input: &PrepareInput<'_>,
    spec: &Spec,
    service: &Service,
    current: &TaskDefinition,
    wanted: WantedService,
) -> Result<Prepared>
where
    P: EcsApi + EcrApi + S3Api + Configured + Clock + AssumeRole,
{
    let what = what(spec, current, &wanted);
    let target = Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        cluster: spec.cluster.clone(),
        service: spec.service.clone(),
        containers: spec.containers.keys().cloned().collect(),
        family: wanted.family,
        base: wanted.base,
        strategy: spec.rollout,
        bakes_s: strategy::bakes_s(spec.rollout, &service.shifting),
        pauses: spec.pause.clone(),
        steady_within_s: spec.steady_within.as_ms() / 1000,
        codedeploy: None,
    };
    let at = ports.at(input.place);
    let kind = Ecs::new(ports.at(&Place::default()), at, input.deployment.clone());
    let seen = kind.observe(&target, &LookContext::default()).await?;
    let mut back = Ecs::<P>::back(&seen);
    widen(&home, spec, &mut back).await?;
    let before = Recorded { goal: to_value(&back)?, ..Recorded::of::<Ecs<P>>(&target, &seen)? };
    let stages = waves::stages(input, &target, &wanted.goal, &what, service)?;
    let is_unchanged = wanted.unchanged.is_some();
    Ok(Prepared {
        target: to_value(&target)?,
        claims: claims(service),
        before: to_value(&before)?,
        artifact: wanted.artifact,
        stages: if is_unchanged { vec![] } else { stages },
        unchanged: wanted.unchanged,
        warnings: warnings(input, spec, service, current),
        ..Prepared::default()
    })
}

/// The longest time for which a deployment may be under way, in milliseconds. A pause may take 14 days (Amazon ECS API
/// Reference, DeploymentLifecycleHookTimeoutConfiguration).
const OLDEST_MS: u64 = 15 * 24 * 3_600_000;

/// Finds somebody's deployment under way that ECS shifts. The call also shows, before anything changes, that
/// deployments may be read. A rollback goes on: it may be the way out of that deployment.
async fn shifting<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Option<Finding>>
where
    P: EcsApi + Clock + AssumeRole,
{
    let since = Time(ports.now().0.saturating_sub(OLDEST_MS));
    let (cluster, service) = (&spec.cluster, &spec.service);
    let listed = ports.service_rollouts(cluster, service, since).await?;
    let under_way = listed.iter().find(|one| !ServiceDeploymentState::of(one).is_over());
    let in_the_way = under_way.filter(|_| input.goal_state.is_none());
    Ok(in_the_way.map(|one| {
        wording::finding(
            FindingName::TargetNotReady,
            input.path("service"),
            format!(
                "service {cluster}/{service} has a deployment of {} under way: {}",
                wording::short(&one.task_definition),
                sentence(one)
            ),
            "wait until it is over, or stop it in the console of Amazon ECS",
        )
    }))
}

/// Pure: claims the whole service, so that no other component may set it.
fn claims(service: &Service) -> Vec<Claim> {
    vec![Claim::whole(&service.arn)]
}

fn what(spec: &Spec, current: &TaskDefinition, wanted: &WantedService) -> String {
    let from = wording::short(&current.arn);
    if let Some(to) = &wanted.goal.task_definition {
        return format!("service {}: {from} → {}", spec.service, wording::short(to));
    }
    let images = wanted.goal.images.iter().map(|(container, own)| {
        let (_, reference) = split_image(&own.image);
        let reference = reference.get(..19).unwrap_or(reference);
        if wanted.kept.contains(container) {
            format!("container {container} keeps {reference}")
        } else {
            format!("container {container} of {from} to {reference}")
        }
    });
    let images: Vec<String> = images.collect();
    format!("service {}: {}", spec.service, images.join(", "))
}

fn missing(input: &PrepareInput<'_>, spec: &Spec) -> Finding {
    wording::finding(
        FindingName::TargetMissing,
        input.path("service"),
        format!("there is no active service `{}` in cluster `{}`", spec.service, spec.cluster),
        "create the service with your infrastructure code first, or mend the names of cluster and service",
    )
}

fn warnings(input: &PrepareInput<'_>, spec: &Spec, service: &Service, current: &TaskDefinition) -> Vec<Finding> {
    let name = format!("service {}/{}", spec.cluster, spec.service);
    let none_wanted = (service.desired == 0).then(|| {
        wording::finding(
            FindingName::TargetNotReady,
            input.path("service"),
            format!("{name} wants 0 tasks, so that the release is set but nothing runs it"),
            "raise the desired count to see whether the release starts",
        )
    });
    let by_tag = spec.containers.keys().filter_map(|container| {
        let image = document::image(&current.document, container)?;
        (!image.contains("@sha256:")).then(|| {
            wording::finding(
                FindingName::TargetNotReady,
                container_at(input, spec, container),
                format!(
                    "task definition {} names its image by tag (`{image}`), so that an undo brings what the tag points at then",
                    wording::short(&current.arn)
                ),
                "nothing: what this deployment registers is pinned by digest",
            )
        })
    });
    none_wanted.into_iter().chain(by_tag).collect()
}
