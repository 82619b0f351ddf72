//! A template of AWS SAM: the functions whose traffic `DeploymentPreference` shifts. The short forms of
//! CloudFormation's functions are replaced, so that it is read as YAML; what they make nobody knows before
//! CloudFormation does.

use crate::init::import::expression::{of_a_resource, of_cloudformation};
use crate::init::import::sam_callers::callers;
use crate::init::import::sam_preference::{Preference, alarms, rest, steps};
use crate::init::import::sam_tags::{making_function, shown};
use crate::init::import::{Imported, PreferenceNotes, UnreadMembers, WITH_COUNTS, broken, image_change, repository};
use crate::init::sam_template::{SamTemplate, component_of};
use serde_json::{Value, json};
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::declaration::kinds::KindName;

/// Reads the template.
///
/// # Errors
/// The sentence that says what is wrong with it, or that it has no such function.
pub fn import(text: &str) -> Result<Imported, String> {
    let read = SamTemplate::read(text).map_err(|finding| broken(&finding))?;
    let as_written = read.written(text);
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
            if function(id, &read, &as_written, &mut imported) {
                let is_published = !read.properties(id)["AutoPublishAlias"].is_null();
                published.extend(is_published.then(|| format!("`{id}`")));
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
    for id in read.loops_of_functions() {
        others.aside(&["Resources", id]);
        imported.note(format!(
            "`Resources.{id}` of the template makes functions, and none of them is imported: write a component for each that a \
             release is to bring"
        ));
    }
    if imported.components.is_empty() {
        return Err("it has no `AWS::Serverless::Function` with a `DeploymentPreference`".to_owned());
    }
    if let Some(left) = others.left() {
        imported.note(format!("{left} of the template: no release changes them, and they stay in it"));
    }
    if imported.components.values().any(|it| it.get("gates").is_some()) {
        imported.change(format!(
            "`gates.bake` and `gates.unknown` are of the whole release, and written because calls are counted: it is watched \
             for {WITH_COUNTS}, and each of its gates whose measurement is unknown passes, and not only that on calls. Take \
             `gates.unknown` out where an unknown gate is to hold a release"
        ));
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
fn function(id: &str, template: &SamTemplate, as_written: &SamTemplate, imported: &mut Imported) -> bool {
    let mut all = UnreadMembers::new(template.properties(id));
    let words = as_written.properties(id);
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
            unnamed(id, &other, &words["FunctionName"], imported)
        }
    };
    let alias = all.aside(&["AutoPublishAlias"]);
    let alias = match alias {
        Value::String(alias) => of_cloudformation(&alias, imported),
        other => {
            imported.note(no_alias(id, &other, &words["AutoPublishAlias"]));
            UNWRITTEN.to_owned()
        }
    };
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
            "the deployment preference {} cannot be read: write `rollout` and `gates.alarms` as it is in this environment",
            shown(&words["DeploymentPreference"])
        ));
    } else {
        let mut left = UnreadMembers::new(preference);
        let of = Preference { template, as_written, shown: &words["DeploymentPreference"] };
        steps(&mut left, &of, is_off, &mut written, notes);
        alarms(&mut left, &of, &mut written, notes);
        notes.of.carry(&left, &format!("the deployment preference of `{id}`"));
        rest(&mut left, &of, notes);
    }
    imported.carry(&all, &format!("`{id}`"));
    of_the_alias(id, &mut all, imported);
    if let Some(left) = all.left() {
        imported.note(format!(
            "{left} of `{id}`: all stay as the template has them; a release changes the function's code and its alias alone"
        ));
    }
    imported.add(component_of(id), written);
    true
}

/// Returns the variable that stands for the name of a function which the template does not have as a text.
fn unnamed(id: &str, named: &Value, as_written: &Value, imported: &mut Imported) -> String {
    let variable = of_a_resource(id, imported);
    let why = match making_function(named) {
        Some(by) => format!("the name of `{id}` is made by `{by}`: write the one that it has"),
        None if named.is_null() => {
            format!("the template leaves the name of `{id}` to CloudFormation: write the one that the stack gave it")
        }
        None => format!("the name {} of `{id}` is no text: write the one that it has", shown(as_written)),
    };
    imported.note(format!("{why} as `vars.{variable}` of each environment"));
    format!("{{{variable}}}")
}

/// Returns the sentence on an alias that is no text. A declaration has none in its place: a release would move another
/// alias than the one that callers use.
fn no_alias(id: &str, alias: &Value, as_written: &Value) -> String {
    match making_function(alias) {
        Some(by) => format!("the alias of `{id}` is made by `{by}`: write the one that its callers use"),
        None if alias.is_null() => format!("`{id}` has no `AutoPublishAlias`: write the alias that its callers use"),
        None => format!(
            "the `AutoPublishAlias` {} of `{id}` is no text: put it in quotes, or write the alias that its callers use",
            shown(as_written)
        ),
    }
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
