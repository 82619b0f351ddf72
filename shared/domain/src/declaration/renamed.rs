//! A component that leaves the declaration while a new one has its target is the same one by another name: what ran of
//! it is the way back of the new one, once it is renamed. Pure.

use crate::declaration::kinds::KindName;
use crate::declaration::resolved::{ResolvedComponent, ResolvedEnvironment};
use crate::declaration::tenancy::{Claim, Owner};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::next_step::NextStep;

impl ResolvedEnvironment {
    /// Returns the new name of a component that the former declaration has and this one has not: a component that only
    /// this one has, of the same kind and with the same target.
    pub fn called_since(&self, former: &Self, name: &ComponentName) -> Option<&ComponentName> {
        let was = former.components.get(name).filter(|_| !self.components.contains_key(name))?;
        let claim = was.spec.as_kind().claim();
        let same_place = (&former.region, &former.role_arn) == (&self.region, &self.role_arn);
        let is_it = |(new, is): &(&ComponentName, &ResolvedComponent)| {
            let own = is.spec.as_kind().claim();
            let is_same = claim.folder == own.folder && claim.is_same_as(&own, same_place);
            is_same && was.spec.kind() == is.spec.kind() && !former.components.contains_key(*new)
        };
        self.components.iter().find(is_it).map(|(new, _)| new)
    }
}

/// Returns the step that gives a component another name.
pub fn rename(of: EnvironmentId<'_>, was: &ComponentName, is: &ComponentName) -> NextStep {
    let members = [("component", was.as_str().into()), ("to_component", is.as_str().into()), ("reason", "…".into())];
    input(ActionName::Rename, of, &members)
}

/// Makes the finding that a new component would begin without the record of the one whose target it has. `other_kind`
/// is the kind as which that ran, if it is another one: then no rename is possible, and only letting go of it is named.
pub fn rename_first(by: &Owner, claim: &Claim, former: &Owner, other_kind: Option<KindName>) -> Finding {
    let (of, was, is) = (by.environment_id(), &former.component, &by.component);
    let remove = input(ActionName::Remove, of, &[("component", was.as_str().into()), ("reason", "…".into())]);
    let (reason, remedy) = match other_kind {
        Some(kind) => (
            format!(
                "`{was}` runs at {claim} and is no longer declared, and `{is}` is new there. `{was}` was deployed as \
                 `{kind}`, so what ran of it is no way back of `{is}`."
            ),
            prose!("Let go of it: {}. Then release again, and `{}` begins without a way back.", remove, is),
        ),
        None => (
            format!(
                "`{was}` runs at {claim} and is no longer declared, and `{is}` is new there: it has another name \
                 since, and what ran of it would be no way back of `{is}`."
            ),
            prose!(
                "Rename it, and its way back stays: {}. Or let go of it where nothing of it is wanted any more: {}. \
                 Then release again.",
                rename(of, was, is),
                remove
            ),
        ),
    };
    Finding::new(FindingName::TargetNotOurs, format!("components.{is}"), reason, remedy)
}

#[cfg(test)]
mod tests {
    use crate::declaration::Declaration;
    use crate::text::name::{ComponentName, EnvironmentName};

    #[test]
    fn a_new_component_with_the_target_of_one_that_left_is_that_one() {
        let declared = |region: &str, components: &str| {
            let prod = format!("environments: {{prod: {{region: {region}}}}}");
            let text = format!("{{app: shop, version: 1.0.0, {prod}, components: {{{components}}}}}");
            let declaration = Declaration::parse(&text).unwrap();
            declaration.resolve(&EnvironmentName::new("prod").unwrap()).unwrap()
        };
        let lambda =
            |name: &str, function: &str| format!("{name}: {{kind: lambda, function: {function}, alias: live}}");
        let site =
            |name: &str, prefix: &str| format!("{name}: {{kind: static_site, bucket: shop-web, prefix: {prefix}}}");
        let both = format!("{}, {}", lambda("old", "f"), lambda("new", "g"));
        let here = "eu-west-1";
        for (former, anew, region, is) in [
            (lambda("old", "f"), lambda("new", "f"), here, Some("new")),
            (lambda("old", "f"), lambda("new", "g"), here, None),
            (lambda("old", "f"), lambda("new", "f"), "eu-west-2", None),
            // It is declared still.
            (lambda("old", "f"), both.clone(), here, None),
            // `new` was there before, and has moved.
            (both, lambda("new", "f"), here, None),
            (site("old", "web"), site("new", "web"), here, Some("new")),
            (site("old", "web"), site("new", "docs"), here, None),
        ] {
            let (former, now) = (declared(here, &former), declared(region, &anew));
            let found = now.called_since(&former, &ComponentName::new("old").unwrap());
            assert_eq!(found.map(ComponentName::as_str), is, "{anew} {region}");
        }
    }
}
