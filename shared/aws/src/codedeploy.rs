//! AWS CodeDeploy, and its answers about services: how far a deployment has come, and how long a group waits.

use crate::clock::{count, date_time, time_of};
use crate::error::OrFault;
use crate::{Aws, limits};
use aws_sdk_codedeploy::config::Builder;
use aws_sdk_codedeploy::types as codedeploy;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    CodeDeployApi, Deployed, DeploymentGroup, DeploymentWait, Lifecycle, LifecycleEvent, ListedDeployments,
    NewDeployed, Result, Revision, Routing, Share,
};

impl CodeDeployApi for Aws {
    async fn deployment_group(&self, application: &str, group: &str) -> Result<DeploymentGroup> {
        let request = self.clients.codedeploy().get_deployment_group();
        let sent = request.application_name(application).deployment_group_name(group).send().await;
        let answer = sent.or_fault("GetDeploymentGroup", &format!("{application}/{group}"))?;
        let info = answer.deployment_group_info.unwrap_or_else(|| {
            // CodeDeploy answers `NotFound` itself: an answer without a group says nothing of it.
            codedeploy::DeploymentGroupInfo::builder().build()
        });
        let last = [info.last_successful_deployment, info.last_attempted_deployment];
        let last = last.into_iter().flatten();
        Ok(DeploymentGroup {
            platform: word(info.compute_platform.as_ref().map(AsRef::as_ref)),
            configuration: info.deployment_config_name.unwrap_or_default(),
            revision: info.target_revision.and_then(revision_of),
            last: last.filter_map(|last| last.deployment_id).collect(),
            services: info
                .ecs_services
                .unwrap_or_default()
                .into_iter()
                .filter_map(|its| Some((its.cluster_name?, its.service_name?)))
                .collect(),
            ready_min: info.blue_green_deployment_configuration.as_ref().and_then(ready_min),
            ends_min: info.blue_green_deployment_configuration.map_or(Some(0), ends_min),
        })
    }

    async fn routing(&self, configuration: &str) -> Result<Routing> {
        let sent = self.clients.codedeploy().get_deployment_config().deployment_config_name(configuration).send().await;
        let answer = sent.or_fault("GetDeploymentConfig", configuration)?;
        let routing = answer.deployment_config_info.and_then(|info| info.traffic_routing_config);
        Ok(routing.map_or_else(|| Routing::Other("nothing".to_owned()), routing_of))
    }

    async fn revision(&self, application: &str, kind: &str, sha256: &str) -> Result<String> {
        let request = self.clients.codedeploy().get_application_revision();
        let sent = request.application_name(application).revision(kept(kind, sha256)).send().await;
        let content = sent.or_fault("GetApplicationRevision", application)?.revision.and_then(|revision| {
            let text = revision.app_spec_content.and_then(|kept| kept.content);
            #[allow(deprecated, reason = "older deployments have a `String`")]
            text.or(revision.string.and_then(|kept| kept.content))
        });
        content.ok_or_else(|| {
            Fault::new(
                FaultName::Refused,
                format!("GetApplicationRevision {application}: AWS answered no text of the revision"),
            )
        })
    }

    async fn deployments(
        &self,
        application: &str,
        group: &str,
        listed: ListedDeployments,
        next: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>)> {
        use codedeploy::DeploymentStatus as Status;
        let mut request = self
            .clients
            .codedeploy()
            .list_deployments()
            .application_name(application)
            .deployment_group_name(group)
            .set_next_token(next.map(str::to_owned));
        match listed {
            ListedDeployments::Active => {
                for status in [Status::Created, Status::Queued, Status::InProgress, Status::Baking, Status::Ready] {
                    request = request.include_only_statuses(status);
                }
            }
            ListedDeployments::Created(from, to) => {
                let range = codedeploy::TimeRange::builder().start(date_time(from)).end(date_time(to));
                request = request.create_time_range(range.build());
            }
        }
        let answer = request.send().await.or_fault("ListDeployments", &format!("{application}/{group}"))?;
        Ok((answer.deployments.unwrap_or_default(), answer.next_token))
    }

    async fn deployed(&self, id: &str) -> Result<Deployed> {
        let sent = self.clients.codedeploy().get_deployment().deployment_id(id).send().await;
        let info = sent.or_fault("GetDeployment", id)?.deployment_info;
        let info = info.ok_or_else(|| {
            Fault::new(FaultName::Unavailable, format!("GetDeployment {id}: AWS answered nothing of it"))
        })?;
        Ok(deployed_of(id, info))
    }

