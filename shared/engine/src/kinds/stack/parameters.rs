//! The parameters of a stack: what is declared, what stays, and what is missing. Pure.

use super::state::{Goal, HIDDEN};
use crate::kinds::PrepareInput;
use crate::ports::{ParameterValue, Stack, TemplateSummary};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::output::{Inputs, PlannedOutput, fill};
use windlass_domain::document::secret;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::text::finding::{Finding, FindingName};

/// The parameters of a change set.
pub(super) type Values = BTreeMap<String, ParameterValue>;

/// Returns the parameters of a recorded state. What nobody is shown keeps its value: a change of it is refused.
pub(super) fn of_goal(goal: &Goal) -> Values {
    let value =
        |value: &String| if value == HIDDEN { ParameterValue::Former } else { ParameterValue::New(value.clone()) };
    goal.parameters.iter().map(|(name, one)| (name.clone(), value(one))).collect()
}

/// Returns the parameters that a template gets, or all that is wrong with them. `stack` is the one that is there.
pub(super) fn wanted(
    input: &PrepareInput<'_>,
    spec: &Spec,
    summary: &TemplateSummary,
    stack: Option<&Stack>,
) -> (Values, Vec<Finding>) {
    let at = |name: &str| format!("{}.{name}", input.path("parameters"));
    let former = |name: &String| stack.and_then(|stack| stack.parameters.get(name));
    let (mut values, mut findings) = (Values::new(), Vec::new());
    for name in spec.parameters.keys().filter(|name| !summary.parameters.contains_key(*name)) {
        let reason = format!("The template has no parameter `{name}`.");
        let known = summary.parameters.keys();
        findings.push(unknown_name(at(name), reason, name, known, "Remove it, or add it to the template."));
    }
    for (name, parameter) in &summary.parameters {
        let declared = spec.parameters.get(name);
        match (declared, former(name)) {
            (Some(_), _) if parameter.is_secret => findings.push(hidden(at(name), name)),
            // What is shown from now on, or no longer, could not be brought back, or would be recorded.
            (_, Some(former)) if (former == HIDDEN) != parameter.is_secret => findings.push(hidden(at(name), name)),
            (Some(text), _) => {
                let value = filled(text, input.inputs);
                findings.extend(secret::finding(&at(name), name, &value));
                values.insert(name.clone(), ParameterValue::New(value));
            }
            (None, Some(_)) => {
                values.insert(name.clone(), ParameterValue::Former);
            }
            (None, None) if parameter.has_default => {}
            // A value is refused, and a default would be a secret in the template.
            (None, None) if parameter.is_secret => findings.push(hidden(at(name), name)),
            (None, None) => findings.push(Finding::missing_field(
                at(name),
                format!("The parameter `{name}` of the template has no default, and no value is declared."),
                "Write its value under `parameters:` of the component, or a default in the template.",
            )),
        }
    }
    let former = stack.into_iter().flat_map(|stack| &stack.parameters).filter(|(_, value)| *value == HIDDEN);
    let lost = former.map(|(name, _)| name).filter(|name| !summary.parameters.contains_key(*name));
    findings.extend(lost.map(|name| hidden(at(name), name)));
    (values, findings)
}

/// Returns a finding for each of these parameters that is shown to everybody and is likely to be a secret: it would be
/// recorded with the state before, or with the goal. They are those of the stack that is there, or of the change set
/// (`is_new`). A rollback is not held up by that.
pub(super) fn shown(input: &PrepareInput<'_>, parameters: &BTreeMap<String, String>, is_new: bool) -> Vec<Finding> {
    let shown = parameters.iter().filter(|(_, value)| *value != HIDDEN && input.goal_state.is_none());
    let secrets = shown.filter(|(name, value)| secret::finding("", name, value).is_some());
    let found = secrets.map(|(name, _)| {
        let reason =
            format!("The value of the parameter `{name}` of the stack looks like a secret, and everybody is shown it.");
        let refer = if is_new {
            "Write a dynamic reference into the template in place of the parameter."
        } else {
            "Write a dynamic reference into the template, and update the stack with it yourself."
        };
        let remedy = format!("{refer} If it is no secret, give the parameter another name than `{name}`.");
        Finding::new(FindingName::ParameterSecret, format!("{}.{name}", input.path("parameters")), reason, remedy)
    });
    found.collect()
}

/// The finding for a parameter that changes and whose former value nobody is shown.
fn hidden(path: String, name: &str) -> Finding {
    let reason =
        format!("CloudFormation shows nobody the value of `{name}` (`NoEcho`), so that no undo could bring it back.");
    let remedy = "Keep the value in Secrets Manager, and write a dynamic reference into the template: `{{resolve:secretsmanager:…}}`.";
    Finding::new(FindingName::ParameterSecret, path, reason, remedy)
}

/// Fills the outputs of others that are known into a value.
fn filled(text: &str, inputs: &Inputs) -> String {
    fill(text, |output| match inputs.get(output)? {
        PlannedOutput::Known(given) => Some(given.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::output::Output;

    #[test]
    fn what_nobody_is_shown_keeps_its_value() {
        let parameters = [("Size", "2"), ("Password", HIDDEN)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let values = of_goal(&Goal { parameters, ..Goal::default() });
        let expected = [("Password", ParameterValue::Former), ("Size", ParameterValue::New("2".into()))];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)).into());
    }

    #[test]
    fn outputs_of_others_are_filled_in_where_they_are_known() {
        let output = |text: &str| Output::try_from(text.to_owned()).unwrap();
        let inputs: Inputs = [
            (output("api.version"), PlannedOutput::Known("42".into())),
            (output("jobs.version"), PlannedOutput::Later),
            (output("api.name"), PlannedOutput::Known("a${api.version}".into())),
        ]
        .into();
        let table = [
            ("plain", "plain"),
            ("v${api.version}/${api.version}", "v42/42"),
            ("${jobs.version}", "${jobs.version}"),
            ("${api.version", "${api.version"),
            ("${api.name}", "a${api.version}"),
        ];
        for (text, expected) in table {
            assert_eq!(filled(text, &inputs), expected);
        }
    }
}
