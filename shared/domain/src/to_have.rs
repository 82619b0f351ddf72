//! What a person starts to have what a deployment brought: found by asking admission, so that it is not refused. Pure.

use crate::admission::{Candidate, Decision, Facts, decide};
use crate::deployment::Deployment;
use crate::finding::FindingName;
use crate::identity::DeploymentId;
use crate::input::input;
use crate::order::Order;
use crate::request::ActionName;
use crate::time::Time;
use serde_json::Value;

/// The next step as a sentence: the input to start, with every wish without which it would be refused now, or what
/// comes before it where the environment needs an operator. `allow_older` where it is known that a newer release will
/// be here by then.
pub fn to_have(record: &Deployment, facts: &Facts<'_>, allow_older: bool) -> String {
    let mut candidate = persons(record, allow_older);
    // Each round adds a wish, so there are no more rounds than wishes.
    loop {
        let wish = match decide(&candidate, facts) {
            Decision::Take | Decision::Wait | Decision::Preempt(_) => break,
            Decision::Superseded(_) => &mut candidate.allow_older,
            Decision::Reject(finding) => match finding.name {
                FindingName::Held => &mut candidate.through_hold,
                FindingName::Vetoed => &mut candidate.again,
                FindingName::Older => &mut candidate.allow_older,
                _ => return finding.remedy,
            },
        };
        if std::mem::replace(wish, true) {
            break;
        }
    }
    if record.action == ActionName::Rollback {
        let input = record.input();
        return match record.snapshot {
            Some(number) => format!("start {input} to go back to snapshot {number}"),
            None => format!("start {input} to go back"),
        };
    }
    let version = &record.release.version;
    format!("start {} to deploy {version}", deploy(record, &candidate))
}

/// The request as a person makes it, later than everything that is there.
fn persons(record: &Deployment, allow_older: bool) -> Candidate {
    let id = DeploymentId(String::new());
    Candidate {
        id: id.clone(),
        app: record.app.clone(),
        environment: record.environment.clone(),
        version: record.release.version.clone(),
        action: record.action,
        components: record.release.components.keys().cloned().collect(),
        order: Order {
            accepted: Time(u64::MAX),
            id,
            ..record.order.clone()
        },
        by_person: true,
        own: true,
        again: false,
        allow_older,
        through_hold: false,
    }
}

fn deploy(record: &Deployment, candidate: &Candidate) -> String {
    let wishes = [
        ("again", candidate.again),
        ("allow_older", candidate.allow_older),
        ("through_hold", candidate.through_hold),
    ];
    let wishes = wishes.into_iter().filter(|(_, wished)| *wished);
    let mut members: Vec<(&str, Value)> = wishes.map(|(name, _)| (name, true.into())).collect();
    if !members.is_empty() {
        members.push(("reason", "…".into()));
    }
    members.push(("version", candidate.version.as_str().into()));
    input(
        ActionName::Deploy,
        &record.app,
        &record.environment,
        &members,
    )
}

#[cfg(test)]
#[path = "to_have_tests.rs"]
mod tests;
