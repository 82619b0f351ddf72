//! Pure: finds what is wrong with a service as it is, so that a rollout must not begin.

use super::document;
use super::state::{FAILED, is_complete};
use crate::kinds::PrepareInput;
use crate::kinds::ecs::{strategy, wording};
use crate::ports::{Image, Platform, Service, ServiceDeployment, TaskDefinition};
use serde_json::Value;
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;
use windlass_domain::{prose, run};

/// Returns everything that is wrong with it.
pub(super) fn findings(
    input: &PrepareInput<'_>,
    spec: &Spec,
    service: &Service,
    current: &TaskDefinition,
) -> Vec<Finding> {
    let name = format!("service {}/{}", spec.cluster, spec.service);
    let of_service = [
        status(&name, service),
        controller(&name, spec, service),
        stuck(&name, spec, service),
        deregistered(&name, current),
    ];
    let found = of_service.into_iter().flatten();
    let mut findings: Vec<Finding> =
        found.map(|(what, reason, remedy)| wording::finding(what, input.path("service"), reason, remedy)).collect();
    findings.extend(strategy::findings(input, spec, service));
    findings.extend(strategy::pause_findings(input, spec, service));
    findings.extend(containers(input, spec, current));
    findings.extend(input.check_tags("service", (&name, Some(&service.arn)), &service.tags));
    findings.extend(busy(input, &name, service));
    findings
}

/// A problem with the service, its reason, and the remedy; `None` if there is none.
type Wrong = Option<(FindingName, String, Prose)>;

fn status(name: &str, service: &Service) -> Wrong {
    (service.status != "ACTIVE").then(|| {
        (
            FindingName::TargetNotReady,
            format!("{name} is {}", service.status),
            "wait until it is deleted and create it anew, or name another service".into(),
        )
    })
}

/// Compares the declared controller of deployments with the one that the service has. Git owns the choice.
fn controller(name: &str, spec: &Spec, service: &Service) -> Wrong {
    let has = service.controller.as_str();
    let (why, remedy) = match (&spec.codedeploy, has) {
        (None, "ECS") | (Some(_), "CODE_DEPLOY") => return None,
        (None, "CODE_DEPLOY") => (
            "so that CodeDeploy deploys it",
            "write `codedeploy: {application: …, group: …}` with the deployment group of the service; or use a service with the deployment controller ECS",
        ),
        (Some(_), "ECS") => (
            "so that CodeDeploy cannot deploy it",
            "leave out `codedeploy`; or make the service with another controller, which it keeps for good: Terraform `deployment_controller { type = \"CODE_DEPLOY\" }`, CDK `deploymentController: {type: DeploymentControllerType.CODE_DEPLOY}`, CloudFormation `DeploymentController: {Type: CODE_DEPLOY}`",
        ),
        _ => (
            "so that neither ECS itself nor CodeDeploy deploys it",
            "use a service with the deployment controller ECS, or CODE_DEPLOY with `codedeploy`",
        ),
    };
    let why = format!("{name} has the deployment controller {has}, {why}");
    Some((FindingName::NotSupported, why, remedy.into()))
}

/// Finds a service whose rollout could never begin. At least `minimumHealthyPercent` of the wanted tasks, rounded up,
/// must run during a rollout, and at most `maximumPercent`, rounded down, may (Amazon ECS API Reference,
/// DeploymentConfiguration). With some numbers ECS can neither start a task before it stops one, nor stop one before it
/// starts one. Such a rollout would wait until it has taken too long, which looks like a bad release.
fn stuck(name: &str, spec: &Spec, service: &Service) -> Wrong {
    if !spec.rollout.is_rolling() || spec.codedeploy.is_some() {
        return None;
    }
    let (least, most) = service.percents;
    let wanted = u64::from(service.desired);
    let must_run = (wanted * u64::from(least)).div_ceil(100);
    let may_run = wanted * u64::from(most) / 100;
    (wanted > 0 && must_run >= wanted && may_run <= wanted).then(|| {
        (
            FindingName::TargetNotReady,
            format!(
                "{name} wants {}, of which at least {must_run} must run (`minimumHealthyPercent` {least}) and at most {may_run} may (`maximumPercent` {most}), so that ECS can neither stop nor start one",
                count(wanted, "task")
            ),
            "lower `minimumHealthyPercent` or raise `maximumPercent` in the service's `deploymentConfiguration`".into(),
        )
    })
}

