//! The deployment preference of a function of SAM: the steps in which callers are moved, the alarms, and what is left of
//! it. Pure.

use crate::init::import::expression::{of_a_resource, of_cloudformation};
use crate::init::import::sam_tags::{made, making_function, shown};
use crate::init::import::{Imported, PreferenceNotes, UnreadMembers};
use crate::init::sam_template::{SamTemplate, whole_reference};
use serde_json::{Value, json};
use windlass_domain::declaration::UNWRITTEN;

/// A template and the deployment preference of one function.
#[derive(Debug)]
pub struct Preference<'t> {
    /// The template.
    pub template: &'t SamTemplate,
    /// The template as it is written.
    pub as_written: &'t SamTemplate,
    /// The deployment preference as it is written.
    pub shown: &'t Value,
}

/// Writes the steps in which callers are moved.
pub fn steps(
    preference: &mut UnreadMembers,
    of: &Preference<'_>,
    is_off: bool,
    written: &mut Value,
    notes: &mut PreferenceNotes<'_>,
) {
    let (sort, enabled) = (preference.take(&["Type"]), preference.take(&["Enabled"]));
    if is_off {
        preference.set_aside(&["Enabled"]);
        notes.change("the deployment preference is not enabled; what it says is carried over all the same");
    } else if let Some(by) = made(&enabled) {
        preference.set_aside(&["Enabled"]);
        notes.change(format!(
            "whether the deployment preference is enabled is made by {by}; what it says is carried over all the same"
        ));
    }
    if let Some(by) = made(&sort) {
        preference.set_aside(&["Type"]);
        notes.note(format!(
            "the `Type` of the deployment preference is made by {by}: write `rollout` as it is in this environment"
        ));
        return;
    }
    match sort.as_str() {
        Some("AllAtOnce") => {}
        None if sort.is_null() => notes
            .note("the deployment preference has no `Type`: write `rollout` where callers are to be moved in steps"),
        None => {
            preference.set_aside(&["Type"]);
            notes.note(format!(
                "the `Type` {} of the deployment preference cannot be read: write `rollout` as it is in this \
                 environment",
                shown(&of.shown["Type"])
            ));
        }
        Some(sort) => {
            if let Some(rollout) = shift(sort) {
                written["rollout"] = rollout;
            } else {
                preference.set_aside(&["Type"]);
                notes.note(format!(
                    "the deployment preference `{sort}` is of your own configuration of CodeDeploy: write `rollout`, or \
                     `codedeploy` with its application and group"
                ));
            }
        }
    }
}

/// Returns the steps of a predefined configuration that shifts (AWS Serverless Application Model Developer Guide,
/// "Gradual deployments"), such as `Canary10Percent5Minutes` and `Linear10PercentEvery1Minute`.
fn shift(preference: &str) -> Option<Value> {
    let canary = preference.strip_prefix("Canary").map(|rest| ("canary", rest));
    let linear = preference.strip_prefix("Linear").map(|rest| ("linear", rest));
    let (sort, rest) = canary.or(linear)?;
    let (percent, rest) = rest.split_once("Percent")?;
    let percent: u8 = percent.parse().ok()?;
    let minutes = rest.trim_start_matches("Every").trim_end_matches('s').strip_suffix("Minute")?;
    let minutes: u16 = minutes.parse().ok()?;
    let steps = if sort == "canary" { json!([percent]) } else { json!(percent) };
    Some(json!({sort: steps, "every": format!("{minutes}m")}))
}

/// Adds the alarms, by the names that the template gives them. In place of one that watches a version of the template
/// the failed calls of the alias are measured.
pub fn alarms(
    preference: &mut UnreadMembers,
    of: &Preference<'_>,
    written: &mut Value,
    notes: &mut PreferenceNotes<'_>,
) {
    let all = preference.take(&["Alarms"]);
    if let Some(by) = made(&all) {
        preference.set_aside(&["Alarms"]);
        notes.note(format!(
            "the alarms of the deployment preference are made by {by}: write their names into `gates.alarms`"
        ));
        return;
    }
    if !all.is_array() && !all.is_null() {
        let alarms = shown(&of.shown["Alarms"]);
        notes.note(format!("the alarms {alarms} cannot be read: write their names into `gates.alarms`"));
    }
    let mut is_carried = false;
    for (at, alarm) in all.as_array().into_iter().flatten().enumerate() {
        let text = alarm["Ref"].as_str().map(|id| format!("${{{id}}}"));
        let Some(text) = alarm.as_str().map(str::to_owned).or(text) else {
            let what = match making_function(alarm) {
                Some(by) => format!("an alarm is made by `{by}`"),
                None => format!("the alarm {} cannot be read", shown(&of.shown["Alarms"][at])),
            };
            notes.note(format!("{what}: write its name into `gates.alarms`"));
            continue;
        };
        if let Some(id) = whole_reference(&text).filter(|id| watches_a_version(of.template, id)) {
            is_carried = true;
            written["gates"] = json!({"metrics": [failed_calls(written)]});
            notes.change(format!(
                "the alarm `{id}` watches a version that CloudFormation publishes, and never rings for one of a release: the \
                 failed calls of the alias are measured in its place. Write into `gates.metrics` of the component what the \
                 alarm counts, and how much of it is healthy"
            ));
        } else if let Some(name) = alarm_name(&text, of, notes) {
            is_carried = true;
            if !notes.of.alarms.contains(&name) {
                notes.of.alarms.push(name);
            }
        }
    }
    if !is_carried {
        preference.set_aside(&["Alarms"]);
    }
}

