//! The examples are declarations without mistakes, in every one of their environments.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::kinds::stack::DataRule;
use windlass_domain::declaration::kinds::stack::holds_data::holds_data;
use windlass_domain::declaration::kinds::stack::template::{deletion_policy, read};
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn example(name: &str) -> Declaration {
    declared(name, "app.yaml")
}

fn declared(name: &str, file: &str) -> Declaration {
    let path = folder().join(name).join(file);
    let text = fs::read_to_string(&path).unwrap();
    Declaration::parse(&text).unwrap_or_else(|findings| panic!("{}: {findings:#?}", path.display()))
}

fn resolved(declaration: &Declaration, environment: &str) -> ResolvedEnvironment {
    let name = EnvironmentName::new(environment).unwrap();
    declaration.resolve(&name).unwrap()
}

fn goes_to(declaration: &Declaration, reference: &str) -> Option<String> {
    let environment = declaration.environment_for(reference).unwrap();
    environment.map(|name| name.to_string())
}

fn image_goes_to(declaration: &Declaration, tag: &str) -> Option<String> {
    let environment = declaration.environment_for_image_tag(tag).unwrap();
    environment.map(|name| name.to_string())
}

#[test]
fn every_example_parses_and_resolves() {
    let mut seen = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.join("app.yaml").exists() {
            let declaration = example(path.file_name().unwrap().to_str().unwrap());
            for environment in declaration.environments() {
                declaration.resolve(environment).unwrap();
            }
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn the_application_of_the_readme_parses_and_resolves() {
    let readme = fs::read_to_string(folder().join("../README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```yaml\n").skip(1).collect();
    assert_eq!(blocks.len(), 1);
    let text = blocks[0].split("```").next().unwrap();
    let declaration = Declaration::parse(text).unwrap_or_else(|findings| panic!("README.md: {findings:#?}"));
    for environment in declaration.environments() {
        declaration.resolve(environment).unwrap();
    }
}

#[test]
fn the_monorepo_follows_commits_and_tags() {
    let monorepo = example("monorepo");
    assert_eq!(goes_to(&monorepo, "refs/heads/main").unwrap(), "dev");
    assert_eq!(goes_to(&monorepo, "refs/tags/v1.4.0-rc.1").unwrap(), "staging");
    assert_eq!(goes_to(&monorepo, "refs/tags/v1.4.0").unwrap(), "prod");
    assert_eq!(goes_to(&monorepo, "refs/tags/v1.4.1-rc.1"), None);
    assert_eq!(goes_to(&monorepo, "refs/heads/feature/x"), None);
    assert_eq!(goes_to(&monorepo, "refs/pull/7/merge"), None);
    let prod = resolved(&monorepo, "prod");
    assert!(prod.tag_rule && !resolved(&monorepo, "dev").tag_rule);
    assert_eq!(prod.gates.alarms[0].gate.name, "insight-prod-5xx");
    assert_eq!(prod.gates.alarms.len(), 1);
    assert_eq!(prod.gates.bake.as_s(), 900);
    let backend = &prod.components[&ComponentName::new("backend").unwrap()];
    let Spec::Lambda(function) = &backend.spec else { panic!("{backend:?}") };
    assert_eq!(function.function, "insight-backend-prod");
    assert_eq!(function.rollout.steps, [10, 50]);
}

#[test]
fn the_container_follows_branches_by_image_tag() {
    let container = example("container");
    for (tag, environment) in [
        ("feature-login-9f2c1ab", Some("dev")),
        ("staging", Some("staging")),
        ("staging-128", Some("staging")),
        ("main-9f2c1ab", Some("production")),
        ("main-experiment", None),
        ("latest", None),
    ] {
        assert_eq!(image_goes_to(&container, tag).as_deref(), environment, "{tag}");
    }
    let names: Vec<String> = container.repositories().into_keys().collect();
    assert_eq!(names, ["autopr/api", "autopr/worker"]);
    let production = resolved(&container, "production");
    assert_eq!(production.gates.probes[0].gate.url, "https://autopr.example/health");
    assert_eq!(production.sources.len(), 3);
    let service = ComponentName::new("service").unwrap();
    let containers = production.containers(&service).unwrap();
    let containers: Vec<&str> = containers.keys().map(String::as_str).collect();
    assert_eq!(containers, ["api", "worker"]);
}

#[test]
fn the_chat_bot_has_two_functions_of_one_zip() {
    let bot = example("chat-bot");
    let shared = bot.shared_artifacts();
    let shared: Vec<String> = shared.map(|(taker, of)| format!("{taker} of {of}")).collect();
    assert_eq!(shared, ["connections of backend"]);
}

#[test]
fn the_chat_bot_takes_its_targets_from_its_stack_and_writes_a_file_for_each_environment() {
    let bot = example("chat-bot");
    let [infra, frontend] = ["infra", "frontend"].map(|name| ComponentName::new(name).unwrap());
    for (environment, level, data) in [("dev", "debug", DataRule::Disposable), ("prod", "info", DataRule::Kept)] {
        let resolved = resolved(&bot, environment);
        let Spec::Stack(stack) = &resolved.components[&infra].spec else { panic!("not a stack") };
        assert_eq!((stack.stack.as_str(), stack.data), (&*format!("service-bot-{environment}"), data));
        let Spec::StaticSite(site) = &resolved.components[&frontend].spec else { panic!("not a site") };
        assert_eq!(site.bucket, "${infra.bucket}");
        let values = site.config.clone().unwrap().values;
        assert_eq!((values["logLevel"].as_str(), values["socketUrl"].as_str()), (level, "${infra.socket}"));
    }
}

/// Whoever begins with it copies all three files.
#[test]
fn the_stack_has_a_template_and_a_role_that_fit_it() {
    let template = |file: &str| read(&fs::read_to_string(folder().join("stack").join(file)).unwrap()).unwrap();
    let (made, role) = (template("template.yaml"), template("role.yaml"));
    let declaration = example("stack");
    for environment in declaration.environments() {
        let components = declaration.resolve(environment).unwrap().components;
        let Spec::Stack(stack) = &components[&ComponentName::new("infra").unwrap()].spec else { panic!("no stack") };
        for (member, names) in
            [("Outputs", stack.outputs.values().collect::<Vec<_>>()), ("Parameters", stack.parameters.keys().collect())]
        {
            assert!(
                !names.is_empty() && names.iter().all(|name| made[member][*name].is_object()),
                "{member} {names:?}"
            );
        }
        let values = made["Parameters"]["LogDays"]["AllowedValues"].as_array().unwrap();
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        assert!(values.contains(&stack.parameters["LogDays"]));
        assert_eq!(role["Resources"]["StackRole"]["Properties"]["RoleName"], stack.role.as_str());
    }
    let trust = &role["Resources"]["StackRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().unwrap().len(), 1);
    assert_eq!(trust[0]["Principal"], serde_json::json!({"Service": "cloudformation.amazonaws.com"}));
    let resources = made["Resources"].as_object().unwrap();
    let data = resources.iter().filter(|(_, resource)| holds_data(resource["Type"].as_str().unwrap()));
    let mut data: Vec<&String> = data.map(|(logical, _)| logical).collect();
    data.sort();
    assert_eq!(data, ["ApiLog", "Web"]);
    for logical in data {
        assert_eq!(deletion_policy(&made, logical), Some("RetainExceptOnCreate"), "{logical}");
    }
}

/// The declaration with what drops a column differs in that alone from the one before it.
#[test]
fn the_schema_that_changes_has_a_contract_in_one_release() {
    let [usual, contract] = ["app.yaml", "app-contract.yaml"].map(|file| declared("expand-contract", file));
    assert!(contract.version() > usual.version());
    for environment in ["staging", "production"] {
        let components = |declaration| resolved(declaration, environment).components;
        let mut with = components(&contract);
        let name = ComponentName::new("contract").unwrap();
        let Spec::Task(task) = &with[&name].spec else { panic!("{:?}", with[&name]) };
        assert!(task.irreversible);
        with.remove(&name);
        assert_eq!(with, components(&usual));
    }
}
