//! ecspresso's `ecspresso.yml`, with the definitions of the task and the service that it names.

use crate::ground::output;
use crate::init::import::expression::of_go;
use crate::init::import::{Imported, UnreadMembers, repository};
use serde_json::{Map, Value, json};
use std::path::Path;
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::document::syntax;

/// The largest file, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Reads the file; `beside` reads a file that it names.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn import(text: &str, beside: &dyn Fn(&str) -> Result<String, String>) -> Result<Imported, String> {
    let file = read("the file", text, looks_like_json(text)).map_err(|why| why + &way_on(text))?;
    let mut imported = Imported::default();
    let mut file = UnreadMembers::new(file);
    let mut value = |member: &str| {
        let text = file.text(&[member]).filter(|text| !text.is_empty())?;
        Some(of_go(&text, &mut imported))
    };
    let region = value("region");
    let cluster = value("cluster").unwrap_or_else(|| "default".to_owned());
    let service = value("service").ok_or("it names no `service`: Windlass deploys services, and no single tasks")?;
    if region.as_ref().is_some_and(|region| region.contains('{')) {
        file.set_aside(&["region"]);
        imported.note("the region is an expression: write `region` of the environment where it is not Windlass's own");
    }
    imported.region = region.filter(|region| !region.contains('{'));
    let mut written = json!({"kind": KindName::Ecs, "cluster": cluster, "service": service});
    let timeout = file.text(&["timeout"]);
    match timeout.as_deref().map(|text| (text, span(text))) {
        Some((_, Some(timeout))) => written["steady_within"] = json!(timeout),
        Some((text, None)) => {
            file.set_aside(&["timeout"]);
            imported
                .note(format!("the timeout `{text}` is no time of hours, minutes and seconds: write `steady_within`"));
        }
        None => {}
    }
    let named = ["task_definition", "service_definition"].map(|member| {
        let path = file.text(&[member]);
        let read = path.as_deref().map(|path| described(definition(path, beside, &mut imported)));
        if read.as_ref().is_some_and(Value::is_null) {
            file.set_aside(&[member]);
        }
        (path.unwrap_or_default(), UnreadMembers::new(read.unwrap_or_default()))
    });
    let [(task_path, mut task), (service_path, mut of_service)] = named;
    containers(&mut task, &task_path, &mut written, &mut imported);
    rollout(&mut of_service, &mut file, &mut written, &mut imported);
    for (read, of) in [(&file, "the file".to_owned()), (&of_service, format!("`{service_path}`"))] {
        imported.carry(read, &of);
    }
    if let Some(left) = file.left() {
        imported.note(format!("{left} of the file: nothing of a declaration is like it"));
    }
    if let Some(left) = of_service.left() {
        imported.note(format!(
            "{left} of `{service_path}`: none of it is in the declaration; all stay as the service has them, and your \
             infrastructure code sets them from now on"
        ));
    }
    if let Some(left) = task.left() {
        imported.note(format!(
            "{left} of `{task_path}`: a release changes the images of the containers above alone; for another change of the \
             task definition register it with your infrastructure code, or set `base: artifact` and release its JSON"
        ));
    }
    imported.add(&service.replace(['{', '}'], "-"), written);
    Ok(imported)
}

/// Reads a definition that the file names, with its expressions as texts; null where it cannot be read.
fn definition(path: &str, beside: &dyn Fn(&str) -> Result<String, String>, imported: &mut Imported) -> Value {
    beside(path)
        .and_then(|text| {
            let is_json = Path::new(path).extension().is_some_and(|end| end == "json") || looks_like_json(&text);
            read(path, &text, is_json).map_err(|why| format!("`{path}` cannot be read: {why}"))
        })
        .unwrap_or_else(|why| {
            imported.note(format!("{why}: see what it says yourself, or import what `ecspresso render` prints"));
            Value::Null
        })
}

