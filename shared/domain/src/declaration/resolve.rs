//! Checks a declaration as a whole, and resolves it for one environment: every value becomes final.

use super::document::{Deploy, Document, Source, Waves, WrittenEnvironment};
use super::resolved::{ResolvedComponent, Start};
use super::scope::{NOT_FILLED_IN, Scope, with_values};
use super::{aws_name, gates};
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::output::outputs_in;
use crate::declaration::resolved::ResolvedEnvironment;
use crate::declaration::topic::findings as wrong_topics;
use crate::declaration::{Declaration, Exceptions, document, inputs, shared, watch_limit};
use crate::document::git_rule::{GitRule, TagClass, TagRule, glob};
use crate::document::possible_ref;
use crate::document::shape::{asked_for, join, unknown_name};
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::{ComponentName, EnvironmentName};
use crate::text::prose::Prose;
use std::collections::{BTreeMap, BTreeSet};

/// Resolves the declaration for the environment, and returns everything that is wrong there.
pub(super) fn resolve(
    declaration: &Declaration,
    name: &EnvironmentName,
    exceptions: &Exceptions,
) -> Result<(ResolvedEnvironment, Vec<Finding>), Vec<Finding>> {
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
        taken: Vec::new(),
    };
    check_place(&mut scope, environment);
    let own_gates = environment.gates.as_ref();
    let gates = gates::resolve::gates(&mut scope, own_gates, &document.gates, &gated_components(document));
    let components = components(&mut scope, document, &gates);
    watch_limit::check(&mut scope, own_gates, &gates, &components);
    let rule = environment.deploy.as_ref().map(Deploy::rule);
    let sources = environment.sources.iter().flatten().copied();
    let resolved = ResolvedEnvironment {
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
        tag_prefix: rule.as_ref().map_or_else(String::new, |rule| rule.prefix().to_owned()),
        promoted_to: document.environments.len() > 1
            && (environment.start == Start::Manual || !matches!(rule, Some(GitRule::Branches(_)))),
        together: document.waves == Some(Waves::Together),
        components,
        gates,
    };
    scope.findings.extend(inputs::findings(&resolved, &scope.taken));
    Ok((resolved, scope.findings))
}

/// Returns the components, with the gates that are declared of each.
fn gated_components(document: &Document) -> Vec<gates::GatedComponent<'_>> {
    let written = document.components.iter();
    let gated = written.map(|(name, component)| gates::GatedComponent {
        name,
        written: component.as_written(),
        gates: &component.common.gates,
    });
    gated.collect()
}

/// Resolves all components of the environment.
fn components(
    scope: &mut Scope<'_>,
    document: &Document,
    gates: &gates::ResolvedGates,
) -> BTreeMap<ComponentName, ResolvedComponent> {
    document
        .components
        .iter()
        .map(|(name, written)| {
            let component = ResolvedComponent {
                after: written.common.after.clone(),
                on_artifact: written.common.on_artifact,
                spec: written.resolve(scope, &format!("components.{name}"), gates),
            };
            (name.clone(), component)
        })
        .collect()
}

fn check_place(scope: &mut Scope<'_>, environment: &WrittenEnvironment) {
    let at = format!("environments.{}", scope.name);
    if let Some(role) = &environment.role_arn {
        scope.check(&join(&at, "role_arn"), role, &aws_name::ROLE);
    }
    if let Some(region) = &environment.region {
        scope.check(&join(&at, "region"), region, &aws_name::REGION);
    }
}

/// Returns everything that is wrong with the meaning of a declaration.
pub(super) fn findings(declaration: &Declaration, exceptions: &Exceptions) -> Vec<Finding> {
    let mut findings = unknown_names(declaration);
    findings.extend(formerly(declaration));
    findings.extend(cycle(declaration));
    findings.extend(shared::findings(declaration));
    findings.extend(watch_limit::findings(&declaration.document));
    findings.extend(rules(declaration));
    findings.extend(document::findings(&declaration.document));
    findings.extend(declaration.topics().flat_map(|(at, topics)| wrong_topics(&at, topics)));
    // Production is drilled only where that is written.
    let written = declaration.document.environments.iter();
    findings.extend(written.filter_map(|(name, environment)| environment.drill.as_ref()?.finding(name)));
    let mut environments = Vec::new();
    for name in declaration.environments() {
        match resolve(declaration, name, exceptions) {
            Ok((resolved, found)) => {
                findings.extend(found);
                findings.extend(shared::containers(&resolved));
                environments.push(resolved);
            }
            Err(found) => findings.extend(found),
        }
    }
    findings.extend(shared_targets(&environments));
    // The same text is resolved once for every environment.
    let mut seen: BTreeMap<String, Vec<Prose>> = BTreeMap::new();
    findings.retain(|finding| {
        let reasons = seen.entry(finding.path.clone()).or_default();
        let is_new = !reasons.contains(&finding.reason);
        if is_new {
            reasons.push(finding.reason.clone());
        }
        is_new
    });
    findings
}