fn deregistered(name: &str, current: &TaskDefinition) -> Wrong {
    current.is_deregistered().then(|| {
        (
            FindingName::TargetNotReady,
            format!(
                "{name} runs {}, which is deregistered, so that an undo could not go back to it",
                wording::short(&current.arn)
            ),
            prose!(
                "set the service to an active task definition first ({})",
                run!("aws ecs update-service --task-definition …")
            ),
        )
    })
}

/// Finds the owned containers that the running task definition does not have. A rollback goes to a recorded task
/// definition, so this is not checked for it.
fn containers(input: &PrepareInput<'_>, spec: &Spec, current: &TaskDefinition) -> Vec<Finding> {
    let is_forward = input.goal_state.is_none();
    let missing =
        spec.containers.keys().filter(|name| is_forward && document::image(&current.document, name).is_none());
    missing
        .map(|name| {
            wording::finding(
                FindingName::UnknownName,
                container_at(input, spec, name),
                format!(
                    "task definition {} has no container `{name}`, only: {}",
                    wording::short(&current.arn),
                    document::containers(&current.document).join(", ")
                ),
                "write the name of the container whose image is to be deployed",
            )
        })
        .collect()
}

/// Returns the path at which the declaration names a container.
pub(super) fn container_at(input: &PrepareInput<'_>, spec: &Spec, container: &str) -> String {
    match spec.containers.len() {
        1 => input.path("container"),
        _ => input.path(&format!("containers.{container}")),
    }
}

/// Returns the path at which the declaration names the repository of a container's image.
pub(super) fn repository_at(input: &PrepareInput<'_>, spec: &Spec, container: &str) -> String {
    match spec.containers.len() {
        1 => input.path("repository"),
        _ => input.path(&format!("containers.{container}")),
    }
}

/// Finds another deployment under way: Windlass does not race it. A rollback goes on, because it may be the way out.
fn busy(input: &PrepareInput<'_>, name: &str, service: &Service) -> Option<Finding> {
    let listed = &service.deployments;
    let is_under_way = |d: &&ServiceDeployment| {
        let primary = d.status == "PRIMARY" && !is_complete(d, listed);
        let draining = d.status != "PRIMARY" && (d.running > 0 || d.pending > 0);
        (primary || draining) && d.rollout != FAILED
    };
    let under_way = listed.iter().find(is_under_way)?;
    if input.goal_state.is_some() {
        return None;
    }
    Some(wording::finding(
        FindingName::TargetNotReady,
        input.path("service"),
        format!(
            "{name} has a deployment under way: {} of {} is {} {} with {} of {} running",
            under_way.id,
            wording::short(&under_way.task_definition),
            under_way.status,
            under_way.rollout,
            under_way.running,
            count(under_way.desired, "task")
        ),
        "wait until it is steady, or set the service back to a task definition that works",
    ))
}

/// Finds an index that has no image for the platform for which the task definition asks (Amazon ECS API Reference,
/// RuntimePlatform). The tasks could not pull it. Nothing is reported if the task definition asks for none:
/// the instances decide then, and Windlass does not know them.
pub(super) fn platform(
    input: &PrepareInput<'_>,
    spec: &Spec,
    base: &Value,
    (container, image): (&str, &Image),
) -> Option<Finding> {
    let asked = &base["runtimePlatform"];
    let architecture = match asked["cpuArchitecture"].as_str()? {
        "X86_64" => "amd64",
        "ARM64" => "arm64",
        _ => return None,
    };
    let family = asked["operatingSystemFamily"].as_str().unwrap_or("LINUX");
    let os = if family == "LINUX" { "linux" } else { "windows" };
    let there = &image.platforms;
    let fits = |platform: &Platform| platform.os == os && platform.architecture == architecture;
    if there.is_empty() || there.iter().any(fits) {
        return None;
    }
    let named = |platform: &Platform| format!("{}/{}", platform.os, platform.architecture);
    let named: Vec<String> = there.iter().map(named).collect();
    Some(wording::finding(
        FindingName::NotSupported,
        repository_at(input, spec, container),
        format!(
            "the tasks run on {os}/{architecture} (`runtimePlatform` of the task definition), and the image {}@sha256:{} is only for {}",
            image.repository_uri,
            image.digest,
            named.join(", ")
        ),
        "build the image for that platform too, or change the task definition's `runtimePlatform`",
    ))
}
