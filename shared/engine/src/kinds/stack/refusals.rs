//! The refusals of a template or a change set, before anything of a stack is changed. Pure.

use super::state::is_there_already;
use super::wording::there_already;
use crate::kinds::PrepareInput;
use crate::ports::{ChangeSet, ObjectId, ResourceChange, Stack, TemplateSummary, ValidationError};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::kinds::stack::holds_data::NESTED;
use windlass_domain::declaration::kinds::stack::package::StackAsset;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// The transforms that AWS itself carries out, and that run nobody's code.
const OF_AWS: [&str; 2] = ["AWS::Serverless", "AWS::LanguageExtensions"];

/// The beginning of the types of parameters that CloudFormation reads from the Parameter Store.
const FROM_STORE: &str = "AWS::SSM::Parameter::";

/// Returns what of a template runs code, or reads for whoever makes a change set of it: transforms, and parameters that
/// are read from the Parameter Store.
pub(super) fn code_of(summary: &TemplateSummary) -> BTreeSet<String> {
    let transforms = foreign(summary).map(|name| format!("the transform `{name}`"));
    let read = summary.parameters.iter().filter(|(_, parameter)| parameter.kind.starts_with(FROM_STORE));
    transforms.chain(read.map(|(name, _)| format!("the parameter `{name}` of the Parameter Store"))).collect()
}

/// Returns the transforms of a template that somebody else than AWS carries out.
fn foreign(summary: &TemplateSummary) -> impl Iterator<Item = &String> {
    summary.transforms.iter().filter(|name| !OF_AWS.iter().any(|known| name.starts_with(known)))
}

/// Returns the nested stacks of a template that may run code, because nobody knows their own templates to be those that
/// run. `running` is the template that runs.
pub(super) fn nested_code(summary: &TemplateSummary, template: &Value, running: &Value) -> BTreeSet<String> {
    let mut nested = nested(template).peekable();
    if nested.peek().is_none() && summary.types.iter().any(|kind| kind == NESTED) {
        return ["a nested stack".to_owned()].into();
    }
    let is_other = |(logical, brought): &(&String, &Value)| {
        let url = &brought["Properties"]["TemplateURL"];
        !is_fixed(url, summary) || *url != running["Resources"][*logical]["Properties"]["TemplateURL"]
    };
    nested.filter(is_other).map(|(logical, _)| format!("the nested stack `{logical}`")).collect()
}

/// Returns the nested stacks of a template by their names.
fn nested(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let all = template["Resources"].as_object().into_iter().flatten();
    all.filter(|(_, resource)| resource["Type"] == NESTED)
}

/// Returns whether the address that a template writes is the same for everybody: no parameter and no mapping is in it.
/// A short form such as `Ref` or `ImportValue` is read as the name that it refers to, which is no address.
fn is_fixed(value: &Value, summary: &TemplateSummary) -> bool {
    let is_text = |text: &str| {
        !summary.parameters.contains_key(text) && text.split("${").skip(1).all(|name| name.starts_with("AWS::"))
    };
    let is_part = |part: &Value| {
        let referred = part.get("Ref").or_else(|| part.get("Fn::Sub")).unwrap_or(part);
        referred.as_str().is_some_and(is_text)
    };
    let is_address = value.as_str().is_none_or(|text| text.starts_with("https://"));
    (is_address && is_part(value)) || value["Fn::Join"][1].as_array().is_some_and(|parts| parts.iter().all(is_part))
}

