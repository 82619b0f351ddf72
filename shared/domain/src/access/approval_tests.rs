//! The rules of approval, as tables.

use crate::access::approval::*;
use crate::access::{AccessFile, AccessRight, Asked, WAITS_MS};
use crate::release::claims::Claims;
use crate::release::request::Route;
use crate::text::name::AppName;

const LEAD_1: &str = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_leads_0a1b/lead-1@example.com";
const LEAD_1_TOO: &str = "arn:aws:iam::111111111111:user/lead-1";
const LEAD_2: &str = "arn:aws:iam::111111111111:user/lead-2";
const ANN: &str = "arn:aws:iam::111111111111:user/ann";
/// A session of a role in the group of those who approve, which is nobody's.
const NOBODY: &str = "arn:aws:sts::111111111111:assumed-role/leads/run-812";

fn rules(approve: &str) -> Rules {
    let text = format!(
        "app: shop
version: 1
people:
  lead-1: {{aws: ['{LEAD_1}', '{LEAD_1_TOO}'], github: '31337'}}
  lead-2: {{aws: ['{LEAD_2}']}}
  ann: {{aws: ['{ANN}']}}
who:
  leads: [lead-1, lead-2, 'arn:aws:iam::111111111111:role/leads']
environments:
  prod: {{release: [ann, leads], approve: {{{approve}}}}}
"
    );
    let file = AccessFile::read(&text, &app(), None).unwrap().0;
    Rules::of(Some(file), None)
}

fn app() -> AppName {
    AppName::new("shop").unwrap()
}

fn by(arn: &str) -> Requester {
    if let Some(actor) = arn.strip_prefix("actor ") {
        let claims = [("repository_owner_id", "1"), ("repository_id", "2"), ("actor_id", actor)];
        let claims = Claims::of(claims.map(|(name, value)| (name.to_owned(), value.to_owned())));
        return Requester::job(claims.map(Box::new));
    }
    let route = if arn == "s3" { Route::S3 } else { Route::Api };
    Requester::new(route, Some(arn.to_owned()))
}

fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn given(arn: &str, plan: &str) -> GivenApproval {
    let person = WhoName::new("somebody").unwrap();
    GivenApproval { person, by: by(arn), hash: hash(plan), reason: "seen".into(), at: Time(0) }
}

/// The approval of the plan `now`, until 1 s.
fn approval(given: Vec<GivenApproval>) -> Approval {
    let (hash, outcome) = (Some(hash("now")), Some(PlanOutcome::Change));
    Approval { hash, outcome, since: Time(0), until: Time(1_000), goes: false, count: 1, missing: 1, given }
}

