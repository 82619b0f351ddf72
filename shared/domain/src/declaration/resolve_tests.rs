//! A declaration that says everything, in each of its environments.

use crate::declaration::Declaration;
use crate::declaration::resolved::ResolvedEnvironment;
use crate::text::name::EnvironmentName;

const EVERYTHING: &str = r#"
app: shop
version: 1.3.0
environments:
  dev:
    deploy: {branches: [main, "release/**"]}
    vars: {host: dev.shop.example}
  prod:
    deploy: {tag: stable}
    start: manual
    sources: [s3, api]
    role_arn: "arn:aws:iam::222222222222:role/windlass-target"
    region: eu-west-2
    vars: {host: shop.example}
    gates:
      bake: 20m
      alarms: ["{app}-{environment}-5xx"]
      unknown: {becomes: fail, for: 1m}
components:
  agent:
    kind: ecs
    cluster: "{app}-{environment}"
    service: {dev: agent, prod: steady}
    container: agent
    repository: shop/agent
  plain: {kind: lambda, function: "plain-{environment}"}
  linear: {kind: lambda, function: "linear-{environment}", alias: live, rollout: {linear: 33}}
  api:
    kind: lambda
    function: "shop-api-{environment}"
    alias: live
    repository: shop/api
    after: [agent]
    rollout: {canary: [10, 50], every: 3m}
    gates:
      alarms: ["shop-api-{environment}-errors"]
      probes: [{url: "https://api.{host}/health"}]
      invocations:
        - {name: health, payload: {path: /health}, expect: {status: 200}, within: 1s}
  web:
    kind: static_site
    bucket: "shop-web-{environment}"
    prefix: site
    mode: prefix
    distribution: {dev: E1, prod: E3}
    origin: bucket
    url: "https://{host}/"
    cache: [{files: "*.html", cache_control: no-cache}]
    hashed: ["assets/**"]
    keep: 3
    config: {path: config.json, global: shopConfig, values: {api: "https://api.{host}/"}}
    on_artifact: true
  docs: {kind: static_site, bucket: "docs-{environment}", prefix: docs/}
gates:
  bake: 10m
  between_waves: 2m
  alarms: [everywhere]
  metrics:
    - {namespace: AWS/Lambda, metric: Errors, dimensions: {FunctionName: "shop-api-{environment}"}, statistic: Sum, at_most: 5}
    - {namespace: Shop, metric: Orders, statistic: p99, period: 2m, at_least: 1}
  probes:
    - {url: "https://{host}/health"}
    - {url: "https://{host}/", status: 204, within: 800ms, body: fine}
"#;

fn resolved(environment: &str) -> ResolvedEnvironment {
    let declaration = Declaration::parse(EVERYTHING).unwrap();
    let name = EnvironmentName::new(environment).unwrap();
    declaration.resolve(&name).unwrap()
}

#[test]
fn an_environment_gets_its_own_values_and_those_of_all() {
    insta::assert_json_snapshot!("everything_in_dev", resolved("dev"));
    insta::assert_json_snapshot!("everything_in_prod", resolved("prod"));
}

#[test]
fn an_environment_that_is_not_there_is_refused_with_the_nearest() {
    let declaration = Declaration::parse(EVERYTHING).unwrap();
    let name = EnvironmentName::new("prd").unwrap();
    let [finding] = declaration.resolve(&name).unwrap_err().try_into().unwrap();
    insta::assert_snapshot!(finding.written(), @"UnknownName: environment: `prd` is not an environment of `shop`. Remedy: Did you mean `prod`? Known here: `dev`, `prod`.");
}
