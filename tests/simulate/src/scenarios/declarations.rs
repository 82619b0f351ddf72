//! Declarations that only the simulation has, on the base of `base.rs`.

/// One function as in `windlass_machine::shop`, watched for longer, and a service whose repository names its owner only
/// by a tag.
pub(super) const FUNCTION_AND_SERVICE: &str = gated!(
    api!(),
    named!("agent": "kind: ecs", "cluster: shop", "service: agent", "container: agent", "repository: images/agent");
    version: "1.1.0";
    bake: "2m"
);

/// A function whose code is live at once.
pub(super) const WITHOUT_ALIAS: &str = gated!(api_without_alias!());

/// The later declaration of one function alone, which nothing watches.
pub(super) const WITHOUT_JOBS: &str = declared!(api!(); version: "1.1.0");

/// A function that is shifted in steps of the same size, even if nothing is known of it.
pub(super) const LINEAR_STEPS: &str =
    gated!(api!("rollout: {linear: 40, every: 1m}"); bake: "2m"; gates: "unknown: {becomes: pass}");

/// A function whose new version is compared with the former one while both get callers.
pub(super) const COMPARED: &str = gated!(
    api!(lines: "rollout: {canary: [10], every: 3m}", "gates: {comparisons: [{compare: previous, samples: 100}]}");
    gates: "unknown: {becomes: hold, for: 5m}"
);

/// A function whose code is an image.
pub(super) const FROM_IMAGE: &str = gated!(api!("repository: shop/api"));

/// A function whose code is an image, and live at once. It goes back as soon as nothing is known of it.
pub(super) const FROM_IMAGE_WITHOUT_ALIAS: &str =
    gated!(api_without_alias!("repository: shop/api"); gates: "unknown: {becomes: fail}");

/// Feature flags alone, which grow for a minute and bake for one.
pub(super) const CONFIGURATION: &str = gated!(flags!());

/// A book behind a user's function.
pub(super) const BOOK_ALONE: &str = gated!(book!());

/// A function, and a book that comes after it.
pub(super) const FUNCTION_THEN_BOOK: &str = gated!(api!(), book!("after: [api]"));

/// A function whose alias CodeDeploy moves.
pub(super) const MOVED: &str = gated!(api!("codedeploy: {application: shop, group: api}"));

/// A function, and flags that name its version, so that they are planned in full only after that is there.
pub(super) const POINTING: &str = gated!(api!(), flags!("after: [api]", "fill: [api.version]"); between_waves: "1m");

/// A stack alone.
pub(super) const STACK: &str = gated!(infra!());

/// A stack, and a function that it makes.
pub(super) const STACK_THEN_FUNCTION: &str = gated!(
    infra!("outputs: {api: ApiName}"),
    named!("api": "kind: lambda", "function: \"${infra.api}\"", "alias: live", "after: [infra]")
);

/// A function, and a stack that takes its version, so that it is planned in full only after that is there.
pub(super) const FUNCTION_THEN_STACK: &str =
    gated!(api!(), infra!("after: [api]", "parameters: {ApiVersion: \"${api.version}\"}"));

/// A site whose files are overwritten.
pub(super) const SITE: &str = gated!(web!());

/// A site with a folder for each release.
pub(super) const SITE_BY_FOLDER: &str = gated!(web!("mode: prefix", "prefix: releases"));

/// The same site, whose folder is looked at before visitors get it.
pub(super) const SITE_SHOWN_AHEAD: &str = gated!(web!(lines:
    "mode: prefix", "prefix: releases", "gates: {pages: [{path: /, before_switch: https://e2.cloudfront.net}]}"));

/// The same site, of which only the two releases before are kept.
pub(super) const SITE_THAT_IS_PRUNED: &str = gated!(web!("mode: prefix", "prefix: releases", "keep: 2"));

/// A site with a folder for each release, and a function after it.
pub(super) const SITE_THEN_FUNCTION: &str = gated!(web!("mode: prefix", "prefix: releases"), api!("after: [web]"));

