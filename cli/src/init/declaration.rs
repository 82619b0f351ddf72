//! `app.yaml` of an application, with the gates that can be measured without knowing more of it, and the schema in a
//! file beside it, by which editors check the declaration. Pure.

use super::application::{Balancer, InitApplication, InitComponent, InitEnvironment, InitTarget, Rule};
use super::pieces::Runs;
use super::pieces::requests::TrialRequest;
use super::text::DeclaredText;
use crate::ground::quoting::in_yaml as quoted;
use crate::init::import::WITH_COUNTS;
use serde_json::Value;
use windlass_domain::declaration::schema;
use windlass_domain::text::foreign;

/// Writes the declaration. At its top stand the things that were seen and are not in it.
pub fn write(application: &InitApplication, notes: &[String]) -> String {
    let mut lines = vec![
        schema_line(SCHEMA_FILE),
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
    lines.push("components:".to_owned());
    for component in &application.components {
        lines.extend(component_lines(component, application));
    }
    lines.extend(of_the_release(application));
    lines.join("\n") + "\n"
}

fn environment_lines(environment: &InitEnvironment, application: &InitApplication) -> Vec<String> {
    const BY_NAME: &str = "# No `deploy`: it is reached only by its name.";
    let is_manual = application.is_manual(environment);
    if environment.rule == Rule::None && !is_manual {
        // YAML reads a key with nothing behind it as null.
        return vec![format!("  {}: {{}} {BY_NAME}", environment.name)];
    }
    let mut lines = vec![format!("  {}:", environment.name)];
    match &environment.rule {
        Rule::Branches(names) if names.len() == 1 => {
            lines.extend(names.iter().map(|name| format!("    deploy: {{branch: {}}}", quoted(name))));
        }
        Rule::Branches(names) => lines.push(format!("    deploy: {{branches: {}}}", list(names))),
        Rule::Tag(tag) => lines.push(format!("    deploy: {{tag: {}}}", quoted(tag))),
        Rule::None => lines.push(format!("    {BY_NAME}")),
    }
    if is_manual {
        lines.push("    start: manual".to_owned());
    }
    lines
}

fn component_lines(component: &InitComponent, application: &InitApplication) -> Vec<String> {
    let mut lines = vec![format!("  {}:", component.name)];
    let mut put = |member: &str, value: String| lines.push(format!("    {member}: {value}"));
    put("kind", component.target.kind().to_string());
    match &component.target {
        InitTarget::Site { bucket, distribution, url } => {
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
        InitTarget::Function { function, alias, repository, .. } => {
            put("function", text(function));
            put("alias", quoted(alias));
            if let Some(repository) = repository {
                put("repository", quoted(repository));
            }
            let carried = application.carried.rollouts.get(&component.name);
            put("rollout", carried.map_or_else(|| format!("{{canary: [10], every: {WITH_COUNTS}}}"), flow));
        }
        InitTarget::Service { cluster, service, container, repository, balancer: _ } => {
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
    lines.extend(of_a_component(component, application));
    lines
}

/// Writes a text, or one for each environment in braces.
pub(super) fn text(text: &DeclaredText) -> String {
    match text {
        DeclaredText::One(text) => quoted(text),
        DeclaredText::Each(each) => {
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

/// The time for which a release is watched where no calls are counted.
const WITHOUT: &str = "2m";

/// Returns the lines of the gates of the whole release.
pub fn of_the_release(application: &InitApplication) -> Vec<String> {
    let mut components = application.components.iter();
    let has_counts = components.any(|it| is_counted(it, application));
    let bake = if has_counts { WITH_COUNTS } else { WITHOUT };
    let mut lines = vec!["gates:".to_owned(), format!("  bake: {bake}")];
    if has_counts {
        lines.push("  # Who is not called has no failed calls to count, and passes. Where calls never cease, leave this out: then a".to_owned());
        lines.push("  # release waits for the first counts, and without any it is undone.".to_owned());
        lines.push("  unknown: {becomes: pass}".to_owned());
    }
    lines.push("  # A release that makes one of these ring is undone:".to_owned());
    let alarms = &application.carried.alarms;
    lines.push(if alarms.is_empty() {
        format!("  # alarms: [\"{}-{{environment}}-5xx\"]", application.app)
    } else {
        format!("  alarms: {}", list(alarms))
    });
    lines
}

/// Returns whether failed calls of a component are counted: not where alarms measure it.
fn is_counted(component: &InitComponent, application: &InitApplication) -> bool {
    let has_counts = match &component.target {
        InitTarget::Function { .. } => true,
        InitTarget::Service { balancer, .. } => balancer.is_some(),
        InitTarget::Site { .. } => false,
    };
    has_counts && !has_alarms(component, application)
}

/// Returns whether alarms are carried over that measure every release of a component: not where one of its own was left
/// out.
fn has_alarms(component: &InitComponent, application: &InitApplication) -> bool {
    let carried = &application.carried;
    !carried.alarms.is_empty() && !carried.counted.contains(&component.name)
}

/// Returns the lines of a component's own gates: of what can be measured without knowing more of it. No call may fail,
/// because a newcomer's usual failures are not known: the first release shows them, and a person writes how many.
pub fn of_a_component(component: &InitComponent, application: &InitApplication) -> Vec<String> {
    let is_measured = has_alarms(component, application);
    match &component.target {
        InitTarget::Site { distribution: None, url: None, .. } => Vec::new(),
        InitTarget::Site { .. } => of_a_site(),
        InitTarget::Function { request, .. } if is_measured => tried(request, Vec::new()),
        InitTarget::Function { function, alias, request, .. } => tried(request, of_a_function(function, alias)),
        InitTarget::Service { .. } if is_measured => Vec::new(),
        InitTarget::Service { balancer, .. } => balancer.as_ref().map_or_else(of_a_service_without, of_a_service),
    }
}

fn of_a_site() -> Vec<String> {
    vec![
        "    # Fetched as visitors get it, with the scripts and style sheets that it names.".to_owned(),
        "    gates: {pages: [{path: /}]}".to_owned(),
    ]
}

fn of_a_function(function: &DeclaredText, alias: &str) -> Vec<String> {
    let of = |function: &String| format!("{function}:{alias}");
    let resource = match function {
        DeclaredText::One(function) => DeclaredText::One(of(function)),
        DeclaredText::Each(each) => DeclaredText::Each(each.iter().map(|(name, it)| (name.clone(), of(it))).collect()),
    };
    counted(("AWS/Lambda", "Errors"), [("FunctionName", function), ("Resource", &resource)])
}

/// Adds the request with which each new version of a function is tried to the lines of its gates; a comment where none
/// is known.
fn tried(request: &Result<TrialRequest, String>, mut gates: Vec<String>) -> Vec<String> {
    match request {
        Ok(TrialRequest { name, payload, expect }) => {
            if gates.is_empty() {
                gates.push("    gates:".to_owned());
            }
            // JSON is YAML as well, deeper than the list's entry that it stands in.
            let payload = serde_json::to_string_pretty(payload).unwrap_or_default();
            let payload = foreign::json(&payload).replace('\n', "\n            ");
            gates.push("      # Each new version answers this before callers get it. It changes nothing.".to_owned());
            gates.push("      invocations:".to_owned());
            gates.push(format!("        - name: {}", quoted(name)));
            if let Some(expect) = expect {
                gates.push(
                    "          # Another status undoes the release. Write the one that a good version answers with."
                        .to_owned(),
                );
                gates.push(format!("          expect: {}", flow(expect)));
            }
            gates.push(format!("          payload:\n            {payload}"));
        }
        Err(why) => {
            let (indent, line) = if gates.is_empty() {
                ("    ", "gates: {invocations: [{name: health, payload: {}}]}")
            } else {
                ("      ", "invocations: [{name: health, payload: {}}]")
            };
            gates.push(format!("{indent}# No request tries a new version before callers get it: {why}."));
            gates.push(format!("{indent}# Write a payload that changes nothing:"));
            gates.push(format!("{indent}# {line}"));
        }
    }
    gates
}

fn of_a_service(balancer: &Balancer) -> Vec<String> {
    let Balancer { load_balancer, target_group } = balancer;
    counted(
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"),
        [("LoadBalancer", load_balancer), ("TargetGroup", target_group)],
    )
}

fn of_a_service_without() -> Vec<String> {
    vec![
        "    # Nothing is measured of it yet. If an address shows whether it is well:".to_owned(),
        "    # gates: {probes: [{url: \"https://example.com/health\"}]}".to_owned(),
    ]
}

/// Returns the lines of a gate on the failed calls of a minute.
fn counted((namespace, metric): (&str, &str), dimensions: [(&str, &DeclaredText); 2]) -> Vec<String> {
    let dimensions = dimensions.map(|(name, value)| format!("{name}: {}", text(value)));
    vec![
        "    gates:".to_owned(),
        "      # More failed calls a minute than this undo a release. Where some are usual, say how many.".to_owned(),
        "      metrics:".to_owned(),
        format!("        - namespace: {namespace}"),
        format!("          metric: {metric}"),
        format!("          dimensions: {{{}}}", dimensions.join(", ")),
        "          statistic: Sum".to_owned(),
        "          at_most: 0".to_owned(),
    ]
}

/// The file that `init` writes beside the declaration.
pub const SCHEMA_FILE: &str = "app.schema.json";

/// Returns the text of the schema, as `docs/app.schema.json` has it.
pub fn schema_text() -> String {
    serde_json::to_string_pretty(schema()).unwrap_or_default() + "\n"
}

/// Returns the first line of a declaration, by which an editor finds the schema.
pub fn schema_line(path: &str) -> String {
    format!("# yaml-language-server: $schema={path}")
}
