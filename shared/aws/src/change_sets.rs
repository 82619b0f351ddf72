//! Change sets of AWS CloudFormation as it answers them, and what its validation says of them.

use crate::clock::time_of;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as cloudformation;
use std::collections::BTreeMap;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ChangeSet, ResourceChange, ValidationError};

/// Returns a word of an answer; an empty text where the answer has none.
pub(crate) fn word<W: AsRef<str>>(word: Option<W>) -> String {
    word.map(|word| word.as_ref().to_owned()).unwrap_or_default()
}

/// Returns the values of parameters by their names.
pub(crate) fn values(parameters: &[cloudformation::Parameter]) -> BTreeMap<String, String> {
    let value = |it: &cloudformation::Parameter| {
        Some((it.parameter_key.clone()?, it.parameter_value.clone().unwrap_or_default()))
    };
    parameters.iter().filter_map(value).collect()
}

/// Returns the values that parameters of the Parameter Store stand for, by the names of the parameters.
pub(crate) fn resolved(parameters: &[cloudformation::Parameter]) -> BTreeMap<String, String> {
    parameters.iter().filter_map(|it| Some((it.parameter_key.clone()?, it.resolved_value.clone()?))).collect()
}

/// Returns the name of a listed change set, and the time at which it was made.
pub(crate) fn listed(it: cloudformation::ChangeSetSummary) -> Option<(String, Option<Time>)> {
    Some((it.change_set_name?, it.creation_time.as_ref().map(time_of)))
}

/// Returns a page of a change set.
pub(crate) fn change_set_of(it: DescribeChangeSetOutput) -> ChangeSet {
    let changes = it.changes.unwrap_or_default().into_iter();
    ChangeSet {
        id: it.change_set_id.unwrap_or_default(),
        stack: it.stack_id.unwrap_or_default(),
        status: word(it.status),
        reason: it.status_reason.unwrap_or_default(),
        execution: word(it.execution_status),
        parameters: values(it.parameters.as_deref().unwrap_or_default()),
        resolved: resolved(it.parameters.as_deref().unwrap_or_default()),
        changes: changes.filter_map(|change| change.resource_change).map(change_of).collect(),
        next: it.next_token,
    }
}

fn change_of(it: cloudformation::ResourceChange) -> ResourceChange {
    let targets = it.details.unwrap_or_default().into_iter().filter_map(|detail| detail.target);
    ResourceChange {
        action: word(it.action),
        policy: word(it.policy_action),
        logical: it.logical_resource_id.unwrap_or_default(),
        physical: it.physical_resource_id.unwrap_or_default(),
        kind: it.resource_type.unwrap_or_default(),
        replacement: word(it.replacement),
        properties: targets.filter_map(|target| target.name).collect(),
        nested: it.change_set_id,
    }
}

/// Returns what a validation says; `None` for another event.
pub(crate) fn validation_of(it: cloudformation::OperationEvent) -> Option<ValidationError> {
    let is_validation = it.event_type == Some(cloudformation::EventType::ValidationError);
    is_validation.then(|| ValidationError {
        logical: it.logical_resource_id.unwrap_or_default(),
        kind: it.resource_type.unwrap_or_default(),
        validation: it.validation_name.unwrap_or_default(),
        place: it.validation_path.unwrap_or_default(),
        reason: it.validation_status_reason.unwrap_or_default(),
        // A mode that is not given stops it.
        fails: it.validation_failure_mode != Some(cloudformation::HookFailureMode::Warn),
    })
}
