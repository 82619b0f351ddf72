//! Prepares a task: is its service ours, what is the task made from, and must it be run at all?

use super::both::{PlanWords, last, missing, planned};
use super::call::{self, CallPorts};
use super::log::{Log, id};
use super::once::{RunWork, family};
use super::state::{InEcs, Target};
use super::{Task, wording};
use crate::config::Configured;
use crate::kinds::ecs::{document, permissions};
use crate::kinds::needs::beside;
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{EcsApi, EcsTasksApi, JsonServices, Launch, Network, Result, Service, TaskDefinition};
use crate::trouble::{Checked, if_there};
use windlass_domain::declaration::kinds::Spec as AnySpec;
use windlass_domain::declaration::kinds::task::Task as Spec;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::release::artifact::{Artifact, Image, split_image};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};

/// The things that the declaration names, as they are.
pub(super) struct FoundNeeds {
    /// The service whose image it runs.
    pub service: Service,
    /// The cluster in which it is run.
    pub cluster: String,
    /// The container that gets image and command.
    pub container: String,
    /// The task definition that its own is made from.
    pub base: TaskDefinition,
    /// The way in which it is launched.
    pub launch: Launch,
}

/// Plans the run of one task; see [`crate::kinds::PrepareInput`].
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: EcsApi + EcsTasksApi + Configured + JsonServices + CallPorts,
{
    if let Some(function) = &spec.function {
        return call::prepare(ports, input, spec, function).await;
    }
    let found = match find(ports, input, spec).await {
        Ok(found) => found,
        Err(trouble) => return Ok(Prepared::refused(trouble.findings()?)),
    };
    let home = ports.at(&Place::default());
    let mut findings = findings(input, spec, &found);
    findings.extend(foreign_cluster(ports, input, spec).await?);
    findings.extend(permissions::findings(home.config(), input, base_at(spec), &found.base));
    let family = family(EnvironmentId::new(input.app, input.environment), input.component);
    let claims = vec![claim(&found, &family)];
    if !findings.is_empty() {
        return Ok(Prepared { claims, ..Prepared::refused(findings) });
    }
    let brought = image(input, &found.container);
    let image = match &brought {
        Some(image) => image.to_string(),
        None => document::image(&found.base.document, &found.container).unwrap_or_default().to_owned(),
    };
    let target = target(input, spec, &found, family, image, last(input)?);
    let kind = Task::new(ports.at(input.place), input.deployment.clone());
    let not_brought = brought
        .is_none()
        .then(|| format!("is not run, because the release has no image for its container {}", target.how.container));
    let command = wording::command(&target.work.command);
    let (sha256, cluster) = (target.work.sha256.short(), &target.how.cluster);
    let what = format!("run {command} once with sha256:{sha256} in cluster {cluster}");
    let words = PlanWords { not_brought, same: format!("is not run: {command}"), what };
    planned(&kind, (input, spec), &target, claims, (words, None)).await
}

/// Finds all that the declaration names, or reports what is not there.
pub(super) async fn find(
    ports: &(impl EcsApi + EcsTasksApi),
    input: &PrepareInput<'_>,
    spec: &Spec,
) -> Checked<FoundNeeds> {
    let Some(AnySpec::Ecs(owner)) = input.image_of else {
        return Err(Fault::internal("a task runs the image of a service").into());
    };
    let named = format!("active service `{}` in cluster `{}`", owner.service, owner.cluster);
    let service = if_there(ports.service(&owner.cluster, &owner.service).await)?;
    let service = service.ok_or_else(|| missing(input, "image", &named))?;
    let base = spec.family.as_deref().unwrap_or(service.runs());
    let named = format!("active task definition `{base}`");
    let base = if_there(ports.task_definition(base).await)?;
    let base = base.ok_or_else(|| missing(input, base_at(spec), &named))?;
    let launch = ports.launch(&owner.cluster, &owner.service).await?;
    let network = spec.network.as_ref().map(|network| Network {
        subnets: network.subnets.clone(),
        security_groups: network.security_groups.clone(),
        public_ip: network.public_ip,
    });
    let only = owner.containers.keys().next().cloned();
    Ok(FoundNeeds {
        cluster: spec.cluster.clone().unwrap_or(owner.cluster.clone()),
        container: spec.container.clone().or(only).unwrap_or_default(),
        service,
        base,
        launch: Launch { network: network.or(launch.network), ..launch },
    })
}

/// Returns what is wrong with a cluster that the task names and its service is not in. No condition of `ecs:RunTask`
/// knows a cluster's tags (Service Authorization Reference, Amazon ECS), so Windlass's own role runs tasks in any
/// cluster.
async fn foreign_cluster(ports: &impl EcsTasksApi, input: &PrepareInput<'_>, spec: &Spec) -> Result<Option<Finding>> {
    let member = "ecs.cluster";
    // A rollback runs nothing, and is kept waiting for no tag.
    let own = own_cluster(input, spec).filter(|_| input.goal_state.is_none());
    let Some(name) = own else { return Ok(None) };
    let Some(cluster) = if_there(ports.cluster(name).await)? else {
        return Ok(Some(missing(input, member, &format!("active cluster `{name}`"))));
    };
    let what = format!("cluster {name}");
    Ok(input.check_tags(member, (&what, Some(&cluster.arn)), &cluster.tags))
}

