//! Takes a target whose name another component has just given only if that one has made it. Whoever may release the
//! giver decides what it gives: by that alone nobody gets hold of what somebody else has made.

use super::component::Draft;
use super::scene::{Ports, Scene};
use crate::kinds::{AwsResource, Kind, KindVisitor, from_value, owned_fields, with_kind_of};
use crate::ledger::Stored;
use crate::observe::where_it_ran;
use crate::ports::Result;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// Returns a finding for each target whose name is of an output, and that is no resource of those who give its names.
/// There is none for givers that make no resources. `steps` are those of the deployment.
pub async fn check(
    ports: &impl Ports,
    scene: &Scene,
    steps: &[Stored<Step>],
    draft: &Draft<'_>,
) -> Result<Vec<Finding>> {
    let (mut makers, mut made) = (Vec::new(), Vec::new());
    for giver in &draft.stands_on {
        let changed = steps.iter().find(|step| step.value.component == *giver);
        let step = match (changed, scene.state.running.get(giver)) {
            (None, Some(running)) => where_it_ran(ports, giver, running).await?,
            (changed, _) => changed.map(|step| step.value.clone()),
        };
        let Some(step) = step else { continue };
        if let Some(resources) = made_by(ports, &step).await? {
            makers.push(giver);
            made.extend(resources);
        }
    }
    let claims = draft.prepared.claims.iter().filter(|claim| !owned_fields::is_of(&claim.resource, &made));
    let foreign = claims.filter_map(|claim| {
        let giver = makers.iter().find(|giver| is_named_by(draft, giver, claim))?;
        Some(not_made(draft.name, claim, giver))
    });
    Ok(foreign.collect())
}

/// Returns whether a claim is on what has a name that this component gives.
fn is_named_by(draft: &Draft<'_>, giver: &ComponentName, claim: &Claim) -> bool {
    let mut values = draft.inputs.iter().filter(|(output, _)| output.component == *giver).map(|(_, value)| value);
    // Behind a `#` stands the part that is claimed, which the giver need not make.
    let resource = owned_fields::part(&claim.resource).0;
    values.any(|value| !value.is_empty() && resource.contains(value.as_str()))
}

/// Returns the resources that the target of a step is made of; `None` if its kind makes none.
pub async fn made_by(ports: &impl Ports, step: &Step) -> Result<Option<Vec<AwsResource>>> {
    with_kind_of(ports, step, MakesVisitor { step }).await
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
