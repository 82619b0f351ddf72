//! Checks whether there is room for one more package of code. Lambda keeps the code of every version, and refuses to
//! publish one if the quota of the account and region is used up (AWS Lambda Developer Guide, "Lambda quotas",
//! "Function and layer storage"; AWS Lambda API Reference, PublishVersion, `CodeStorageExceededException`).

use crate::kinds::PrepareInput;
use crate::ports::{CodeRoom, LambdaApi, Result};
use windlass_domain::artifact::Artifact;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName, NOT_CHECKED};

/// The used share of the room from which on a warning says that little is left, in percent.
const TOLD_FROM: u64 = 90;

/// A finding where there is no room, and a warning where little is left; also, of a check, where it may not be read.
/// `present` is the size of the code that is there now.
pub(super) async fn check(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    present: u64,
) -> Result<(Option<Finding>, Option<Finding>)> {
    let Some(needed) = needed(input, present) else {
        return Ok((None, None));
    };
    match there.code_room().await {
        Ok(room) => Ok(told(input, room, needed)),
        // A role that is older than this call may not read it. A release finds out as it did before.
        Err(fault) if fault.name == FaultName::AccessDenied => {
            let warning = input.is_check.then(|| {
                Finding::new(
                    FindingName::NoPermission,
                    input.path("function"),
                    format!(
                        "{NOT_CHECKED}whether there is room for more code. {}.",
                        fault.message.trim_end_matches('.')
                    ),
                    "Allow `lambda:GetAccountSettings` to the role that reaches the function.",
                )
            });
            Ok((None, warning))
        }
        Err(fault) => Err(fault),
    }
}

/// Returns the bytes of the package that is published. `None` if none is published, or if it is an image, which is kept
/// elsewhere.
fn needed(input: &PrepareInput<'_>, present: u64) -> Option<u64> {
    match input.artifact {
        Some(Artifact::Object { bytes, .. }) => Some(*bytes),
        Some(_) => None,
        None => (input.is_check && present > 0).then_some(present),
    }
}

fn told(input: &PrepareInput<'_>, room: CodeRoom, needed: u64) -> (Option<Finding>, Option<Finding>) {
    let CodeRoom { used, total } = room;
    let after = used.saturating_add(needed);
    let is_full = after > total;
    if !is_full && after < total / 100 * TOLD_FROM {
        return (None, None);
    }
    let is = if is_full { "so that Lambda takes none of this function" } else { "so that Lambda soon takes no more" };
    let finding = Finding::new(
        FindingName::TargetNotReady,
        input.path("function"),
        format!(
            "The code of all functions and layers in this account and region has {} MB, and with this one {} MB, of {} \
             MB, {is}.",
            used >> 20,
            after >> 20,
            total >> 20
        ),
        "Delete versions and functions that nobody uses, or ask for more of the quota `Function and layer storage` of AWS \
         Lambda in the console of Service Quotas.",
    );
    if is_full { (Some(finding), None) } else { (None, Some(finding)) }
}