    async fn lifecycle_events(&self, id: &str) -> Result<Lifecycle> {
        let client = self.clients.codedeploy();
        let sent = client.list_deployment_targets().deployment_id(id).send().await;
        let listed = sent.or_none("ListDeploymentTargets", id, &["DeploymentNotStartedException"])?;
        let targets = listed.and_then(|listed| listed.target_ids).unwrap_or_default();
        if targets.is_empty() {
            return Ok(Lifecycle::default());
        }
        let sent = client.batch_get_deployment_targets().deployment_id(id).set_target_ids(Some(targets)).send().await;
        let answer = sent.or_fault("BatchGetDeploymentTargets", id)?;
        let mut lifecycle = Lifecycle::default();
        for target in answer.deployment_targets.unwrap_or_default() {
            let (function, service) = (target.lambda_target, target.ecs_target);
            let events = function.and_then(|function| function.lifecycle_events);
            add(&mut lifecycle, events, None);
            if let Some(service) = service {
                add(&mut lifecycle, service.lifecycle_events, service.task_sets_info);
            }
        }
        Ok(lifecycle)
    }

    async fn create_deployment(&self, new: &NewDeployed) -> Result<String> {
        let content = codedeploy::AppSpecContent::builder()
            .content(&new.content)
            .sha256(Digest::of(new.content.as_bytes()).to_string());
        let revision = codedeploy::RevisionLocation::builder()
            .revision_type(codedeploy::RevisionLocationType::AppSpecContent)
            .app_spec_content(content.build());
        let request = self.clients.codedeploy().create_deployment();
        let sent = request
            .application_name(&new.application)
            .deployment_group_name(&new.group)
            .description(&new.description)
            .set_deployment_config_name(new.configuration.clone())
            .revision(revision.build())
            .customize()
            .config_override(switching())
            .send()
            .await;
        let named = format!("{}/{}", new.application, new.group);
        Ok(sent.or_fault("CreateDeployment", &named)?.deployment_id.unwrap_or_default())
    }

    async fn stop_deployment(&self, id: &str) -> Result<()> {
        let request = self.clients.codedeploy().stop_deployment();
        let sent = request
            .deployment_id(id)
            // Without the rollback the alias would stay between two versions.
            .auto_rollback_enabled(true)
            .customize()
            .config_override(switching())
            .send()
            .await;
        sent.or_fault("StopDeployment", id).map(drop)
    }

    async fn continue_deployment(&self, id: &str, waiting: DeploymentWait) -> Result<()> {
        let waiting = match waiting {
            DeploymentWait::Ready => codedeploy::DeploymentWaitType::ReadyWait,
            DeploymentWait::Termination => codedeploy::DeploymentWaitType::TerminationWait,
        };
        let request = self.clients.codedeploy().continue_deployment();
        let sent = request
            .deployment_id(id)
            .deployment_wait_type(waiting)
            .customize()
            .config_override(switching())
            .send()
            .await;
        sent.or_fault("ContinueDeployment", id).map(drop)
    }
}

/// Returns a configuration by which a switching change is sent once, for ten seconds.
fn switching() -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching())
}

/// Returns the place of a text that CodeDeploy keeps.
#[allow(deprecated, reason = "older deployments have a `String`")]
fn kept(kind: &str, sha256: &str) -> codedeploy::RevisionLocation {
    let location = codedeploy::RevisionLocation::builder().revision_type(kind.into());
    if kind == "String" {
        location.string(codedeploy::RawString::builder().sha256(sha256).build()).build()
    } else {
        location.app_spec_content(codedeploy::AppSpecContent::builder().sha256(sha256).build()).build()
    }
}

fn revision_of(location: codedeploy::RevisionLocation) -> Option<Revision> {
    let kind = location.revision_type?.as_str().to_owned();
    let sha256 = location.app_spec_content.and_then(|kept| kept.sha256);
    #[allow(deprecated, reason = "older deployments have a `String`")]
    let sha256 = sha256.or(location.string.and_then(|kept| kept.sha256));
    Some(match sha256 {
        Some(sha256) => Revision::Kept { kind, sha256 },
        None => Revision::Elsewhere(kind),
    })
}

