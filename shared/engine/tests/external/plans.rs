//! What is planned of outside things, and what is refused before anything changes.

use super::scene::{BOOK, Book, shows, tree};
use serde_json::{Value, json};
use windlass_domain::declaration::tenancy::Claim;
use windlass_world::lambda::{LiveAlias, LiveFunction};
use windlass_world::outside::Lie;

fn only(findings: &[String]) -> &str {
    assert_eq!(findings.len(), 1, "{findings:?}");
    &findings[0]
}

#[test]
fn a_release_pins_the_version_and_claims_what_the_function_owns() {
    let book = Book::new();
    let planned = book.plan(Some(&book.upload("new")), None);
    assert_eq!(planned.claims, [Claim::whole("external:github:org/book#gh-pages")]);
    let pinned = json!({"name": BOOK, "version": "1", "timeout_s": 30});
    assert_eq!(planned.target["function"], pinned);
    assert_eq!(planned.target["release"]["bucket"], "artifacts");
    assert_eq!(planned.before["goal"]["state"], json!({"format": "1", "tree": tree("old")}));
    let [stage] = planned.stages.as_slice() else { panic!("{:?}", planned.stages) };
    assert_eq!(stage.goal, json!({"state": {"format": "1", "tree": tree("new")}}));
    assert!(stage.what.starts_with("github:org/book#gh-pages to tree "), "{}", stage.what);
    assert!(stage.what.ends_with(" (as shop-book:1 says)"), "{}", stage.what);
}

#[test]
fn another_function_looks_where_it_is_named() {
    let book = Book::new();
    book.looked_at_by("shop-book-look");
    let planned = book.plan(Some(&book.upload("new")), None);
    assert_eq!(planned.findings, []);
    assert_eq!(planned.target["look"]["name"], "shop-book-look");
    assert!(planned.stages[0].what.ends_with("(as shop-book-look:1 says)"), "{}", planned.stages[0].what);
}

#[test]
fn what_is_there_already_is_not_planned() {
    let book = Book::new();
    let planned = book.plan(Some(&book.upload("old")), None);
    assert_eq!(planned.stages, []);
    assert!(planned.unchanged.unwrap().starts_with("github:org/book#gh-pages has tree "));
    let now = book.world.true_time();
    book.outside(|it| it.commit(Some(&tree("old")), now));
    let building = book.plan(Some(&book.upload("old")), None);
    assert_eq!(building.stages.len(), 1, "it is not ready");
}

#[test]
fn a_check_looks_twice_and_reports_how_long_that_took() {
    let book = Book { is_check: true, ..Book::new() };
    let planned = book.plan(None, None);
    assert_eq!(planned.findings, []);
    assert!(planned.stages[0].what.contains("; two looks took "), "{}", planned.stages[0].what);
}

#[test]
fn a_plan_says_where_the_outside_compares_nothing() {
    let book = Book::new();
    book.outside(|it| it.is_guarded = false);
    let planned = book.plan(Some(&book.upload("new")), None);
    assert!(planned.stages[0].what.contains("the outside compares nothing"), "{}", planned.stages[0].what);
}

/// Safety: kinds: Two looks at an outside thing that do not agree refuse the release.
#[test]
fn two_looks_that_differ_refuse_the_release() {
    let book = Book::new();
    book.outside(|it| it.lie = Some(Lie::Flips));
    let findings = book.refused(None);
    let finding = only(&findings);
    assert!(
        finding.starts_with("PromiseBroken: components.book.function: Two looks of shop-book:1 differ"),
        "{finding}"
    );
    assert!(finding.contains("`state` was tree flip-1, and then tree flip-2"), "{finding}");
}

/// The answer to a look with these members in place of the usual ones.
fn looks(members: &Value) -> [Value; 2] {
    let mut answer = shows("old", "c2");
    answer["goal"] = json!({"format": "1", "tree": tree("new")});
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    [answer.clone(), answer]
}

