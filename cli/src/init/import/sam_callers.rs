//! The resources of a template that name a function itself, and not its alias: by them callers get the code of each
//! release at once, whatever the steps of the rollout are. Pure.

use serde_json::Value;

/// The types of resources that name a function by their nature, and through which nobody calls it.
const NO_CALLERS: [&str; 3] = ["AWS::IAM::", "AWS::Lambda::Alias", "AWS::Lambda::Version"];

/// The members that name a function to permit, measure or describe it.
const NO_CALLS: [&str; 7] =
    ["AlarmName", "DashboardBody", "Dimensions", "LogGroupName", "Metrics", "Policies", "PolicyDocument"];

/// Returns the ids of the resources that name a function itself.
pub fn callers(template: &Value, function: &str) -> Vec<String> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let others = resources.filter(|(id, it)| {
        let sort = it["Type"].as_str().unwrap_or_default();
        // A qualifier is the alias, or a version.
        let is_qualified = !it["Properties"]["Qualifier"].is_null();
        id.as_str() != function && !is_qualified && !NO_CALLERS.iter().any(|start| sort.starts_with(*start))
    });
    let callers = others.filter(|(_, it)| names_itself(&it["Properties"], function));
    callers.map(|(id, _)| id.clone()).collect()
}

fn names_itself(value: &Value, function: &str) -> bool {
    match value {
        Value::String(text) => is_in_text(text, function),
        Value::Array(all) => is_arn(all, function) || all.iter().any(|it| names_itself(it, function)),
        Value::Object(map) => map.iter().any(|(member, value)| match member.as_str() {
            "Ref" => value == function,
            "Fn::GetAtt" => match value {
                Value::String(text) => text.strip_suffix(".Arn") == Some(function),
                Value::Array(all) => matches!(all.as_slice(), [id, arn] if id == function && arn == "Arn"),
                _ => false,
            },
            member if NO_CALLS.contains(&member) => false,
            _ => names_itself(value, function),
        }),
        _ => false,
    }
}

/// Returns whether a list is the short form of the ARN of a function.
fn is_arn(all: &[Value], function: &str) -> bool {
    matches!(all, [short, id, arn] if short == "!GetAtt" && id == function && arn == "Arn")
}

/// Returns whether a text has the ARN or the name of a function without a qualifier. A name that is only a part of
/// another one is none.
fn is_in_text(text: &str, function: &str) -> bool {
    text.match_indices("${").any(|(at, mark)| {
        let (before, from) = text.split_at(at);
        let Some((name, after)) = from.get(mark.len()..).and_then(|from| from.split_once('}')) else { return false };
        let is_whole = before.ends_with(':') || (before.is_empty() && after.is_empty());
        let is_named = name.strip_suffix(".Arn") == Some(function) || (name == function && is_whole);
        is_named && !after.starts_with(':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::sam_template::SamTemplate;

    #[test]
    fn who_names_the_function_itself_is_a_caller_past_the_alias() {
        for (properties, wanted) in [
            ("Integration: {Uri: !GetAtt Api.Arn}", true),
            ("Integration: {Uri: !GetAtt [Api, Arn]}", true),
            ("Integration: {Uri: {'Fn::GetAtt': [Api, Arn]}}", true),
            ("Integration: {Uri: {'Fn::GetAtt': Api.Arn}}", true),
            (
                "IntegrationUri: !Sub 'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${Api.Arn}/invocations'",
                true,
            ),
            ("IntegrationUri: !Join ['', [a, !GetAtt Api.Arn, /invocations]]", true),
            ("DefinitionSubstitutions: {Api: !GetAtt Api.Arn}", true),
            ("ServiceToken: !Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Api}'", true),
            ("FunctionName: !Ref Api", true),
            ("FunctionName: {Ref: Api}", true),
            ("FunctionName: !Ref Api.Alias", false),
            ("FunctionName: !Ref Api.Version", false),
            ("FunctionName: !Ref ApiTwo", false),
            ("FunctionName: !Sub '${Api.Arn}:live'", false),
            ("FunctionName: !Sub 'function:${Api}:live'", false),
            ("QueueName: !Sub '${Api}-dead'", false),
            ("{FunctionName: !Ref Api, Qualifier: live}", false),
            ("LogGroupName: !Ref Api", false),
            ("Dimensions: [{Name: FunctionName, Value: !Ref Api}]", false),
            ("Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Api}}]", false),
        ] {
            let text =
                format!("Resources:\n  Api: {{Type: X}}\n  Other:\n    Type: X\n    Properties:\n      {properties}\n");
            let template = SamTemplate::read(&text).unwrap().value;
            assert_eq!(!callers(&template, "Api").is_empty(), wanted, "{properties}");
        }
        let text = "Resources:\n  Api: {Properties: {A: !Ref Api}}\n  One:\n    Type: AWS::Lambda::Alias\n    Properties: {A: \
                    !Ref Api}\n";
        let template = SamTemplate::read(text).unwrap().value;
        assert_eq!(callers(&template, "Api"), Vec::<String>::new());
    }
}
