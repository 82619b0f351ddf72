//! The deployment preference of a function of SAM: the steps in which callers are moved, the alarms, and what is left of
//! it. Pure.

use crate::init::import::expression::{of_a_resource, of_cloudformation};
use crate::init::import::sam_tags::{made, making_function};
use crate::init::import::{Imported, PreferenceNotes, UnreadMembers};
use crate::init::sam_template::reference;
use serde_json::{Value, json};

/// Writes the steps in which callers are moved.
pub fn steps(preference: &mut UnreadMembers, is_off: bool, written: &mut Value, notes: &mut PreferenceNotes<'_>) {
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
                "the `Type` {sort} of the deployment preference cannot be read: write `rollout` as it is in this \
                 environment"
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
pub fn alarms(preference: &mut UnreadMembers, template: &Value, written: &mut Value, notes: &mut PreferenceNotes<'_>) {
    let all = preference.take(&["Alarms"]);
    if let Some(by) = made(&all) {
        preference.set_aside(&["Alarms"]);
        notes.note(format!(
            "the alarms of the deployment preference are made by {by}: write their names into `gates.alarms`"
        ));
        return;
    }
    if !all.is_array() && !all.is_null() {
        notes.note(format!("the alarms {all} cannot be read: write their names into `gates.alarms`"));
    }
    let mut is_carried = false;
    for alarm in all.as_array().into_iter().flatten() {
        let Some(text) = alarm.as_str().or_else(|| alarm["Ref"].as_str()) else {
            notes.note(format!("the alarm {alarm} cannot be read: write its name into `gates.alarms`"));
            continue;
        };
        let alarm = reference(text);
        let properties = &template["Resources"][alarm]["Properties"];
        if names_a_version(&properties["Dimensions"]) || names_a_version(&properties["Metrics"]) {
            is_carried = true;
            written["gates"] = json!({"metrics": [failed_calls(written)]});
            notes.change(format!(
                "the alarm `{alarm}` watches a version that CloudFormation publishes, and never rings for one of a \
                 release: the failed calls of the alias are measured in its place. Write into `gates.metrics` of the \
                 component what the alarm counts, and how much of it is healthy"
            ));
            continue;
        }
        let named = &properties["AlarmName"];
        if let Some(by) = making_function(named) {
            notes.note(format!("the name of the alarm `{alarm}` is made by `{by}`: write it into `gates.alarms`"));
            continue;
        }
        let name = match named.as_str() {
            Some(named) => of_cloudformation(named, notes.of),
            None if template["Resources"][alarm].is_object() => unnamed_alarm(alarm, notes.of),
            None if text.contains("${") => of_cloudformation(&format!("${{{alarm}}}"), notes.of),
            None => text.to_owned(),
        };
        is_carried = true;
        if !notes.of.alarms.contains(&name) {
            notes.of.alarms.push(name);
        }
    }
    if !is_carried {
        preference.set_aside(&["Alarms"]);
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
    json!({"namespace": "AWS/Lambda", "metric": "Errors", "statistic": "Sum", "at_most": 0,
        "dimensions": {"FunctionName": function, "Resource": format!("{function}:{alias}")}})
}

/// Notes everything that is left of a preference.
pub fn rest(preference: &mut UnreadMembers, notes: &mut PreferenceNotes<'_>) {
    let hooks = preference.aside(&["Hooks"]);
    if let Some(by) = made(&hooks) {
        notes.note(format!(
            "the hooks of the deployment preference are made by {by}: write what they check as gates of the component"
        ));
    } else {
        for (hook, function) in hooks.as_object().into_iter().flatten() {
            let function = function.as_str().map_or_else(|| function.to_string(), str::to_owned);
            notes.note(format!(
                "the hook {hook} ({function}) is code of yours: write what it checks as `gates.invocations` or \
                 `gates.probes` of the component"
            ));
        }
    }
    if !hooks.is_object() && !hooks.is_null() && made(&hooks).is_none() {
        notes.note(format!("the hooks {hooks} cannot be read: write what they check as gates of the component"));
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