/// Returns a finding if the former name is the present one.
fn formerly(declaration: &Declaration) -> Option<Finding> {
    let former = declaration.formerly()?;
    (former == declaration.app()).then(|| {
        Finding::bad_value(
            "formerly",
            format!("`{former}` is the name that the application has."),
            "Write the name that it had, or leave `formerly` out.",
        )
    })
}

fn unknown_names(declaration: &Declaration) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &declaration.document.components {
        for before in &component.common.after {
            if !declaration.document.components.contains_key(before) {
                let path = format!("components.{name}.after");
                let reason = format!("`{before}` is not a component of this declaration.");
                let finding = unknown_name(path, reason, before.as_str(), declaration.components(), "");
                findings.push(finding.resting_on([format!("components.{before}")]));
            }
        }
    }
    findings
}

/// Returns a finding if `after` leads back to where it began.
fn cycle(declaration: &Declaration) -> Option<Finding> {
    let components = &declaration.document.components;
    let mut left: BTreeSet<&ComponentName> = components.keys().collect();
    // Takes away whatever waits for nothing that is left; a cycle is what can never be taken away.
    loop {
        let after = |name: &ComponentName| &components[name].common.after;
        let free: Vec<&ComponentName> =
            left.iter().filter(|name| after(name).iter().all(|b| !left.contains(b))).copied().collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name| !free.contains(name));
    }
    let path = walk_back(declaration, &left)?;
    let names: Vec<&str> = path.iter().map(|name| name.as_str()).collect();
    Some(Finding::new(
        FindingName::Cycle,
        format!("components.{}.after", names[0]),
        format!("The order leads back to where it began: {} after {}.", names[0], names[1..].join(" after ")),
        "Remove one of these `after`.",
    ))
}

/// Finds one cycle among components none of which can go first, from a name back to itself.
fn walk_back<'d>(declaration: &'d Declaration, left: &BTreeSet<&'d ComponentName>) -> Option<Vec<&'d ComponentName>> {
    let mut path: Vec<&ComponentName> = vec![left.first()?];
    loop {
        let last = path.last()?;
        let component = declaration.document.components.get(*last)?;
        let next = component.common.after.iter().find(|name| left.contains(name))?;
        if let Some(start) = path.iter().position(|name| *name == next) {
            let mut cycle = path.split_off(start);
            cycle.push(next);
            return Some(cycle);
        }
        path.push(next);
    }
}

fn rules(declaration: &Declaration) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rules: Vec<_> = declaration.rules().collect();
    for (i, (name, rule)) in rules.iter().enumerate() {
        let path = format!("environments.{name}.deploy");
        let filled_in = |pattern: &str| {
            let vars = &declaration.document.environments.get(*name)?.vars;
            // A branch or a tag may be of any component.
            with_values(pattern, declaration.app(), name.as_str(), "*", vars)
        };
        findings.extend(bad_globs(&path, rule, &filled_in));
        findings.extend(bad_prefix(&path, rule.prefix(), &filled_in));
        for (other, earlier) in &rules[..i] {
            if let Some(example) = earlier.overlap(rule) {
                findings.push(Finding::new(
                    FindingName::AmbiguousRef,
                    &path,
                    format!("The rules of `{other}` and `{name}` both match `{example}`."),
                    "Make them differ, or let one of the two have no `deploy` and be started by name.",
                ));
            }
        }
    }
    findings
}