/// Returns the name of an alarm that a text names; `None` where a note is about it.
fn alarm_name(text: &str, of: &Preference<'_>, notes: &mut PreferenceNotes<'_>) -> Option<String> {
    let Some(id) = whole_reference(text) else {
        let named = text.strip_prefix("arn:").and_then(|rest| rest.split_once(":alarm:"));
        if named.is_some() {
            notes.change(format!(
                "the alarm `{text}` is carried over by its name alone, and read in the account and the region of the \
                 environment"
            ));
        }
        return Some(of_cloudformation(named.map_or(text, |(_, name)| name), notes.of));
    };
    let resource = &of.template.value["Resources"][id];
    match &resource["Properties"]["AlarmName"] {
        Value::String(named) => Some(of_cloudformation(named, notes.of)),
        Value::Null if resource.is_object() => Some(unnamed_alarm(id, notes.of)),
        Value::Null => Some(of_cloudformation(text, notes.of)),
        other => {
            let written = &of.as_written.value["Resources"][id]["Properties"]["AlarmName"];
            notes.note(match making_function(other) {
                Some(by) => format!("the name of the alarm `{id}` is made by `{by}`: write it into `gates.alarms`"),
                None => {
                    format!("the name {} of the alarm `{id}` is no text: write it into `gates.alarms`", shown(written))
                }
            });
            None
        }
    }
}

/// Returns the variable that stands for the name which CloudFormation gives an alarm.
fn unnamed_alarm(alarm: &str, imported: &mut Imported) -> String {
    let is_new = !imported.expressions.contains_key(alarm);
    let variable = of_a_resource(alarm, imported);
    if is_new {
        imported.change(format!(
            "the template leaves the name of the alarm `{alarm}` to CloudFormation: write the one that the stack gave it as \
             `vars.{variable}` of each environment"
        ));
    }
    format!("{{{variable}}}")
}

fn watches_a_version(template: &SamTemplate, alarm: &str) -> bool {
    let properties = &template.value["Resources"][alarm]["Properties"];
    names_a_version(&properties["Dimensions"]) || names_a_version(&properties["Metrics"])
}

/// Returns whether a dimension is that of one version of a function, or refers to the version that SAM makes for
/// `AutoPublishAlias` (AWS Serverless Application Model Developer Guide, "Generated CloudFormation resources"; AWS Lambda
/// Developer Guide, "Viewing metrics for Lambda functions").
fn names_a_version(value: &Value) -> bool {
    let is_version = |part: &str| part == "ExecutedVersion" || part.ends_with(".Version");
    match value {
        Value::String(text) => text.split(['{', '}']).any(is_version),
        Value::Array(all) => all.iter().any(names_a_version),
        Value::Object(map) => map.values().any(names_a_version),
        _ => false,
    }
}

/// Returns the gate on the failed calls of a component's alias, of which none is healthy.
fn failed_calls(component: &Value) -> Value {
    let text = |member: &str| component[member].as_str().unwrap_or_default();
    let (function, alias) = (text("function"), text("alias"));
    let resource = if alias == UNWRITTEN { UNWRITTEN.to_owned() } else { format!("{function}:{alias}") };
    json!({"namespace": "AWS/Lambda", "metric": "Errors", "statistic": "Sum", "at_most": 0,
        "dimensions": {"FunctionName": function, "Resource": resource}})
}

/// Notes everything that is left of a preference.
pub fn rest(preference: &mut UnreadMembers, of: &Preference<'_>, notes: &mut PreferenceNotes<'_>) {
    let hooks = preference.aside(&["Hooks"]);
    if let Some(by) = made(&hooks) {
        notes.note(format!(
            "the hooks of the deployment preference are made by {by}: write what they check as gates of the component"
        ));
    } else if !hooks.is_object() && !hooks.is_null() {
        let hooks = shown(&of.shown["Hooks"]);
        notes.note(format!("the hooks {hooks} cannot be read: write what they check as gates of the component"));
    } else {
        for (hook, function) in hooks.as_object().into_iter().flatten() {
            let function = match making_function(function).filter(|by| by != "Ref") {
                Some(by) => format!("made by `{by}`"),
                None => shown(&of.shown["Hooks"][hook]),
            };
            notes.note(format!(
                "the hook {hook} ({function}) is code of yours: write what it checks as `gates.invocations` or \
                 `gates.probes` of the component"
            ));
        }
    }
    if let Some(left) = preference.left() {
        notes.note(format!("{left} of the deployment preference: CodeDeploy's alone"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_predefined_configuration_has_its_steps() {
        for (preference, wanted) in [
            ("Canary10Percent30Minutes", Some(json!({"canary": [10], "every": "30m"}))),
            ("Linear10PercentEvery1Minute", Some(json!({"linear": 10, "every": "1m"}))),
            ("Linear10PercentEvery10Minutes", Some(json!({"linear": 10, "every": "10m"}))),
            ("MyOwn", None),
            ("CanaryXPercent5Minutes", None),
        ] {
            assert_eq!(shift(preference), wanted, "{preference}");
        }
    }
}
