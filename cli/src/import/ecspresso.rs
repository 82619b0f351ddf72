//! ecspresso's `ecspresso.yml`, with the definitions of the task and the service that it names.

use super::expression::of_go;
use super::{Imported, name, repository};
use serde_json::{Map, Value, json};
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::syntax;

/// The largest file, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Members of the file that are carried over or need not be.
const KNOWN: [&str; 8] = [
    "region",
    "cluster",
    "service",
    "task_definition",
    "service_definition",
    "timeout",
    "required_version",
    "codedeploy",
];

/// Reads the file; `beside` reads a file that it names.
///
/// # Errors
/// What is wrong with it.
pub fn import(
    text: &str,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Imported, String> {
    let file = syntax::yaml("the file", text, LARGEST).map_err(|finding| finding.reason)?;
    let mut imported = Imported::default();
    let mut told = |member: &str| {
        let text = file[member].as_str().filter(|text| !text.is_empty())?;
        Some(of_go(text, &mut imported))
    };
    let region = told("region");
    let cluster = told("cluster").unwrap_or_else(|| "default".to_owned());
    let service = told("service")
        .ok_or("it names no `service`: Windlass deploys services, and no single tasks")?;
    imported.region = region.filter(|region| !region.contains('{'));
    let mut written = json!({"kind": "ecs", "cluster": cluster, "service": service});
    if let Some(timeout) = file["timeout"].as_str().and_then(span) {
        written["steady_within"] = json!(timeout);
    }
    let task = definition(&file, "task_definition", beside, &mut imported);
    containers(&task, &mut written, &mut imported);
    let of_service = definition(&file, "service_definition", beside, &mut imported);
    rollout(&of_service, &file, &mut written, &mut imported);
    for member in file
        .as_object()
        .into_iter()
        .flatten()
        .map(|(member, _)| member)
    {
        if !KNOWN.contains(&member.as_str()) {
            imported.note(format!(
                "`{member}` of the file has nothing like it in a declaration"
            ));
        }
    }
    imported.note(
        "a release changes the images of the containers above; for another change of the task definition register it with \
         your infrastructure code, or set `base: artifact` and release its JSON",
    );
    imported
        .components
        .insert(name(&service.replace(['{', '}'], "-")), written);
    Ok(imported)
}

/// A definition that the file names, with its expressions as texts; an empty one where it cannot be read.
fn definition(
    file: &Value,
    member: &str,
    beside: &dyn Fn(&str) -> Result<String, String>,
    imported: &mut Imported,
) -> Value {
    let Some(path) = file[member].as_str() else {
        return Value::Null;
    };
    let read = beside(path).and_then(|text| {
        let read = syntax::yaml(path, &text, LARGEST).map_err(|finding| finding.reason);
        read.map_err(|why| format!("`{path}` cannot be read: {why}"))
    });
    read.unwrap_or_else(|why| {
        imported.note(format!(
            "{why}: see what it says yourself, or import what `ecspresso render` prints"
        ));
        Value::Null
    })
}

/// The containers whose images are of a repository of Amazon ECR.
fn containers(task: &Value, written: &mut Value, imported: &mut Imported) {
    let all = task["containerDefinitions"].as_array();
    let mut own = Map::new();
    for container in all.into_iter().flatten() {
        let name = container["name"].as_str().unwrap_or_default().to_owned();
        // What its tag says is a release's.
        let image = container["image"].as_str().unwrap_or_default();
        match repository(image) {
            Some(repository) => drop(own.insert(name, json!(repository))),
            None => imported.note(format!(
                "the container `{name}` runs `{image}`, which is of no repository of yours that can be told: it stays as it is"
            )),
        }
    }
    let mut each = own.iter();
    match (each.next(), each.next()) {
        (Some((name, repository)), None) => {
            written["container"] = json!(name);
            written["repository"] = repository.clone();
        }
        (Some(_), Some(_)) => written["containers"] = json!(own),
        (None, _) => {
            imported.note("no container with an image of Amazon ECR was found: write `container` and `repository`");
            written["container"] = json!(UNWRITTEN);
            written["repository"] = json!(UNWRITTEN);
        }
    }
}

/// How ECS replaces the tasks.
fn rollout(service: &Value, file: &Value, written: &mut Value, imported: &mut Imported) {
    let strategy = service["deploymentConfiguration"]["strategy"].as_str();
    if let Some(strategy) = strategy.filter(|strategy| *strategy != "ROLLING") {
        written["rollout"] = json!(strategy.to_ascii_lowercase());
    }
    let is_codedeploy = service["deploymentController"]["type"] == "CODE_DEPLOY";
    let named = &file["codedeploy"];
    if is_codedeploy || !named.is_null() {
        written["codedeploy"] = codedeploy(named, imported);
    }
    if service["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"] == true {
        imported
            .note("the circuit breaker stays the service's own; Windlass sees what it takes back");
    }
}

/// The deployment group, which ecspresso finds by itself where its file does not name it.
fn codedeploy(named: &Value, imported: &mut Imported) -> Value {
    let member = |name: &str| named[name].as_str();
    let (application, group) = (member("application_name"), member("deployment_group_name"));
    if application.is_none() || group.is_none() {
        imported.note(
            "CodeDeploy shifts this service, and the file does not name both its application and its deployment group: \
             write them under `codedeploy`",
        );
    }
    let written = |name: Option<&str>| name.unwrap_or(UNWRITTEN).to_owned();
    json!({"application": written(application), "group": written(group)})
}

/// A length of time of Go, such as `10m0s`, as Windlass writes it.
fn span(text: &str) -> Option<String> {
    let (mut seconds, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        let of = match letter {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            digit if digit.is_ascii_digit() => {
                number.push(digit);
                continue;
            }
            _ => return None,
        };
        seconds += std::mem::take(&mut number).parse::<u64>().ok()? * of;
    }
    (number.is_empty() && seconds > 0).then(|| match seconds {
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_go_are_times_of_windlass() {
        for (text, wanted) in [
            ("10m0s", Some("10m")),
            ("1h", Some("60m")),
            ("90s", Some("90s")),
            ("5", None),
            ("1.5h", None),
            ("", None),
        ] {
            assert_eq!(span(text).as_deref(), wanted, "{text}");
        }
    }
}