/// Returns a finding for each parameter of the Parameter Store whose value is another one since the stack was changed:
/// an undo would get the new one as well, because CloudFormation reads it with each update.
pub(super) fn moved(input: &PrepareInput<'_>, stack: Option<&Stack>, set: &ChangeSet) -> Vec<Finding> {
    let Some(stack) = stack else { return vec![] };
    let of_one_version = |named: &str| {
        let version = named.rsplit_once(':').map(|(_, version)| version);
        version.is_some_and(|version| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let found = stack.resolved.iter().filter_map(|(name, value)| {
        let named = stack.parameters.get(name).filter(|named| !of_one_version(named))?;
        let is_moved = set.parameters.get(name) == Some(named) && set.resolved.get(name)? != value;
        let (is, write) = (format!("`{named}` in the Parameter Store"), format!("`{named}:<version>`"));
        let reason = format!("{is} has another value since, and an undo would get that as well.");
        let remedy = format!("Write the version that the stack has now, {write}; a later release may name another.");
        let path = format!("{}.{name}", input.path("parameters"));
        is_moved.then(|| Finding::new(FindingName::NoWayBack, path, reason, remedy))
    });
    found.collect()
}

/// The finding that a plan alone would run code.
pub(super) fn runs_code(input: &PrepareInput<'_>, code: &BTreeSet<String>) -> Finding {
    let code = code.iter().map(String::as_str).collect::<Vec<&str>>().join(" and ");
    let reason =
        format!("A change set would use {code} with the role of the stack, and who may only plan must not do that.");
    let remedy = "Release it, or let somebody plan it whom the access file lets release: then it is planned whole before anything changes.";
    Finding::new(FindingName::NotPlannedWhole, input.path("stack"), reason, remedy)
}

/// Returns a finding for each nested stack of which the change set does not say what changes in it.
pub(super) fn unseen(input: &PrepareInput<'_>, changes: &[ResourceChange]) -> Vec<Finding> {
    let unseen = changes.iter().filter(|it| it.kind == NESTED && it.nested.is_none() && it.action != "Remove");
    let found = unseen.map(|ResourceChange { logical, .. }| {
        let reason =
            format!("The nested stack `{logical}` changes, and CloudFormation does not say what changes in it.");
        let remedy = "Make it a stack and a component of its own, or write its resources into the outer template.";
        let path = format!("{}.{logical}", input.path("stack"));
        Finding::new(FindingName::NotPlannedWhole, path, reason, remedy)
    });
    found.collect()
}

/// Returns the nested stacks of a template whose own templates are among the files that a release brings: the name of
/// each, and the key of its template.
pub(super) fn nested_in<'a>(template: &Value, assets: &'a [StackAsset]) -> Vec<(String, &'a str)> {
    let found = nested(template).filter_map(|(logical, resource)| {
        // Its address is put together by functions, and the key stands in it as a whole.
        let address = resource["Properties"]["TemplateURL"].to_string();
        let asset = assets.iter().find(|asset| address.contains(&asset.key))?;
        Some((logical.clone(), asset.key.as_str()))
    });
    found.collect()
}

/// The finding for a nested stack whose template CloudFormation cannot read yet.
pub(super) fn unpublished(input: &PrepareInput<'_>, logical: &str, object: &ObjectId) -> Finding {
    let ObjectId { bucket, key, .. } = object;
    let why = "CloudFormation reads it for the plan, before a release uploads files";
    let reason = format!("The template of the nested stack `{logical}` is not at s3://{bucket}/{key} yet, and {why}.");
    let upload = run!("npx cdk-assets publish --path cdk.out/….assets.json");
    let instead = "make it a stack and a component of its own";
    let remedy = prose!("Upload it before the release, of an application of CDK with {}; or {}.", upload, instead);
    Finding::new(FindingName::NotPlannedWhole, format!("{}.{logical}", input.path("stack")), reason, remedy)
}

/// The finding for a template of which no change set can be made, in AWS's words.
pub(super) fn no_change_set(input: &PrepareInput<'_>, said: &str) -> Finding {
    let reason = format!("CloudFormation takes no change set of this template: {}.", said.trim_end_matches('.'));
    let remedy = "Mend what it names in the template, or the value of a parameter under `parameters:` of the component, and release that.";
    Finding::bad_value(input.path("stack"), reason, remedy)
}

/// Returns the findings on a change set that could not be made: what AWS's own validation says, else its reason.
pub(super) fn invalid(
    input: &PrepareInput<'_>,
    (stack, reason): (&str, &str),
    errors: &[ValidationError],
) -> Vec<Finding> {
    let failing = errors.iter().filter(|error| error.fails);
    let found: Vec<Finding> = failing.map(|error| of_validation(input, stack, error)).collect();
    if found.is_empty() { vec![no_change_set(input, reason)] } else { found }
}

/// Returns the warnings of AWS's own validation on a change set that is made.
pub(super) fn warned(input: &PrepareInput<'_>, stack: &str, errors: &[ValidationError]) -> Vec<Finding> {
    let warned = errors.iter().filter(|error| !error.fails);
    warned.map(|error| of_validation(input, stack, error)).collect()
}

/// Makes the finding. Its path has the resource's name and the property, where CloudFormation says them.
fn of_validation(input: &PrepareInput<'_>, stack: &str, error: &ValidationError) -> Finding {
    let ValidationError { logical, kind, validation, reason, place, .. } = error;
    let (of, what) = match logical.as_str() {
        "" => ("template", "The template".to_owned()),
        of => (of, format!("`{logical}` (`{kind}`)")),
    };
    let property = place.split_once("/Properties/").map(|(_, property)| format!(".{}", property.replace('/', ".")));
    let said = reason.trim_end_matches('.');
    let reason = format!("{what} does not pass CloudFormation's own validation {validation}: {said}.");
    let path = format!("{}.{of}{}", input.path("stack"), property.unwrap_or_default());
    let is_taken = validation == "NAME_CONFLICT_VALIDATION" || is_there_already(said);
    let mend = "Mend it in the template, and release that.";
    Finding::bad_value(path, reason, if is_taken { there_already(stack, kind) } else { mend.into() })
}

/// Returns a finding for an output that is declared and that the template does not have. Nobody knows it of a template
/// whose outputs a macro or a function such as `Fn::ForEach` makes.
pub(super) fn missing_outputs(
    input: &PrepareInput<'_>,
    spec: &Spec,
    template: &Value,
    summary: &TemplateSummary,
) -> Option<Finding> {
    let outputs = template.get("Outputs").and_then(Value::as_object);
    let known: Vec<&String> = outputs.into_iter().flatten().map(|(name, _)| name).collect();
    if foreign(summary).next().is_some() || known.iter().any(|name| name.starts_with("Fn::")) {
        return None;
    }
    let (name, output) = spec.outputs.iter().find(|(_, output)| !known.contains(output))?;
    let path = format!("{}.{name}", input.path("outputs"));
    let reason = format!("The template has no output `{output}`.");
    Some(unknown_name(path, reason, output, known, "Add it to `Outputs` of the template, or remove it here."))
}

/// The finding for a template that is not kept any more.
pub(super) fn no_template(input: &PrepareInput<'_>, digest: &Digest) -> Finding {
    let reason = format!("The template {} that the stack had then is not kept any more.", digest.short());
    Finding::new(FindingName::NoWayBack, input.path("stack"), reason, input.to_another_snapshot())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::TemplateParameter;
    use serde_json::json;

    #[test]
    fn what_runs_code_is_named_and_what_aws_carries_out_itself_is_not() {
        let parameter = |kind: &str| TemplateParameter { kind: kind.into(), ..TemplateParameter::default() };
        let summary = |transforms: &[&str], kind: &str| TemplateSummary {
            transforms: transforms.iter().map(|name| (*name).to_owned()).collect(),
            parameters: [("Image".to_owned(), parameter(kind))].into(),
            ..TemplateSummary::default()
        };
        let table = [
            (&[][..], "String", 0),
            (&["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"], "Number", 0),
            (&["AWS::Include"], "String", 1),
            (&["MyMacro", "AWS::Serverless-2016-10-31"], "AWS::SSM::Parameter::Value<String>", 2),
        ];
        for (transforms, kind, found) in table {
            assert_eq!(code_of(&summary(transforms, kind)).len(), found, "{transforms:?} {kind}");
        }
    }

    /// A nested stack whose template is another one, or is decided by a parameter or a mapping, may run any code.
    #[test]
    fn a_nested_stack_runs_no_code_if_its_template_is_known_to_be_the_one_that_runs() {
        let url = "https://s3.amazonaws.com/assets/a.json";
        let template = |url: &Value| {
            let nested = json!({"Type": NESTED, "Properties": {"TemplateURL": url}});
            json!({"Resources": {"Inner": nested, "Topic": {"Type": "AWS::SNS::Topic"}}})
        };
        let parameters = [("Url".to_owned(), TemplateParameter::default())].into();
        let summary = TemplateSummary { parameters, types: vec![NESTED.into()], ..TemplateSummary::default() };
        let table = [
            (json!(url), json!(url), false),
            (json!("https://s3.amazonaws.com/assets/b.json"), json!(url), true),
            (json!(url), Value::Null, true),
            (json!({"Ref": "Url"}), json!({"Ref": "Url"}), true),
            // The short forms of `Ref`, of `ImportValue`, and of `FindInMap`.
            (json!("Url"), json!("Url"), true),
            (json!("Imported"), json!("Imported"), true),
            (json!(["Urls", "prod", "Inner"]), json!(["Urls", "prod", "Inner"]), true),
            (json!({"Fn::Sub": "${Url}"}), json!({"Fn::Sub": "${Url}"}), true),
            (json!({"Fn::Sub": "https://${AWS::Region}/a"}), json!({"Fn::Sub": "https://${AWS::Region}/a"}), false),
        ];
        let join = |of: &str| json!({"Fn::Join": ["", ["https://s3.", {"Ref": of}, "/a.json"]]});
        let joined = [(join("AWS::URLSuffix"), join("AWS::URLSuffix"), false), (join("Url"), join("Url"), true)];
        for (is, runs, may_run) in table.into_iter().chain(joined) {
            let code = nested_code(&summary, &template(&is), &template(&runs));
            assert_eq!(!code.is_empty(), may_run, "{is} {runs}");
        }
        let looped = json!({"Resources": {"Fn::ForEach::Inner": []}});
        assert!(!nested_code(&summary, &looped, &looped).is_empty(), "it is nowhere to be seen");
    }
}
