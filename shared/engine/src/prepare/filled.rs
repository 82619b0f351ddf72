//! Fills the names of a component in with what others give. A component of which a name was never given is not looked
//! at before its giver has changed.

use super::scene::{Ports, Scene, WantedComponent};
use crate::kinds::{Prepared, Stage};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::{Inputs, Output, PlannedOutput};
use windlass_domain::text::count::agree;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The reason why a component is not changed, where its kind gives none.
pub const RUNS_ALREADY: &str = "runs what is wanted already";

/// The outputs that others give to a component.
#[derive(Debug, Clone, Default)]
pub struct TakenInputs {
    /// The outputs that its kind lists.
    pub listed: Inputs,
    /// The outputs in its names. One that is `Later` was never given: nobody knows what the name leads to.
    pub names: Inputs,
}

impl TakenInputs {
    /// Returns the values that are known for sure, for the step.
    pub fn known(&self) -> Given {
        let all = self.listed.iter().chain(&self.names);
        let known = all.filter_map(|(output, given)| match given {
            PlannedOutput::Known(value) => Some((output.clone(), value.clone())),
            PlannedOutput::Expected(_) | PlannedOutput::Later => None,
        });
        known.collect()
    }

    /// Returns the values with which the names are filled in.
    pub fn in_names(&self) -> Given {
        let values = self.names.iter().filter_map(|(output, given)| match given {
            PlannedOutput::Known(value) | PlannedOutput::Expected(value) => Some((output.clone(), value.clone())),
            PlannedOutput::Later => None,
        });
        values.collect()
    }

    /// Returns the outputs in its names that nobody has given yet.
    pub fn never_given(&self) -> BTreeSet<Output> {
        self.in_names_where(|given| *given == PlannedOutput::Later)
    }

    fn in_names_where(&self, is_it: impl Fn(&PlannedOutput) -> bool) -> BTreeSet<Output> {
        self.names.iter().filter(|(_, given)| is_it(given)).map(|(output, _)| output.clone()).collect()
    }

    /// Lets what the names lead to be asked again before the first wave, if it is only expected to be that. What shows
    /// all that is wanted already has a wave for it.
    pub fn ask_again(&self, prepared: &mut Prepared) {
        let expected = self.in_names_where(|given| matches!(given, PlannedOutput::Expected(_)));
        if expected.is_empty() {
            return;
        }
        if prepared.stages.is_empty() {
            let what = prepared.take_unchanged();
            prepared.stages.push(Stage::new(Value::Null, what));
        }
        prepared.stages.iter_mut().take(1).for_each(|first| first.later.extend(expected.iter().cloned()));
    }
}

/// Fills in the names of a component, and those of the one whose image it runs.
///
/// # Errors
/// What is wrong with them then.
pub fn fill(
    ports: &impl Ports,
    scene: &Scene,
    wanted: &WantedComponent<'_>,
    taken: &TakenInputs,
) -> Result<(Spec, Option<Spec>), Vec<Finding>> {
    let (given, origin) = (taken.in_names(), ports.config().local_endpoint.as_deref());
    let filled = |name: &ComponentName, spec: &Spec| spec.filled(&format!("components.{name}"), &given, origin);
    let (spec, mut findings) = filled(wanted.name, &wanted.component.spec);
    let image_of = scene.image_of(wanted.component).map(|(name, spec)| {
        // The release need not name that one.
        let (spec, wrong) = filled(name, spec);
        findings.extend(wrong);
        spec
    });
    if findings.is_empty() { Ok((spec, image_of)) } else { Err(findings) }
}

impl Prepared {
    /// Returns whether the component would change, or is refused.
    pub fn would_change(&self) -> bool {
        !self.stages.is_empty() || !self.findings.is_empty()
    }

    /// Returns whether nobody has looked at the component yet: what its names lead to is known only in a later wave.
    pub fn is_not_looked_at(&self) -> bool {
        self.target.is_null() && !self.stages.is_empty()
    }

