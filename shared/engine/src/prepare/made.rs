//! Takes a target whose name another component has just given only if that one has made it. Whoever may release the giver
//! decides what it gives: by that alone nobody gets hold of what somebody else has made.

use super::component::Draft;
use super::scene::Ports;
use crate::kinds::{AwsResource, Kind, KindVisitor, from_value, with_kind_of};
use crate::ledger::{self, Stored};
use crate::owned_fields;
use crate::ports::Result;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// Returns a finding for each target whose name is of an output, and that is none of the resources of whoever gave it.
/// Of a giver that makes no resources there is none.
pub async fn check(ports: &impl Ports, deployment: &DeploymentId, draft: &Draft<'_>) -> Result<Vec<Finding>> {
    let steps: Vec<Stored<Step>> = ledger::load_all(ports, &ledger::steps(deployment)).await?;
    let mut findings = Vec::new();
    for step in steps.iter().map(|step| &step.value).filter(|step| draft.stands_on.contains(&step.component)) {
        if let Some(made) = with_kind_of(ports, step, MakesVisitor { step }).await? {
            let foreign = named_by(draft, &step.component).filter(|claim| !owned_fields::is_of(&claim.resource, &made));
            findings.extend(foreign.map(|claim| not_made(draft.name, claim, &step.component)));
        }
    }
    Ok(findings)
}

/// Returns the claims of a component on what has a name that this one gives.
fn named_by<'d>(draft: &'d Draft<'_>, giver: &'d ComponentName) -> impl Iterator<Item = &'d Claim> {
    let is_named = move |claim: &&Claim| {
        let mut values = draft.inputs.iter().filter(|(output, _)| output.component == *giver).map(|(_, value)| value);
        // Behind a `#` stands the part that is claimed, which the giver need not make.
        let resource = claim.resource.split('#').next().unwrap_or_default();
        values.any(|value| !value.is_empty() && resource.contains(value.as_str()))
    };
    draft.prepared.claims.iter().filter(is_named)
}

struct MakesVisitor<'s> {
    step: &'s Step,
}

impl KindVisitor for MakesVisitor<'_> {
    type Out = Option<Vec<AwsResource>>;

    async fn visit<K: Kind>(self, kind: &K) -> Result<Self::Out> {
        kind.makes(&from_value("target", &self.step.target)?).await
    }
}

fn not_made(name: &ComponentName, claim: &Claim, giver: &ComponentName) -> Finding {
    Finding::new(
        FindingName::TargetNotOurs,
        format!("components.{name}"),
        format!("`{name}` would take {claim}, whose name `{giver}` gives, and which is no resource of `{giver}`."),
        format!("Let `{giver}` give the name of a resource that it makes; write the name of any other one itself."),
    )
}
