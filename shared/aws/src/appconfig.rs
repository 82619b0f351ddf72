//! AWS AppConfig, and its answers in the port's words.

use crate::clock::{count, time_of};
use crate::error::{OrFault, each_page, fault};
use crate::{Aws, limits};
use aws_sdk_appconfig::config::Builder;
use aws_sdk_appconfig::error::SdkError;
use aws_sdk_appconfig::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_appconfig::primitives::Blob;
use aws_sdk_appconfig::types as appconfig;
use aws_sdk_appconfig::types::error::BadRequestException;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    AppConfigApi, ConfigurationRollout, ConfigurationStrategy, HostedVersion, Named, NewRollout, NewVersion, Profile,
    Result, RolloutDetail, RolloutEvent,
};

/// The most items that a list answers at once (AWS AppConfig API Reference, `MaxResults`).
const AT_ONCE: i32 = 50;

/// Calls a list until it has no next page: each of these operations has a type of its own.
macro_rules! all {
    ($request:expr, $operation:literal, $resource:expr, $of:expr) => {{
        let mut all = Vec::new();
        each_page!($request.max_results(AT_ONCE), $operation, $resource, |answer| {
            all.extend(answer.items.unwrap_or_default().into_iter().map($of));
        });
        all
    }};
}

impl AppConfigApi for Aws {
    async fn applications(&self) -> Result<Vec<Named>> {
        let client = self.clients.appconfig();
        Ok(all!(client.list_applications(), "ListApplications", "", |it: appconfig::Application| named(it.id, it.name)))
    }

    async fn environments(&self, application: &str) -> Result<Vec<Named>> {
        let client = self.clients.appconfig();
        Ok(all!(
            client.list_environments().application_id(application),
            "ListEnvironments",
            application,
            |it: appconfig::Environment| named(it.id, it.name)
        ))
    }

    async fn profiles(&self, application: &str) -> Result<Vec<Profile>> {
        let client = self.clients.appconfig();
        let request = || client.list_configuration_profiles().application_id(application);
        Ok(all!(request(), "ListConfigurationProfiles", application, |it: appconfig::ConfigurationProfileSummary| {
            Profile {
                named: named(it.id, it.name),
                location: it.location_uri.unwrap_or_default(),
                // Before there were types AppConfig made free form alone.
                kind: it.r#type.unwrap_or_else(|| "AWS.Freeform".to_owned()),
            }
        }))
    }

    async fn strategies(&self) -> Result<Vec<ConfigurationStrategy>> {
        let client = self.clients.appconfig();
        Ok(all!(
            client.list_deployment_strategies(),
            "ListDeploymentStrategies",
            "",
            |it: appconfig::DeploymentStrategy| ConfigurationStrategy {
                minutes: (count(it.deployment_duration_in_minutes), count(it.final_bake_time_in_minutes),),
                named: named(it.id, it.name),
            }
        ))
    }

    async fn environment_tags(&self, application: &str, environment: &str) -> Result<BTreeMap<String, String>> {
        let arn = self.environment_arn(application, environment).await?;
        let sent = self.clients.appconfig().list_tags_for_resource().resource_arn(&arn).send().await;
        Ok(sent.or_fault("ListTagsForResource", &arn)?.tags.unwrap_or_default().into_iter().collect())
    }

    async fn versions(&self, application: &str, profile: &str) -> Result<Vec<HostedVersion>> {
        let client = self.clients.appconfig();
        let request = || {
            client.list_hosted_configuration_versions().application_id(application).configuration_profile_id(profile)
        };
        Ok(all!(
            request(),
            "ListHostedConfigurationVersions",
            profile,
            |it: appconfig::HostedConfigurationVersionSummary| HostedVersion {
                number: count(it.version_number),
                label: it.version_label,
            }
        ))
    }

    async fn content(&self, application: &str, profile: &str, version: u32) -> Result<Bytes> {
        let request = self.clients.appconfig().get_hosted_configuration_version();
        let sent = request
            .application_id(application)
            .configuration_profile_id(profile)
            .version_number(as_sent(version))
            .send()
            .await;
        let named = format!("{profile} {version}");
        let answer = sent.or_fault("GetHostedConfigurationVersion", &named)?;
        Ok(Bytes::from(answer.content.map(Blob::into_inner).unwrap_or_default()))
    }

