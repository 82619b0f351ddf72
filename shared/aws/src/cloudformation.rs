//! AWS CloudFormation, and its answers in the port's words.

use crate::change_sets::{change_set_of, listed, resolved, validation_of, values, word};
use crate::clock::time_of;
use crate::error::{OrFault, code, fault, message};
use crate::{Aws, limits};
use aws_sdk_cloudformation::config::Builder;
use aws_sdk_cloudformation::error::SdkError;
use aws_sdk_cloudformation::types as cloudformation;
use aws_sdk_cloudformation::types::StackResourceDriftStatus as DriftStatus;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    ChangeSet, CloudFormationApi, DriftedResource, NewChangeSet, ParameterValue, Result, Stack, StackEvent,
    StackResource, TemplateFrom, TemplateParameter, TemplateSummary, ValidationError,
};

impl CloudFormationApi for Aws {
    async fn stack(&self, stack: &str) -> Result<Stack> {
        let sent = self.clients.cloudformation().describe_stacks().stack_name(stack).send().await;
        let answer = sent.map_err(|error| stack_fault(&error, "DescribeStacks", stack))?;
        let found = answer.stacks.unwrap_or_default().into_iter().next();
        let none = || Fault::new(FaultName::NotFound, format!("DescribeStacks {stack}: AWS answered no stack"));
        found.map(stack_of).ok_or_else(none)
    }

    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>> {
        let request = self.clients.cloudformation().list_stack_resources().stack_name(stack);
        let all = request.into_paginator().items().send().try_collect().await;
        let all = all.map_err(|error| stack_fault(&error, "ListStackResources", stack))?;
        Ok(all.into_iter().map(resource_of).collect())
    }

    async fn drifted(&self, stack: &str) -> Result<Vec<DriftedResource>> {
        let request = self.clients.cloudformation().describe_stack_resource_drifts().stack_name(stack);
        let differs = [DriftStatus::Modified, DriftStatus::Deleted];
        let request = request.set_stack_resource_drift_status_filters(Some(differs.into()));
        let pages = request.into_paginator().send().try_collect().await;
        let pages = pages.map_err(|error| stack_fault(&error, "DescribeStackResourceDrifts", stack))?;
        let all = pages.into_iter().flat_map(|page| page.stack_resource_drifts.unwrap_or_default());
        Ok(all.map(drifted_of).collect())
    }

    async fn stack_events(&self, stack: &str, next: Option<&str>) -> Result<(Vec<StackEvent>, Option<String>)> {
        let request = self.clients.cloudformation().describe_stack_events();
        let sent = request.stack_name(stack).set_next_token(next.map(str::to_owned)).send().await;
        let answer = sent.map_err(|error| stack_fault(&error, "DescribeStackEvents", stack))?;
        let events = answer.stack_events.unwrap_or_default().into_iter();
        Ok((events.map(event_of).collect(), answer.next_token))
    }

    async fn template(&self, stack: &str, change_set: Option<&str>) -> Result<String> {
        let request = self.clients.cloudformation().get_template().stack_name(stack);
        let request = request.set_change_set_name(change_set.map(str::to_owned));
        let sent = request.template_stage(cloudformation::TemplateStage::Original).send().await;
        let answer = sent.map_err(|error| stack_fault(&error, "GetTemplate", stack))?;
        let none = || Fault::new(FaultName::Unavailable, format!("GetTemplate {stack}: AWS answered no template"));
        answer.template_body.ok_or_else(none)
    }

    async fn template_summary(&self, template: &TemplateFrom) -> Result<TemplateSummary> {
        let request = self.clients.cloudformation().get_template_summary();
        let request = match template {
            TemplateFrom::Body(body) => request.template_body(body),
            TemplateFrom::Url(url) => request.template_url(url),
        };
        let answer = request.send().await.or_fault("GetTemplateSummary", "")?;
        let parameters = answer.parameters.unwrap_or_default().into_iter();
        Ok(TemplateSummary {
            parameters: parameters.filter_map(declared).collect(),
            transforms: answer.declared_transforms.unwrap_or_default(),
            types: answer.resource_types.unwrap_or_default(),
        })
    }

    async fn create_change_set(&self, new: &NewChangeSet<'_>) -> Result<String> {
        let request = self.clients.cloudformation().create_change_set();
        let request = match new.template {
            TemplateFrom::Body(body) => request.template_body(body),
            TemplateFrom::Url(url) => request.template_url(url),
        };
        let kind =
            if new.creates { cloudformation::ChangeSetType::Create } else { cloudformation::ChangeSetType::Update };
        let capabilities = new.capabilities.iter().map(|word| cloudformation::Capability::from(word.as_str()));
        let request = request.stack_name(new.stack).change_set_name(new.name).change_set_type(kind);
        let request = request.role_arn(new.role).description(new.description).include_nested_stacks(true);
        let request = request.set_parameters(Some(new.parameters.iter().map(parameter).collect()));
        let request = request.set_tags(Some(new.tags.iter().map(tag).collect()));
        // A second try of this call is known by its token. Another call has another one, and is refused.
        let request = request.client_token(format!("windlass-{:032x}", fastrand::u128(..)));
        let sent = request.set_capabilities(Some(capabilities.collect())).send().await;
        let made = sent.map_err(|error| moved_fault(&error, "CreateChangeSet", new.stack))?;
        let none = || Fault::new(FaultName::Unavailable, format!("CreateChangeSet {}: AWS answered no id", new.stack));
        made.id.ok_or_else(none)
    }