/// Reads a file, or says in which line it is broken, and as what: YAML takes most of JSON.
fn read(what: &str, text: &str, is_json: bool) -> Result<Value, String> {
    let of_yaml = syntax::yaml(what, text, LARGEST);
    let read = of_yaml.or_else(|finding| if is_json { syntax::json(what, text, LARGEST) } else { Err(finding) });
    read.map_err(|finding| {
        let why = output::text(&finding.reason);
        format!("{}: {}", finding.path, why.trim_end_matches('.'))
    })
}

/// Returns what to do with a file that is broken because of an expression without quotes: ecspresso renders the file
/// before it reads it. Empty where none stands there.
fn way_on(text: &str) -> String {
    let has_expression = |line: &str| {
        let value = line.split_once(": ").or_else(|| line.split_once("- ")).map(|(_, value)| value.trim_start());
        value.is_some_and(|value| value.starts_with("{{"))
    };
    let line = text.lines().position(has_expression).map(|at| at + 1);
    line.map_or_else(String::new, |line| {
        format!(
            ". Line {line} has an expression without quotes, which ecspresso renders before it reads the file: write what \
             `ecspresso render config` prints into a file, and import that"
        )
    })
}

/// Returns whether a text begins as an object of JSON does, and as no map of YAML that people write.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

/// Returns a task definition out of what DescribeTaskDefinition answers, which ecspresso takes as well, with the tags
/// that stand beside it; any other definition as it is.
fn described(mut read: Value) -> Value {
    let Some(map) = read.as_object_mut() else {
        return read;
    };
    match map.remove("taskDefinition") {
        Some(Value::Object(mut task)) => {
            task.append(map);
            Value::Object(task)
        }
        Some(other) => {
            map.insert("taskDefinition".to_owned(), other);
            read
        }
        None => read,
    }
}

