//! The words for those who audit: who asked for a deployment, what let them in, and who approved its plan. Pure.

use crate::access::{AllowedBy, Approval, Caller, GivenApproval};
use crate::deployment::Deployment;
use crate::release::request::Route;
use crate::text::foreign::Foreign;
use crate::text::time::Time;

impl Deployment {
    /// Returns who asked for it, by which rule, what it promotes and who has approved its plan, in one line for people;
    /// `None` where nothing of that is known.
    pub fn audit(&self) -> Option<String> {
        self.audit_by(|at| at.to_string())
    }

    /// Returns the same for a message, whose reader sees it at `now`.
    pub(super) fn audit_at(&self, now: Time) -> Option<String> {
        self.audit_by(|at| at.clock_at(now))
    }

    fn audit_by(&self, time: impl Fn(Time) -> String) -> Option<String> {
        let asked = self.asked_by().map(|by| format!("asked by {by}"));
        let allowed = self.allowed_by.as_ref().map(|AllowedBy { rule, file, version, .. }| match rule {
            Some(rule) => format!("allowed by {rule} of {file}, version {version}"),
            None => format!("left to IAM by {file}, version {version}"),
        });
        let from = self.origin();
        let from = from.map(|from| format!("promoted from {}, snapshot {}", from.environment, from.snapshot));
        let given = self.approval.iter().flat_map(Approval::of_plan);
        let given: Vec<String> = given.map(|one| format!("{} at {}", one.person, time(one.at))).collect();
        let hash = self.approval.as_ref().and_then(|approval| approval.hash.as_ref()).filter(|_| !given.is_empty());
        let approved = hash.map(|hash| format!("plan {} approved by {}", hash.short(), given.join(", ")));
        let all: Vec<String> = [asked, allowed, from, approved].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Returns who asked for it: the CI job with whoever has started it, or the person with the identity by which they
    /// asked. `None` where the way in names nobody, and where nobody vouches for the one who is named.
    fn asked_by(&self) -> Option<String> {
        let caller = Caller::of(&self.requester);
        let claims = caller.claims();
        if !self.vouched || !(caller.route() == Route::Api || claims.is_some()) {
            return None;
        }
        let named = self.requester.named()?;
        Some(match (self.allowed_by.as_ref().map(AllowedBy::called), claims) {
            (None, _) => named,
            (Some(person), Some(claims)) if claims.actor() == Some(person) => named,
            (Some(person), Some(_)) => format!("{named} ({person})"),
            (Some(person), None) => format!("{person} ({caller})"),
        })
    }
}

/// Says that a person has approved the plan of a deployment, and why.
pub fn given_in_words(record: &Deployment, given: &GivenApproval) -> String {
    let Deployment { app, environment, release, id, .. } = record;
    let (version, reason) = (&release.version, Foreign(&given.reason));
    format!("{app} {environment} {version}: approved by {}: {reason}\n  deployment {id}", given.person)
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
            assert_eq!(record.asked_by().as_deref(), wanted, "{requester} {allowed_by}");
            assert_eq!(HistoryEntry::from(record).vouched, vouched);
        }
    }
}
