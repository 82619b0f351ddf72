//! A scene for tests of admission: a candidate, and what the ledger says.

use crate::access::{Closed, FileVersions, WAITS_MS};
use crate::deployment::admission::{AdmissionFacts, Candidate, Decision, decide};
use crate::deployment::drill::Drill;
use crate::deployment::overtaking::{RunningDeployment, Supersede};
use crate::environment::{
    EnvironmentState, GivenVersion, HeldState, Hold, Lock, LockHolder, PastRelease, ReleaseFate, Running, Veto, Waiting,
};
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, Order};
use crate::text::digest::Digest;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;

/// A candidate, and the ledger's facts.
pub(crate) struct Scene {
    pub(crate) candidate: Candidate,
    pub(crate) lock: Lock,
    pub(crate) state: EnvironmentState,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) veto: Option<Veto>,
    pub(crate) past: Option<PastRelease>,
    pub(crate) runs: bool,
    pub(crate) under_way: Option<RunningDeployment>,
    pub(crate) drill: Option<Drill>,
    pub(crate) closed: Option<Closed>,
}

pub(crate) fn names(parts: &[&str]) -> Vec<Part> {
    parts.iter().map(|part| Part::try_from((*part).to_owned())).collect::<Result<_, _>>().unwrap()
}

pub(crate) fn id(text: &str) -> DeploymentId {
    DeploymentId(text.to_owned())
}

pub(crate) fn order(text: &str, sequence: u64) -> Order {
    Order { version: None, sequence: Some(sequence), accepted: Time(sequence), recorded: Time(0), id: id(text) }
}

impl Scene {
    /// Release 5 of `a` and `b` arrives where nothing has happened.
    pub(crate) fn new() -> Self {
        Self {
            candidate: Candidate {
                id: id("me"),
                app: AppName::new("shop").unwrap(),
                environment: EnvironmentName::new("prod").unwrap(),
                version: "1.4.0".into(),
                component: None,
                snapshot: None,
                across: [].into(),
                action: ActionName::Deploy,
                components: names(&["a", "b"]),
                order: order("me", 5),
                latest: Time(WAITS_MS),
                by_person: false,
                own: false,
                again: false,
                allow_older: false,
                through_hold: false,
                accept_red: false,
                preempt: false,
                may_lose: [].into(),
                supersede: Supersede::Wait,
                asks: false,
                stops: None,
            },
            lock: Lock::default(),
            state: EnvironmentState::default(),
            waiting: vec![],
            veto: None,
            past: None,
            runs: false,
            under_way: None,
            drill: None,
            closed: None,
        }
    }

    pub(crate) fn own(&mut self) -> &mut Self {
        self.candidate.own = true;
        self
    }

    pub(crate) fn again(&mut self) -> &mut Self {
        self.candidate.again = true;
        self
    }

    pub(crate) fn past(&mut self, became: ReleaseFate) -> &mut Self {
        self.past = Some(PastRelease {
            release: Digest::of(b"release"),
            deployment: id("former"),
            sequence: None,
            became,
            at: Time(0),
        });
        self
    }

    /// Notes that the release was live, by the deployment `former`.
    pub(crate) fn live(&mut self) -> &mut Self {
        self.past(ReleaseFate::Live)
    }

    /// Sets the run of CI in which the release was live or was stopped.
    pub(crate) fn in_run(&mut self, sequence: u64) -> &mut Self {
        self.past.as_mut().unwrap().sequence = Some(sequence);
        self
    }

    pub(crate) fn stopped(&mut self) -> &mut Self {
        self.past(ReleaseFate::Stopped)
    }

    /// Records that a component runs, brought by this deployment.
    pub(crate) fn there(&mut self, component: &str, by: &str) -> &mut Self {
        let running = Running::new(
            None,
            GivenVersion { version: "1.3.0".into(), deployment: id(by), since: Time(0), git: None, released_by: None },
            serde_json::Value::Null,
        );
        let name = ComponentName::new(component).unwrap();
        self.state.running.insert(name, running);
        self
    }