fn routing_of(config: codedeploy::TrafficRoutingConfig) -> Routing {
    let kind = word(config.r#type.as_ref().map(AsRef::as_ref));
    match (kind.as_str(), config.time_based_canary, config.time_based_linear) {
        ("AllAtOnce", ..) => Routing::AllAtOnce,
        ("TimeBasedCanary", Some(canary), _) => {
            Routing::Canary(count(canary.canary_percentage), count(canary.canary_interval))
        }
        ("TimeBasedLinear", _, Some(linear)) => {
            Routing::Linear(count(linear.linear_percentage), count(linear.linear_interval))
        }
        _ => Routing::Other(kind),
    }
}

fn deployed_of(id: &str, info: codedeploy::DeploymentInfo) -> Deployed {
    let rollback = info.rollback_info.unwrap_or_else(|| {
        // Most deployments have none.
        codedeploy::RollbackInfo::builder().build()
    });
    let automatic = info.auto_rollback_configuration;
    let error = info.error_information.map(|error| {
        let code = word(error.code.as_ref().map(AsRef::as_ref));
        (code, error.message.unwrap_or_default())
    });
    Deployed {
        id: id.to_owned(),
        status: word(info.status.as_ref().map(AsRef::as_ref)),
        description: info.description.unwrap_or_default(),
        creator: word(info.creator.as_ref().map(AsRef::as_ref)),
        created: info.create_time.as_ref().map(time_of),
        completed: info.complete_time.as_ref().map(time_of),
        error,
        rolls_back: automatic.is_some_and(|automatic| automatic.enabled),
        rolled_back_by: rollback.rollback_deployment_id,
        rollback_of: rollback.rollback_triggering_deployment_id,
        rollback_words: rollback.rollback_message.unwrap_or_default(),
        revision: info.revision.and_then(revision_of),
        ends: info.instance_termination_wait_time_started,
    }
}

pub(crate) fn word(word: Option<&str>) -> String {
    word.unwrap_or_default().to_owned()
}

/// Adds the lifecycle events and task sets of a target.
pub(crate) fn add(
    lifecycle: &mut Lifecycle,
    events: Option<Vec<codedeploy::LifecycleEvent>>,
    task_sets: Option<Vec<codedeploy::EcsTaskSet>>,
) {
    let events = events.unwrap_or_default().into_iter();
    lifecycle.events.extend(events.map(event_of));
    let task_sets = task_sets.unwrap_or_default().into_iter();
    lifecycle.task_sets.extend(task_sets.filter_map(share_of));
}

fn event_of(event: codedeploy::LifecycleEvent) -> LifecycleEvent {
    let words = event.diagnostics.and_then(|why| why.message);
    LifecycleEvent {
        name: event.lifecycle_event_name.unwrap_or_default(),
        status: word(event.status.as_ref().map(AsRef::as_ref)),
        words: words.unwrap_or_default(),
        ended: event.end_time.as_ref().map(time_of),
    }
}

/// Reads a task set's share of the callers. AWS gives every task set a weight; the SDK reads a missing one as 0.
fn share_of(task_set: codedeploy::EcsTaskSet) -> Option<Share> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage between 0 and 100")]
    let percent = task_set.traffic_weight.clamp(0.0, 100.0) as u64;
    Some(Share { id: task_set.identifer?, percent: Some(percent) })
}

/// Returns the minutes for which a deployment waits for leave to move callers, where the group lets it wait (AWS
/// CodeDeploy API Reference, `DeploymentReadyOption`).
pub(crate) fn ready_min(of: &codedeploy::BlueGreenDeploymentConfiguration) -> Option<u64> {
    let ready = of.deployment_ready_option.as_ref()?;
    let waits = ready.action_on_timeout == Some(codedeploy::DeploymentReadyAction::StopDeployment);
    waits.then(|| count(ready.wait_time_in_minutes))
}

/// Returns the minutes for which the former tasks stay; `None` where they stay for good (AWS CodeDeploy API Reference,
/// `BlueInstanceTerminationOption`).
pub(crate) fn ends_min(of: codedeploy::BlueGreenDeploymentConfiguration) -> Option<u64> {
    let Some(ends) = of.terminate_blue_instances_on_deployment_success else { return Some(0) };
    let stay = ends.action == Some(codedeploy::InstanceAction::KeepAlive);
    (!stay).then(|| count(ends.termination_wait_time_in_minutes))
}
