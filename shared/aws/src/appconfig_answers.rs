//! AppConfig's answers in the port's words.

use crate::clock::time_of;
use crate::error::fault;
use aws_sdk_appconfig::error::SdkError;
use aws_sdk_appconfig::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_appconfig::types as appconfig;
use aws_sdk_appconfig::types::error::BadRequestException;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{Named, Rollout, RolloutDetail, RolloutEvent};

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
    let Some(places) = bad.and_then(places) else {
        return fault(error, operation, resource);
    };
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
    let told = details.iter().take(5).map(|detail| {
        let location = detail.location.as_deref().unwrap_or("the whole");
        let constraint = detail.constraint.as_deref().unwrap_or("a constraint");
        format!("{location} does not meet `{constraint}`")
    });
    let told: Vec<String> = told.collect();
    Some(format!(": {}", told.join("; ")))
}

pub(crate) fn named(id: Option<String>, name: Option<String>) -> Named {
    Named { id: id.unwrap_or_default(), name: name.unwrap_or_default() }
}

pub(crate) fn count(minutes: i32) -> u64 {
    u64::try_from(minutes).unwrap_or(0)
}

pub(crate) fn number(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

pub(crate) fn as_sent(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Returns the whole percent of a share that are surely reached.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percent(share: Option<f32>) -> u32 {
    share.unwrap_or(0.0).clamp(0.0, 100.0) as u32
}

pub(crate) fn rollout_of(listed: appconfig::DeploymentSummary) -> Rollout {
    Rollout {
        number: number(listed.deployment_number),
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

pub(crate) fn told_of(told: GetDeploymentOutput) -> RolloutDetail {
    let events = told.event_log.unwrap_or_default().into_iter();
    RolloutDetail {
        events: events.map(event_of).collect(),
        description: told.description.unwrap_or_default(),
        rollout: Rollout {
            number: number(told.deployment_number),
            profile: told.configuration_profile_id.unwrap_or_default(),
            version: told.configuration_version.unwrap_or_default(),
            label: told.version_label,
            state: word(told.state.as_ref().map(appconfig::DeploymentState::as_str)),
            percent: percent(told.percentage_complete),
            minutes: (count(told.deployment_duration_in_minutes), count(told.final_bake_time_in_minutes)),
            started: told.started_at.as_ref().map(time_of),
            completed: told.completed_at.as_ref().map(time_of),
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