/// Pure: the cluster that the task names, unless it is that of the service, whose tags count for both.
fn own_cluster<'a>(input: &PrepareInput<'_>, spec: &'a Spec) -> Option<&'a str> {
    let of_service = match input.image_of {
        Some(AnySpec::Ecs(owner)) => Some(owner.cluster.as_str()),
        _ => None,
    };
    spec.cluster.as_deref().filter(|own| Some(*own) != of_service)
}

/// Returns the member that says from what the task is made.
fn base_at(spec: &Spec) -> &'static str {
    match spec.family {
        Some(_) => "ecs.family",
        None => "image",
    }
}

/// Pure: what is wrong with what was found.
fn findings(input: &PrepareInput<'_>, spec: &Spec, found: &FoundNeeds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (service, base) = (&found.service, &found.base);
    let short = id(&base.arn);
    let of_service = format!("service {}", id(&service.arn));
    findings.extend(input.check_tags("image", (&of_service, Some(&service.arn)), &service.tags));
    if spec.family.is_some() {
        let what = format!("task definition {short}");
        findings.extend(input.check_tags(base_at(spec), (&what, Some(&base.arn)), &base.tags));
    }
    if document::image(&base.document, &found.container).is_none() {
        findings.push(Finding::new(
            FindingName::UnknownName,
            input.path("ecs.container"),
            format!(
                "Task definition {short} has no container `{}`, only: {}.",
                found.container,
                document::containers(&base.document).join(", ")
            ),
            "Write the name of the container that gets the image and the command.",
        ));
    }
    findings.extend(configured_at_launch(input, spec, base));
    findings.extend(unreadable(input, spec, found));
    let is_awsvpc = base.document["networkMode"] == "awsvpc";
    if is_awsvpc && found.launch.network.is_none() {
        findings.push(Finding::missing_field(
            input.path("ecs.network"),
            format!(
                "Task definition {short} gives its tasks a network of their own (`awsvpc`), and the service has none."
            ),
            "Write `network` with the subnets.",
        ));
    }
    findings
}

/// Pure: a finding if a volume is configured by whoever launches a task. `RunTask` would need its configuration, which
/// a service has for its own tasks alone (Amazon ECS Developer Guide, "Specify Amazon EBS volume configuration at
/// Amazon ECS deployment").
fn configured_at_launch(input: &PrepareInput<'_>, spec: &Spec, base: &TaskDefinition) -> Option<Finding> {
    let volumes = base.document["volumes"].as_array()?;
    let volume = volumes.iter().find(|volume| volume["configuredAtLaunch"] == true)?;
    Some(Finding::not_supported(
        input.path(base_at(spec)),
        format!(
            "The volume `{}` of task definition {} is configured at launch (`configuredAtLaunch`), and nothing says \
             how for a task.",
            volume["name"].as_str().unwrap_or_default(),
            id(&base.arn)
        ),
        "Name a task definition without such a volume with `family` under `ecs`.",
    ))
}

/// Pure: a finding if the log lines cannot be shown. They are shown only of a stream whose name is known, in the region
/// of the task.
fn unreadable(input: &PrepareInput<'_>, spec: &Spec, found: &FoundNeeds) -> Option<Finding> {
    let log = Log::of(&found.base.document, &found.container);
    let region = found.base.arn.split(':').nth(3);
    let is_readable =
        log.is_some_and(|log| log.prefix.is_some() && log.region.as_deref().is_none_or(|own| Some(own) == region));
    (spec.show_log && !is_readable).then(|| {
        Finding::not_supported(
            input.path("show_log"),
            format!(
                "Container `{}` of task definition {} has no log that can be shown: that takes the log driver `awslogs` with `awslogs-group` and `awslogs-stream-prefix`, in the region of the task.",
                found.container,
                id(&found.base.arn)
            ),
            "Write these options in the task definition, or leave `show_log` out.",
        )
    })
}

/// Pure: the claim on the tasks of its family, which no other component may run.
fn claim(found: &FoundNeeds, family: &str) -> Claim {
    let task = format!("task/{}/{family}", found.cluster);
    Claim::whole(beside(&found.service.arn, "ecs", &task))
}

/// Returns the image that the release brings for a container.
fn image(input: &PrepareInput<'_>, container: &str) -> Option<Image> {
    match input.artifact? {
        Artifact::Image { repository, digest } => {
            Some(Image { repository: repository.clone(), digest: digest.clone() })
        }
        Artifact::Images { containers } => containers.get(container).cloned(),
        Artifact::Object { .. } => None,
    }
}

fn target(
    input: &PrepareInput<'_>,
    spec: &Spec,
    found: &FoundNeeds,
    family: String,
    image: String,
    last: Option<RunWork>,
) -> Target {
    let (_, reference) = split_image(&image);
    let sha256 = Digest::parse(reference).unwrap_or_else(|_| Digest::of(image.as_bytes()));
    let work = RunWork { sha256, command: spec.command.clone() };
    let how = InEcs {
        cluster: found.cluster.clone(),
        family,
        base: found.base.arn.clone(),
        container: found.container.clone(),
        image,
        launch: found.launch.clone(),
        log: Log::of(&found.base.document, &found.container),
    };
    Target::new(input, spec, work, last, how)
}
