//! Makes the record of a request that has just been accepted.

use super::{Deployment, Keyed, Status};
use crate::declaration::document::Supersede;
use crate::release::Release;
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, Order};
use crate::release::request::Request;
use crate::text::name::EnvironmentName;
use crate::text::time::Time;

impl Deployment {
    /// Returns the record of a request that an execution has brought now, and that has not had its turn: the first
    /// attempt of a person, which is as old as now. Nobody has vouched for its requester.
    pub fn accepted(
        id: DeploymentId,
        request: &Request,
        environment: EnvironmentName,
        release: Release,
        declaration: semver::Version,
        execution: &str,
        now: Time,
    ) -> Self {
        Self {
            app: request.app.clone(),
            environment,
            action: request.action,
            attempt: 1,
            keyed: request.idempotency_key.clone().map(|key| Keyed { key, content: request.content() }),
            release_digest: release.digest(),
            part_of: None,
            promoted_from: None,
            verified_by: None,
            snapshot: request.snapshot.filter(|_| request.from.is_none()),
            across: request.across.clone(),
            found: Vec::new(),
            component: request.component.clone().filter(|_| request.action != ActionName::Withdraw),
            withdrawal: request.withdrawal().unwrap_or_default(),
            drill: None,
            stops: None,
            declaration,
            names_declaration: false,
            upload: request.upload().cloned(),
            requester: request.asked_by(),
            also_asked: Vec::new(),
            vouched: false,
            allowed_by: None,
            reason: request.reason.clone(),
            order: Order { version: None, sequence: release.sequence, accepted: now, recorded: now, id: id.clone() },
            allow_older: request.allow_older,
            accept_red: request.accept_red,
            through_hold: request.through_hold,
            preempt: request.preempt,
            may_lose: request.may_lose.clone(),
            supersede: Supersede::Wait,
            again: request.again,
            by_person: true,
            accepted: now,
            executions: vec![execution.to_owned()],
            asked_for: 0,
            recovered_by: Vec::new(),
            started: None,
            status: Status::Waiting,
            waited: false,
            undoing: None,
            stopped: false,
            wheel: Vec::new(),
            approval: None,
            taken_up_again: false,
            ending: None,
            id,
            release,
        }
    }
}
