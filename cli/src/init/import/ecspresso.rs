//! ecspresso's `ecspresso.yml`, with the definitions of the task and the service that it names.

use crate::init::import::containers::{OF_A_CONTAINER, containers, note_rendered};
use crate::init::import::expression::of_go;
use crate::init::import::{Imported, UnreadMembers, broken};
use serde_json::{Value, json};
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
    let document = read("the file", text, looks_like_json(text)).map_err(|why| why + &way_on(text))?;
    let mut imported = Imported::default();
    let mut file = UnreadMembers::written(document, text, "");
    let mut written = json!({"kind": KindName::Ecs});
    let service = place(&mut file, &mut written, &mut imported)?;
    steady(&mut file, &mut written, &mut imported);
    let (task_path, mut task) = definition("task_definition", OF_A_CONTAINER, &mut file, beside, &mut imported);
    let or = "write `rollout` or `codedeploy` of the component as the service has them";
    let (service_path, mut of_service) = definition("service_definition", or, &mut file, beside, &mut imported);
    containers(&mut task, &task_path, &mut written, &mut imported);
    rollout(&mut of_service, &service_path, &mut file, &mut written, &mut imported)?;
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
    if let Some(rendered) = of_service.rendered() {
        imported.note(format!(
            "{rendered} of `{service_path}`: ecspresso renders them at each deploy, and no release changes them: set new \
             values with your infrastructure code"
        ));
    }
    if let Some(left) = task.left() {
        imported.note(format!(
            "{left} of `{task_path}`: a release changes the images of the containers above alone; for another change of the \
             task definition register it with your infrastructure code, or set `base: artifact` and release its JSON"
        ));
    }
    note_rendered(&task, &format!("`{task_path}`"), &mut imported);
    imported.add(&service.replace(['{', '}'], "-"), written);
    Ok(imported)
}

/// Writes where the service is, and returns its name.
fn place(file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) -> Result<String, String> {
    let region = file.text(&["region"]);
    let region = imported.of_type(region, "the file", "write `region` of the environment");
    let region = region.filter(|region| !region.is_empty());
    let cluster = file.text(&["cluster"]);
    let other = if cluster.is_err() { UNWRITTEN } else { "default" };
    let cluster = imported.of_type(cluster, "the file", "write `cluster` of the component");
    let cluster = cluster.filter(|cluster| !cluster.is_empty());
    let cluster = cluster.map(|cluster| of_config("cluster", &cluster, imported)).transpose()?;
    written["cluster"] = json!(cluster.as_deref().unwrap_or(other));
    let service = file.text(&["service"]).map_err(|other| other.sentence("the file"))?;
    let service = service.filter(|service| !service.is_empty());
    let service = service.ok_or("it names no `service`: Windlass deploys services, and no single tasks")?;
    let service = of_config("service", &service, imported)?;
    written["service"] = json!(service);
    if let Some(made) = region.as_ref().filter(|region| region.contains('{')) {
        file.set_aside(&["region"]);
        imported.note(format!(
            "the region `{made}` is known only where that deployer runs: write `region` of the environment where it is not \
             Windlass's own"
        ));
    }
    imported.region = region.filter(|region| !region.contains('{'));
    Ok(service)
}

/// Returns the text of a member of the file, or says that ecspresso alone makes one of it.
fn of_config(member: &str, text: &str, imported: &mut Imported) -> Result<String, String> {
    of_go(text, imported).map_err(|expression| {
        format!(
            "`{member}` of the file has `{expression}`, which ecspresso alone renders: write what `ecspresso render config` \
             prints into a file, and import that"
        )
    })
}

/// Writes how long the service may take to be steady.
fn steady(file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) {
    let timeout = file.text(&["timeout"]);
    let Some(text) = imported.of_type(timeout, "the file", "write `steady_within` of the component") else { return };
    if let Some(timeout) = span(&text) {
        written["steady_within"] = json!(timeout);
    } else {
        file.set_aside(&["timeout"]);
        imported.note(format!("the timeout `{text}` is no time of hours, minutes and seconds: write `steady_within`"));
    }
}

