//! A template of AWS SAM: the functions whose traffic `DeploymentPreference` shifts.

use super::expression::of_cloudformation;
use super::{Imported, name};
use serde_json::{Value, json};
use windlass_domain::syntax;

/// The largest template, in bytes (AWS CloudFormation User Guide, "CloudFormation quotas").
const LARGEST: usize = 1024 * 1024;

/// Reads the template.
///
/// # Errors
/// What is wrong with it, and that it has no such function.
pub fn import(text: &str) -> Result<Imported, String> {
    let template = syntax::yaml("the template", &without_tags(text), LARGEST)
        .map_err(|finding| finding.reason)?;
    let mut imported = Imported::default();
    let common = &template["Globals"]["Function"];
    for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
        if resource["Type"] == "AWS::Serverless::Function" {
            function(
                id,
                &resource["Properties"],
                common,
                &template,
                &mut imported,
            );
        }
    }
    if imported.components.is_empty() {
        return Err(
            "it has no `AWS::Serverless::Function` with a `DeploymentPreference`".to_owned(),
        );
    }
    imported.note(
        "take `DeploymentPreference` out of the template, and keep `AutoPublishAlias` out of what deploys it: the alias is \
         Windlass's from then on",
    );
    Ok(imported)
}

/// Short forms of functions as texts: `!Ref Name` and `!GetAtt Name.Arn` become `${Name}` and `${Name.Arn}`; of all
/// others the tag is left out.
pub fn without_tags(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let Some((before, after)) = line.split_once('!') else {
            return line.to_owned();
        };
        let is_tag = before.trim_end().ends_with([':', '-', '[', ','])
            && after.starts_with(|c: char| c.is_ascii_uppercase());
        let (tag, rest) = after.split_once(' ').unwrap_or((after, ""));
        match tag {
            _ if !is_tag => line.to_owned(),
            "Ref" | "GetAtt" => {
                let end = rest.find([' ', ',', ']', '}', '#']).unwrap_or(rest.len());
                let (value, behind) = rest.split_at(end);
                let value = value.trim_matches(['"', '\'']);
                format!("{before}\"${{{value}}}\"{}", without_tags(behind))
            }
            _ => format!("{before}{rest}"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn function(
    id: &str,
    properties: &Value,
    common: &Value,
    template: &Value,
    imported: &mut Imported,
) {
    let of = |member: &str| {
        let own = &properties[member];
        if own.is_null() { &common[member] } else { own }
    };
    let preference = of("DeploymentPreference");
    if preference.is_null() {
        return;
    }
    let function = properties["FunctionName"].as_str();
    if function.is_none() {
        imported.note(format!(
            "the template leaves the name of `{id}` to CloudFormation: write the one that the stack gave it"
        ));
    }
    let function = function.map_or_else(|| format!("${{{id}}}"), str::to_owned);
    let function = of_cloudformation(&function, imported);
    let alias = of("AutoPublishAlias").as_str();
    let mut written =
        json!({"kind": "lambda", "function": function, "alias": alias.unwrap_or("live")});
    if alias.is_none() {
        imported.note(format!(
            "`{id}` has no `AutoPublishAlias`: write the alias that its callers use"
        ));
    }
    match preference["Type"].as_str() {
        Some("AllAtOnce") => {}
        sort => match sort.and_then(shift) {
            Some(rollout) => written["rollout"] = rollout,
            None => imported.note(format!(
                "`{id}`: the deployment preference {} is of your own configuration of CodeDeploy: write `rollout`, or \
                 `codedeploy` with its application and group",
                preference["Type"]
            )),
        },
    }
    if preference["Enabled"] == false {
        imported.note(format!("`{id}`: the deployment preference is not enabled; what it says is carried over all the same"));
    }
    alarms(preference, template, imported);
    rest(id, preference, imported);
    imported
        .components
        .insert(name(id.trim_end_matches("Function")), written);
}

/// The steps of a predefined configuration that shifts (AWS Serverless Application Model Developer Guide, "Gradual
/// deployments"), such as `Canary10Percent5Minutes` and `Linear10PercentEvery1Minute`.
fn shift(preference: &str) -> Option<Value> {
    let canary = preference
        .strip_prefix("Canary")
        .map(|rest| ("canary", rest));
    let linear = preference
        .strip_prefix("Linear")
        .map(|rest| ("linear", rest));
    let (sort, rest) = canary.or(linear)?;
    let (percent, rest) = rest.split_once("Percent")?;
    let percent: u8 = percent.parse().ok()?;
    let minutes = rest
        .trim_start_matches("Every")
        .trim_end_matches('s')
        .strip_suffix("Minute")?;
    let minutes: u16 = minutes.parse().ok()?;
    let steps = if sort == "canary" {
        json!([percent])
    } else {
        json!(percent)
    };
    Some(json!({sort: steps, "every": format!("{minutes}m")}))
}

/// The alarms, by the names that the template gives them.
fn alarms(preference: &Value, template: &Value, imported: &mut Imported) {
    for alarm in preference["Alarms"].as_array().into_iter().flatten() {
        let Some(told) = alarm.as_str().or_else(|| alarm["Ref"].as_str()) else {
            imported.note(format!(
                "the alarm {alarm} cannot be told: write its name into `gates.alarms`"
            ));
            continue;
        };
        let id = told.trim_start_matches("${").trim_end_matches('}');
        let named = template["Resources"][id]["Properties"]["AlarmName"].as_str();
        let name = of_cloudformation(
            &named.map_or_else(|| format!("${{{id}}}"), str::to_owned),
            imported,
        );
        if !imported.alarms.contains(&name) {
            imported.alarms.push(name);
        }
    }
}

fn rest(id: &str, preference: &Value, imported: &mut Imported) {
    for hook in ["PreTraffic", "PostTraffic"] {
        if let Some(function) = preference["Hooks"][hook].as_str() {
            imported.note(format!(
                "`{id}`: the hook {hook} ({function}) is code of yours: write what it asks as `gates.invocations` or \
                 `gates.probes` of the component"
            ));
        }
    }
    for (member, _) in preference.as_object().into_iter().flatten() {
        if !["Type", "Enabled", "Alarms", "Hooks"].contains(&member.as_str()) {
            imported.note(format!(
                "`{id}`: `{member}` of the deployment preference is of CodeDeploy alone"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_predefined_configuration_has_its_steps() {
        for (preference, wanted) in [
            (
                "Canary10Percent30Minutes",
                Some(json!({"canary": [10], "every": "30m"})),
            ),
            (
                "Linear10PercentEvery1Minute",
                Some(json!({"linear": 10, "every": "1m"})),
            ),
            (
                "Linear10PercentEvery10Minutes",
                Some(json!({"linear": 10, "every": "10m"})),
            ),
            ("MyOwn", None),
            ("CanaryXPercent5Minutes", None),
        ] {
            assert_eq!(shift(preference), wanted, "{preference}");
        }
    }

    #[test]
    fn short_forms_are_texts() {
        let text = "a: !Ref B\nc: !Sub \"d-${E}\"\nf: [!Ref G, x]\nh: really!\ni: !GetAtt J.Arn\n  - !Ref K # why";
        assert_eq!(
            without_tags(text),
            "a: \"${B}\"\nc: \"d-${E}\"\nf: [\"${G}\", x]\nh: really!\ni: \"${J.Arn}\"\n  - \"${K}\" # why"
        );
    }
}
