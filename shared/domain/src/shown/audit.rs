//! The words for those who audit: who asked for a deployment, what let them in, and who approved its plan. Pure.

use crate::access::{AllowedBy, Approval, Caller, GivenApproval};
use crate::deployment::{Deployment, Refusal, Resolved};
use crate::environment::PromotedFrom;
use crate::release::request::{Requester, Route};
use crate::text::digest::Digest;
use crate::text::foreign::Foreign;
use crate::text::time::Time;

/// The facts of a deployment, or of what was refused, by which it is audited.
#[derive(Debug, Clone, Copy)]
pub struct Audited<'a> {
    /// The requester.
    pub requester: &'a Requester,
    /// False if nobody vouches for the requester.
    pub vouched: bool,
    /// The rule that let the requester in, where rules of operators were in force.
    pub allowed_by: Option<&'a AllowedBy>,
    /// The snapshot of another environment that it comes from.
    pub from: Option<&'a PromotedFrom>,
    /// The approval of its plan.
    pub approval: Option<&'a Approval>,
    /// The recoveries that somebody has asked for.
    pub recovered_by: &'a [Resolved],
}

impl Deployment {
    /// Returns the facts by which it is audited.
    pub fn audited(&self) -> Audited<'_> {
        Audited {
            requester: &self.requester,
            vouched: self.vouched,
            allowed_by: self.allowed_by.as_ref(),
            from: self.origin(),
            approval: self.approval.as_ref(),
            recovered_by: &self.recovered_by,
        }
    }
}

impl Refusal {
    /// Returns the facts by which it is audited: what let nobody in has no more.
    pub fn audited(&self) -> Audited<'_> {
        let (requester, vouched) = (&self.requester, self.vouched);
        Audited { requester, vouched, allowed_by: None, from: None, approval: None, recovered_by: &[] }
    }
}

