use super::*;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::next_step::NextStep;

pub(in crate::kinds::lambda) const ID: &str = "0123456789abcdef";

pub(in crate::kinds::lambda) fn latest(code: &str, state: &str, last_update: &str) -> Latest {
    Latest {
        code_sha256: code.into(),
        image: None,
        code_key: None,
        configuration: "c1".into(),
        revision_id: "r1".into(),
        state: state.into(),
        last_update: last_update.into(),
        reason: "why".into(),
        reason_code: String::new(),
        is_barred: false,
    }
}

pub(in crate::kinds::lambda) fn ready(code: &str) -> Latest {
    latest(code, "Active", "Successful")
}

/// Reads versions from texts: number:code:configuration:description:state.
fn versions(texts: &[&str]) -> Vec<Version> {
    let version = |text: &&str| {
        let parts: Vec<&str> = text.split(':').collect();
        Version {
            version: parts[0].into(),
            code_sha256: parts[1].into(),
            image: None,
            configuration: parts[2].into(),
            description: parts[3].into(),
            state: parts[4].into(),
            reason: "why".into(),
            reason_code: String::new(),
        }
    };
    texts.iter().map(version).collect()
}

/// Reads an alias from a text: `1`, or `1+2@0.1`.
fn alias(text: &str) -> AliasState {
    let (version, weights) = match text.split_once('+') {
        Some((version, share)) => {
            let (other, weight) = share.split_once('@').unwrap();
            (version, vec![(other.to_owned(), weight.to_owned())])
        }
        None => (text, vec![]),
    };
    AliasState {
        name: "live".into(),
        traffic: Traffic { version: version.into(), weights },
        revision_id: "a1".into(),
        provisioned: None,
        kept_at: None,
    }
}

pub(in crate::kinds::lambda) fn is(latest: Latest, texts: &[&str], traffic: Option<&str>) -> Observed {
    Observed {
        latest,
        versions: versions(texts),
        published: None,
        alias: traffic.map(alias),
        sent_upon: None,
        has_other_sent: false,
    }
}

pub(in crate::kinds::lambda) fn goal(code: &str, percent: u8) -> Goal {
    Goal::Release(Wanted {
        code: vec![code.into()],
        source: CodeSource::Version("9".into()),
        percent,
        from: "1".into(),
        deployment: DeploymentId(ID.into()),
        failed_at: None,
    })
}

/// What failed may have been mended without a change of the function, such as a quota.
#[test]
fn an_update_that_had_failed_before_is_made_anew() {
    let failed = "failed: The update of the code failed: why";
    let (published, live) = (" (an undo leaves it there)", ", live at once");
    for (failed_at, alias, end) in [
        (Some("r1"), Some("1"), Some(published)),
        (Some("r0"), Some("1"), None),
        (None, Some("1"), None),
        (Some("r1"), None, Some(live)),
        (Some("r0"), None, None),
        (None, None, None),
    ] {
        let seen = is(latest("new", "Active", "Failed"), &[OLD], alias);
        let mut wanted = goal("new", 100);
        if let Goal::Release(wanted) = &mut wanted {
            wanted.failed_at = failed_at.map(str::to_owned);
        }
        let expected =
            end.map_or_else(|| failed.to_owned(), |end| format!("code of $LATEST sha256:new → sha256:new{end}"));
        assert_eq!(in_words(&seen, &wanted), expected, "{failed_at:?} {alias:?}");
    }
}

pub(in crate::kinds::lambda) fn in_words(is: &Observed, wanted: &Goal) -> String {
    match next("shop-api", is, wanted) {
        Next::Done => "done".into(),
        Next::Wait(seconds) => format!("wait {seconds}"),
        Next::WaitForHours => "wait for hours".into(),
        Next::Do(change) => change.to_string(),
        Next::Failed(finding) | Next::Theirs(finding) | Next::TakenBack(finding) => {
            format!("failed: {}", finding.reason.written())
        }
    }
}

pub(in crate::kinds::lambda) const OLD: &str = "1:old:c1::";
pub(in crate::kinds::lambda) const NEW: &str = "2:new:c1:windlass 0123456789abcdef:Active";

