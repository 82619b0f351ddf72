//! Components with every value final.

use super::aws_name;
use super::component::{self, Component as Written, Rollout as WrittenRollout};
use super::gates::Resolved as Gates;
use super::resolved::{Component, ConfigFile, Ecs, Lambda, Rollout, SiteMode, Spec, StaticSite};
use super::scope::Scope;
use crate::finding::FindingName;
use crate::git_rule::glob;
use crate::name::ComponentName;
use crate::shape::join;
use crate::time::Span;
use std::collections::BTreeMap;

/// All components of the environment.
pub(super) fn components(
    scope: &mut Scope<'_>,
    gates: &Gates,
) -> BTreeMap<ComponentName, Component> {
    let document = scope.document;
    let mut components = BTreeMap::new();
    for (name, written) in &document.components {
        let path = format!("components.{name}");
        let spec = match written {
            Written::StaticSite(site) => Spec::StaticSite(static_site(scope, &path, site)),
            Written::Lambda(function) => Spec::Lambda(lambda(scope, &path, function, gates)),
            Written::Ecs(service) => Spec::Ecs(ecs(scope, &path, service)),
        };
        let component = Component {
            after: written.after().clone(),
            on_artifact: written.on_artifact(),
            spec,
        };
        components.insert(name.clone(), component);
    }
    components
}

fn static_site(scope: &mut Scope<'_>, path: &str, site: &component::StaticSite) -> StaticSite {
    let at = |field: &str| join(path, field);
    let prefix = scope.maybe(&at("prefix"), site.prefix.as_ref(), &aws_name::PREFIX);
    let url = scope.maybe(&at("url"), site.url.as_ref(), &aws_name::ANY);
    if let Some(url) = &url {
        super::probe_url::check(scope, &at("url"), url);
    }
    if site.mode == SiteMode::Prefix && site.distribution.is_none() {
        scope.find(
            FindingName::MissingField,
            &at("distribution"),
            "The mode `prefix` switches a distribution's origin path, and none is named.",
            "Write `distribution`, or use the mode `in_place`.",
        );
    }
    for (i, rule) in site.cache.iter().enumerate() {
        check_glob(scope, &format!("{path}.cache[{i}].files"), &rule.files);
    }
    for (i, pattern) in site.hashed.iter().enumerate() {
        check_glob(scope, &format!("{path}.hashed[{i}]"), pattern);
    }
    StaticSite {
        bucket: scope.text(&at("bucket"), &site.bucket, &aws_name::BUCKET),
        prefix: prefix.map(as_folder).unwrap_or_default(),
        mode: site.mode,
        distribution: scope.maybe(
            &at("distribution"),
            site.distribution.as_ref(),
            &aws_name::DISTRIBUTION,
        ),
        origin: scope.maybe(&at("origin"), site.origin.as_ref(), &aws_name::ORIGIN),
        url,
        root: scope.maybe(&at("root"), site.root.as_ref(), &aws_name::FILE),
        cache: site.cache.clone(),
        hashed: site.hashed.clone(),
        keep: site.keep.unwrap_or_else(StaticSite::default_keep),
        config: site
            .config
            .as_ref()
            .map(|config| config_file(scope, &at("config"), config)),
    }
}

fn as_folder(prefix: String) -> String {
    if prefix.is_empty() || prefix.ends_with('/') {
        prefix
    } else {
        format!("{prefix}/")
    }
}

/// Checks a pattern of files or branches.
pub(super) fn check_glob(scope: &mut Scope<'_>, path: &str, pattern: &str) {
    if let Err(why) = glob(pattern) {
        scope.find(
            FindingName::BadValue,
            path,
            format!("`{pattern}` is not a pattern: {why}."),
            "Write a glob: `*` stops at `/`, `**` does not, `{a,b}` is either.",
        );
    }
}

