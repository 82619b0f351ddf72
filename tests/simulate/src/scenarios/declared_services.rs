//! Declarations of services that only the simulation has.

/// A service that CodeDeploy deploys.
pub(super) const SERVICE_MOVED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, codedeploy: {application: shop, group: agent}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same service, whose group waits for Windlass before it moves callers.
pub(super) const SERVICE_MOVED_READY: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, codedeploy: {application: shop, group: agent, continue_when_ready: true}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A service alone.
pub(super) const SERVICE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same service, whose traffic ECS shifts at once.
pub(super) const SERVICE_BLUE_GREEN: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: blue_green}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same service, which pauses for Windlass at each stage at which it can.
pub(super) const SERVICE_PAUSED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent:
    kind: ecs
    cluster: shop
    service: agent
    container: agent
    repository: shop/agent
    rollout: blue_green
    pause: [POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same service, which pauses only when all traffic is shifted.
pub(super) const SERVICE_PAUSED_LAST: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent:
    kind: ecs
    cluster: shop
    service: agent
    container: agent
    repository: shop/agent
    rollout: blue_green
    pause: [POST_PRODUCTION_TRAFFIC_SHIFT]
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A service that is shifted in two parts, each of which waits for Windlass, and a function that comes after it.
pub(super) const SERVICE_CANARY_PAUSED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent:
    kind: ecs
    cluster: shop
    service: agent
    container: agent
    repository: shop/agent
    rollout: canary
    pause: [PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same, watched for a minute at each pause.
pub(super) const SERVICE_CANARY_WATCHED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent:
    kind: ecs
    cluster: shop
    service: agent
    container: agent
    repository: shop/agent
    rollout: canary
    pause: [PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
gates:
  bake: 1m
  between_waves: 1m
  alarms: [shop-5xx]
";

/// A service whose traffic ECS shifts in two parts, and a function that comes after it.
pub(super) const SERVICE_CANARY: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: canary}
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same service, and a function in two parts at the same time.
pub(super) const SERVICE_AND_FUNCTION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: canary}
  api: {kind: lambda, function: shop-api, alias: live, rollout: {canary: [10], every: 12m}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same, with a page that is asked for at every look.
pub(super) const SERVICE_AND_FUNCTION_PROBED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, rollout: canary}
  api: {kind: lambda, function: shop-api, alias: live, rollout: {canary: [10], every: 12m}}
gates:
  bake: 1m
  probes: [{url: https://shop.example/health, within: 800ms}]
";

/// A service whose new tasks are compared with the former ones while both get callers.
pub(super) const SERVICE_COMPARED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent:
    kind: ecs
    cluster: shop
    service: agent
    container: agent
    repository: shop/agent
    rollout: canary
    gates: {comparisons: [{compare: previous, samples: 100}]}
gates:
  bake: 1m
  alarms: [shop-5xx]
  unknown: {becomes: hold, for: 5m}
";

/// The service alone once more. Its upload puts the repository in the application's name.
pub(super) const SERVICE_AGAIN: &str = "
app: shop
version: 1.1.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
gates:
  bake: 1m
  alarms: [shop-5xx]
";