/// Reads a definition whose path a member of the file has, with its expressions as texts; nothing where it cannot be
/// read. `or` says what to do where the member is no path.
fn definition(
    member: &str,
    or: &str,
    file: &mut UnreadMembers,
    beside: &dyn Fn(&str) -> Result<String, String>,
    imported: &mut Imported,
) -> (String, UnreadMembers) {
    let path = file.text(&[member]);
    let Some(path) = imported.of_type(path, "the file", or) else { return (String::new(), UnreadMembers::default()) };
    let definition = beside(&path).and_then(|text| {
        let is_json = Path::new(&path).extension().is_some_and(|end| end == "json") || looks_like_json(&text);
        let document = read(&path, &text, is_json).map_err(|why| format!("`{path}` cannot be read: {why}"))?;
        let (document, place) = described(document);
        Ok(UnreadMembers::written(document, &text, place))
    });
    let definition = definition.unwrap_or_else(|why| {
        file.set_aside(&[member]);
        imported.note(format!("{why}: read the file yourself, or import what `ecspresso render` prints"));
        UnreadMembers::default()
    });
    (path, definition)
}

/// Reads a file of members, or says in which line it is broken, and as what: YAML takes most of JSON.
fn read(what: &str, text: &str, is_json: bool) -> Result<Value, String> {
    let of_yaml = syntax::yaml(what, text, LARGEST);
    let read = of_yaml.or_else(|finding| if is_json { syntax::json(what, text, LARGEST) } else { Err(finding) });
    let read = read.map_err(|finding| broken(&finding))?;
    if read.is_object() { Ok(read) } else { Err("it is no map of members".to_owned()) }
}