/// Two functions and a service in one wave.
pub(super) const SIDE_BY_SIDE: &str = gated!(jobs!(), api!(), agent!());

/// A function with a gate of every sort.
pub(super) const EVERY_GATE: &str = gated!(
    api!(lines: "gates: {invocations: [{name: health, payload: {path: /health}, expect: {status: fine}, within: 1s}]}");
    bake: "5m";
    judged_by: "alarms: [shop-5xx, {name: shop-cdn-5xx, region: us-east-1}]";
    gates:
        "metrics: [{namespace: AWS/Lambda, metric: Errors, dimensions: {FunctionName: shop-api}, statistic: Sum, \
            at_most: 5}]",
        "probes: [{url: https://shop.example/health, body: fine, within: 800ms}]",
        "logs: [{groups: [/aws/lambda/shop-api], filter: '@message like /ERROR/', at_most: 2}]",
        "websockets: [{url: wss://shop.example/socket, send: ping, expect: pong, within: 2s}]",
        "unknown: {becomes: hold, for: 3m}"
);

/// A function whose versions are invoked before callers get them.
pub(super) const INVOKED: &str = gated!(api!(lines: "gates: {invocations: [{name: health, expect: {status: fine}}]}"));

/// A function and a service in one wave.
pub(super) const FUNCTION_BESIDE_SERVICE: &str = gated!(api!(), agent!());

/// A service alone.
pub(super) const SERVICE: &str = gated!(agent!());

/// The service alone once more. Its upload puts the repository in the application's name.
pub(super) const SERVICE_AGAIN: &str = gated!(agent!(); version: "1.1.0");

/// A service that CodeDeploy deploys.
pub(super) const SERVICE_MOVED: &str = gated!(agent!("codedeploy: {application: shop, group: agent}"));

/// The same service, whose group waits for Windlass before it moves callers.
pub(super) const SERVICE_MOVED_READY: &str =
    gated!(agent!("codedeploy: {application: shop, group: agent, continue_when_ready: true}"));

/// A service whose traffic ECS shifts at once.
pub(super) const SERVICE_BLUE_GREEN: &str = gated!(agent!("rollout: blue_green"));

/// The same service, which pauses for Windlass at each stage at which it can.
pub(super) const SERVICE_PAUSED: &str = gated!(agent!(lines:
    "rollout: blue_green",
    "pause: [POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]"));

/// The same service, which pauses only when all traffic is shifted.
pub(super) const SERVICE_PAUSED_LAST: &str =
    gated!(agent!(lines: "rollout: blue_green", "pause: [POST_PRODUCTION_TRAFFIC_SHIFT]"));

/// A service that is shifted in two parts, each of which waits for Windlass, and a function that comes after it.
pub(super) const SERVICE_CANARY_PAUSED: &str = gated!(agent_in_parts!(), api!("after: [agent]"));

/// The same, watched for a minute at each pause.
pub(super) const SERVICE_CANARY_WATCHED: &str = gated!(agent_in_parts!(), api!("after: [agent]"); between_waves: "1m");

/// A service whose traffic ECS shifts in two parts, and a function that comes after it.
pub(super) const SERVICE_CANARY: &str = gated!(agent!("rollout: canary"), api!("after: [agent]"));

/// The same service, and a function in two parts at the same time.
pub(super) const SERVICE_AND_FUNCTION: &str =
    gated!(agent!("rollout: canary"), api!("rollout: {canary: [10], every: 12m}"));

/// The same, with a page that is asked for at every look.
pub(super) const SERVICE_AND_FUNCTION_PROBED: &str = gated!(
    agent!("rollout: canary"), api!("rollout: {canary: [10], every: 12m}");
    judged_by: "probes: [{url: https://shop.example/health, within: 800ms}]"
);

/// A service whose new tasks are compared with the former ones while both get callers.
pub(super) const SERVICE_COMPARED: &str = gated!(
    agent!(lines: "rollout: canary", "gates: {comparisons: [{compare: previous, samples: 100}]}");
    gates: "unknown: {becomes: hold, for: 5m}"
);
