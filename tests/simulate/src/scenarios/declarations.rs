//! Declarations that only the simulation has.

/// One function as in `windlass_machine::shop`, watched for longer, and a service whose repository names its owner only
/// by a tag.
pub(super) const FUNCTION_AND_SERVICE: &str = "
app: shop
version: 1.1.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: images/agent}
gates:
  bake: 2m
  alarms: [shop-5xx]
";

/// A function whose code is live at once.
pub(super) const WITHOUT_ALIAS: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A function that is shifted in steps of the same size, even if nothing is known of it.
pub(super) const LINEAR_STEPS: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live, rollout: {linear: 40, every: 1m}}
gates:
  bake: 2m
  alarms: [shop-5xx]
  unknown: {becomes: pass}
";

/// A function whose new version is compared with the former one while both get callers.
pub(super) const COMPARED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api:
    kind: lambda
    function: shop-api
    alias: live
    rollout: {canary: [10], every: 3m}
    gates: {comparisons: [{compare: previous, samples: 100}]}
gates:
  bake: 1m
  alarms: [shop-5xx]
  unknown: {becomes: hold, for: 5m}
";

/// A function whose code is an image.
pub(super) const FROM_IMAGE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live, repository: shop/api}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A function whose code is an image, and live at once. It goes back as soon as nothing is known of it.
pub(super) const FROM_IMAGE_WITHOUT_ALIAS: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, repository: shop/api}
gates:
  bake: 1m
  alarms: [shop-5xx]
  unknown: {becomes: fail}
";

/// Feature flags alone, which grow for a minute and bake for one.
pub(super) const CONFIGURATION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  flags:
    kind: appconfig
    application: shop
    environment: prod
    profile: flags
    strategy: AppConfig.Linear50PercentEvery30Seconds
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A function whose alias CodeDeploy moves.
pub(super) const MOVED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live, codedeploy: {application: shop, group: api}}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A function, and flags that name its version, so that they are planned in full only after that is there.
pub(super) const POINTING: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  flags:
    kind: appconfig
    application: shop
    environment: prod
    profile: flags
    strategy: AppConfig.Linear50PercentEvery30Seconds
    after: [api]
    fill: [api.version]
gates:
  bake: 1m
  between_waves: 1m
  alarms: [shop-5xx]
";

/// A site whose files are overwritten.
pub(super) const SITE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web: {kind: static_site, bucket: shop-web, distribution: E1}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A site with a folder for each release.
pub(super) const SITE_BY_FOLDER: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web: {kind: static_site, bucket: shop-web, distribution: E1, mode: prefix, prefix: releases}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same site, whose folder is looked at before visitors get it.
pub(super) const SITE_SHOWN_AHEAD: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web:
    kind: static_site
    bucket: shop-web
    distribution: E1
    mode: prefix
    prefix: releases
    gates: {pages: [{path: /, before_switch: https://e2.cloudfront.net}]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same site, of which only the two releases before are kept.
pub(super) const SITE_THAT_IS_PRUNED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web: {kind: static_site, bucket: shop-web, distribution: E1, mode: prefix, prefix: releases, keep: 2}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A site with a folder for each release, and a function after it.
pub(super) const SITE_THEN_FUNCTION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web: {kind: static_site, bucket: shop-web, distribution: E1, mode: prefix, prefix: releases}
  api: {kind: lambda, function: shop-api, alias: live, after: [web]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// Two functions and a service in one wave.
pub(super) const SIDE_BY_SIDE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  jobs: {kind: lambda, function: shop-jobs, alias: live}
  api: {kind: lambda, function: shop-api, alias: live}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A function with a gate of every sort.
pub(super) const EVERY_GATE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api:
    kind: lambda
    function: shop-api
    alias: live
    gates: {invocations: [{name: health, payload: {path: /health}, expect: {status: fine}, within: 1s}]}
gates:
  bake: 5m
  alarms: [shop-5xx, {name: shop-cdn-5xx, region: us-east-1}]
  metrics: [{namespace: AWS/Lambda, metric: Errors, dimensions: {FunctionName: shop-api}, statistic: Sum, at_most: 5}]
  probes: [{url: https://shop.example/health, body: fine, within: 800ms}]
  logs: [{groups: [/aws/lambda/shop-api], filter: '@message like /ERROR/', at_most: 2}]
  websockets: [{url: wss://shop.example/socket, send: ping, expect: pong, within: 2s}]
  unknown: {becomes: hold, for: 3m}
";