/// Hands over the facts of a deployment of a function that these have asked for.
fn with<T>(asked: &[&str], approval: Option<&Approval>, seen: impl FnOnce(&mut ApprovalFacts<'_>) -> T) -> T {
    let (app, prod) = (app(), EnvironmentName::new("prod").unwrap());
    let mut facts = ApprovalFacts {
        of: EnvironmentId::new(&app, &prod),
        kinds: [KindName::Lambda].into(),
        asked: asked.iter().map(|arn| by(arn)).collect(),
        approval,
        latest: Time(WAITS_MS),
        now: Time(0),
    };
    seen(&mut facts)
}

#[test]
fn people_count_once_each_by_the_file_in_force_and_none_who_has_asked() {
    use ApprovalStanding::{Asks, Goes, NotNeeded};
    for (rule, asked, approved, wanted) in [
        ("by: [leads]", &[ANN][..], &[(LEAD_1, "now")][..], Ok(Goes)),
        ("by: [leads]", &[ANN], &[], Ok(Asks(1))),
        ("by: [leads]", &[ANN], &[(LEAD_1, "before")], Ok(Asks(1))),
        ("by: [leads]", &[ANN], &[(NOBODY, "now")], Ok(Asks(1))),
        ("by: [leads]", &[ANN], &[(ANN, "now")], Ok(Asks(1))),
        ("by: [leads]", &[LEAD_1], &[(LEAD_1_TOO, "now")], Ok(Asks(1))),
        ("by: [leads]", &[ANN, LEAD_1], &[(LEAD_1, "now")], Ok(Asks(1))),
        ("by: [leads]", &["actor 31337"], &[(LEAD_1, "now")], Ok(Asks(1))),
        ("by: [leads]", &["actor 31337"], &[(LEAD_2, "now")], Ok(Goes)),
        ("by: [leads]", &["actor 8"], &[(LEAD_1, "now")], Err(FindingName::RequesterUnknown)),
        ("by: [leads], count: 2", &[ANN], &[(LEAD_1, "now"), (LEAD_1_TOO, "now")], Ok(Asks(1))),
        ("by: [leads], count: 2", &[ANN], &[(LEAD_1, "now"), (LEAD_2, "now")], Ok(Goes)),
        ("by: [leads]", &["s3"], &[(LEAD_1, "now")], Err(FindingName::RequesterUnknown)),
        ("by: [leads]", &[ANN, "s3"], &[(LEAD_1, "now")], Err(FindingName::RequesterUnknown)),
        ("by: [leads], not_requester: false", &["s3"], &[(LEAD_1, "now")], Ok(Goes)),
        ("by: [leads], not_requester: false", &[LEAD_1], &[(LEAD_1, "now")], Ok(Goes)),
        ("by: [leads], kinds: [ecs]", &["s3"], &[], Ok(NotNeeded)),
        ("by: [leads], kinds: [ecs, lambda]", &[ANN], &[], Ok(Asks(1))),
    ] {
        let approval = approval(approved.iter().map(|(arn, plan)| given(arn, plan)).collect());
        let standing = with(asked, Some(&approval), |facts| rules(rule).standing(facts));
        assert_eq!(standing.map_err(|finding| finding.name), wanted, "{rule}, {asked:?}, {approved:?}");
    }
}

#[test]
fn a_plan_without_a_change_asks_nobody_and_time_ends_only_what_is_not_approved() {
    use ApprovalStanding::{Asks, Goes};
    let (open, full) = (approval(vec![]), approval(vec![given(LEAD_1, "now")]));
    for (of, asked, outcome, now, wanted) in [
        (&open, ANN, Some(PlanOutcome::NothingToDo), 5_000, Ok(Goes)),
        (&open, ANN, Some(PlanOutcome::Rejected), 0, Ok(Goes)),
        (&open, "s3", Some(PlanOutcome::NothingToDo), 0, Ok(Goes)),
        (&open, "s3", None, 0, Ok(Asks(1))),
        (&open, "s3", Some(PlanOutcome::Change), 0, Err(FindingName::RequesterUnknown)),
        (&open, ANN, None, 999, Ok(Asks(1))),
        (&open, ANN, None, 1_000, Err(FindingName::ApprovalExpired)),
        (&full, ANN, Some(PlanOutcome::Change), 5_000, Ok(Goes)),
    ] {
        let approval = Approval { outcome, ..of.clone() };
        let standing = with(&[asked], Some(&approval), |facts| {
            facts.now = Time(now);
            rules("by: [leads]").standing(facts)
        });
        assert_eq!(standing.map_err(|finding| finding.name), wanted, "{asked} {outcome:?} at {now}");
    }
}

#[test]
fn it_is_waited_for_as_long_as_the_file_says() {
    const DAY_MS: u64 = 86_400_000;
    // The day on which it is asked for, and that until which it is waited for.
    for (rule, day, until) in [
        ("by: [leads]", 0, Some(1)),
        ("by: [leads], expires: 3d", 0, Some(3)),
        ("by: [leads], expires: 3d", 2, Some(3)),
        ("by: [leads]", 1, Some(2)),
        ("by: [leads], kinds: [ecs]", 0, None),
    ] {
        let asked = with(&[ANN], None, |facts| {
            facts.now = Time(day * DAY_MS);
            rules(rule).asked_now(facts)
        });
        assert_eq!(asked.map(|approval| approval.until), until.map(|until| Time(until * DAY_MS)), "{rule} on {day}");
    }
    let text = "app: shop\nversion: 1\nenvironments: {prod: {approve: {by: [ann], expires: 4d}}}\npeople: {ann: {}}\n";
    let findings = AccessFile::read(text, &app(), None).unwrap_err().findings();
    assert_eq!(findings[0].path, "environments.prod.approve.expires", "{findings:?}");
}

#[test]
fn one_approves_the_plan_as_it_is_and_nothing_else() {
    let id = DeploymentId("0123456789abcdef".into());
    let one = approval(vec![given(LEAD_1, "now")]);
    for (recorded, at, who, plan, wanted) in [
        (Some(&one), 999, LEAD_2, "now", "given"),
        (Some(&one), 999, LEAD_1_TOO, "now", "already"),
        (Some(&one), 999, LEAD_2, "before", "NotAsked"),
        (Some(&one), 999, NOBODY, "now", "NotAllowed"),
        (Some(&one), 999, ANN, "now", "NotAllowed"),
        (Some(&one), 1_000, LEAD_2, "now", "NotAsked"),
        (None, 999, LEAD_2, "now", "NotAsked"),
    ] {
        let seen = DigestBeginning::parse(hash(plan).beginning()).unwrap();
        let by = by(who);
        let decision = with(&[ANN], recorded, |facts| {
            facts.now = Time(at);
            rules("by: [leads], count: 2").approve((&by, &seen, "seen"), Some(&*facts), &id)
        });
        let word = match decision {
            Ok(ApprovalDecision::Given(given)) => {
                assert_eq!((given.person.as_str(), given.hash), ("lead-2", hash("now")));
                "given".to_owned()
            }
            Ok(ApprovalDecision::Already(_)) => "already".to_owned(),
            Err(finding) => finding.name.to_string(),
        };
        assert_eq!(word, wanted, "{who} approves {plan} at {at}");
    }
}

#[test]
fn where_a_file_cannot_be_read_nobody_approves_and_only_what_brings_back_or_looks_goes_on() {
    let (app, prod) = (app(), EnvironmentName::new("prod").unwrap());
    let rules = Rules::unread("access/apps/shop.yaml, version 4".to_owned());
    assert!(rules.are_in_force() && rules.approvals_needed(&prod).is_none());
    assert_eq!(rules.closed(&prod, Time(0)), None);
    for route in [Route::Api, Route::Console, Route::Windlass, Route::Ci] {
        let by = Requester::new(route, None);
        for right in
            [AccessRight::Read, AccessRight::Release, AccessRight::RollBack, AccessRight::Operate, AccessRight::Approve]
        {
            let asked = Asked::for_right(right, &by, EnvironmentId::new(&app, &prod));
            // What brings back, and what is only seen, is IAM's alone then, and no right of a job is.
            let wanted = matches!(right, AccessRight::RollBack | AccessRight::Read) && route != Route::Ci;
            assert_eq!(rules.decide(&asked, None).is_ok(), wanted, "{by} {right}");
        }
    }
}