impl Audited<'_> {
    /// Returns who asked for it, by which rule, what it promotes and who has approved its plan, in one line for people;
    /// `None` where nothing of that is known.
    pub fn line(&self) -> Option<String> {
        self.line_by(&|at| at.to_string())
    }

    /// Returns the same for a message, whose reader sees it at `now`.
    pub(super) fn line_at(&self, now: Time) -> Option<String> {
        self.line_by(&|at| at.clock_at(now))
    }

    fn line_by(&self, time: &impl Fn(Time) -> String) -> Option<String> {
        let asked = self.asked_by().map(|by| format!("asked by {by}"));
        let all: Vec<String> = asked.into_iter().chain(self.beside(time)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Returns the same where more is known than who asked, which is shown anyway; `None` elsewhere.
    pub fn more(&self) -> Option<String> {
        self.beside(&|at| at.to_string()).next().and_then(|_| self.line())
    }

    /// Returns what is known beside who asked.
    fn beside(&self, time: &impl Fn(Time) -> String) -> impl Iterator<Item = String> {
        let allowed = self.allowed_by.map(AllowedBy::in_words);
        let from = self.from.map(|from| format!("promoted from {}, snapshot {}", from.environment, from.snapshot));
        let given = self.approval.into_iter().flat_map(Approval::of_plan);
        let given: Vec<String> = given.map(|one| format!("{} at {}", one.person, time(one.at))).collect();
        let hash = self.approval.and_then(|approval| approval.hash.as_ref()).filter(|_| !given.is_empty());
        let approved = hash.map(|hash| format!("{} approved by {}", plan(hash), given.join(", ")));
        let recovered = |one: &Resolved| format!("recovery asked for at {} by {}", time(one.at), one.by_whom());
        let recovered: Vec<String> = self.recovered_by.iter().map(recovered).collect();
        [allowed, from, approved].into_iter().flatten().chain(recovered)
    }

    /// Returns who asked for it: the CI job with whoever has started it, or the person with the identity by which they
    /// asked. `None` where the way in names nobody, and where nobody vouches for the one who is named.
    fn asked_by(&self) -> Option<String> {
        let caller = Caller::of(self.requester);
        let claims = caller.claims();
        if !self.vouched || !(caller.route() == Route::Api || claims.is_some()) {
            return None;
        }
        let named = self.requester.named()?;
        Some(match (self.allowed_by.map(AllowedBy::called), claims) {
            (None, _) => named,
            (Some(person), Some(claims)) if claims.actor() == Some(person) => named,
            (Some(person), Some(_)) => format!("{named} ({person})"),
            (Some(person), None) => format!("{person} ({caller})"),
        })
    }
}

/// Returns the words for the plan that has a hash.
fn plan(hash: &Digest) -> String {
    format!("plan {}", hash.short())
}

/// Says that a person has approved the plan of a deployment, which one, and why.
pub fn given_in_words(record: &Deployment, given: &GivenApproval) -> String {
    let Deployment { app, environment, release, id, .. } = record;
    let (version, reason, plan) = (&release.version, Foreign(&given.reason), plan(&given.hash));
    format!("{app} {environment} {version}: {plan} approved by {}: {reason}\n  deployment {id}", given.person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::api::deployments::HistoryEntry;
    use serde_json::{Value, json};

    fn deployment(requester: &Value, allowed_by: &Value, vouched: bool) -> Deployment {
        let record = json!({
            "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": "deploy",
            "attempt": 1, "release": {"app": "shop", "version": "1.1.0", "components": {}},
            "release_digest": "a".repeat(64), "declaration": "1.0.0", "requester": requester, "vouched": vouched,
            "allowed_by": allowed_by, "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"}, "allow_older": false,
            "accept_red": false, "again": false, "by_person": true, "accepted": 0, "executions": [],
            "status": "waiting",
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn who_asked_is_a_job_or_a_person_or_unmapped_and_else_nobody() {
        let kept = json!({"repository": "acme/shop", "run_id": "8121", "actor": "dev-1"});
        let job = json!({"route": "ci", "claims": {"issuer": "github", "kept": kept}});
        let arn = "arn:aws:sts::111111111111:assumed-role/shop-dev/ann";
        let by = |route: &str| json!({"route": route, "principal": arn});
        let as_person = |name: Value| json!({"person": name, "file": "access/apps/shop.yaml", "version": 4});
        let (ann, unmapped, no_rules) = (as_person(json!("ann")), as_person(Value::Null), Value::Null);
        for (requester, allowed_by, vouched, wanted) in [
            (&job, &as_person(json!("dev-1")), true, Some("run 8121 of acme/shop, actor dev-1")),
            (&job, &ann, true, Some("run 8121 of acme/shop, actor dev-1 (ann)")),
            (&job, &unmapped, true, Some("run 8121 of acme/shop, actor dev-1 (unmapped)")),
            (&job, &ann, false, None),
            (&by("api"), &ann, true, Some("ann (role shop-dev, account 111111111111)")),
            (&by("api"), &unmapped, true, Some("unmapped (role shop-dev, account 111111111111)")),
            (&by("api"), &no_rules, true, Some(arn)),
            (&by("console"), &unmapped, true, None),
            (&by("s3"), &unmapped, true, None),
            (&json!({"route": "windlass"}), &no_rules, true, None),
        ] {
            let record = deployment(requester, allowed_by, vouched);
            assert_eq!(record.audited().asked_by().as_deref(), wanted, "{requester} {allowed_by}");
            assert_eq!(HistoryEntry::from(record).vouched, vouched);
        }
    }

    #[test]
    fn a_recovery_that_somebody_has_asked_for_is_audited() {
        let rule = "environments.prod.roll_back";
        let by = json!({"person": "ann", "rule": rule, "file": "access/apps/shop.yaml", "version": 4});
        let asked = json!({"at": 0, "by": {"route": "api", "principal": "ann"}, "allowed_by": by, "reason": "mended"});
        let mut record = deployment(&json!({"route": "s3"}), &Value::Null, true);
        record.recovered_by = serde_json::from_value(json!([asked])).unwrap();
        let line = record.audited().line().unwrap();
        assert!(line.starts_with(&format!("recovery asked for at {} by ", Time(0))), "{line}");
        let behind = "(ann; allowed by environments.prod.roll_back of access/apps/shop.yaml, version 4): \"mended\"";
        assert!(line.ends_with(behind), "{line}");
        assert_eq!(HistoryEntry::from(record).audited().line(), Some(line));
    }
}
