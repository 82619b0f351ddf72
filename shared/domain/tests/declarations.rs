//! Reads declarations, and compares releases with them.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::DataRule;
use windlass_domain::declaration::kinds::{KindName, ResolvedKind, Spec};
use windlass_domain::declaration::{Declaration, LARGEST, schema};
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::release::may_lose::ResourceOf;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

const SHOP: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
  steady: {kind: ecs, cluster: shop, service: steady, container: steady, repository: shop/steady, base: artifact}
";

fn misfits(component: &str, artifact: serde_json::Value) -> Vec<Finding> {
    let artifact: ArtifactRef = serde_json::from_value(artifact).unwrap();
    let name = ComponentName::new(component).unwrap();
    Declaration::parse(SHOP).unwrap().misfits(&BTreeMap::from([(name, artifact)]))
}

#[test]
fn a_component_that_is_not_declared_is_refused_with_those_that_are() {
    let found = misfits("agents", serde_json::json!({"image": "shop/agent:1"}));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, FindingName::UnknownName);
    assert!(found[0].remedy.written().contains("agent"), "{:?}", found[0].remedy);
}

#[test]
fn a_stack_gives_what_it_names_takes_what_its_parameters_name_and_keeps_its_data() {
    let shop = "
app: shop
version: 1.0.0
environments: {dev: {}, prod: {deploy: {branch: main}}}
components:
  api: {kind: lambda, function: 'api-{environment}'}
  plain: {kind: cloudformation, stack: 'plain-{environment}', role: shop}
  infra:
    kind: cloudformation
    stack: 'shop-{environment}'
    role: shop
    after: [api]
    parameters: {Version: 'v${api.version}', Size: {dev: '1', prod: '2'}}
    outputs: {web_bucket: WebBucket}
    data: {dev: disposable, prod: kept}
    within: 2h
";
    let declaration = Declaration::parse(shop).unwrap();
    for (environment, size, data) in [("dev", "1", DataRule::Disposable), ("prod", "2", DataRule::Kept)] {
        let here = declaration.resolve(&environment.parse().unwrap()).unwrap();
        let stack = |name: &str| match &here.components[&ComponentName::new(name).unwrap()].spec {
            Spec::Stack(stack) => stack.clone(),
            other => panic!("{other:?}"),
        };
        let infra = stack("infra");
        assert_eq!((infra.stack.as_str(), infra.within_s, infra.data), (&*format!("shop-{environment}"), 7_200, data));
        assert_eq!(infra.parameters["Version"], "v${api.version}");
        assert_eq!(infra.parameters["Size"], size);
        assert_eq!(infra.gives(), ["web_bucket"]);
        let takes: Vec<String> = infra.takes_from().unwrap().outputs.iter().map(ToString::to_string).collect();
        assert_eq!(takes, ["api.version"]);
        let plain = stack("plain");
        assert_eq!((plain.within_s, plain.data, plain.takes_from()), (3_600, DataRule::Kept, None));
        assert_eq!(infra.extent().seconds, 7_200);
    }
}

#[test]
fn data_is_lost_of_a_stack_that_the_release_changes() {
    let stack = "{kind: cloudformation, stack: shop, role: shop}";
    let declaration = Declaration::parse(&format!("{SHOP}  infra: {stack}\n")).unwrap();
    let here = declaration.resolve(declaration.environments().next().unwrap()).unwrap();
    let found = |name: &str, is_changed: bool| {
        let resource: ResourceOf = name.parse().unwrap();
        let found = here.misplaced_losses(&BTreeSet::from([resource]), |_| is_changed);
        found.into_iter().map(|one| (one.name, one.path)).collect::<Vec<_>>()
    };
    let finding = |name| vec![(name, "may_lose".to_owned())];
    assert_eq!(found("infra.Messages", true), []);
    assert_eq!(found("infra.Messages", false), finding(FindingName::BadValue));
    assert_eq!(found("agent.Messages", true), finding(FindingName::BadValue));
    assert_eq!(found("infar.Messages", true), finding(FindingName::UnknownName));
}