fn bad_globs(path: &str, rule: &GitRule, filled_in: &dyn Fn(&str) -> Option<String>) -> Vec<Finding> {
    let globs = match rule {
        GitRule::Branches(globs) => globs.as_slice(),
        GitRule::Tag(TagRule { is: TagClass::Glob(glob), .. }) => std::slice::from_ref(glob),
        GitRule::Tag(_) => &[],
    };
    let bad = |(nth, text): (usize, &String)| {
        let mut meant = None;
        let why = if text.is_empty() {
            "it is empty".to_owned()
        } else if text.starts_with("refs/") {
            "it is a full ref, and only the name is compared".to_owned()
        } else if let Some(why) = glob(text).err() {
            why
        } else if let Some(filled) = filled_in(text) {
            let is_rule = possible_ref::unmatched(rule, &filled).is_none();
            meant = if is_rule { Some(filled) } else { possible_ref::meant(rule, &filled) };
            NOT_FILLED_IN.to_owned()
        } else {
            let why = possible_ref::unmatched(rule, text)?;
            meant = possible_ref::meant(rule, text);
            why.to_owned()
        };
        let (sort, write) = match rule {
            GitRule::Branches(_) => ("branch", "Write the name or a glob, such as `main` or `release/**`."),
            GitRule::Tag(_) => {
                ("tag", "Write `stable`, `release-candidate`, or a glob such as `v1.*` or `v*.*.0-rc*`.")
            }
        };
        let branch = (sort == "tag" && meant.is_none() && possible_ref::is_like_branch(text))
            .then(|| format!("Write `branch: {}` if that is a branch. ", repeated(text)));
        let asked = branch.unwrap_or_else(|| asked_for(meant));
        let at = if globs.len() > 1 { format!("{path}.branches[{nth}]") } else { path.to_owned() };
        let reason = format!("`{}` is not a pattern for a {sort}: {why}.", repeated(text));
        Some(Finding::bad_value(at, reason, format!("{asked}{write}")))
    };
    globs.iter().enumerate().filter_map(bad).collect()
}

/// Returns a finding for a prefix that no tag begins with.
fn bad_prefix(path: &str, prefix: &str, filled_in: &dyn Fn(&str) -> Option<String>) -> Option<Finding> {
    let filled = filled_in(prefix);
    let why = if filled.is_some() {
        "no variable is filled in here"
    } else if prefix.starts_with("refs/") {
        "it begins a full ref, and only the name is compared"
    } else if prefix.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        "it is no glob, and no tag has such a character"
    } else {
        possible_ref::fault(&format!("{prefix}1.0.0"))?
    };
    let meant = filled.filter(|filled| possible_ref::fault(&format!("{filled}1.0.0")).is_none());
    let meant = asked_for(meant);
    Some(Finding::bad_value(
        join(&join(path, "tag"), "prefix"),
        format!("`{}` is not the beginning of a tag: {why}.", repeated(prefix)),
        format!("{meant}Write what stands before the version, letter by letter, such as `shop-v` or `@acme/shop@`."),
    ))
}

/// A target that a component changes in an environment.
struct ClaimedTarget<'r> {
    at: &'r ResolvedEnvironment,
    component: &'r ComponentName,
    claim: DeclaredClaim,
}

/// Returns a finding for two components, or the same one in two environments, that would change the same target.
fn shared_targets(environments: &[ResolvedEnvironment]) -> Vec<Finding> {
    let mut targets: Vec<ClaimedTarget<'_>> = Vec::new();
    let mut findings = Vec::new();
    for at in environments {
        for (component, resolved) in &at.components {
            let target = ClaimedTarget { at, component, claim: resolved.spec.as_kind().claim() };
            let earlier = targets.iter().find(|other| other.is_same_as(&target));
            findings.extend(earlier.map(|other| other.clash(&target)));
            targets.push(target);
        }
    }
    findings
}

impl ClaimedTarget<'_> {
    fn is_same_as(&self, other: &Self) -> bool {
        let same_place = self.at.role_arn == other.at.role_arn && self.at.region == other.at.region;
        // What a component gives is another thing in each environment.
        let is_given = self.claim.names.iter().any(|name| !outputs_in(name).is_empty());
        let may_be_same = !is_given || self.at.environment == other.at.environment;
        may_be_same && self.claim.is_same_as(&other.claim, same_place)
    }

    /// Returns the paths of the members by which the target is found.
    fn members(&self) -> impl Iterator<Item = String> {
        let Self { at, component, claim } = self;
        let of = |place: String| move |member: &&str| format!("{place}.{member}");
        let place = ["region", "role_arn"].iter().map(of(format!("environments.{}", at.environment)));
        let names = claim.around.iter().chain([&claim.member]).map(of(format!("components.{component}")));
        place.chain(names).collect::<Vec<_>>().into_iter()
    }

    fn clash(&self, later: &Self) -> Finding {
        let DeclaredClaim { member, what, .. } = &later.claim;
        let who = |target: &Self| format!("`{}` in `{}`", target.component, target.at.environment);
        let (one, other) = (who(self), who(later));
        let reason = if self.claim.folder == later.claim.folder {
            format!("{one} and {other} are the same: {what}.")
        } else {
            let earlier = &self.claim.what;
            format!("{one} and {other} overlap: {earlier} and {what}, one of which is in the other.")
        };
        Finding::new(
            FindingName::Duplicate,
            format!("components.{}.{member}", later.component),
            reason,
            "Give each component a target of its own in each environment, for example with \
             `{environment}` in its name.",
        )
        .resting_on(self.members().chain(later.members()))
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
