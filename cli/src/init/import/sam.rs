//! A template of AWS SAM: the functions whose traffic `DeploymentPreference` shifts. The short forms of
//! CloudFormation's functions are replaced, so that it is read as YAML; what they make nobody knows before
//! CloudFormation does.

use crate::init::import::expression::{of_a_resource, of_cloudformation};
use crate::init::import::sam_callers::callers;
use crate::init::import::sam_tags::{made, making_function};
use crate::init::import::{Imported, PreferenceNotes, UnreadMembers, broken, image_change, repository};
use crate::init::sam_template::{SamTemplate, reference};
use serde_json::{Value, json};
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::declaration::kinds::KindName;

/// Reads the template.
///
/// # Errors
/// The sentence that says what is wrong with it, or that it has no such function.
pub fn import(text: &str) -> Result<Imported, String> {
    let read = SamTemplate::read(text).map_err(|finding| broken(&finding))?;
    let template = &read.value;
    let mut imported = Imported { defaults: read.defaults(), ..Imported::default() };
    let hooks = read.hooks();
    let mut others = UnreadMembers::new(template.clone());
    others.aside(&["Globals", "Function"]);
    let mut published = Vec::new();
    for (id, resource) in read.functions() {
        others.aside(&["Resources", id.as_str()]);
        if hooks.contains(id) {
            imported.note(format!(
                "`{id}` is a hook of a deployment preference, which CodeDeploy alone calls: it is no component"
            ));
        } else {
            let mut resource = UnreadMembers::new(resource.clone());
            if function(id, read.properties(id), template, &mut imported) {
                published.extend(read.properties(id)["AutoPublishAlias"].as_str().map(|_| format!("`{id}`")));
                past_the_alias(id, template, &mut others, &mut imported);
                resource.take(&["Type"]);
            }
            resource.aside(&["Type"]);
            resource.aside(&["Properties"]);
            imported.carry(&resource, &format!("the resource `{id}`"));
            if let Some(left) = resource.left() {
                imported.note(format!("{left} of the resource `{id}`: no release changes them, and they stay with it"));
            }
        }
    }
    let machines = template["Resources"].as_object().into_iter().flatten();
    for (id, _) in machines.filter(|(_, resource)| {
        resource["Type"] == "AWS::Serverless::StateMachine"
            && resource["Properties"]["DeploymentPreference"].is_object()
    }) {
        imported.note(format!(
            "`{id}` is a state machine, which is no component of a release: leave its deployment preference in the template"
        ));
    }
    if imported.components.is_empty() {
        return Err("it has no `AWS::Serverless::Function` with a `DeploymentPreference`".to_owned());
    }
    if let Some(left) = others.left() {
        imported.note(format!("{left} of the template: no release changes them, and they stay in it"));
    }
    let of = if published.is_empty() { String::new() } else { format!(" of {}", published.join(", ")) };
    imported.change(format!(
        "`AutoPublishAlias`{of}: the alias is Windlass's from now on: write version and alias out first, under the ids that \
         SAM gave them, and then take this member and the deployment preference out of the template; CloudFormation deletes \
         the alias that callers use otherwise. `windlass init` writes both as one patch, and \
         docs/integrate/cloudformation-and-sam.md of Windlass (\"SAM\") shows them"
    ));
    Ok(imported)
}

/// Notes the resources that name a function itself.
fn past_the_alias(id: &str, template: &Value, others: &mut UnreadMembers, imported: &mut Imported) {
    let callers = callers(template, id);
    for caller in &callers {
        others.aside(&["Resources", caller.as_str()]);
    }
    if !callers.is_empty() {
        let callers: Vec<String> = callers.iter().map(|caller| format!("`Resources.{caller}`")).collect();
        imported.note(format!(
            "{} of the template: `{id}` itself is named there and not its alias, so that who calls it by them gets the code \
             of each release at once, and no `rollout` reaches them. No release changes them: let them name the alias",
            callers.join(", ")
        ));
    }
}