#[test]
fn a_service_takes_what_its_base_says() {
    let key = |name: &str| serde_json::json!({"key": format!("artifacts/shop/prod/{name}/1.json"), "version_id": "v1"});
    let image = |name: &str| serde_json::json!({"image": format!("shop/{name}:1")});
    for (component, artifact, field) in [
        ("agent", key("agent"), Some("key")),
        ("agent", image("agent"), None),
        ("steady", key("steady"), None),
        ("steady", image("steady"), Some("image")),
    ] {
        let found = misfits(component, artifact.clone());
        let paths: Vec<&str> = found.iter().map(|finding| finding.path.as_str()).collect();
        let path = field.map(|field| format!("components.{component}.{field}"));
        let path: Vec<&str> = path.as_deref().into_iter().collect();
        assert_eq!(paths, path, "{component} {artifact}");
    }
}

#[test]
fn a_declaration_of_the_largest_size_is_read() {
    let of = |bytes: usize| {
        let comment = format!("#{}\n", "x".repeat(bytes - SHOP.len() - 2));
        Declaration::parse(&format!("{comment}{SHOP}"))
    };
    assert!(of(LARGEST).is_ok());
    let findings = of(LARGEST + 1).unwrap_err();
    assert_eq!(findings[0].name, FindingName::BadValue);
}

#[test]
fn what_is_no_yaml_is_reported_in_a_line_with_its_place() {
    let findings = Declaration::parse("app: shop\nversion: [1.0.0\n").unwrap_err();
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.name, FindingName::NotWellFormed);
    assert!(finding.path.starts_with("line "), "{}", finding.path);
    let reason = &finding.reason;
    assert!(reason.written().contains("a bracket is opened and not closed"), "{reason:?}");
    assert!(!reason.written().contains('\n'), "{reason:?}");
}

#[test]
fn the_schema_is_for_editors() {
    let members = &schema()["properties"];
    for member in ["app", "version", "environments", "components", "gates"] {
        assert!(members.get(member).is_some(), "{member}");
    }
}

#[test]
fn images_are_of_the_repository_that_is_declared_here() {
    let declaration = Declaration::parse(SHOP).unwrap();
    let prod = declaration.environments().next().unwrap();
    let resolved = declaration.resolve(prod).unwrap();
    let of = |name: &str| {
        let repositories = resolved.repositories(&ComponentName::new(name).unwrap());
        repositories.into_values().next()
    };
    assert_eq!(of("agent"), Some("shop/agent"));
    assert_eq!(of("steady"), Some("shop/steady"));
    assert_eq!(of("web"), None);
}

#[test]
fn the_shortest_component_of_a_kind_has_what_it_must_have_and_no_more() {
    for kind in KindName::ALL {
        let shortest: serde_json::Map<String, serde_json::Value> = serde_json::from_str(kind.shortest()).unwrap();
        let read = |mut component: serde_json::Map<String, serde_json::Value>| {
            component.insert("kind".to_owned(), serde_json::json!(kind));
            let environments = serde_json::json!({"dev": {"start": "manual"}, "prod": {"start": "manual"}});
            let other = serde_json::json!({"kind": "lambda", "function": "shop-{environment}"});
            let components = serde_json::json!({"c": component, "a": other});
            let document = serde_json::json!({
                "app": "shop", "version": "1.0.0", "environments": environments, "components": components,
            });
            Declaration::parse(&document.to_string()).map(drop)
        };
        assert_eq!(read(shortest.clone()), Ok(()), "{kind}");
        for member in shortest.keys() {
            let mut shorter = shortest.clone();
            shorter.remove(member);
            assert!(read(shorter).is_err(), "{kind}: {member} need not be there");
        }
    }
}