    async fn create_version(&self, application: &str, profile: &str, version: &NewVersion) -> Result<u32> {
        let request = self.clients.appconfig().create_hosted_configuration_version();
        let sent = request
            .application_id(application)
            .configuration_profile_id(profile)
            .content(Blob::new(version.content.to_vec()))
            .content_type(&version.content_type)
            .version_label(&version.label)
            .description(&version.description)
            .set_latest_version_number(version.newest.map(as_sent))
            .customize()
            // A send whose answer was lost may have made it: the next look shows that.
            .config_override(Builder::new().retry_config(limits::one_attempt()))
            .send()
            .await;
        let made = sent.map_err(|error| refusal_or_fault(&error, "CreateHostedConfigurationVersion", profile))?;
        Ok(count(made.version_number))
    }

    async fn rollouts(
        &self,
        application: &str,
        environment: &str,
        next: Option<&str>,
    ) -> Result<(Vec<ConfigurationRollout>, Option<String>)> {
        let request = self.clients.appconfig().list_deployments();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .max_results(AT_ONCE)
            .set_next_token(next.map(str::to_owned))
            .send()
            .await;
        let answer = sent.or_fault("ListDeployments", environment)?;
        let mut rollouts = Vec::new();
        for listed in answer.items.unwrap_or_default() {
            if listed.configuration_profile_id.is_some() {
                rollouts.push(rollout_of(listed));
                continue;
            }
            // Not all of AppConfig's lists name the profile that a deployment belongs to.
            let number = count(listed.deployment_number);
            rollouts.push(self.rollout(application, environment, number).await?.rollout);
        }
        Ok((rollouts, answer.next_token))
    }

    async fn rollout(&self, application: &str, environment: &str, number: u32) -> Result<RolloutDetail> {
        let request = self.clients.appconfig().get_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .deployment_number(as_sent(number))
            .send()
            .await;
        let answer = sent.or_fault("GetDeployment", &format!("{environment} {number}"))?;
        Ok(detail_of(answer))
    }

    async fn start_rollout(&self, application: &str, environment: &str, rollout: &NewRollout) -> Result<u32> {
        let request = self.clients.appconfig().start_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .configuration_profile_id(&rollout.profile)
            .configuration_version(&rollout.version)
            .deployment_strategy_id(&rollout.strategy)
            .description(&rollout.description)
            .set_latest_deployment_number(rollout.newest.map(as_sent))
            .customize()
            .config_override(switching())
            .send()
            .await;
        let started = sent.map_err(|error| refusal_or_fault(&error, "StartDeployment", environment))?;
        Ok(count(started.deployment_number))
    }

    async fn stop_rollout(&self, application: &str, environment: &str, number: u32) -> Result<()> {
        let request = self.clients.appconfig().stop_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .deployment_number(as_sent(number))
            // Without it a deployment that bakes is not stopped either.
            .allow_revert(true)
            .customize()
            .config_override(switching())
            .send()
            .await;
        let named = format!("{environment} {number}");
        sent.or_fault("StopDeployment", &named).map(drop)
    }
}

impl Aws {
    /// Returns the partition, the region and the account in which calls are made.
    pub async fn caller(&self) -> Result<[String; 3]> {
        let (config, _) = self.clients.config();
        let answer =
            aws_sdk_sts::Client::new(config).get_caller_identity().send().await.or_fault("GetCallerIdentity", "")?;
        let arn = answer.arn.unwrap_or_default();
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Ok([partition, region, answer.account.unwrap_or_default()])
    }

    /// Returns the ARN of an environment, which no answer of AppConfig's names (Service Authorization Reference,
    /// "Resource types defined by AWS AppConfig").
    async fn environment_arn(&self, application: &str, environment: &str) -> Result<String> {
        let [partition, region, account] = self.caller().await?;
        Ok(format!("arn:{partition}:appconfig:{region}:{account}:application/{application}/environment/{environment}"))
    }
}

/// Returns a configuration by which a switching change is sent once, for ten seconds.
fn switching() -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching())
}

