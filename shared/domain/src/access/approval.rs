//! Approvals: whether a deployment needs one by the rules in force, who may give it, and who counts. Pure.
//!
//! People approve a plan by its hash. Whoever has asked for the deployment does not approve it, unless the rule lets
//! them. Who counts is decided by the file in force at the deployment's turn, and not by that of the day on which
//! somebody approved.

use crate::access::caller::Caller;
use crate::access::decide::Rules;
use crate::access::file::Approve;
use crate::declaration::kinds::KindName;
use crate::declaration::plan::PlanOutcome;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::key::AccessPlace;
use crate::release::request::{Requester, Route};
use crate::text::digest::{Digest, DigestBeginning};
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign;
use crate::text::name::{EnvironmentName, WhoName};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The approval of a deployment's plan, as the deployment's record has it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// The hash of the plan that is approved; absent until the plan is drawn.
    pub hash: Option<Digest>,
    /// The outcome of that plan. It is kept here, because a plan that asks nobody may wait for longer than it is kept.
    pub outcome: Option<PlanOutcome>,
    /// The time since which it is asked for.
    pub since: Time,
    /// The time until which it is waited for.
    pub until: Time,
    /// True once the deployment goes on: enough people have approved, or its plan asks nobody.
    #[serde(default)]
    pub goes: bool,
    /// The number of people that the rule wants, by the file in force when it was counted last.
    #[serde(default)]
    pub count: u32,
    /// The number of people for whom it still waits, counted then.
    #[serde(default)]
    pub missing: u32,
    /// What was given, in order. Each is of the plan that its hash names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenApproval>,
}

impl Approval {
    /// Returns what was given for the plan as it is now.
    pub fn of_plan(&self) -> impl Iterator<Item = &GivenApproval> {
        self.given.iter().filter(|given| self.hash.as_ref() == Some(&given.hash))
    }
}

/// An approval that a person has given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenApproval {
    /// The person, as the file in force then called them.
    pub person: WhoName,
    /// The identity by which they asked. By it they are known at the deployment's turn.
    pub by: Requester,
    /// The hash of the plan.
    pub hash: Digest,
    /// The reason.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
    /// The time.
    pub at: Time,
}

/// The facts about a deployment by which its approval is decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalFacts<'a> {
    /// The environment.
    pub of: EnvironmentId<'a>,
    /// The kinds of the components that it brings.
    pub kinds: BTreeSet<KindName>,
    /// Those who have asked for it, or for what it promotes.
    pub asked: Vec<Requester>,
    /// Its approval as it is recorded; absent before its first turn.
    pub approval: Option<&'a Approval>,
    /// The moment until which it waits at most, for approval and for all else.
    pub latest: Time,
    /// The time.
    pub now: Time,
}

/// The standing of a deployment with its approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalStanding {
    /// It needs none.
    NotNeeded,
    /// It goes on: enough people have approved its plan, or its plan changes nothing, or is refused.
    Goes,
    /// It waits for so many more people.
    Asks(u32),
}

/// The decision about the wish of somebody who approves.
#[derive(Debug, Clone, PartialEq)]
pub enum ApprovalDecision {
    /// It is recorded.
    Given(GivenApproval),
    /// This person has approved this plan before.
    Already(WhoName),
}

impl Rules {
    /// Returns the number of people who must approve a release into an environment, if a rule wants it approved.
    pub fn approvals_needed(&self, environment: &EnvironmentName) -> Option<u32> {
        self.approve_rule(environment).map(|rule| rule.count)
    }

    /// Returns the approval that a deployment begins to ask for now; `None` if it needs none. However often it asks
    /// anew, it waits for no longer in all.
    pub fn asked_now(&self, facts: &ApprovalFacts<'_>) -> Option<Approval> {
        let rule = self.rule_for(facts)?;
        let until = facts.now.plus_s(u64::from(rule.expires.0) * 24 * 60 * 60).min(facts.latest);
        let (hash, outcome, count, missing) = (None, None, rule.count, rule.count);
        Some(Approval { hash, outcome, since: facts.now, until, goes: false, count, missing, given: Vec::new() })
    }

    /// Decides how a deployment stands.
    ///
    /// # Errors
    /// Why it is refused: nobody knows who has asked for it, or the time is over.
    pub fn standing(&self, facts: &ApprovalFacts<'_>) -> Result<ApprovalStanding, Finding> {
        let Some(rule) = self.rule_for(facts) else { return Ok(ApprovalStanding::NotNeeded) };
        let outcome = facts.approval.and_then(|approval| approval.outcome);
        if outcome.is_some_and(|outcome| outcome != PlanOutcome::Change) {
            return Ok(ApprovalStanding::Goes);
        }
        // Before its plan is drawn, nobody knows whether it asks anybody.
        if let Some(finding) = outcome.and_then(|_| self.unknown_requester(facts)) {
            return Err(finding);
        }
        let counted = u32::try_from(self.counted(rule, facts).len()).unwrap_or(u32::MAX);
        if counted >= rule.count {
            return Ok(ApprovalStanding::Goes);
        }
        match facts.approval.map(|approval| approval.until).filter(|until| facts.now >= *until) {
            Some(until) => Err(expired(rule, counted, until, facts.of)),
            None => Ok(ApprovalStanding::Asks(rule.count - counted)),
        }
    }