    /// Takes the reason why nothing has to be changed, for a stage that has nothing but that to say.
    pub fn take_unchanged(&mut self) -> String {
        self.unchanged.take().unwrap_or_else(|| RUNS_ALREADY.to_owned())
    }

    /// Joins its stages into one: nobody has asked for steps, or could plan them.
    pub fn in_one_stage(&mut self) {
        let later = self.stages.iter().flat_map(|stage| stage.later.clone()).collect();
        if let Some(last) = self.stages.pop() {
            self.stages = vec![Stage { later, ..last }];
        }
    }
}

/// Plans a component of which nobody knows yet where it is, because these outputs were never given: one wave, before
/// which all of it is planned.
pub fn not_looked_at((name, spec): (&ComponentName, &Spec), later: BTreeSet<Output>) -> Prepared {
    let (givers, has) = givers(&later);
    if let Some(member) = spec.as_kind().needs_its_target() {
        return Prepared::refused(vec![Finding::not_supported(
            format!("components.{name}.{member}"),
            format!(
                "`{member}` needs a target that is there, and that of `{name}` comes from {givers} in this release."
            ),
            format!("Release {givers} first, and `{name}` with the next release."),
        )]);
    }
    let warning = Finding::new(
        FindingName::NotLookedAt,
        format!("components.{name}"),
        format!("`{name}` has no target until {givers} {has} changed. Unchecked until then: {}.", unchecked(spec)),
        format!(
            "Nothing: it is looked at before it is changed, and all is undone if something is wrong with it. Release {givers} alone to see it before."
        ),
    );
    let what = format!("planned once {} {has} changed", givers.replace('`', ""));
    Prepared {
        stages: vec![Stage { later, ..Stage::new(Value::Null, what) }],
        warnings: vec![warning],
        ..Prepared::default()
    }
}

/// Returns those who give these outputs, in words, and the verb of what they have done.
pub fn givers(later: &BTreeSet<Output>) -> (String, &'static str) {
    let all: BTreeSet<&ComponentName> = later.iter().map(|output| &output.component).collect();
    let named: Vec<String> = all.iter().map(|giver| format!("`{giver}`")).collect();
    (named.join(" and "), agree(all.len(), "has", "have"))
}

/// Returns what is usually checked of a target before anything is changed.
fn unchecked(spec: &Spec) -> String {
    let kind = spec.as_kind();
    let is_bucket = kind.function_or_bucket().is_some_and(|(member, _)| member == "bucket");
    let has_roles = kind.containers().is_some() || kind.image_of().is_some();
    let mut unchecked = vec!["its tags", "the rights of our roles on it"];
    unchecked.extend(is_bucket.then_some(["`SiteBucketArns`", "the versioning of its bucket"]).into_iter().flatten());
    unchecked.extend(has_roles.then_some("`TaskRoleArns`"));
    unchecked.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::Declaration;
    use windlass_domain::text::name::EnvironmentName;

    #[test]
    fn what_is_not_checked_is_named_as_far_as_the_component_has_it() {
        let declared = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  web: {kind: static_site, bucket: shop-web, distribution: E1}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
";
        let prod = EnvironmentName::new("prod").unwrap();
        let declared = Declaration::parse(declared).unwrap().resolve(&prod).unwrap();
        for (name, bucket, roles) in [("api", false, false), ("web", true, false), ("agent", false, true)] {
            let unchecked = unchecked(&declared.components[&ComponentName::new(name).unwrap()].spec);
            assert!(unchecked.contains("tags"), "{name}: {unchecked}");
            for (word, wanted) in [("`SiteBucketArns`", bucket), ("versioning", bucket), ("`TaskRoleArns`", roles)] {
                assert_eq!(unchecked.contains(word), wanted, "{name}: {unchecked}");
            }
        }
    }
}