/// Returns the fault of a refusal. A validator's message may repeat the content, and AppConfig's message as well, so
/// the fault names only the places.
pub(crate) fn refusal_or_fault<E>(error: &SdkError<E, HttpResponse>, operation: &str, resource: &str) -> Fault
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata
        + std::error::Error
        + Send
        + Sync
        + 'static
        + AsBadRequest,
{
    let bad = error.as_service_error().and_then(AsBadRequest::as_bad);
    let Some(places) = bad.and_then(places) else { return fault(error, operation, resource) };
    Fault::new(FaultName::Refused, format!("{operation} {resource}: the configuration is not valid{places}"))
}

/// An error that may say that the request was refused.
pub(crate) trait AsBadRequest {
    fn as_bad(&self) -> Option<&BadRequestException>;
}

macro_rules! as_bad_request {
    ($($error:path),+) => {
        $(impl AsBadRequest for $error {
            fn as_bad(&self) -> Option<&BadRequestException> {
                match self {
                    Self::BadRequestException(bad) => Some(bad),
                    _ => None,
                }
            }
        })+
    };
}

as_bad_request!(
    aws_sdk_appconfig::operation::create_hosted_configuration_version::CreateHostedConfigurationVersionError,
    aws_sdk_appconfig::operation::start_deployment::StartDeploymentError
);

/// Returns the places where a configuration is not valid, in words; `None` where the request was refused for another
/// reason.
fn places(bad: &BadRequestException) -> Option<String> {
    use appconfig::{BadRequestDetails, BadRequestReason};
    let Some(BadRequestDetails::InvalidConfiguration(details)) = &bad.details else {
        let is_invalid = bad.reason == Some(BadRequestReason::InvalidConfiguration);
        return is_invalid.then(|| ", as a validator of its profile says".to_owned());
    };
    let lines = details.iter().take(5).map(|detail| {
        let location = detail.location.as_deref().unwrap_or("the whole");
        let constraint = detail.constraint.as_deref().unwrap_or("a constraint");
        format!("{location} does not meet `{constraint}`")
    });
    let lines: Vec<String> = lines.collect();
    Some(format!(": {}", lines.join("; ")))
}

pub(crate) fn named(id: Option<String>, name: Option<String>) -> Named {
    Named { id: id.unwrap_or_default(), name: name.unwrap_or_default() }
}

pub(crate) fn as_sent(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Returns the whole percent of a share that are surely reached.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percent(share: Option<f32>) -> u32 {
    share.unwrap_or(0.0).clamp(0.0, 100.0) as u32
}

pub(crate) fn rollout_of(listed: appconfig::DeploymentSummary) -> ConfigurationRollout {
    ConfigurationRollout {
        number: count(listed.deployment_number),
        profile: listed.configuration_profile_id.unwrap_or_default(),
        version: listed.configuration_version.unwrap_or_default(),
        label: listed.version_label,
        state: word(listed.state.as_ref().map(appconfig::DeploymentState::as_str)),
        percent: percent(listed.percentage_complete),
        minutes: (count(listed.deployment_duration_in_minutes), count(listed.final_bake_time_in_minutes)),
        started: listed.started_at.as_ref().map(time_of),
        completed: listed.completed_at.as_ref().map(time_of),
    }
}

pub(crate) fn detail_of(answer: GetDeploymentOutput) -> RolloutDetail {
    let events = answer.event_log.unwrap_or_default().into_iter();
    RolloutDetail {
        events: events.map(event_of).collect(),
        description: answer.description.unwrap_or_default(),
        rollout: ConfigurationRollout {
            number: count(answer.deployment_number),
            profile: answer.configuration_profile_id.unwrap_or_default(),
            version: answer.configuration_version.unwrap_or_default(),
            label: answer.version_label,
            state: word(answer.state.as_ref().map(appconfig::DeploymentState::as_str)),
            percent: percent(answer.percentage_complete),
            minutes: (count(answer.deployment_duration_in_minutes), count(answer.final_bake_time_in_minutes)),
            started: answer.started_at.as_ref().map(time_of),
            completed: answer.completed_at.as_ref().map(time_of),
        },
    }
}

fn event_of(event: appconfig::DeploymentEvent) -> RolloutEvent {
    RolloutEvent {
        what: word(event.event_type.as_ref().map(appconfig::DeploymentEventType::as_str)),
        by: word(event.triggered_by.as_ref().map(appconfig::TriggeredBy::as_str)),
        words: event.description.unwrap_or_default(),
    }
}

fn word(word: Option<&str>) -> String {
    word.unwrap_or_default().to_owned()
}
