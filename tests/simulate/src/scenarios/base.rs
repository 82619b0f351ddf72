//! The base of all declarations, whose text these macros make at compile time. A declaration names its components, and
//! after them only what is different from the base.

/// A declaration without gates: the application `shop` in version 1.0.0 with its components, deployed into `prod`.
/// These may be different, in this order: `app`, `version`, `formerly`, `prod`, `waves`.
macro_rules! declared {
    (
        $($component:expr),+
        $(; app: $app:literal)?
        $(; version: $version:literal)?
        $(; formerly: $formerly:literal)?
        $(; prod: $prod:expr)?
        $(; waves: $waves:literal)?
    ) => {
        concat!(
            "\napp: ", or!("shop" $(, $app)?), "\nversion: ", or!("1.0.0" $(, $version)?), "\n",
            $("formerly: ", $formerly, "\n",)?
            "environments:\n", or!(prod!() $(, $prod)?),
            $("waves: ", $waves, "\n",)?
            "components:\n", $($component),+
        )
    };
}

/// A declaration with gates: a bake of a minute, judged by one alarm. These may be different, in this order: `version`,
/// `prod`, `waves`, `bake`, `between_waves`, `judged_by` (a line in place of the one with the alarm), `gates` (more
/// lines).
macro_rules! gated {
    (
        $($component:expr),+
        $(; version: $version:literal)?
        $(; prod: $prod:expr)?
        $(; waves: $waves:literal)?
        $(; bake: $bake:literal)?
        $(; between_waves: $between_waves:literal)?
        $(; judged_by: $judged_by:literal)?
        $(; gates: $($gate:literal),+)?
    ) => {
        concat!(
            declared!($($component),+ $(; version: $version)? $(; prod: $prod)? $(; waves: $waves)?),
            "gates:\n  bake: ", or!("1m" $(, $bake)?), "\n",
            $("  between_waves: ", $between_waves, "\n",)?
            "  ", or!("alarms: [shop-5xx]" $(, $judged_by)?), "\n",
            $($("  ", $gate, "\n",)+)?
        )
    };
}

/// The default, or what is given in its place.
macro_rules! or {
    ($default:expr) => {
        $default
    };
    ($default:expr, $given:expr) => {
        $given
    };
}

/// A name with its fields, all on one line or each on a line of its own.
macro_rules! named {
    ($name:literal: $first:literal $(, $field:literal)*) => {
        concat!("  ", $name, ": {", $first, $(", ", $field,)* "}\n")
    };
    (lines $name:literal: $($field:literal),+) => {
        concat!("  ", $name, ":\n", $("    ", $field, "\n"),+)
    };
}

/// The environment with more fields. After `lines:` each field has a line of its own, here and in each macro below.
macro_rules! prod {
    ($($form:ident:)? $($more:literal),*) => {
        named!($($form)? "prod": "deploy: {branch: main}", "sources: [api, console, s3, ecr]" $(, $more)*)
    };
}

/// The function `api` with more fields.
macro_rules! api {
    ($($form:ident:)? $($more:literal),*) => {
        named!($($form)? "api": "kind: lambda", "function: shop-api", "alias: live" $(, $more)*)
    };
}

/// The function `api` with more fields, whose code is live at once.
macro_rules! api_without_alias {
    ($($more:literal),*) => {
        named!("api": "kind: lambda", "function: shop-api" $(, $more)*)
    };
}

/// The function `jobs`.
macro_rules! jobs {
    () => {
        named!("jobs": "kind: lambda", "function: shop-jobs", "alias: live")
    };
}

/// The functions `jobs` and `api`, one after the other; `api` is shifted in two steps.
macro_rules! functions {
    () => {
        concat!(jobs!(), api!("after: [jobs]", "rollout: {canary: [50], every: 1m}"))
    };
}

/// The service `agent` with more fields.
macro_rules! agent {
    ($($form:ident:)? $($more:literal),*) => {
        named!($($form)? "agent":
            "kind: ecs", "cluster: shop", "service: agent", "container: agent", "repository: shop/agent" $(, $more)*)
    };
}

/// The service `agent` with two images.
macro_rules! agent_with_worker {
    () => {
        named!("agent":
            "kind: ecs", "cluster: shop", "service: agent", "containers: {agent: shop/agent, worker: shop/worker}")
    };
}

/// The service `agent`, shifted in two parts, each of which waits for Windlass.
macro_rules! agent_in_parts {
    () => {
        agent!(lines:
            "rollout: canary", "pause: [PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]")
    };
}

/// The site `web` with more fields.
macro_rules! web {
    ($($form:ident:)? $($more:literal),*) => {
        named!($($form)? "web": "kind: static_site", "bucket: shop-web", "distribution: E1" $(, $more)*)
    };
}

/// The feature flags `flags` with more fields.
macro_rules! flags {
    ($($more:literal),*) => {
        named!(lines "flags":
            "kind: appconfig", "application: shop", "environment: prod", "profile: flags",
            "strategy: AppConfig.Linear50PercentEvery30Seconds" $(, $more)*)
    };
}

/// The stack `infra` with more fields.
macro_rules! infra {
    ($($more:literal),*) => {
        named!("infra":
            "kind: cloudformation", "stack: shop-infra", "role: windlass-stack-shop", "assets: shop-assets"
            $(, $more)*)
    };
}

/// The book `book` behind a user's function, with more fields.
macro_rules! book {
    ($($more:literal),*) => {
        named!("book": "kind: external", "function: {name: shop-book, alias: live}", "within: 10m" $(, $more)*)
    };
}

/// The task `migrate` with more fields.
macro_rules! migrate {
    ($($more:literal),+) => {
        named!("migrate": "kind: task", "image: agent", "ecs: {command: [migrate, up]}", "limit: 2m" $(, $more)*)
    };
}

/// The task `migrate` that calls a function, this one, and takes the call back by another one.
macro_rules! call {
    ($function:literal) => {
        named!("migrate": "kind: task", $function, "limit: 2m", "undo: {payload: {down: true}}")
    };
}
