//! `windlass import` of files of ecspresso and lambroll, member by member: each that a schema has ends in one of the
//! three lists, whatever its value is, and no value of another type is taken for absent. The members are those of
//! `imports/members.json`; `tests/e2e/test_0_imported_files.py` compares it with the models of the services.

#![allow(clippy::unwrap_used)]

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_cli::init::import::{Imported, broken, ecspresso, lambroll};
use windlass_domain::declaration::Declaration;
use windlass_domain::document::syntax;

const IMAGE: &str = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/web:1";

/// Imports what a deployer reads, with these members added to the part of it that has this shape.
fn imported(shape: &str, added: &Map<String, Value>) -> Imported {
    let own = || added.clone().into_iter();
    let below = |parent: &str| -> Map<String, Value> {
        let whole = (!added.is_empty()).then(|| (parent.to_owned(), json!(added)));
        whole.into_iter().collect()
    };
    let mut file = json!({"service": "web"});
    let (mut task, mut service) = (json!({}), json!({}));
    match shape {
        "CreateFunction" => return of_lambroll(own().collect()),
        "FunctionCode" => return of_lambroll(below("Code")),
        "ecspresso.yml" => file.as_object_mut().unwrap().extend(own()),
        "codedeploy" => file["codedeploy"] = json!(added),
        "RegisterTaskDefinition" => task = json!(added),
        "ContainerDefinition" => {
            let mut container = json!({"name": "web", "image": IMAGE});
            container.as_object_mut().unwrap().extend(own());
            task = json!({"containerDefinitions": [container]});
        }
        "CreateService" | "Service" => service = json!(added),
        "DeploymentController" => service = json!(below("deploymentController")),
        "DeploymentConfiguration" => service = json!(below("deploymentConfiguration")),
        other => panic!("{other} is no shape of a file"),
    }
    if shape != "ecspresso.yml" && shape != "codedeploy" {
        file["task_definition"] = json!("task");
        file["service_definition"] = json!("service");
    }
    of_ecspresso(&file.to_string(), &task.to_string(), &service.to_string()).unwrap()
}

fn of_lambroll(more: Map<String, Value>) -> Imported {
    let mut function = json!({"FunctionName": "f"});
    function.as_object_mut().unwrap().extend(more);
    lambroll::import(&function.to_string()).unwrap()
}

fn of_ecspresso(file: &str, task: &str, service: &str) -> Result<Imported, String> {
    ecspresso::import(file, &|name: &str| Ok(if name == "task" { task } else { service }.to_owned()))
}

fn lists(imported: &Imported) -> [&Vec<String>; 3] {
    [&imported.carried, &imported.changed, &imported.notes]
}

#[test]
fn each_member_of_a_schema_ends_in_one_list_alone_whatever_it_is() {
    let kept: BTreeMap<String, Vec<String>> = serde_json::from_str(include_str!("imports/members.json")).unwrap();
    // These are in each file, which is none without them.
    let needed = ["service", "FunctionName", "name", "image"];
    let values = json!(["x", "", 7, 1.5, true, null, [], ["x"], {}, {"x": "y"}, [{"x": "y"}]]);
    for (shape, members) in kept {
        let without = imported(&shape, &Map::new());
        let members = members.into_iter().filter(|member| !needed.contains(&member.as_str()));
        for member in members.chain(["unheardOf".to_owned()]) {
            for value in values.as_array().unwrap() {
                let added: Map<String, Value> = std::iter::once((member.clone(), value.clone())).collect();
                let with = imported(&shape, &added);
                let both = lists(&without).into_iter().zip(lists(&with));
                let changed = both.filter(|(before, after)| before != after).count();
                assert_eq!(changed, 1, "{member} of {shape}: {value}: {with:?}");
            }
        }
    }
    assert_eq!(of_lambroll(Map::new()).carried, ["`FunctionName` of the file"]);
    assert_eq!(imported("ecspresso.yml", &Map::new()).carried, ["`service` of the file"]);
    let container = &imported("ContainerDefinition", &Map::new()).carried;
    assert_eq!(container.first().unwrap(), "`name` of the container `web` in `task`");
}