    pub(crate) fn running(&mut self) -> &mut Self {
        self.runs = true;
        self
    }

    pub(crate) fn rollback(&mut self) -> &mut Self {
        self.candidate.action = ActionName::Rollback;
        self
    }

    pub(crate) fn acts(&mut self, action: ActionName) -> &mut Self {
        self.candidate.action = action;
        self
    }

    pub(crate) fn by_person(&mut self) -> &mut Self {
        self.candidate.by_person = true;
        self
    }

    pub(crate) fn through_hold(&mut self) -> &mut Self {
        self.candidate.through_hold = true;
        self
    }

    pub(crate) fn allow_older(&mut self) -> &mut Self {
        self.candidate.allow_older = true;
        self
    }

    pub(crate) fn hold(&mut self) -> &mut Self {
        self.state.hold = Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "eva".into(),
            allowed_by: None,
            also: vec![],
        });
        self
    }

    pub(crate) fn veto(&mut self) -> &mut Self {
        self.veto = Some(Veto {
            release: Digest::of(b"release"),
            version: "1.4.0".into(),
            deployment: id("undone"),
            by: [id("undone")].into(),
            since: Time(0),
            cause: Prose::default(),
        });
        self
    }

    pub(crate) fn held(&mut self, by: &str, action: ActionName, state: HeldState) -> &mut Self {
        self.lock.held = Some(LockHolder {
            deployment: id(by),
            action,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
        self
    }

    pub(crate) fn runs(&mut self, by: &str) -> &mut Self {
        self.held(by, ActionName::Deploy, HeldState::Running)
    }

    pub(crate) fn brings(&mut self, parts: &[&str]) -> &mut Self {
        self.candidate.components = names(parts);
        self
    }

    /// Marks the newest release of a part that succeeded.
    pub(crate) fn mark(&mut self, part: &str, by: &str, sequence: u64) -> &mut Self {
        let part = Part::try_from(part.to_owned()).unwrap();
        self.state.marks.insert(part, order(by, sequence));
        self
    }

    pub(crate) fn waits(&mut self, who: &str, sequence: u64, components: &[&str]) -> &mut Self {
        self.waiting.push(Waiting {
            deployment: id(who),
            components: names(components),
            order: order(who, sequence),
            operator: false,
            first: false,
            through_hold: false,
            asks: false,
            since: Time(0),
            until: None,
            ruled_by: FileVersions::default(),
            task_token: None,
            former_task_tokens: Vec::new(),
        });
        self
    }

    /// Lets the clock hold deployments for so many seconds. The candidate was accepted at the beginning of time.
    pub(crate) fn closed(&mut self, seconds: u64, waits: bool) -> &mut Self {
        self.closed = Some(Closed { until: Some(Time(seconds * 1000)), freeze: Some("a sale".into()), waits });
        self
    }

    /// Lets the one that began to wait last ask for approval.
    pub(crate) fn asks(&mut self) -> &mut Self {
        self.waiting.last_mut().unwrap().asks = true;
        self
    }

    /// Lets the candidate ask for approval.
    pub(crate) fn asking(&mut self) -> &mut Self {
        self.candidate.asks = true;
        self
    }

    pub(crate) fn operator_waits(&mut self, who: &str, sequence: u64) -> &mut Self {
        self.waits(who, sequence, &["a", "b"]);
        self.waiting.last_mut().unwrap().operator = true;
        self
    }

    pub(crate) fn facts(&self) -> AdmissionFacts<'_> {
        AdmissionFacts {
            lock: &self.lock,
            state: &self.state,
            waiting: &self.waiting,
            veto: self.veto.as_ref(),
            past: self.past.as_ref(),
            runs: self.runs,
            under_way: self.under_way.as_ref(),
            drill: self.drill.as_ref(),
            closed: self.closed.as_ref(),
        }
    }

    pub(crate) fn decision(&self) -> Decision {
        decide(&self.candidate, &self.facts())
    }
}