#[test]
fn with_an_alias() {
    let live = |latest, texts: &[&str], traffic| is(latest, texts, Some(traffic));
    let table: Vec<(&str, Observed, u8, &str)> = vec![
        (
            "other code in $LATEST",
            live(ready("old"), &[OLD], "1"),
            100,
            "code of $LATEST sha256:old → sha256:new (an undo leaves it there)",
        ),
        (
            "an update under way moves the revision again",
            live(latest("new", "Active", "InProgress"), &[OLD], "1"),
            100,
            "wait 2",
        ),
        ("somebody else's update under way", live(latest("old", "Active", "InProgress"), &[OLD], "1"), 100, "wait 2"),
        ("a function that is being made", live(latest("old", "Pending", "Successful"), &[OLD], "1"), 100, "wait 2"),
        (
            "a function that is being deleted",
            live(latest("old", "Deleting", "Successful"), &[OLD], "1"),
            100,
            "failed: The function is being deleted: why",
        ),
        (
            "an idle function may be updated",
            live(latest("old", "Inactive", "Successful"), &[OLD], "1"),
            100,
            "code of $LATEST sha256:old → sha256:new (an undo leaves it there)",
        ),
        (
            "the update failed",
            live(latest("new", "Active", "Failed"), &[OLD], "1"),
            100,
            "failed: The update of the code failed: why",
        ),
        (
            "an older update failed",
            live(latest("old", "Active", "Failed"), &[OLD], "1"),
            100,
            "code of $LATEST sha256:old → sha256:new (an undo leaves it there)",
        ),
        (
            "the code is there but not published",
            live(ready("new"), &[OLD], "1"),
            100,
            "publish sha256:new as a version",
        ),
        (
            "an older version has the code but a former configuration",
            live(ready("new"), &["1:new:c0::"], "1"),
            100,
            "publish sha256:new as a version",
        ),
        ("published, and its answer lost", live(ready("new"), &[OLD, NEW], "1"), 100, "alias live 1 → 2"),
        (
            "published with the present configuration by somebody else",
            live(ready("new"), &[OLD, "2:new:c1:by hand:"], "1"),
            100,
            "alias live 1 → 2",
        ),
        (
            "ours, though the configuration changed meanwhile",
            live(ready("new"), &[OLD, "2:new:c0:windlass 0123456789abcdef:Active"], "1+2@0.1"),
            100,
            "alias live 1 with 2 at 10 % → 2",
        ),
        (
            "the new version is starting",
            live(ready("new"), &[OLD, "2:new:c1:windlass 0123456789abcdef:Pending"], "1"),
            100,
            "wait 2",
        ),
        (
            "a version that somebody else published is starting, as with SnapStart",
            live(ready("new"), &[OLD, "2:new:c1:by hand:Pending"], "1"),
            100,
            "wait 2",
        ),
        (
            "the new version failed",
            live(ready("new"), &[OLD, "2:new:c1:windlass 0123456789abcdef:Failed"], "1"),
            100,
            "failed: Version 2 failed to start: why",
        ),
        (
            "$LATEST is busy but the version is there",
            live(latest("x", "Active", "InProgress"), &[OLD, NEW], "1"),
            10,
            "alias live 1 → 1 with 2 at 10 %",
        ),
        ("a share is the same however it is written", live(ready("new"), &[OLD, NEW], "1+2@0.10"), 10, "done"),
        (
            "from one share to the next",
            live(ready("new"), &[OLD, NEW], "1+2@0.1"),
            50,
            "alias live 1 with 2 at 10 % → 1 with 2 at 50 %",
        ),
        (
            "weights that were left over are cleared",
            live(ready("new"), &[OLD, NEW], "2+1@0.5"),
            100,
            "alias live 2 with 1 at 50 % → 2",
        ),
        ("arrived", live(ready("new"), &[OLD, NEW], "2"), 100, "done"),
        ("ahead, nothing is published yet", live(ready("new"), &[OLD], "1"), 0, "publish sha256:new as a version"),
        (
            "ahead, the new version is starting",
            live(ready("new"), &[OLD, "2:new:c1:windlass 0123456789abcdef:Pending"], "1"),
            0,
            "wait 2",
        ),
        (
            "ahead, the new version failed",
            live(ready("new"), &[OLD, "2:new:c1:windlass 0123456789abcdef:Failed"], "1"),
            0,
            "failed: Version 2 failed to start: why",
        ),
        ("ahead, the alias stays where it is", live(ready("new"), &[OLD, NEW], "1"), 0, "done"),
        (
            "ahead, the alias stays as somebody else's shift left it",
            live(ready("new"), &[OLD, NEW], "1+3@0.5"),
            0,
            "done",
        ),
    ];
    for (case, is, percent, expected) in table {
        assert_eq!(in_words(&is, &goal("new", percent)), expected, "{case}");
    }
}

