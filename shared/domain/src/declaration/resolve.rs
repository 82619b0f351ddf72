//! Resolves a declaration for one environment: every value becomes final.

use super::document::{Deploy, Document, Environment, Source, Waves};
use super::resolved::{Component, Resolved, Start};
use super::scope::Scope;
use super::{Declaration, Exceptions, aws_name, gates, watch_limit};
use crate::finding::Finding;
use crate::git_rule::GitRule;
use crate::name::{ComponentName, EnvironmentName};
use crate::shape::join;
use std::collections::BTreeMap;

/// Resolves the declaration for the environment, and returns everything that is wrong there.
pub(super) fn resolve(
    declaration: &Declaration,
    name: &EnvironmentName,
    exceptions: &Exceptions,
) -> Result<(Resolved, Vec<Finding>), Vec<Finding>> {
    let document = &declaration.document;
    let Some(environment) = document.environments.get(name) else {
        return Err(vec![declaration.unknown_environment(name)]);
    };
    let mut scope = Scope {
        app: &document.app,
        name,
        environments: document.environments.keys().collect(),
        region: environment.region.as_ref(),
        vars: &environment.vars,
        exceptions,
        findings: Vec::new(),
    };
    check_place(&mut scope, environment);
    let own_gates = environment.gates.as_ref();
    let gates = gates::resolve::gates(&mut scope, own_gates, &document.gates, &owners(document));
    let components = components(&mut scope, document, &gates);
    watch_limit::check(&mut scope, own_gates, &gates, &components);
    let rule = environment.deploy.as_ref().map(Deploy::rule);
    let sources = environment.sources.iter().flatten().copied();
    let resolved = Resolved {
        app: document.app.clone(),
        environment: name.clone(),
        version: document.version.clone(),
        digest: declaration.digest.clone(),
        region: environment.region.clone(),
        role_arn: environment.role_arn.clone(),
        start: environment.start,
        supersede: environment.supersede,
        sources: match environment.sources {
            Some(_) => sources.map(Source::route).collect(),
            None => Source::USUAL.into_iter().map(Source::route).collect(),
        },
        tag_rule: matches!(rule, Some(GitRule::Tag(_))),
        promoted_to: document.environments.len() > 1
            && (environment.start == Start::Manual || !matches!(rule, Some(GitRule::Branches(_)))),
        together: document.waves == Some(Waves::Together),
        components,
        gates,
    };
    Ok((resolved, scope.findings))
}

/// Returns the components, with the gates that are declared of each.
fn owners(document: &Document) -> Vec<gates::Owner<'_>> {
    let written = document.components.iter();
    let owners =
        written.map(|(name, component)| gates::Owner { name, written: &**component, gates: component.gates() });
    owners.collect()
}

/// Resolves all components of the environment.
fn components(
    scope: &mut Scope<'_>,
    document: &Document,
    gates: &gates::Resolved,
) -> BTreeMap<ComponentName, Component> {
    let written = document.components.iter();
    let resolved = written.map(|(name, written)| {
        let component = Component {
            after: written.after().clone(),
            on_artifact: written.on_artifact(),
            spec: written.resolve(scope, &format!("components.{name}"), gates),
        };
        (name.clone(), component)
    });
    resolved.collect()
}

fn check_place(scope: &mut Scope<'_>, environment: &Environment) {
    let at = format!("environments.{}", scope.name);
    if let Some(role) = &environment.role_arn {
        scope.check(&join(&at, "role_arn"), role, &aws_name::ROLE);
    }
    if let Some(region) = &environment.region {
        scope.check(&join(&at, "region"), region, &aws_name::REGION);
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