/// Values that are no text, as they are written, and what is said of each.
const NO_TEXTS: [(&str, &str); 6] = [
    ("2024", "is `2024`, which is no text: put it in quotes"),
    ("1.10", "is `1.10`, which is no text: put it in quotes"),
    ("true", "is `true`, which is no text: put it in quotes"),
    ("null", "has no value: write a text"),
    ("[\"x\"]", "is a list, and no text: write a text"),
    ("{\"x\": 1}", "is a map, and no text: write a text"),
];

#[test]
fn a_text_of_another_type_is_quoted_as_it_is_written_and_is_not_taken_for_absent() {
    const CONTAINER: &str = "write `container` and `repository` of the component";
    const SHIFTED: &str = "write `codedeploy` of the component where CodeDeploy shifts the service";
    let file = |more: &str| format!("service: web\n{more}");
    let both = file("task_definition: task\nservice_definition: service\n");
    let (task, service) = ("containerDefinitions:\n- name: web\n", "desiredCount: 1\n");
    let definitions = "write `rollout` or `codedeploy` of the component as the service has them";
    let entry = "entry 1 of `containerDefinitions` in `task`";
    let table = [
        ("region", "the file", "write `region` of the environment", file("region: @\n"), task, service),
        ("cluster", "the file", "write `cluster` of the component", file("cluster: @\n"), task, service),
        ("timeout", "the file", "write `steady_within` of the component", file("timeout: @\n"), task, service),
        ("task_definition", "the file", CONTAINER, file("task_definition: @\n"), task, service),
        ("service_definition", "the file", definitions, file("service_definition: @\n"), task, service),
        (
            "application_name",
            "`codedeploy`",
            "write `codedeploy` of the component",
            file("codedeploy:\n  application_name: @\n  deployment_group_name: g\n"),
            task,
            service,
        ),
        (
            "deployment_group_name",
            "`codedeploy`",
            "write `codedeploy` of the component",
            file("codedeploy:\n  application_name: a\n  deployment_group_name: @\n"),
            task,
            service,
        ),
        ("name", entry, CONTAINER, both.clone(), "containerDefinitions:\n- name: @\n", service),
        (
            "image",
            "the container `web` in `task`",
            CONTAINER,
            both.clone(),
            "containerDefinitions:\n- name: web\n  image: @\n",
            service,
        ),
        ("deploymentController.type", "`service`", SHIFTED, both.clone(), task, "deploymentController:\n  type: @\n"),
        (
            "deploymentConfiguration.strategy",
            "`service`",
            "write `rollout` of the component",
            both,
            task,
            "deploymentConfiguration:\n  strategy: @\n",
        ),
    ];
    for (text, is) in NO_TEXTS {
        let noted = |imported: &Imported, member: &str, of: &str, or: &str| {
            let wanted = format!("`{member}` of {of} {is}, or {or}");
            assert_eq!(imported.notes.iter().filter(|note| **note == wanted).count(), 1, "{wanted}: {imported:?}");
        };
        for &(member, of, or, ref file, task, service) in &table {
            let [file, task, service] = [file.as_str(), task, service].map(|it| it.replace('@', text));
            let imported = of_ecspresso(&file, &task, &service).unwrap();
            noted(&imported, member, of, or);
            let cluster = if member == "cluster" { "write-me" } else { "default" };
            assert_eq!(imported.components["web"]["cluster"], cluster);
        }
        for (member, or, more) in [
            ("PackageType", "write `repository` where the function is an image", format!("\"PackageType\": {text}")),
            ("Code.ImageUri", "write `repository`", format!("\"Code\": {{\"ImageUri\": {text}}}")),
        ] {
            let imported = lambroll::import(&format!("{{\"FunctionName\": \"f\", {more}}}")).unwrap();
            noted(&imported, member, "the file", or);
        }
        let refused = of_ecspresso(&format!("service: {text}\n"), "", "");
        assert_eq!(refused, Err(format!("`service` of the file {is}")));
        let refused = lambroll::import(&format!("{{\"FunctionName\": {text}}}"));
        assert_eq!(refused, Err(format!("`FunctionName` of the file {is}")));
    }
}