/// A version that failed stays so, and the same code is not published beside it.
#[test]
fn a_version_that_failed_is_to_be_taken_away_unless_an_alias_names_it() {
    let take_away = run!("aws lambda delete-function --function-name shop-api --qualifier 2");
    let again = NextStep::Deploy(Redeploy::Again);
    for (state, traffic, expected) in [
        ("Failed", "1", vec![&take_away, &again]),
        ("Failed", "1+2@0.1", vec![&again]),
        ("Failed", "2", vec![&again]),
        ("ActiveNonInvocable", "1", vec![&again]),
    ] {
        let new = format!("2:new:c1:windlass {ID}:{state}");
        let seen = is(ready("new"), &[OLD, new.as_str()], Some(traffic));
        let Next::Failed(finding) = next("shop-api", &seen, &goal("new", 100)) else { panic!("{state} {traffic}") };
        assert_eq!(finding.steps().collect::<Vec<_>>(), expected, "{state} {traffic}");
    }
}

/// If nothing is new, Lambda answers a version of somebody else's. It stays the one that was tried.
#[test]
fn what_was_answered_as_published_stays_it_when_the_configuration_changes() {
    let mut observed = is(ready("new"), &[OLD, "2:new:c0:by hand:Active"], Some("1"));
    let publish = "publish sha256:new as a version";
    assert_eq!(in_words(&observed, &goal("new", 100)), publish);
    observed.published = Some("2".into());
    assert_eq!(in_words(&observed, &goal("new", 100)), "alias live 1 → 2");
}

#[test]
fn without_an_alias() {
    let live = |latest, texts: &[&str]| is(latest, texts, None);
    let table: Vec<(&str, Observed, &str)> = vec![
        (
            "the present code is kept first",
            live(ready("old"), &[]),
            "publish sha256:old as a version, to be restored from",
        ),
        (
            "then the new one is live at once",
            live(ready("old"), &[OLD]),
            "code of $LATEST sha256:old → sha256:new, live at once",
        ),
        ("under way", live(latest("new", "Active", "InProgress"), &[OLD]), "wait 2"),
        ("failed", live(latest("new", "Active", "Failed"), &[OLD]), "failed: The update of the code failed: why"),
        ("arrived", live(ready("new"), &[OLD]), "done"),
    ];
    for (case, is, expected) in table {
        assert_eq!(in_words(&is, &goal("new", 100)), expected, "{case}");
    }
}

#[test]
fn an_image_is_known_by_its_digest_or_its_platform_s() {
    let mut observed = is(ready("as Lambda shows it"), &[OLD], Some("1"));
    observed.latest.image = Some("shop/api@sha256:platform".into());
    let mut wanted = goal("index", 100);
    assert!(in_words(&observed, &wanted).starts_with("code of $LATEST"));
    if let Goal::Release(goal) = &mut wanted {
        goal.code.push("platform".into());
    }
    assert!(in_words(&observed, &wanted).starts_with("publish"));
}

/// It does not matter what Lambda returns for an image's code. The local cloud returns nothing.
#[test]
fn an_image_that_is_published_is_not_published_again() {
    for code_sha256 in ["platform", "as Lambda shows it", ""] {
        let with_code = |text: &str| text.replace("CODE", code_sha256);
        let old = with_code("1:CODE:c1::");
        let new = with_code("2:CODE:c1:windlass 0123456789abcdef:Active");
        let mut observed = is(ready(code_sha256), &[&old, &new], Some("1"));
        let image = |name: &str| Some(format!("shop/api@sha256:{name}"));
        observed.latest.image = image("platform");
        observed.versions[0].image = image("old");
        observed.versions[1].image = image("platform");
        let mut wanted = goal("index", 100);
        if let Goal::Release(goal) = &mut wanted {
            goal.code.push("platform".into());
        }
        assert_eq!(in_words(&observed, &wanted), "alias live 1 → 2");
        observed.latest.image = image("brought by someone else since");
        assert_eq!(in_words(&observed, &wanted), "alias live 1 → 2");
    }
}

#[test]
fn drift_of_an_image_is_seen_by_its_digest() {
    let with = |name: &str| {
        let mut observed = is(ready(""), &[], None);
        observed.latest.image = Some(format!("shop/api@sha256:{name}"));
        crate::kinds::lambda::kind::noticed(&observed)
    };
    assert!(with("a").is_same(&with("a")));
    assert!(!with("a").is_same(&with("b")));
}