#[test]
fn an_answer_that_cannot_be_relied_upon_refuses_the_release() {
    let table = [
        (json!({"state": null}), "TargetNotReady", "knows what callers get: it is not ready, as shop-book:1 says"),
        (json!({"redy": true}), "PromiseBroken", "`redy` that the protocol does not know; `ready` was probably meant"),
        (json!({"windlass": 2}), "PromiseBroken", "is not of version 1 of the protocol"),
        (json!({"says": "x".repeat(9_000)}), "PromiseBroken", "and 8192 are the most"),
        (json!({"says": "password=hush-and-hush-again"}), "PromiseBroken", "in `says` what looks like a secret"),
        (json!({"ready": "yes"}), "PromiseBroken", "has no `ready` of the form"),
        (json!({"refused": {"name": "UnknownDo", "says": "no"}}), "PromiseBroken", "refuses a look as UnknownDo: no"),
    ];
    for (members, name, wanted) in table {
        let book = Book::new();
        book.answers(looks(&members));
        let findings = book.refused(None);
        let finding = only(&findings);
        assert!(finding.starts_with(name) && finding.contains(wanted), "{members}: {finding}");
    }
}

#[test]
fn a_function_must_be_published_ours_and_quick() {
    let nowhere = || {
        let book = Book::new();
        book.spec.borrow_mut().function.alias = "stable".into();
        book
    };
    let with = |change: fn(&mut LiveFunction)| {
        let book = Book::new();
        if let Some(function) = book.world.lambda().functions.get_mut(BOOK) {
            change(function);
        }
        book
    };
    let looked_at = || {
        let book = Book::new();
        book.looked_at_by("shop-book-look");
        if let Some(function) = book.world.lambda().functions.get_mut(BOOK) {
            function.tags.insert("windlass:external".into(), "look".into());
        }
        book
    };
    let table = [
        (
            nowhere(),
            "TargetMissing: components.book.function: There is no function `shop-book` with the alias `stable`",
        ),
        (
            with(|it| drop(it.aliases.insert("live".into(), LiveAlias::at("$LATEST")))),
            "NotSupported: components.book.function: The alias `live` of function shop-book points to $LATEST",
        ),
        (
            with(|it| drop(it.tags.remove("windlass:external"))),
            "TargetNotOurs: components.book.function: Function shop-book has no tag `windlass:external`",
        ),
        (
            with(|it| drop(it.tags.remove("windlass:app"))),
            "TargetNotOurs: components.book.function: The tags of the function shop-book do not make it ours",
        ),
        (
            with(|it| drop(it.tags.insert("windlass:external".into(), "change".into()))),
            "TargetNotOurs: components.book.function: Nobody but the deployer may call shop-book",
        ),
        (looked_at(), "TargetNotOurs: components.book.function: Others than the deployer may call shop-book"),
        (with(|it| it.timeout_s = 31), "NotSupported: components.book.function: Function shop-book may run for 31 s"),
    ];
    for (book, wanted) in table {
        let findings = book.refused(None);
        assert!(only(&findings).starts_with(wanted), "{findings:?}");
    }
}

#[test]
fn a_rollback_goes_to_the_recorded_state_unless_its_format_is_not_read_any_more() {
    let book = Book::new();
    let back = json!({"goal": {"state": {"format": "1", "tree": "older"}}});
    let planned = book.plan(None, Some(&back));
    assert_eq!(planned.findings, []);
    assert_eq!(planned.stages[0].goal, back["goal"]);
    assert_eq!(planned.target["release"], Value::Null, "nothing is brought");
    let unread = json!({"goal": {"state": {"format": "0", "tree": "older"}}});
    let findings = book.refused(Some(&unread));
    let finding = only(&findings);
    assert!(finding.starts_with("NoWayBack: components.book.function: The snapshot has tree older"), "{finding}");
}
