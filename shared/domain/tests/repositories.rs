//! The components that an image push is for, and the artifacts that those components take.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

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
    let owned: Vec<String> = repositories
        .into_iter()
        .map(|(repository, components)| {
            let names: Vec<&str> = components.iter().map(ComponentName::as_str).collect();
            format!("{repository}: {}", names.join(", "))
        })
        .collect();
    assert_eq!(owned, ["shop/agent: agent, jobs", "shop/api-dev: api", "shop/api-prod: api"]);
}

#[test]
fn a_component_takes_the_sort_of_artifact_that_it_is_declared_for() {
    let zip = ArtifactRef { key: Some("artifacts/shop/prod/x/1.zip".into()), ..ArtifactRef::default() };
    let image = ArtifactRef { image: Some("shop/agent:1".into()), ..ArtifactRef::default() };
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
            artifact.key = artifact.key.map(|key| key.replace("/x/", &format!("/{name}/")));
            let named = BTreeMap::from([(name.clone(), artifact)]);
            shop().misfits(&named).is_empty()
        };
        assert_eq!((fits(&zip), fits(&image)), (takes_zip, takes_image), "{component}");
    }
}

/// Safety: tenancy: An image is of the repository that its component declares where it goes.
#[test]
fn an_image_is_of_the_repository_that_its_component_declares_where_it_goes() {
    let shop = shop();
    let here = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";
    let found = |component: &str, image: &str, environment: &str| {
        let name = ComponentName::new(component).unwrap();
        let artifact = ArtifactRef { image: Some(image.into()), ..ArtifactRef::default() };
        let resolved = shop.resolve(&EnvironmentName::new(environment).unwrap()).unwrap();
        let misfit = shop.misfit_here(&name, &artifact, &resolved, false);
        let misfit = misfit.first();
        misfit.map(|finding| format!("{} {}", finding.name, finding.path))
    };
    let foreign = |component: &str| Some(format!("BadValue components.{component}.image"));
    for (component, image, environment, expected) in [
        ("agent", "shop/agent:1".to_owned(), "dev", None),
        ("agent", format!("{here}/shop/agent:1"), "dev", None),
        ("agent", "bank/ledger:1".to_owned(), "dev", foreign("agent")),
        ("agent", "bank/shop/agent:1".to_owned(), "dev", foreign("agent")),
        ("api", "shop/api-dev:1".to_owned(), "dev", None),
        ("api", format!("{here}/shop/api-prod:1"), "prod", None),
        ("api", "shop/api-prod:1".to_owned(), "dev", foreign("api")),
        ("api", "elsewhere.example/shop/api-dev:1".to_owned(), "dev", foreign("api")),
        ("zip", "shop/agent:1".to_owned(), "dev", Some("MissingField components.zip.repository".to_owned())),
    ] {
        assert_eq!(found(component, &image, environment), expected, "{image} {environment}");
    }
}

#[test]
fn a_service_with_several_images_takes_each_for_its_container() {
    let declaration = Declaration::parse(
        "
app: shop
version: 1.0.0
environments: {prod: {}}
components:
  agent: {kind: ecs, cluster: shop, service: agent, containers: {web: shop/web, worker: 'shop/worker-{environment}'}}
  one: {kind: ecs, cluster: shop, service: one, containers: {one: shop/web}}
  whole: {kind: ecs, cluster: shop, service: whole, base: artifact, containers: {web: shop/web, worker: shop/worker-prod}}
",
    )
    .unwrap();
    let repositories: Vec<String> = declaration.repositories().into_keys().collect();
    assert_eq!(repositories, ["shop/web", "shop/worker-prod"]);
    let resolved = declaration.resolve(&EnvironmentName::new("prod").unwrap()).unwrap();
    // What a release names, and everything that is wrong with it.
    for (component, artifact, wanted) in [
        ("agent", r#"{"images":{"web":"shop/web:1"}}"#, ""),
        ("agent", r#"{"images":{"web":"shop/web:1","worker":"shop/worker-prod:1"}}"#, ""),
        (
            "agent",
            r#"{"images":{"web":"shop/worker-prod:1","wrker":"shop/worker-prod:1"}}"#,
            "BadValue agent.images.web UnknownName agent.images.wrker",
        ),
        ("agent", r#"{"image":"shop/web:1"}"#, "BadValue agent.image"),
        ("agent", r#"{"key":"artifacts/shop/prod/agent/1", "version_id": "v1"}"#, "BadValue agent.key"),
        ("one", r#"{"image":"shop/web:1"}"#, ""),
        ("one", r#"{"images":{"one":"shop/web:1"}}"#, ""),
        ("one", r#"{"image":"shop/worker-prod:1"}"#, "BadValue one.image"),
        ("whole", r#"{"images":{"web":"shop/web:1"}}"#, "BadValue whole.images"),
        ("whole", r#"{"key":"artifacts/shop/prod/whole/1", "version_id": "v1"}"#, ""),
    ] {
        let name = ComponentName::new(component).unwrap();
        let artifact: ArtifactRef = serde_json::from_str(artifact).unwrap();
        let listed = |findings: Vec<windlass_domain::text::finding::Finding>| {
            let named = findings.iter();
            let named = named.map(|it| format!("{} {}", it.name, it.path.replace("components.", "")));
            named.collect::<Vec<String>>().join(" ")
        };
        let here = listed(declaration.misfit_here(&name, &artifact, &resolved, false));
        assert_eq!(here, wanted, "{component} {artifact:?}");
        let anywhere = declaration.misfits(&BTreeMap::from([(name, artifact)]));
        assert_eq!(listed(anywhere), wanted, "{component}");
    }
}