/// Adds a function, and returns whether it is a component.
fn function(id: &str, properties: Value, template: &Value, imported: &mut Imported) -> bool {
    let mut all = UnreadMembers::new(properties);
    let preference = all.aside(&["DeploymentPreference"]);
    if preference.is_null() {
        imported.note(format!(
            "`{id}` has no deployment preference, so that nothing shifts it: it is no component. Write it into the \
             declaration where a release is to bring its code"
        ));
        return false;
    }
    let is_off = preference["Enabled"] == false || preference["Enabled"] == "false";
    if is_off && preference["Type"].is_null() {
        imported.note(format!(
            "`{id}` has a deployment preference that is not enabled, so that nothing shifts it: it is no component"
        ));
        return false;
    }
    let function = match all.take(&["FunctionName"]) {
        Value::String(named) => of_cloudformation(&named, imported),
        other => {
            all.set_aside(&["FunctionName"]);
            unnamed(id, &other, imported)
        }
    };
    let alias = all.aside(&["AutoPublishAlias"]);
    let alias = alias.as_str().map(|alias| of_cloudformation(alias, imported));
    if alias.is_none() {
        imported
            .note(format!("`{id}` has no `AutoPublishAlias` that can be told: write the alias that its callers use"));
    }
    let alias = alias.unwrap_or_else(|| "live".to_owned());
    let mut written = json!({"kind": KindName::Lambda, "function": function, "alias": alias});
    if all.take(&["PackageType"]) == "Image" {
        let image = all.aside(&["ImageUri"]);
        let image = image.as_str().unwrap_or_default();
        let known = repository(image);
        match &known {
            Some(known) => imported.change(format!("`ImageUri` of `{id}`: {}", image_change(image, known))),
            None => imported
                .note(format!("the image of `{id}` is from no known repository of Amazon ECR: write `repository`")),
        }
        written["repository"] = json!(known.as_deref().unwrap_or(UNWRITTEN));
    }
    let notes = &mut PreferenceNotes { id, of: &mut *imported };
    if let Some(by) = making_function(&preference) {
        notes.note(format!(
            "the deployment preference is made by `{by}`: write `rollout` and `gates.alarms` as it has them in this environment"
        ));
    } else if !preference.is_object() {
        notes.note(format!(
            "the deployment preference {preference} cannot be read: write `rollout` and `gates.alarms` as it is in \
             this environment"
        ));
    } else {
        let mut left = UnreadMembers::new(preference);
        steps(&mut left, is_off, &mut written, notes);
        alarms(&mut left, template, &mut written, notes);
        notes.of.carry(&left, &format!("the deployment preference of `{id}`"));
        rest(&mut left, notes);
    }
    imported.carry(&all, &format!("`{id}`"));
    of_the_alias(id, &mut all, imported);
    if let Some(left) = all.left() {
        imported.note(format!(
            "{left} of `{id}`: all stay as the template has them; a release changes the function's code and its alias alone"
        ));
    }
    imported.add(id.strip_suffix("Function").filter(|rest| !rest.is_empty()).unwrap_or(id), written);
    true
}

/// Returns the variable that stands for the name of a function which the template does not have as a text.
fn unnamed(id: &str, named: &Value, imported: &mut Imported) -> String {
    let variable = of_a_resource(id, imported);
    let why = match making_function(named) {
        Some(by) => format!("the name of `{id}` is made by `{by}`: write the one that it has"),
        None if named.is_null() => {
            format!("the template leaves the name of `{id}` to CloudFormation: write the one that the stack gave it")
        }
        None => format!("the name {named} of `{id}` is no text: write the one that it has"),
    };
    imported.note(format!("{why} as `vars.{variable}` of each environment"));
    format!("{{{variable}}}")
}

/// The members whose resources SAM makes of the alias or the version, and of the function itself without
/// `AutoPublishAlias` (AWS Serverless Application Model Developer Guide, "AWS::Serverless::Function").
const OF_THE_ALIAS: [&str; 8] = [
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "ProvisionedConcurrencyConfig",
    "VersionDeletionPolicy",
    "VersionDescription",
];

/// Notes the members that need the alias that SAM makes.
fn of_the_alias(id: &str, all: &mut UnreadMembers, imported: &mut Imported) {
    let there: Vec<String> = OF_THE_ALIAS
        .into_iter()
        .filter(|member| !all.aside(&[*member]).is_null())
        .map(|member| format!("`{member}`"))
        .collect();
    if !there.is_empty() {
        imported.note(format!(
            "{} of `{id}`: with `AutoPublishAlias` they are of the alias or its version, and without it of the function \
             itself, or nothing at all. Write them out as resources that name the alias",
            there.join(", ")
        ));
    }
}

/// Writes the steps in which callers are moved.
fn steps(preference: &mut UnreadMembers, is_off: bool, written: &mut Value, notes: &mut PreferenceNotes<'_>) {
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
fn alarms(preference: &mut UnreadMembers, template: &Value, written: &mut Value, notes: &mut PreferenceNotes<'_>) {
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
fn rest(preference: &mut UnreadMembers, notes: &mut PreferenceNotes<'_>) {
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
