//! The callers of a function that name the function itself: they get `$LATEST`, whatever its alias leads to, and so get
//! no release. Each is named with its line. Pure.

use super::hcl::{HclFile, ResourceBlock};
use crate::init::template_tree::{Node, NodeContent};

/// The attributes of Terraform's function by which it is called.
const CALLED: [&str; 6] = ["arn", "function_name", "id", "invoke_arn", "qualified_arn", "qualified_invoke_arn"];

/// The beginnings of the sorts of resources that name a function and do not call it.
const WATCHING: [&str; 6] =
    ["aws_cloudwatch_log_", "aws_cloudwatch_metric_", "aws_iam_", "AWS::CloudWatch::", "AWS::IAM::", "AWS::Logs::"];

/// Notes the places in Terraform's code that name a function in place of its alias.
pub fn in_terraform(files: &[HclFile<'_>], function: &ResourceBlock<'_>) -> Option<String> {
    let mut places = Vec::new();
    for file in files {
        let holder = |at: usize| file.resources().find(|it| it.place().is_some_and(|place| place.contains(&at)));
        for at in references(file.text, function.id) {
            let holder = holder(at);
            // An output, a local value and a policy call nothing.
            if let Some(holder) = holder.filter(|holder| !is_beside(holder, function)) {
                let line = line(file.text, at);
                places.push(format!("`{}`, line {line} (`{}.{}`)", file.path, holder.sort, holder.id));
            }
        }
    }
    let name = format!("{}.{}", function.sort, function.id);
    noted(&name, &places, "by its `arn` or its `invoke_arn`, or as `qualifier`")
}

/// Returns whether a resource is the function, an alias, or one that names an alias as well or only watches.
fn is_beside(holder: &ResourceBlock<'_>, function: &ResourceBlock<'_>) -> bool {
    (holder.sort, holder.id) == (function.sort, function.id)
        || holder.sort == "aws_lambda_alias"
        || holder.attribute("qualifier").is_some()
        || WATCHING.iter().any(|watching| holder.sort.starts_with(watching))
}

/// Returns the places at which a text names a function by an attribute, in lines that are no comments.
fn references(text: &str, id: &str) -> Vec<usize> {
    let name = format!("aws_lambda_function.{id}");
    let is_reference = |at: &usize| {
        let (before, behind) = text.split_at(*at);
        let own = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let is_within = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-".contains(c));
        let rest = behind.strip_prefix(&name).unwrap_or_default();
        let rest = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(rest, |(_, rest)| rest);
        let rest = rest.strip_prefix('.').unwrap_or_default();
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let attribute = rest.strip_suffix(behind).unwrap_or_default();
        // An ARN that goes on names a version or an alias.
        let goes_on = behind.starts_with("}:");
        !is_within && !goes_on && CALLED.contains(&attribute) && !own.starts_with('#') && !own.starts_with("//")
    };
    text.match_indices(&name).map(|(at, _)| at).filter(is_reference).collect()
}

/// Notes the resources of a template that name a function in place of its alias.
pub fn in_template(path: &str, text: &str, root: &Node, id: &str) -> Option<String> {
    let mut places = Vec::new();
    for (key, resource) in root.member("Resources").map_or(&[][..], |(_, resources)| resources.members()) {
        let sort = resource.member("Type").and_then(|(_, sort)| sort.text()).unwrap_or_default();
        let properties = resource.member("Properties").map(|(_, properties)| properties);
        let is_beside = key.text() == Some(id)
            || ["AWS::Lambda::Alias", "AWS::Lambda::Version"].contains(&sort)
            || properties.is_some_and(|properties| properties.member("Qualifier").is_some())
            || WATCHING.iter().any(|watching| sort.starts_with(watching));
        let nodes = properties.filter(|_| !is_beside).map(Node::all).unwrap_or_default();
        let named = nodes.into_iter().filter(|node| refers(text, node, id));
        let name = key.text().unwrap_or_default();
        places.extend(named.map(|node| format!("`{path}`, line {} (`{name}`)", line(text, node.place.start))));
    }
    places.dedup();
    noted(id, &places, "by `!Ref` of its own id")
}

/// Returns whether a part of a template is a reference to a function: to its name, or to its ARN.
fn refers(text: &str, node: &Node, id: &str) -> bool {
    let arn = format!("{id}.Arn");
    match &node.part {
        NodeContent::Scalar(said) => match node.tag.clone().and_then(|tag| text.get(tag)) {
            Some("!Ref") => said == id,
            Some("!GetAtt") => *said == arn,
            _ => [format!("${{{id}}}"), format!("${{{arn}}}")]
                .iter()
                .any(|name| said.match_indices(name).any(|(at, _)| !said[at + name.len()..].starts_with(':'))),
        },
        NodeContent::List(pair) => {
            matches!(&pair[..], [function, attribute] if function.text() == Some(id) && attribute.text() == Some("Arn"))
        }
        NodeContent::Map(members) => members.iter().any(|(key, value)| match key.text() {
            Some("Ref") => value.text() == Some(id),
            Some("Fn::GetAtt") => value.text() == Some(arn.as_str()),
            _ => false,
        }),
        NodeContent::Alias => false,
    }
}

fn noted(function: &str, places: &[String], by: &str) -> Option<String> {
    let places = (!places.is_empty()).then(|| places.join("; "))?;
    Some(format!(
        "`{function}` is reached past its alias, where no release arrives: {places}. Let each name the alias, {by}"
    ))
}

/// Returns the number of the line of a place, from 1 on.
fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::template_tree;

    #[test]
    fn what_names_a_function_of_terraform_is_named_with_its_line() {
        for (sort, inner, is_named) in [
            ("aws_lambda_permission", "function_name = aws_lambda_function.api.function_name", true),
            ("aws_lambda_permission", "function_name = aws_lambda_function.api.arn\n  qualifier = \"live\"", false),
            ("aws_apigatewayv2_integration", "integration_uri = aws_lambda_function.api[0].invoke_arn", true),
            ("aws_cloudwatch_event_target", "arn = \"${aws_lambda_function.api.arn}\"", true),
            ("aws_cloudwatch_event_target", "arn = aws_lambda_alias.api.arn", false),
            ("aws_cloudwatch_event_target", "arn = aws_lambda_function.api2.arn", false),
            ("aws_cloudwatch_event_target", "arn = data.aws_lambda_function.api.arn", false),
            ("aws_cloudwatch_event_target", "# aws_lambda_function.api.arn", false),
            ("aws_cloudwatch_metric_alarm", "x = aws_lambda_function.api.function_name", false),
            ("aws_lambda_alias", "function_name = aws_lambda_function.api.function_name", false),
            ("aws_cloudwatch_event_target", "arn = \"${aws_lambda_function.api.arn}:live\"", false),
            ("aws_iam_policy", "x = aws_lambda_function.api.arn", false),
        ] {
            let text =
                format!("resource \"aws_lambda_function\" \"api\" {{}}\nresource \"{sort}\" \"x\" {{\n  {inner}\n}}\n");
            let files = [HclFile::read("main.tf", &text).unwrap()];
            let function = files[0].resources().next().unwrap();
            let wanted = format!(
                "`aws_lambda_function.api` is reached past its alias, where no release arrives: `main.tf`, line 3 (`{sort}.x`). Let each name the alias, by its `arn` or its `invoke_arn`, or as `qualifier`"
            );
            assert_eq!(in_terraform(&files, &function), is_named.then_some(wanted), "{inner}");
        }
    }

    #[test]
    fn what_names_a_function_of_a_template_is_named_with_its_line() {
        for (sort, value, is_named) in [
            ("AWS::Events::Rule", "!GetAtt Api.Arn", true),
            ("AWS::Events::Rule", "[{Arn: {\"Fn::GetAtt\": [Api, Arn]}}]", true),
            ("AWS::Events::Rule", "{\"Fn::GetAtt\": Api.Arn}", true),
            ("AWS::Events::Rule", "!GetAtt [Api, Arn]", true),
            ("AWS::Events::Rule", "!Ref Api", true),
            ("AWS::Events::Rule", "{Ref: Api}", true),
            ("AWS::Events::Rule", "!Sub \"arn:x/${Api.Arn}/invocations\"", true),
            ("AWS::Events::Rule", "!Sub \"${Api.Arn}:live\"", false),
            ("AWS::IAM::Policy", "!GetAtt Api.Arn", false),
            ("AWS::Events::Rule", "!Ref ApiLive", false),
            ("AWS::Events::Rule", "!GetAtt ApiRole.Arn", false),
            ("AWS::Events::Rule", "!GetAtt Api.Version.Version", false),
            ("AWS::Events::Rule", "Api", false),
            ("AWS::Lambda::Alias", "!Ref Api", false),
            ("AWS::CloudWatch::Alarm", "!Ref Api", false),
        ] {
            let text = format!(
                "Resources:\n  Api:\n    Properties: {{A: !Ref Api}}\n  It:\n    Type: {sort}\n    Properties: {{X: {value}}}\n"
            );
            let root = template_tree::read(&text).unwrap();
            let wanted = "`Api` is reached past its alias, where no release arrives: `t.yaml`, line 6 (`It`). Let each name the alias, by `!Ref` of its own id";
            assert_eq!(in_template("t.yaml", &text, &root, "Api").as_deref(), is_named.then_some(wanted), "{value}");
        }
    }
}
