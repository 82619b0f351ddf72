//! Names from which other names are made alike: by case, by what stands between their words, by their first letters.
//! `windlass import` and `windlass init` keep each of them, under a name of its own within the limit.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_cli::init::answers::Answers;
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::import::{ecspresso, lambroll, sam};
use windlass_cli::init::pieces;
use windlass_cli::init::proposal::propose;
use windlass_cli::init::repository::Repository;
use windlass_domain::text::name::{ComponentName, LONGEST};

/// Returns groups of names that are made alike.
fn groups() -> Vec<[String; 3]> {
    let long = |end: &str| format!("{}{end}", "Checkout".repeat(4));
    let groups = [
        ["DbHost", "DBHost", "dbhost"],
        ["db-host", "db_host", "db.host"],
        ["Orders", "ORDERS", "orders-2"],
        ["Orders", "OrdersFunction", "orders-2"],
        ["1st", "a-1st", "A_1st"],
        ["日本", "中国", "a"],
    ];
    let groups = groups.map(|group| group.map(str::to_owned)).into_iter();
    groups.chain([[long("Primary"), long("Secondary"), long("-2")], [long(""), long("2"), long("-")]]).collect()
}

#[test]
fn functions_of_sam_that_are_called_alike_are_all_imported() {
    for group in groups() {
        let function = |id: &String| {
            let preference = json!({"Type": "AllAtOnce"});
            let properties =
                json!({"FunctionName": "f", "AutoPublishAlias": "live", "DeploymentPreference": preference});
            (id.clone(), json!({"Type": "AWS::Serverless::Function", "Properties": properties}))
        };
        let resources: serde_json::Map<String, Value> = group.iter().map(function).collect();
        let imported = sam::import(&json!({"Resources": resources}).to_string()).unwrap();
        assert_eq!(imported.components.len(), 3, "{:?}", imported.components);
        assert!(imported.components.keys().all(|name| ComponentName::new(name.as_str()).is_ok()));
    }
}

#[test]
fn expressions_that_are_called_alike_are_variables_of_their_own() {
    for [first, second, third] in groups() {
        let go = |name: &str| format!("{{{{ must_env `{name}` }}}}");
        let go = [go(&first), go(&second), go(&third)].join("-");
        let service = json!({"service": "web", "cluster": go});
        let function = json!({"FunctionName": go});
        let named = format!("${{{first}}}-${{{second}}}-${{{third}}}");
        let template = json!({"Resources": {"Api": {"Type": "AWS::Serverless::Function", "Properties": {
            "FunctionName": named, "AutoPublishAlias": "live", "DeploymentPreference": {"Type": "AllAtOnce"}}}}});
        for (imported, member) in [
            (ecspresso::import(&service.to_string(), &|_| Err(String::new())).unwrap(), "cluster"),
            (lambroll::import(&function.to_string()).unwrap(), "function"),
            (sam::import(&template.to_string()).unwrap(), "function"),
        ] {
            assert_eq!(imported.vars.len(), 3, "{:?}", imported.vars);
            assert!(imported.vars.keys().all(|name| name.len() <= LONGEST), "{:?}", imported.vars);
            let component = imported.components.values().next().unwrap();
            let used: BTreeSet<&str> =
                component[member].as_str().unwrap().split(['{', '}']).skip(1).step_by(2).collect();
            assert_eq!(used, imported.vars.keys().map(String::as_str).collect::<BTreeSet<&str>>());
        }
    }
    // What differs by its function or by a further word is another expression, and a repeated one is the same.
    let text = json!({"FunctionName": "{{ must_env `A` }}{{ env `A` `b` }}{{ ssm `A` }}{{ must_env `A` `lower` }}{{ ssm `A` }}"});
    let imported = lambroll::import(&text.to_string()).unwrap();
    let function = &imported.components.values().next().unwrap()["function"];
    assert_eq!(*function, "{a}{a}{a_2}{must_env_a_lower}{a_2}");
}

#[test]
fn pieces_that_are_called_alike_are_all_proposed() {
    for group in groups() {
        let files = group.iter().map(|name| (format!("{name}/Dockerfile"), "FROM node:22\n".to_owned()));
        let files: BTreeMap<String, String> = files.collect();
        let repository = Repository { name: "shop".to_owned(), files, ..Repository::default() };
        let facts = InitFacts { pieces: pieces::find(&repository), repository, ..InitFacts::default() };
        let mut asked = Answers::default();
        let application = propose(&facts, &mut asked);
        let names: BTreeSet<&str> = application.components.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(names.iter().all(|name| ComponentName::new(*name).is_ok()), "{names:?}");
    }
}