    async fn change_set(&self, stack: Option<&str>, change_set: &str, next: Option<&str>) -> Result<ChangeSet> {
        let request = self.clients.cloudformation().describe_change_set().set_stack_name(stack.map(str::to_owned));
        let request = request.change_set_name(change_set).set_next_token(next.map(str::to_owned));
        let sent = request.send().await;
        let answer = sent.map_err(|error| stack_fault(&error, "DescribeChangeSet", change_set))?;
        Ok(change_set_of(answer))
    }

    async fn change_sets(&self, stack: &str) -> Result<Vec<(String, Option<Time>)>> {
        let all = self.clients.cloudformation().list_change_sets().stack_name(stack).into_paginator().items().send();
        match all.try_collect().await.map_err(|error| stack_fault(&error, "ListChangeSets", stack)) {
            Err(fault) if fault.name == FaultName::NotFound => Ok(vec![]),
            all => Ok(all?.into_iter().filter_map(listed).collect()),
        }
    }

    async fn validation_errors(&self, change_set: &str) -> Result<Vec<ValidationError>> {
        let request = self.clients.cloudformation().describe_events().change_set_name(change_set);
        let all = request.into_paginator().items().send().try_collect().await;
        let all = all.map_err(|error| stack_fault(&error, "DescribeEvents", change_set))?;
        Ok(all.into_iter().filter_map(validation_of).collect())
    }

    async fn delete_change_set(&self, change_set: &str) -> Result<()> {
        let sent = self.clients.cloudformation().delete_change_set().change_set_name(change_set).send().await;
        match sent.map_err(|error| stack_fault(&error, "DeleteChangeSet", change_set)) {
            Err(fault) if fault.name != FaultName::NotFound => Err(fault),
            _ => Ok(()),
        }
    }

    async fn execute_change_set(&self, change_set: &str, token: &str) -> Result<()> {
        let request = self.clients.cloudformation().execute_change_set();
        let request = request.change_set_name(change_set).client_request_token(token);
        let sent = request.customize().config_override(switching()).send().await;
        sent.map(drop).map_err(|error| match moved_fault(&error, "ExecuteChangeSet", change_set) {
            gone if gone.name == FaultName::NotFound => Fault { name: FaultName::Conflict, ..gone },
            fault => fault,
        })
    }

    async fn delete_stack(&self, stack: &str, retain: &[String], role: &str, token: &str) -> Result<()> {
        let request = self.clients.cloudformation().delete_stack();
        let sent = request
            .stack_name(stack)
            .set_retain_resources((!retain.is_empty()).then(|| retain.to_vec()))
            .role_arn(role)
            .client_request_token(token)
            .customize()
            .config_override(switching())
            .send()
            .await;
        sent.map(drop).map_err(|error| moved_fault(&error, "DeleteStack", stack))
    }

    async fn delete_place(&self, stack: &str, role: &str) -> Result<()> {
        let request = self.clients.cloudformation().delete_stack().stack_name(stack).role_arn(role);
        let sent = request.customize().config_override(switching()).send().await;
        sent.map(drop).map_err(|error| moved_fault(&error, "DeleteStack", stack))
    }

    async fn cancel_update(&self, stack: &str, token: &str) -> Result<()> {
        let request = self.clients.cloudformation().cancel_update_stack();
        let request = request.stack_name(stack).client_request_token(token);
        let sent = request.customize().config_override(switching()).send().await;
        sent.map(drop).map_err(|error| moved_fault(&error, "CancelUpdateStack", stack))
    }

    async fn continue_rollback(&self, stack: &str, role: &str, token: &str) -> Result<()> {
        let request = self.clients.cloudformation().continue_update_rollback();
        let request = request.stack_name(stack).role_arn(role).client_request_token(token);
        let sent = request.customize().config_override(switching()).send().await;
        sent.map(drop).map_err(|error| moved_fault(&error, "ContinueUpdateRollback", stack))
    }
}

/// Returns a configuration by which a switching change is sent once, for ten seconds.
fn switching() -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching())
}

/// The code of every refusal that has none of its own: what is meant stands in its words alone.
const INVALID: &str = "ValidationError";