    /// Returns the finding that nobody knows one of those who have asked, where somebody has to be kept from approving.
    pub fn unknown_requester(&self, facts: &ApprovalFacts<'_>) -> Option<Finding> {
        let rule = self.rule_for(facts)?;
        let unknown = facts.asked.iter().find(|by| self.person(Caller::of(by)).is_none());
        unknown.filter(|_| rule.not_requester).map(|by| requester_unknown(by, facts.of))
    }

    /// Decides on the wish to approve the plan of this deployment, of which these are the facts, where a rule of its
    /// environment wants approvals.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn approve(
        &self,
        (by, seen, reason): (&Requester, &DigestBeginning, &str),
        facts: Option<&ApprovalFacts<'_>>,
        id: &DeploymentId,
    ) -> Result<ApprovalDecision, Finding> {
        let refused =
            |path: &str, reason: String, remedy: &str| Err(Finding::new(FindingName::NotAsked, path, reason, remedy));
        let nothing = format!("deployment {id} asks for no approval.");
        let asked = facts.and_then(|facts| Some((facts, self.rule_for(facts)?, facts.approval?)));
        let Some((facts, rule, approval)) = asked else {
            return refused("deployment", nothing, "Nothing has to be approved.");
        };
        let standing = match self.standing(facts) {
            Err(over) if over.name == FindingName::ApprovalExpired => {
                let expired = format!("deployment {id} was to be approved until {}.", approval.until);
                return refused("deployment", expired, "Release it again, and have it approved in time.");
            }
            standing => standing?,
        };
        let Some(hash) = approval.hash.as_ref().filter(|hash| seen.begins(hash)) else {
            let other = approval.hash.as_ref().map_or_else(
                || format!("the plan of deployment {id} is not drawn yet."),
                |hash| format!("the plan of deployment {id} has the hash {hash}, and another one is approved."),
            );
            return refused("hash", other, "Look at the plan as it is now, and approve that by its hash.");
        };
        let person = self.approver(rule, facts, by).ok_or_else(|| self.does_not_count(rule, facts, by))?;
        if approval.of_plan().any(|given| self.approver(rule, facts, &given.by) == Some(person)) {
            return Ok(ApprovalDecision::Already(person.clone()));
        }
        if standing == ApprovalStanding::Goes {
            return refused("deployment", nothing, "As many as are needed have approved it, or its plan asks nobody.");
        }
        Ok(ApprovalDecision::Given(GivenApproval {
            person: person.clone(),
            by: by.clone(),
            hash: hash.clone(),
            reason: reason.to_owned(),
            at: facts.now,
        }))
    }

    /// Returns the rule by which the deployment needs approval.
    fn rule_for(&self, facts: &ApprovalFacts<'_>) -> Option<&Approve> {
        let rule = self.approve_rule(facts.of.environment())?;
        (rule.kinds.is_empty() || !rule.kinds.is_disjoint(&facts.kinds)).then_some(rule)
    }

    /// Returns the people who have approved the plan as it is now, each once.
    fn counted(&self, rule: &Approve, facts: &ApprovalFacts<'_>) -> BTreeSet<&WhoName> {
        let given = facts.approval.into_iter().flat_map(Approval::of_plan);
        given.filter_map(|given| self.approver(rule, facts, &given.by)).collect()
    }

    /// Returns the person who asks, if the rule lets this person approve. A CI job is nobody, whoever started it.
    fn approver(&self, rule: &Approve, facts: &ApprovalFacts<'_>, by: &Requester) -> Option<&WhoName> {
        let caller = Caller::of(by);
        let person = self.person(caller).filter(|_| by.route == Route::Api && self.names(&rule.by, caller))?;
        let has_asked = || facts.asked.iter().any(|asked| self.person(Caller::of(asked)) == Some(person));
        (!rule.not_requester || !has_asked()).then_some(person)
    }

    fn does_not_count(&self, rule: &Approve, facts: &ApprovalFacts<'_>, by: &Requester) -> Finding {
        let caller = Caller::of(by);
        let (you, holders) = (caller.to_string(), rule.by.join(", "));
        let reason = match self.person(caller) {
            None => format!("{you} is nobody of `people`, and only people count."),
            Some(person) if self.names(&rule.by, caller) => {
                format!("{person} has asked for the deployment, or for what it promotes, and does not approve it.")
            }
            Some(person) => format!("{person} is not among those who approve: {holders}."),
        };
        let (file, version) = self.deciding(facts.of.app());
        let rule = format!("{} of {file}, version {version}", path(facts.of));
        Finding::new(FindingName::NotAllowed, rule, reason, format!("Ask one of {holders}.")).seen(you, holders)
    }
}

fn path(of: EnvironmentId<'_>) -> String {
    format!("environments.{}.approve", of.environment())
}

fn requester_unknown(by: &Requester, of: EnvironmentId<'_>) -> Finding {
    let place = AccessPlace::App(of.app().clone());
    Finding::new(
        FindingName::RequesterUnknown,
        path(of),
        format!("{by} has asked for it and is nobody of `people`, so that nobody knows who may not approve it."),
        format!(
            "Add the one who asks to `people` of {place}; or write `not_requester: false` there, if that is meant."
        ),
    )
}

fn expired(rule: &Approve, counted: u32, until: Time, of: EnvironmentId<'_>) -> Finding {
    Finding::new(
        FindingName::ApprovalExpired,
        path(of),
        format!(
            "its plan was to be approved until {until}; by the rules now in force {counted} of {} have approved it.",
            rule.count
        ),
        "Release it again, and have it approved in time.",
    )
    .seen(counted, rule.count)
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
