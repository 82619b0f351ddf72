//! `app.yaml` of an application. Pure.

use super::application::{Application, Component, Environment, Rule, Target, Text};
use super::gates;
use super::pieces::Runs;
use crate::yaml::in_yaml as quoted;
use serde_json::Value;

/// The comment that stands once in the declaration of an application with images.
const WITHOUT_ECR: &str = "# Without `ecr`: an image that CI pushes goes live with the rest of its release.";

/// Writes the declaration. At its top stand the things that were seen and are not in it.
pub fn write(application: &Application, notes: &[String]) -> String {
    let mut lines = vec![
        crate::schema::schema_line(crate::schema::SCHEMA_FILE),
        "# From `windlass init`. It is yours from now on: raise the version with each change.".to_owned(),
    ];
    if !notes.is_empty() {
        lines.push("#".to_owned());
        lines.push("# What was seen, and is not in it:".to_owned());
        lines.extend(notes.iter().map(|note| format!("#  - {note}")));
    }
    lines.push(format!("app: {}", quoted(&application.app)));
    lines.push("version: 1.0.0".to_owned());
    lines.push("environments:".to_owned());
    for environment in &application.environments {
        lines.extend(environment_lines(environment, application));
    }
    let is_about = |line: &String| line.trim_start().starts_with(WITHOUT_ECR);
    let first = lines.iter().position(is_about).unwrap_or_default();
    let mut at = 0;
    lines.retain(|line| {
        at += 1;
        at - 1 == first || !is_about(line)
    });
    lines.push("components:".to_owned());
    for component in &application.components {
        lines.extend(component_lines(component, application));
    }
    lines.extend(gates::of_the_release(application));
    lines.join("\n") + "\n"
}

fn environment_lines(environment: &Environment, application: &Application) -> Vec<String> {
    let has_images = application.components.iter().any(|component| component.repository().is_some());
    let mut lines = vec![format!("  {}:", environment.name)];
    match &environment.rule {
        Rule::Branches(names) if names.len() == 1 => {
            lines.extend(names.iter().map(|name| format!("    deploy: {{branch: {}}}", quoted(name))));
        }
        Rule::Branches(names) => lines.push(format!("    deploy: {{branches: {}}}", list(names))),
        Rule::Tag(tag) => lines.push(format!("    deploy: {{tag: {}}}", quoted(tag))),
        Rule::None => lines.push("    # No `deploy`: it is reached only by its name.".to_owned()),
    }
    if application.is_manual(environment) && !has_images {
        lines.push("    start: manual".to_owned());
    }
    lines
}

fn component_lines(component: &Component, application: &Application) -> Vec<String> {
    let mut lines = vec![format!("  {}:", component.name)];
    let mut put = |member: &str, value: String| lines.push(format!("    {member}: {value}"));
    match &component.target {
        Target::Site { bucket, distribution, url } => {
            put("kind", "static_site".to_owned());
            put("bucket", text(bucket));
            if let Some(distribution) = distribution {
                put("distribution", text(distribution));
            }
            if let Some(url) = url {
                put("url", text(url));
            }
            if let Runs::Site { hashed } = &component.piece.runs {
                put("hashed", list(hashed));
            }
        }
        Target::Function { function, alias, repository } => {
            put("kind", "lambda".to_owned());
            put("function", text(function));
            put("alias", quoted(alias));
            if let Some(repository) = repository {
                put("repository", quoted(repository));
            }
            let rollout = application.carried.rollouts.get(&component.name);
            if let Some(rollout) = rollout {
                put("rollout", flow(rollout));
            }
        }
        Target::Service { cluster, service, container, repository, balancer: _ } => {
            put("kind", "ecs".to_owned());
            put("cluster", text(cluster));
            put("service", text(service));
            put("container", quoted(container));
            put("repository", quoted(repository));
            if application.is_coded {
                put("base", "family_latest".to_owned());
            }
        }
    }
    let before = application.before(component);
    if !before.is_empty() {
        put("after", format!("[{}]", before.join(", ")));
    }
    lines.extend(gates::of_a_component(component, application));
    lines
}

/// Writes a text, or one for each environment in braces.
pub(super) fn text(text: &Text) -> String {
    match text {
        Text::One(text) => quoted(text),
        Text::Each(each) => {
            let each = each.iter().map(|(name, text)| format!("{name}: {}", quoted(text)));
            format!("{{{}}}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Writes an object in braces, its values as JSON, which is YAML as well.
fn flow(value: &Value) -> String {
    let members = value.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {}", quoted(text)),
        other => format!("{name}: {other}"),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// Writes texts in brackets.
pub(super) fn list(texts: &[String]) -> String {
    let texts = texts.iter().map(|text| format!("{text:?}"));
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}