/// Returns what to do with a file that is broken because of an expression without quotes: ecspresso renders the file
/// before it reads it. Empty where none stands there.
fn way_on(text: &str) -> String {
    let has_expression = |line: &str| {
        let value = line.split_once(": ").or_else(|| line.split_once("- ")).map(|(_, value)| value.trim_start());
        value.is_some_and(|value| value.starts_with("{{")) || line.trim_start().starts_with("{{")
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
/// that stand beside it; any other definition as it is. The second is its place in the file, as a JSON pointer.
fn described(mut read: Value) -> (Value, &'static str) {
    let Some(map) = read.as_object_mut() else { return (read, "") };
    match map.remove("taskDefinition") {
        Some(Value::Object(mut task)) if !task.is_empty() && !map.keys().any(|name| task.contains_key(name)) => {
            task.append(map);
            (Value::Object(task), "/taskDefinition")
        }
        Some(other) => {
            map.insert("taskDefinition".to_owned(), other);
            (read, "")
        }
        None => (read, ""),
    }
}

/// Writes the steps in which the tasks are replaced: by ECS, or by CodeDeploy where the service says so, and never by
/// both.
fn rollout(
    service: &mut UnreadMembers,
    path: &str,
    file: &mut UnreadMembers,
    written: &mut Value,
    imported: &mut Imported,
) -> Result<(), String> {
    let of = format!("`{path}`");
    let or = "write `codedeploy` of the component where CodeDeploy shifts the service";
    let controller = service.text(&["deploymentController", "type"]);
    let is_unknown = service.is_missing() || controller.is_err();
    let controller = imported.of_type(controller, &of, or);
    let named = imported.of_type(file.members(&["codedeploy"]), "the file", or);
    let is_codedeploy = controller.as_deref() == Some("CODE_DEPLOY");
    if is_codedeploy || (is_unknown && named.is_some()) {
        let mut named = named.unwrap_or_default();
        written["codedeploy"] = codedeploy(&mut named, imported)?;
        imported.carry(&named, "`codedeploy`");
        if let Some(left) = named.left() {
            imported.note(format!("{left} of `codedeploy`: nothing of a declaration is like it"));
        }
        return Ok(());
    }
    if named.is_some() {
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
    strategy(service, &of, written, imported);
    breaker(service, &of, imported);
    Ok(())
}

/// Notes the circuit breaker, and what becomes of a rollout whose tasks fail. That goes by its values.
fn breaker(service: &mut UnreadMembers, of: &str, imported: &mut Imported) {
    const MEMBER: [&str; 2] = ["deploymentConfiguration", "deploymentCircuitBreaker"];
    let Some(mut read) = imported.of_type(service.members(&MEMBER), of, "leave it: it stays the service's own") else {
        return;
    };
    let breaker = read.aside(&[]);
    let what = match (&breaker["enable"], &breaker["rollback"]) {
        (Value::Bool(true), Value::Bool(true)) => "it takes back a rollout whose tasks fail, and Windlass sees that",
        (Value::Bool(true), Value::Bool(false) | Value::Null) => {
            "it stops a rollout whose tasks fail and takes nothing back; Windlass undoes such a release"
        }
        (Value::Bool(false) | Value::Null, _) => {
            "it is off, so that ECS starts tasks that fail again and again; Windlass undoes such a release"
        }
        _ => "Windlass sees what it takes back",
    };
    let [configuration, member] = MEMBER;
    let whole = UnreadMembers::new(json!({member: breaker})).left().unwrap_or_default();
    let whole = whole.replace(&format!("`{member}"), &format!("`{configuration}.{member}"));
    imported.note(format!("{whole} of {of}: the circuit breaker stays the service's own; {what}"));
}

/// Writes the strategy by which ECS itself replaces the tasks.
fn strategy(service: &mut UnreadMembers, of: &str, written: &mut Value, imported: &mut Imported) {
    const MEMBER: [&str; 2] = ["deploymentConfiguration", "strategy"];
    let strategy = imported.of_type(service.text(&MEMBER), of, "write `rollout` of the component");
    match strategy.as_deref() {
        None | Some("ROLLING") => {}
        Some(known @ ("BLUE_GREEN" | "CANARY" | "LINEAR")) => written["rollout"] = json!(known.to_ascii_lowercase()),
        Some(other) => {
            service.set_aside(&MEMBER);
            imported.note(format!(
                "the strategy `{other}` of the service is none that Windlass knows: write `rollout` of the component"
            ));
        }
    }
}

/// Returns the deployment group. ecspresso finds it by itself where its file does not name it.
fn codedeploy(named: &mut UnreadMembers, imported: &mut Imported) -> Result<Value, String> {
    let mut member = |name: &str| {
        let or = "write `codedeploy` of the component";
        let text = imported.of_type(named.text(&[name]), "`codedeploy`", or);
        text.map(|text| of_config(&format!("codedeploy.{name}"), &text, imported)).transpose()
    };
    let (application, group) = (member("application_name")?, member("deployment_group_name")?);
    if application.is_none() || group.is_none() {
        imported.note(
            "CodeDeploy shifts this service, and the file does not name both its application and its deployment group: \
             write them under `codedeploy`",
        );
    }
    let written = |name: Option<String>| name.unwrap_or_else(|| UNWRITTEN.to_owned());
    Ok(json!({"application": written(application), "group": written(group)}))
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
        let more = std::mem::take(&mut number).parse::<u64>().ok()?.checked_mul(of)?;
        seconds = seconds.checked_add(more)?;
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
        let table: [(&str, Reader, &str); 4] = [
            ("region: a\ncluster: {{ must_env `C` }}\nservice: {{ env `SVC` `agent` }}\n", syntax::yaml, of_line_2),
            ("service: a\n{{- if x }}\ncluster: c\n", syntax::yaml, of_line_2),
            ("cluster: c # {{ x }}\nservice: [", syntax::yaml, ""),
            ("{\"cluster\": \"c\",\n \"service\": {{ must_env `SVC` }} }", syntax::json, of_line_2),
        ];
        for (text, reader, way_on) in table {
            let wanted = broken(&reader("the file", text, LARGEST).unwrap_err()) + way_on;
            assert_eq!(import(text, &|_| Err(String::new())), Err(wanted));
        }
        let (service, task) = ("service: a\ntask_definition: td.json\n", "{\"family\": \"x\"");
        let imported = import(service, &|_| Ok(task.to_owned())).unwrap();
        let why = broken(&syntax::json("td.json", task, LARGEST).unwrap_err());
        let wanted = format!(
            "`td.json` cannot be read: {why}: read the file yourself, or import what `ecspresso render` prints"
        );
        assert_eq!(imported.notes.first(), Some(&wanted));
    }

    #[test]
    fn times_of_go_are_times_of_windlass() {
        for (text, wanted) in [
            ("10m0s", Some("10m")),
            ("1h", Some("60m")),
            ("90s", Some("90s")),
            ("5", None),
            ("1.5h", None),
            ("", None),
            ("9999999999999999h", None),
            ("5124095576030431h16s", None),
        ] {
            assert_eq!(span(text).as_deref(), wanted, "{text}");
        }
    }
}
