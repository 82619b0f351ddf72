//! Fills the names of a component in with what others give. A component of which a name was never given is not looked
//! at before its giver has changed.

use super::scene::{Ports, Scene, WantedComponent};
use crate::kinds::{Prepared, Stage};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::{Inputs, Output, PlannedOutput};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

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

    /// Returns the outputs in its names of which only the value until now is known.
    fn expected(&self) -> BTreeSet<Output> {
        self.in_names_where(|given| matches!(given, PlannedOutput::Expected(_)))
    }

    fn in_names_where(&self, is_it: impl Fn(&PlannedOutput) -> bool) -> BTreeSet<Output> {
        self.names.iter().filter(|(_, given)| is_it(given)).map(|(output, _)| output.clone()).collect()
    }
}

/// A component whose names are filled in with what others give.
pub struct FilledComponent<'a> {
    /// The component, as its kind declares it.
    pub spec: Spec,
    /// The component whose image it runs.
    pub image_of: Option<Spec>,
    /// The outputs that others give to it.
    pub taken: &'a TakenInputs,
}

impl<'a> FilledComponent<'a> {
    /// Fills them in, or returns what is wrong with them then.
    pub fn of(
        ports: &impl Ports,
        scene: &Scene,
        wanted: &WantedComponent<'_>,
        taken: &'a TakenInputs,
    ) -> Result<Self, Vec<Finding>> {
        let given = taken.in_names();
        let origin = ports.config().local_endpoint.as_deref();
        let (spec, findings) = wanted.component.spec.filled(&format!("components.{}", wanted.name), &given, origin);
        // What is wrong with the names of the other component is a finding of that one.
        let image_of = scene.image_of(wanted.component).map(|spec| spec.filled("", &given, origin).0);
        if findings.is_empty() { Ok(Self { spec, image_of, taken }) } else { Err(findings) }
    }

    /// Lets what the names lead to be asked again before the first wave, if it is only expected to be that. What shows
    /// all that is wanted already has a wave for it.
    pub fn ask_again(&self, prepared: &mut Prepared) {
        let expected = self.taken.expected();
        if expected.is_empty() {
            return;
        }
        if prepared.stages.is_empty() {
            let what = prepared.unchanged.take().unwrap_or_else(|| "runs what is wanted already".to_owned());
            prepared.stages.push(Stage::new(Value::Null, what));
        }
        prepared.stages.iter_mut().take(1).for_each(|first| first.later.extend(expected.iter().cloned()));
    }
}

impl Prepared {
    /// Returns whether nobody has looked at the component yet: what its names lead to is known only in a later wave.
    pub fn is_not_looked_at(&self) -> bool {
        self.target.is_null() && !self.stages.is_empty()
    }
}

/// Plans a component of which nobody knows yet where it is, because these outputs were never given: one wave, before
/// which all of it is planned.
pub fn not_looked_at((name, spec): (&ComponentName, &Spec), later: BTreeSet<Output>) -> Prepared {
    let all: BTreeSet<&ComponentName> = later.iter().map(|output| &output.component).collect();
    let listed =
        |word: fn(&ComponentName) -> String| all.iter().map(|giver| word(giver)).collect::<Vec<_>>().join(" and ");
    let givers = listed(|giver| format!("`{giver}`"));
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
        format!(
            "`{name}` has no target until {givers} has changed: its tags, the rights of our roles on it, and whatever else it needs are unchecked."
        ),
        format!(
            "Nothing: it is looked at before it is changed, and all is undone if something is wrong with it. Release {givers} alone to see it before."
        ),
    );
    let what = format!("planned once {} has changed", listed(ToString::to_string));
    Prepared {
        stages: vec![Stage { later, ..Stage::new(Value::Null, what) }],
        warnings: vec![warning],
        ..Prepared::default()
    }
}