#[test]
fn each_entry_of_the_containers_is_named() {
    let own = |name: &str| format!("111111111111.dkr.ecr.eu-west-1.amazonaws.com/{name}:1");
    let rendered = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/{{ must_env `APP` }}:1";
    let task = json!({"containerDefinitions": ["x", {"image": own("a")}, {"image": own("b"), "name": 7},
        {"image": own("c"), "name": "web"}, {"image": own("d"), "name": "web"}, {"image": rendered, "name": "app"}]});
    let file = json!({"service": "web", "task_definition": "task"});
    let imported = of_ecspresso(&file.to_string(), &task.to_string(), "").unwrap();
    assert_eq!(imported.components["web"]["containers"], json!({"web": "c", "app": "write-me"}));
    let entry = |number: u8| format!("entry {number} of `containerDefinitions` in `task`");
    let (or, stay) =
        ("write `container` and `repository` of the component", "all stay as the task definition has them");
    let wanted = [
        format!("{} is no map, and so no container: mend it, or {or}", entry(1)),
        format!("{} has no `name`, by which a release finds it: write one, or {or}", entry(2)),
        format!("`image` of {}: {stay}", entry(2)),
        format!("`name` of {} is `7`, which is no text: put it in quotes, or {or}", entry(3)),
        format!("`image` of {}: {stay}", entry(3)),
        "the container `web` in `task` is there twice, and the first one counts: give each a name of its own"
            .to_owned(),
        format!("`image` of the container `web` in `task`: {stay}"),
        format!(
            "the container `app` runs `{rendered}`, whose repository is known only where that deployer runs: write the \
             repository, or take the container out where no release brings its image"
        ),
    ];
    assert_eq!(imported.notes, wanted);
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let text = "{\"FunctionName\": \"f\",\n \"Timeout\": 1, \"Timeout\": 2}";
    let twice = broken(&syntax::json("the file", text, 1024).unwrap_err());
    let way_on = "Keep one of the two, with everything that belongs to it";
    assert_eq!(lambroll::import(text), Err(format!("{twice}. {way_on}")));
}

#[test]
fn a_function_that_is_an_image_has_a_repository_to_be_written() {
    for (more, repository) in [
        (json!({"PackageType": "Image"}), json!("write-me")),
        (json!({"PackageType": "Image", "Code": {"ImageUri": IMAGE}}), json!("web")),
        (json!({"Code": {"ImageUri": IMAGE}}), json!("web")),
        (json!({"PackageType": "Zip"}), Value::Null),
    ] {
        let imported = of_lambroll(more.as_object().unwrap().clone());
        assert_eq!(imported.components["f"]["repository"], repository, "{more}");
    }
}

#[test]
fn what_an_expression_makes_is_a_variable_only_where_something_uses_it() {
    let made = "{{ must_env `BOT_NAME` }}";
    let file = json!({"service": made, "region": "{{ must_env `AWS_REGION` }}", "task_definition": "task"}).to_string();
    let container = |name: &str, repository: &str| json!({"name": name, "image": IMAGE.replace("web", repository)});
    let kept = json!({"log": "log", "bot-name": "write-me"});
    for (containers, one, several) in [
        (json!([container(made, "bot")]), json!("{bot_name}"), Value::Null),
        (json!([container(made, "bot"), container("log", "log")]), Value::Null, kept),
    ] {
        let task = json!({"containerDefinitions": containers}).to_string();
        let imported = of_ecspresso(&file, &task, "").unwrap();
        let component = &imported.components["bot-name"];
        assert_eq!((&component["container"], &component["containers"]), (&one, &several));
        assert_eq!(component["service"], "{bot_name}");
        assert_eq!(imported.vars, BTreeMap::from([("bot_name".to_owned(), "write-me".to_owned())]));
        let region = "the region `{{ must_env `AWS_REGION` }}` is known only where that deployer runs: write `region` of \
                      the environment where it is not Windlass's own";
        assert_eq!(imported.notes.first().unwrap(), region);
        let text = imported.text("shop", "prod", "ecspresso.yml");
        for finding in Declaration::parse(&text).unwrap_err() {
            assert!(finding.reason.written().starts_with("`write-me` stands here"), "{finding:?}:\n{text}");
        }
    }
}