/// The words with which CloudFormation refuses a call because of the stack's status, such as "is in UPDATE_IN_PROGRESS
/// state and can not be updated". Only ExecuteChangeSet has a code for that (AWS CloudFormation API Reference,
/// CancelUpdateStack, ContinueUpdateRollback, CreateChangeSet and DeleteStack, "Errors").
const OF_STATUS: [&str; 3] = [" state and can", "current stack status", "while in status"];

/// Returns the fault of an error. A stack that is missing has no code of its own (AWS CloudFormation API Reference,
/// "DescribeStacks").
fn stack_fault<E>(error: &SdkError<E, HttpResponse>, operation: &str, resource: &str) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let (code, message) = (code(error).unwrap_or_default(), message(error));
    let fault = fault(error, operation, resource);
    let name = match code {
        INVALID if message.contains("does not exist") => FaultName::NotFound,
        "AlreadyExistsException" | "InvalidChangeSetStatus" | "TokenAlreadyExistsException" => FaultName::Conflict,
        // It is the quota of stacks or of change sets, and fewer calls do not help.
        "LimitExceededException" => FaultName::Refused,
        _ => fault.name,
    };
    Fault { name, ..fault }
}

/// Returns the fault of an error of a switching call, or of one that makes a change set: a conflict too where the stack
/// has another status than it had when somebody looked.
fn moved_fault<E>(error: &SdkError<E, HttpResponse>, operation: &str, resource: &str) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let message = message(error);
    let fault = stack_fault(error, operation, resource);
    if code(error) == Some(INVALID) && OF_STATUS.iter().any(|words| message.contains(words)) {
        return Fault { name: FaultName::Conflict, ..fault };
    }
    fault
}

fn parameter((name, value): (&String, &ParameterValue)) -> cloudformation::Parameter {
    let parameter = cloudformation::Parameter::builder().parameter_key(name);
    match value {
        ParameterValue::Former => parameter.use_previous_value(true).build(),
        ParameterValue::New(value) => parameter.parameter_value(value).build(),
    }
}

fn tag((name, value): (&String, &String)) -> cloudformation::Tag {
    cloudformation::Tag::builder().key(name).value(value).build()
}

fn declared(it: cloudformation::ParameterDeclaration) -> Option<(String, TemplateParameter)> {
    let parameter = TemplateParameter {
        kind: it.parameter_type.unwrap_or_default(),
        has_default: it.default_value.is_some(),
        is_secret: it.no_echo.unwrap_or_default(),
    };
    Some((it.parameter_key?, parameter))
}

fn stack_of(it: cloudformation::Stack) -> Stack {
    let outputs = it.outputs.unwrap_or_default().into_iter();
    let tags = it.tags.unwrap_or_default().into_iter();
    let drift = it.drift_information;
    let drift = drift.map(|it| (word(it.stack_drift_status), it.last_check_timestamp.as_ref().map(time_of)));
    Stack {
        id: it.stack_id.unwrap_or_default(),
        name: it.stack_name.unwrap_or_default(),
        status: word(it.stack_status),
        reason: it.stack_status_reason.unwrap_or_default(),
        change_set: it.change_set_id,
        parameters: values(it.parameters.as_deref().unwrap_or_default()),
        resolved: resolved(it.parameters.as_deref().unwrap_or_default()),
        outputs: outputs.filter_map(|it| Some((it.output_key?, it.output_value.unwrap_or_default()))).collect(),
        tags: tags.filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect(),
        role: it.role_arn,
        parent: it.parent_id,
        is_protected: it.enable_termination_protection.unwrap_or_default(),
        updated: it.last_updated_time.as_ref().map(time_of),
        drift,
    }
}

fn resource_of(it: cloudformation::StackResourceSummary) -> StackResource {
    StackResource {
        logical: it.logical_resource_id.unwrap_or_default(),
        physical: it.physical_resource_id.unwrap_or_default(),
        kind: it.resource_type.unwrap_or_default(),
        status: word(it.resource_status),
    }
}

fn drifted_of(it: cloudformation::StackResourceDrift) -> DriftedResource {
    let places = it.property_differences.unwrap_or_default().into_iter();
    DriftedResource {
        logical: it.logical_resource_id.unwrap_or_default(),
        physical: it.physical_resource_id.unwrap_or_default(),
        kind: it.resource_type.unwrap_or_default(),
        status: word(it.stack_resource_drift_status),
        places: places.filter_map(|difference| difference.property_path).collect(),
    }
}

fn event_of(it: cloudformation::StackEvent) -> StackEvent {
    StackEvent {
        resource: StackResource {
            logical: it.logical_resource_id.unwrap_or_default(),
            physical: it.physical_resource_id.unwrap_or_default(),
            kind: it.resource_type.unwrap_or_default(),
            status: word(it.resource_status),
        },
        reason: it.resource_status_reason.unwrap_or_default(),
        token: it.client_request_token,
        at: it.timestamp.as_ref().map(time_of).unwrap_or_default(),
    }
}
