use super::*;
use crate::environment::Proof;
use crate::release::identity::DeploymentId;
use crate::text::digest::Digest;
use serde_json::json;

const MADE: Time = Time(1_000_000);
const HOUR: u64 = 3_600_000;

fn environment(text: &str) -> EnvironmentName {
    EnvironmentName::new(text).unwrap()
}

fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

fn artifact(bytes: &str) -> Artifact {
    Artifact::Image { repository: "shop/api".into(), digest: Digest::of(bytes.as_bytes()) }
}

/// The components of `api=new web=new`, each with its bytes.
fn release(text: &str) -> BTreeMap<ComponentName, Artifact> {
    let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.map(|(component, bytes)| (name(component), artifact(bytes))).collect()
}

fn running(artifact: Option<Artifact>, version: &str, since: u64) -> Running {
    let given = GivenVersion {
        version: version.into(),
        deployment: DeploymentId("0123456789abcdef".into()),
        since: Time(since),
        git: None,
        released_by: None,
    };
    Running::new(artifact, given, json!(null))
}

/// A snapshot of `api=new web=new` in which these were measured.
fn snapshot(ran: &str, measured: &str) -> Snapshot {
    let components = release(ran).into_iter().map(|(name, bytes)| (name, running(Some(bytes), "1.4.0", 0)));
    Snapshot {
        number: 12,
        version: "1.4.0".into(),
        release: Some(Digest::of(b"release")),
        deployment: DeploymentId("0123456789abcdef".into()),
        made: MADE,
        replaced: 11,
        partly: None,
        components: components.collect(),
        irreversible: BTreeMap::default(),
        proof: Proof { measured: measured.split_whitespace().map(name).collect(), ..Proof::default() },
    }
}

#[test]
fn a_release_is_admitted_by_one_snapshot_alone_that_lacks_nothing() {
    let live_for = Span::seconds(2 * 3600);
    // What ran, what was measured, what is released, the minutes for which it was live: what is left in words.
    let table = [
        ("api=new web=new", "api web", "api=new web=new", 120, ""),
        ("api=new web=new", "api web", "api=new", 500, ""),
        ("api=new web=new", "api", "api=new", 120, ""),
        ("api=old web=new", "api web", "api=new web=new", 120, "it did not run these bytes of api"),
        ("web=new", "web", "api=new web=new", 120, "it did not run these bytes of api"),
        ("api=new", "", "api=new", 120, "it passed; nothing was measured of api"),
        ("api=new", "api", "api=new", 40, "it was live for 40m of 2h"),
        ("api=old", "", "api=new", 40, "it did not run these bytes of api; it was live for 40m of 2h"),
    ];
    for (ran, measured, wanted, minutes, left) in table {
        let lacking = Lacking::of(&snapshot(ran, measured), MADE.plus_s(minutes * 60), &release(wanted), live_for);
        assert_eq!(lacking.in_words(live_for), left, "{ran} {measured} {wanted} {minutes}");
        assert_eq!(lacking.is_empty(), left.is_empty(), "{ran} {measured} {wanted} {minutes}");
    }
}

#[test]
fn what_nobody_judged_and_what_is_vetoed_admits_nothing() {
    let (wanted, late) = (release("api=new"), MADE.plus_ms(HOUR));
    let unjudged = Snapshot { release: None, ..snapshot("api=new", "api") };
    let lacking = Lacking::of(&unjudged, late, &wanted, Span::ZERO);
    assert!(lacking.unjudged && !lacking.is_empty());
    let good = Lacking::of(&snapshot("api=new", "api"), late, &wanted, Span::ZERO);
    assert!(good.is_empty());
    assert!(!Lacking { vetoed: true, ..good }.is_empty());
}

/// A migration has run once, and no gate measures it.
#[test]
fn a_task_needs_no_measurement_of_its_own() {
    let mut ran = snapshot("migrate=new", "");
    ran.components.values_mut().for_each(|it| it.once = true);
    assert!(Lacking::of(&ran, MADE, &release("migrate=new"), Span::ZERO).is_empty());
}

#[test]
fn the_finding_names_the_snapshot_that_lacks_least() {
    let (live_for, wanted) = (Span::seconds(7200), release("api=new web=new"));
    let of = |ran: &str, measured: &str, minutes: u64| {
        Lacking::of(&snapshot(ran, measured), MADE.plus_s(minutes * 60), &wanted, live_for)
    };
    let sorted = [
        of("api=new web=new", "api web", 60),
        of("api=new web=new", "api web", 40),
        of("api=new web=new", "api", 120),
        of("api=new web=old", "api web", 120),
        of("api=old web=old", "api web", 120),
    ];
    for pair in sorted.windows(2) {
        assert!(pair[0].is_less_than(&pair[1]) && !pair[1].is_less_than(&pair[0]), "{pair:?}");
    }
    let (prod, staging) = (environment("prod"), environment("staging"));
    let finding = not_verified(&prod, &staging, live_for, Some((12, &sorted[1])));
    assert_eq!((finding.name, finding.path.as_str()), (FindingName::NotVerified, "environments.prod.from"));
    assert!(finding.reason.written().ends_with("Snapshot 12 comes nearest: it was live for 40m of 2h."));
    assert!(not_verified(&prod, &staging, live_for, None).reason.written().contains("nothing has run"));
}

#[test]
fn one_release_keeps_its_version_and_several_have_the_newest_with_the_place() {
    let table = [
        (vec![("1.4.0", 1), ("1.4.0", 2)], "1.4.0", true),
        (vec![("1.10.0", 1), ("1.9.0", 2)], "1.10.0+staging.12", false),
        (vec![("main-9", 2), ("main-12", 1)], "main-9+staging.12", false),
        (vec![("1.4.0+7", 1), ("1.3.0", 2)], "1.4.0+7.staging.12", false),
        (vec![("accepted", 1)], "accepted+staging.12", false),
    ];
    for (versions, version, is_one) in table {
        let mut whole = snapshot("", "");
        for (index, (given, since)) in versions.into_iter().enumerate() {
            let one = running(Some(artifact("new")), given, since);
            whole.components.insert(name(&format!("c{index}")), one);
        }
        // Its bytes are not known, and nobody can bring them.
        whole.components.insert(name("found"), running(None, "before-windlass", 0));
        let together = Together::of(whole, &environment("staging")).unwrap();
        assert_eq!((together.version.as_str(), together.is_one()), (version, is_one));
        assert!(!together.components.contains_key(&name("found")));
    }
    assert_eq!(Together::of(snapshot("", ""), &environment("staging")), None);
}