#[test]
fn the_circuit_breaker_is_noted_by_its_values() {
    let both = "`deploymentConfiguration.deploymentCircuitBreaker.enable`, \
                `deploymentConfiguration.deploymentCircuitBreaker.rollback`";
    let enable = "`deploymentConfiguration.deploymentCircuitBreaker.enable`";
    let stops = "it stops a rollout whose tasks fail and takes nothing back; Windlass undoes such a release";
    let off = "it is off, so that ECS starts tasks that fail again and again; Windlass undoes such a release";
    for (breaker, members, what) in [
        (
            json!({"enable": true, "rollback": true}),
            both,
            "it takes back a rollout whose tasks fail, and Windlass sees that",
        ),
        (json!({"enable": true, "rollback": false}), both, stops),
        (json!({"enable": true}), enable, stops),
        (json!({"enable": false, "rollback": false}), both, off),
        (json!({"enable": false, "rollback": true}), both, off),
        (json!({}), "`deploymentConfiguration.deploymentCircuitBreaker`", off),
        (json!({"enable": "{{ must_env `BREAKS` }}"}), enable, "Windlass sees what it takes back"),
    ] {
        let service = json!({"deploymentConfiguration": {"deploymentCircuitBreaker": breaker}});
        let file = json!({"service": "web", "service_definition": "service"}).to_string();
        let imported = of_ecspresso(&file, "", &service.to_string()).unwrap();
        let wanted = format!("{members} of `service`: the circuit breaker stays the service's own; {what}");
        assert!(imported.notes.contains(&wanted), "{wanted}: {:?}", imported.notes);
    }
}

#[test]
fn what_the_deployer_alone_renders_is_refused_or_asked_for() {
    let of = |member: &str, expression: &str, program: &str, print: &str| {
        Err(format!(
            "`{member}` of the file has `{expression}`, which {program} alone renders: write what `{print}` prints into a \
             file, and import that"
        ))
    };
    let config = |member: &str, expression: &str| of(member, expression, "ecspresso", "ecspresso render config");
    for (file, wanted) in [
        ("service: 'web{{ if x }}-b{{ end }}'\n", config("service", "{{ if x }}")),
        ("service: web\ncluster: '{{ must_env `C` | lower }}'\n", config("cluster", "{{ must_env `C` | lower }}")),
        (
            "service: web\ncodedeploy: {application_name: 'a{{end}}', deployment_group_name: g}\n",
            config("codedeploy.application_name", "{{end}}"),
        ),
    ] {
        assert_eq!(of_ecspresso(file, "{}", "{}").map(|it| it.components), wanted, "{file}");
    }
    let read = lambroll::import(r#"{"FunctionName": "f{{ end }}"}"#).map(|it| it.components);
    assert_eq!(read, of("FunctionName", "{{ end }}", "lambroll", "lambroll render"));
}

#[test]
fn a_container_that_an_expression_names_stands_in_one_list() {
    let both = "service: web\ntask_definition: task\n";
    let container = |name: &str| json!({"name": name, "image": IMAGE});
    let of =
        |containers: Value| of_ecspresso(both, &json!({"containerDefinitions": containers}).to_string(), "{}").unwrap();
    let rendered = of(json!([container("c{{ end }}")]));
    assert_eq!(rendered.components["web"]["container"], "write-me");
    let wanted = "the name of the container `c{{ end }}` in `task` has `{{ end }}`, which ecspresso alone renders: write \
                  `container` of the component, or import what `ecspresso render` prints";
    assert!(rendered.notes.iter().any(|note| note == wanted), "{:?}", rendered.notes);
    let several = of(json!([container("c-{{ must_env `C` }}"), container("log")]));
    assert_eq!(several.components["web"]["containers"], json!({"c-c": "write-me", "log": "web"}));
    let file = "`service`, `task_definition` of the file".to_owned();
    assert_eq!(rendered.carried, std::slice::from_ref(&file));
    assert_eq!(several.carried, ["`name` of the container `log` in `task`".to_owned(), file]);
}
