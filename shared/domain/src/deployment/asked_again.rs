//! The steps with which a person asks for the same once more, or goes where a deployment went.
//!
//! A step has the members that the request needs, and no other: whoever starts it as it stands is let in.

use super::Deployment;
use crate::release::action::ActionName;
use crate::release::call::{deploy, input};
use crate::text::next_step::NextStep;
use serde_json::json;

impl Deployment {
    /// Returns the step with which a person asks for the same once more.
    pub fn input(&self) -> NextStep {
        if self.action == ActionName::Deploy {
            return self.deploy_input(self.accept_red);
        }
        let mut members = vec![];
        if self.action != ActionName::Check {
            members.push(("reason", "…".into()));
        }
        let component = self.component.iter().chain(self.withdrawal.iter().map(|of| &of.component));
        members.extend(component.map(|component| ("component", json!(component))));
        members.extend(self.withdrawal.iter().map(|of| ("pattern", json!(of.pattern))));
        let named = self.snapshot.filter(|_| self.action == ActionName::Rollback);
        members.extend(named.map(|number| ("snapshot", number.into())));
        if !self.across.is_empty() {
            members.push(("across", json!(self.across)));
        }
        if !self.may_lose.is_empty() {
            members.push(("may_lose", json!(self.may_lose)));
        }
        input(self.action, self.environment_id(), &members)
    }

    /// Returns the step with which a person goes where this deployment went, and stays there. A drill would come back,
    /// and what is recorded may be something else by then.
    pub fn rollback_input(&self) -> NextStep {
        let asked = Self { action: ActionName::Rollback, ..self.clone() };
        asked.input()
    }

    /// Returns the step that starts the same deployment, past gates that are red before anything has changed.
    pub fn input_accepting_red(&self) -> NextStep {
        self.deploy_input(true)
    }

    /// Returns the step with the permissions that the deployment had, because the obstacles are still there.
    fn deploy_input(&self, accept_red: bool) -> NextStep {
        let wishes = [
            ("again", self.again),
            ("allow_older", self.allow_older),
            ("accept_red", accept_red),
            ("through_hold", self.through_hold),
        ];
        let what = (self.release.version.as_str(), self.component.as_ref());
        deploy(self.environment_id(), (&wishes, &self.may_lose), what)
    }
}
