//! Which components an image push is for, and what those components take.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::manifest::ArtifactRef;
use windlass_domain::name::ComponentName;

const SHOP: &str = "
app: shop
version: 1.0.0
environments:
  dev: {deploy: {branch: main}}
  prod: {deploy: {tag: stable}}
components:
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: shop/agent}
  jobs: {kind: lambda, function: 'jobs-{environment}', repository: shop/agent}
  api: {kind: lambda, function: 'api-{environment}', repository: '111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api-{environment}'}
  zip: {kind: lambda, function: 'zip-{environment}'}
  web: {kind: static_site, bucket: 'web-{environment}'}
";

fn shop() -> Declaration {
    Declaration::parse(SHOP).unwrap()
}

#[test]
fn a_repository_belongs_to_all_components_that_name_it() {
    let repositories = shop().repositories();
    let told: Vec<String> = repositories
        .into_iter()
        .map(|(repository, components)| {
            let names: Vec<&str> = components.iter().map(ComponentName::as_str).collect();
            format!("{repository}: {}", names.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "shop/agent: agent, jobs",
            "shop/api-dev: api",
            "shop/api-prod: api"
        ]
    );
}

#[test]
fn a_component_takes_the_sort_of_artifact_that_it_is_declared_for() {
    let zip = ArtifactRef {
        key: Some("artifacts/shop/x/1.zip".into()),
        version_id: None,
        sha256: None,
        image: None,
    };
    let image = ArtifactRef {
        key: None,
        image: Some("shop/agent:1".into()),
        ..zip.clone()
    };
    for (component, takes_zip, takes_image) in [
        ("agent", false, true),
        ("jobs", false, true),
        ("zip", true, true),
        ("web", true, false),
        ("unknown", false, false),
    ] {
        let name = ComponentName::new(component).unwrap();
        let fits = |artifact: &ArtifactRef| {
            let named = BTreeMap::from([(name.clone(), artifact.clone())]);
            shop().misfits(&named).is_empty()
        };
        assert_eq!(
            (fits(&zip), fits(&image)),
            (takes_zip, takes_image),
            "{component}"
        );
    }
}

#[test]
fn a_registry_is_known_by_a_dot_or_a_port() {
    for (given, name) in [
        ("shop/agent", "shop/agent"),
        ("agent", "agent"),
        (
            "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent",
            "shop/agent",
        ),
        ("localhost:5000/agent", "agent"),
    ] {
        assert_eq!(windlass_domain::declaration::repository_name(given), name);
    }
}
