//! The place of a change set that would make a stack. CloudFormation makes an empty stack for it, which counts against
//! the account's quota: "REVIEW_IN_PROGRESS […] without any templates or resources" (AWS CloudFormation User Guide,
//! "View CloudFormation stacks"). It stays when the change set is deleted.
//!
//! Whoever only planned deletes it, by its id and with a role without rights. So nothing goes that is in a stack,
//! also where a look was behind. Others delete an empty one as well (aws/aws-cdk-cli, pull request 1534). No deployment
//! takes over a place that is empty: a deletion of it may still be on its way.

use super::state::{Standing, standing};
use crate::config::Config;
use crate::kinds::check_took;
use crate::ports::{Clock, CloudFormationApi, Result};
use crate::trouble::if_there;
use windlass_domain::text::fault::FaultName;

/// The number of looks of one invocation while CloudFormation works on a plan. The machine asks again after that.
pub(super) const LOOKS: u32 = 8;
/// The milliseconds between two of these looks.
pub(super) const LOOK_MS: u64 = 2_000;

/// The end of the name of the role for places that stands beside an environment's own role
/// (`examples/target-role.yaml`).
const BESIDE: &str = "-place";

/// Returns the ARN of the role without rights: that of Windlass's own stack, or the one beside the role `through`
/// which the targets are reached. `None` if nobody knows it.
pub(super) fn role(config: &Config, through: Option<&str>) -> Option<String> {
    match through {
        Some(through) => Some(format!("{through}{BESIDE}")),
        None => Some(config.place_role.clone()).filter(|role| !role.is_empty()),
    }
}

/// Deletes the place, by its id, if nothing waits in it. A change set, by its id, that was deleted just before may
/// still be shown: it is waited for. What is no empty place stays, and so does one that nobody may delete.
pub(super) async fn take_away(
    at: &(impl CloudFormationApi + Clock),
    (place, deleted): (&str, Option<&str>),
    role: Option<String>,
) -> Result<()> {
    let Some(role) = role else {
        return Ok(());
    };
    let mut is_sent = false;
    for _ in 0..LOOKS {
        let began = at.now();
        match looked(at, place).await? {
            Standing::Review if is_sent => {}
            Standing::Review => {
                let sets = at.change_sets(place).await?;
                if sets.iter().any(|(name, _)| Some(name.as_str()) != deleted.and_then(name_of)) {
                    return Ok(());
                }
                let resources = if_there(at.stack_resources(place).await)?;
                let is_empty = sets.is_empty() && resources.is_none_or(|all| all.is_empty());
                if is_empty && check_took(at, began, "looking at an empty place").is_ok() {
                    match at.delete_place(place, &role).await {
                        Err(fault) if matches!(fault.name, FaultName::AccessDenied | FaultName::Refused) => {
                            return Ok(());
                        }
                        // It has changed since.
                        Err(fault) if fault.name != FaultName::Conflict => return Err(fault),
                        answer => is_sent = answer.is_ok(),
                    }
                }
            }
            Standing::Deleting => {}
            _ => return Ok(()),
        }
        at.sleep_ms(LOOK_MS).await;
    }
    Ok(())
}

/// Returns whether a stack is being deleted, such as the place of another plan.
pub(super) async fn is_going(at: &impl CloudFormationApi, stack: &str) -> Result<bool> {
    Ok(looked(at, stack).await? == Standing::Deleting)
}

async fn looked(at: &impl CloudFormationApi, stack: &str) -> Result<Standing> {
    let found = if_there(at.stack(stack).await)?;
    Ok(found.map_or(Standing::Gone, |stack| standing(&stack.status)))
}

/// Returns the name of a change set, which its id has in the middle.
fn name_of(id: &str) -> Option<&str> {
    id.split('/').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_for_places_is_in_the_account_of_the_targets() {
        let config = Config { place_role: "arn:aws:iam::111111111111:role/windlass-place".into(), ..Config::default() };
        let own = "arn:aws:iam::222222222222:role/windlass-target-shop-prod";
        assert_eq!(role(&config, None), Some(config.place_role.clone()));
        assert_eq!(role(&config, Some(own)), Some(format!("{own}-place")));
        assert_eq!(role(&Config::default(), None), None);
        let id = "arn:aws:cloudformation:eu-west-1:111111111111:changeSet/windlass-d1-infra-3f9a1c22/6e9b";
        assert_eq!(name_of(id), Some("windlass-d1-infra-3f9a1c22"));
    }
}