fn config_file(scope: &mut Scope<'_>, path: &str, config: &component::ConfigFile) -> ConfigFile {
    scope.check(&join(path, "path"), &config.path, &aws_name::FILE);
    let mut values = BTreeMap::new();
    for (name, text) in &config.values {
        let at = join(&join(path, "values"), name);
        values.insert(name.clone(), scope.text(&at, text, &TEXT));
    }
    ConfigFile {
        path: config.path.clone(),
        global: config.global.clone(),
        values,
    }
}

const TEXT: aws_name::Form = aws_name::Form {
    accepts: |text| text.len() <= 4096,
    words: "a text of at most 4096 characters",
};

fn lambda(
    scope: &mut Scope<'_>,
    path: &str,
    function: &component::Lambda,
    gates: &Gates,
) -> Lambda {
    let at = |field: &str| join(path, field);
    if function.on_artifact && function.repository.is_some() {
        scope.find(
            FindingName::BadValue,
            &at("on_artifact"),
            "A function with a `repository` takes no uploaded artifact: an image push is its release.",
            "Leave out `on_artifact`, or leave out `repository` for a function that is a zip.",
        );
    }
    let rollout = match &function.rollout {
        None => Rollout::default(),
        Some(written) => {
            if function.alias.is_none() {
                scope.find(
                    FindingName::NotSupported,
                    &at("rollout"),
                    "Traffic can be shifted only by an alias, and none is named.",
                    "Write `alias`, such as `live`, and let callers use it; or leave `rollout` out.",
                );
            }
            rollout(scope, &at("rollout"), written, gates)
        }
    };
    Lambda {
        function: scope.text(&at("function"), &function.function, &aws_name::FUNCTION),
        alias: scope.maybe(&at("alias"), function.alias.as_ref(), &aws_name::ALIAS),
        repository: scope.maybe(
            &at("repository"),
            function.repository.as_ref(),
            &aws_name::REPOSITORY,
        ),
        rollout,
        is_tried: !function.gates.invocations.is_empty(),
    }
}

fn rollout(scope: &mut Scope<'_>, path: &str, written: &WrittenRollout, gates: &Gates) -> Rollout {
    if written.canary.is_some() == written.linear.is_some() {
        scope.find(
            FindingName::BadValue,
            path,
            "A rollout is either `canary` or `linear`.",
            "Write one of them, such as `{canary: [10, 50], every: 5m}` or `{linear: 25, every: 5m}`.",
        );
    }
    let steps = written.steps();
    if !steps.is_sorted_by(|a, b| a < b) {
        scope.find(
            FindingName::BadValue,
            &join(path, "canary"),
            format!("The steps {steps:?} do not rise."),
            "Write rising percentages below 100, such as `[10, 50]`.",
        );
    }
    if let Some(slowest) = gates.slowest() {
        slowest.check(scope, &join(path, "every"), written.every);
    }
    Rollout {
        steps,
        every: written.every,
    }
}

/// The longest time that a rollout of ECS is waited for: a change is polled for about an hour, by the
/// Retry of its state, and what comes before the rollout takes some minutes of it.
pub const LONGEST_STEADY: Span = Span::seconds(55 * 60);

fn ecs(scope: &mut Scope<'_>, path: &str, service: &component::Ecs) -> Ecs {
    let at = |field: &str| join(path, field);
    if service.steady_within > LONGEST_STEADY {
        scope.find(
            FindingName::TooLarge,
            &at("steady_within"),
            format!(
                "A rollout that takes `{}` cannot be waited for: a change is waited for at most {LONGEST_STEADY}.",
                service.steady_within
            ),
            format!("Write at most `{LONGEST_STEADY}`."),
        );
    }
    Ecs {
        cluster: scope.text(&at("cluster"), &service.cluster, &aws_name::ECS),
        service: scope.text(&at("service"), &service.service, &aws_name::ECS),
        container: scope.text(&at("container"), &service.container, &aws_name::ECS),
        repository: scope.text(
            &at("repository"),
            &service.repository,
            &aws_name::REPOSITORY,
        ),
        base: service.base.clone(),
        // What is longer is told above, and not once more as what cannot be watched.
        steady_within: service.steady_within.min(LONGEST_STEADY),
    }
}
