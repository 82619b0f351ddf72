//! Which components an image push is for, and what those components take.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::manifest::ArtifactRef;
use windlass_domain::name::{ComponentName, EnvironmentName};

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
        ("zip", true, false),
        ("web", true, false),
        ("unknown", false, false),
    ] {
        let name = ComponentName::new(component).unwrap();
        let fits = |artifact: &ArtifactRef| {
            let mut artifact = artifact.clone();
            artifact.key = artifact
                .key
                .map(|key| key.replace("/x/", &format!("/{name}/")));
            let named = BTreeMap::from([(name.clone(), artifact)]);
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
fn an_image_is_of_the_repository_that_its_component_declares_where_it_goes() {
    let shop = shop();
    let here = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";
    let told = |component: &str, image: &str, environment: &str| {
        let name = ComponentName::new(component).unwrap();
        let artifact = ArtifactRef {
            key: None,
            version_id: None,
            sha256: None,
            image: Some(image.into()),
        };
        let resolved = shop
            .resolve(&EnvironmentName::new(environment).unwrap())
            .unwrap();
        let misfit = shop.misfit_here(&name, &artifact, &resolved);
        misfit.map(|finding| format!("{} {}", finding.name, finding.path))
    };
    let foreign = |component: &str| Some(format!("BadValue components.{component}.image"));
    for (component, image, environment, expected) in [
        ("agent", "shop/agent:1".to_owned(), "dev", None),
        ("agent", format!("{here}/shop/agent:1"), "dev", None),
        ("agent", "bank/ledger:1".to_owned(), "dev", foreign("agent")),
        (
            "agent",
            "bank/shop/agent:1".to_owned(),
            "dev",
            foreign("agent"),
        ),
        ("api", "shop/api-dev:1".to_owned(), "dev", None),
        ("api", format!("{here}/shop/api-prod:1"), "prod", None),
        ("api", "shop/api-prod:1".to_owned(), "dev", foreign("api")),
        (
            "api",
            "elsewhere.example/shop/api-dev:1".to_owned(),
            "dev",
            foreign("api"),
        ),
        (
            "zip",
            "shop/agent:1".to_owned(),
            "dev",
            Some("MissingField components.zip.repository".to_owned()),
        ),
    ] {
        assert_eq!(
            told(component, &image, environment),
            expected,
            "{image} {environment}"
        );
    }
}