/// Writes the containers whose images are of a repository of Amazon ECR, or may be.
fn containers(task: &mut UnreadMembers, path: &str, written: &mut Value, imported: &mut Imported) {
    let mut own = Map::new();
    for mut container in task.each(&["containerDefinitions"]) {
        let name = container.text(&["name"]).unwrap_or_default();
        // The tag is a release's to choose.
        let image = container.text(&["image"]).unwrap_or_default();
        match repository(&image) {
            Some(repository) => drop(own.insert(name.clone(), json!(repository))),
            None if image.starts_with("{{") => {
                container.set_aside(&["image"]);
                own.insert(name.clone(), json!(UNWRITTEN));
                imported.note(format!(
                    "the container `{name}` runs `{image}`, whose repository is known only where that deployer runs: write the \
                     repository, or take the container out where no release brings its image"
                ));
            }
            None => {
                container.set_aside(&["name"]);
                container.set_aside(&["image"]);
                imported.note(format!(
                    "the container `{name}` runs `{image}`, of which no repository of yours is known: it stays as it is"
                ));
            }
        }
        imported.carry(&container, &format!("the container `{name}` in `{path}`"));
        if let Some(left) = container.left() {
            imported.note(format!(
                "{left} of the container `{name}` in `{path}`: all stay as the task definition has them"
            ));
        }
        if let Some(rendered) = container.rendered() {
            imported.note(format!(
                "{rendered} of the container `{name}` in `{path}`: ecspresso renders them at each deploy, and a release \
                 keeps what the running task definition has. For new values register a task definition with your \
                 infrastructure code and set `base: family_latest`, or set `base: artifact` and release its JSON"
            ));
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

/// Writes the steps in which the tasks are replaced: by ECS, or by CodeDeploy where the service says so, and never by
/// both.
fn rollout(service: &mut UnreadMembers, file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) {
    let is_unknown = service.is_missing();
    let controller = service.text(&["deploymentController", "type"]);
    let mut named = UnreadMembers::new(file.aside(&["codedeploy"]));
    let is_codedeploy = controller.as_deref() == Some("CODE_DEPLOY");
    if is_codedeploy || (is_unknown && !named.is_missing()) {
        written["codedeploy"] = codedeploy(&mut named, imported);
        imported.carry(&named, "`codedeploy`");
        if let Some(left) = named.left() {
            imported.note(format!("{left} of `codedeploy`: nothing of a declaration is like it"));
        }
        return;
    }
    if !named.is_missing() {
        imported.note(
            "`codedeploy` of the file: the service's `deploymentController` is that of ECS, so that CodeDeploy does not shift it, and \
             none of it is in the declaration",
        );
    }
    if let Some(other) = controller.filter(|controller| controller != "ECS") {
        service.set_aside(&["deploymentController", "type"]);
        imported.note(format!(
            "the controller {other} of the service is one that Windlass has no rollout for: it deploys with ECS or CodeDeploy"
        ));
    }
    let strategy = service.text(&["deploymentConfiguration", "strategy"]);
    if let Some(strategy) = strategy.filter(|strategy| strategy != "ROLLING") {
        written["rollout"] = json!(strategy.to_ascii_lowercase());
    }
    let breaker = ["deploymentConfiguration", "deploymentCircuitBreaker"];
    if !service.aside(&breaker).is_null() {
        imported.note("the circuit breaker stays the service's own; Windlass sees what it takes back");
    }
}

/// Returns the deployment group. ecspresso finds it by itself where its file does not name it.
fn codedeploy(named: &mut UnreadMembers, imported: &mut Imported) -> Value {
    let mut member = |name: &str| {
        let text = named.text(&[name])?;
        Some(of_go(&text, imported))
    };
    let (application, group) = (member("application_name"), member("deployment_group_name"));
    if application.is_none() || group.is_none() {
        imported.note(
            "CodeDeploy shifts this service, and the file does not name both its application and its deployment group: \
             write them under `codedeploy`",
        );
    }
    let written = |name: Option<String>| name.unwrap_or_else(|| UNWRITTEN.to_owned());
    json!({"application": written(application), "group": written(group)})
}

/// Writes a length of time of Go, such as `10m0s`, as Windlass does.
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
    use windlass_domain::text::finding::Finding;

    #[test]
    fn a_file_that_is_broken_is_called_by_its_language_with_its_line_and_the_way_on() {
        type Reader = fn(&str, &str, usize) -> Result<Value, Finding>;
        let of_line_2 = ". Line 2 has an expression without quotes, which ecspresso renders before it reads the file: \
                         write what `ecspresso render config` prints into a file, and import that";
        let table: [(&str, Reader, &str); 3] = [
            ("region: a\ncluster: {{ must_env `C` }}\nservice: {{ env `SVC` `agent` }}\n", syntax::yaml, of_line_2),
            ("cluster: c # {{ x }}\nservice: [", syntax::yaml, ""),
            ("{\"cluster\": \"c\",\n \"service\": {{ must_env `SVC` }} }", syntax::json, of_line_2),
        ];
        let said = |finding: Finding| {
            let reason = output::text(&finding.reason);
            format!("{}: {}", finding.path, reason.trim_end_matches('.'))
        };
        for (text, reader, way_on) in table {
            let wanted = said(reader("the file", text, LARGEST).unwrap_err()) + way_on;
            assert_eq!(import(text, &|_| Err(String::new())), Err(wanted));
        }
        let (service, task) = ("service: a\ntask_definition: td.json\n", "{\"family\": \"x\"");
        let imported = import(service, &|_| Ok(task.to_owned())).unwrap();
        let why = said(syntax::json("td.json", task, LARGEST).unwrap_err());
        let wanted = format!(
            "`td.json` cannot be read: {why}: see what it says yourself, or import what `ecspresso render` prints"
        );
        assert_eq!(imported.notes.first(), Some(&wanted));
    }

    #[test]
    fn times_of_go_are_times_of_windlass() {
        for (text, wanted) in
            [("10m0s", Some("10m")), ("1h", Some("60m")), ("90s", Some("90s")), ("5", None), ("1.5h", None), ("", None)]
        {
            assert_eq!(span(text).as_deref(), wanted, "{text}");
        }
    }
}
