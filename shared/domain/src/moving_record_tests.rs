//! The record at its new owner, and the sentences about the move.

use super::*;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::NextStep;

#[test]
fn a_new_name_takes_all_of_the_record() {
    let mut scene = Scene::new();
    assert_eq!(scene.moved().unwrap(), vec![]);
    let (state, site) = (&scene.from.state, component("site"));
    let web = component("web");
    assert!(!state.has(&web));
    let running = &state.running[&site];
    assert_eq!(running.version(), "1.3.0");
    assert_eq!(running.name_in(&id("w"), &site), &web);
    assert_eq!(running.name_in(&id("next"), &site), &site);
    assert_eq!(state.found[&site].name_in(&id("f"), &site), &web);
    assert_eq!(state.mark_of(&Part::of(&site, "c")), Some(&order("w")));
    assert!(state.marks.keys().all(|part| part.component == site));
    assert_eq!(state.irreversible, [(site.clone(), run())].into());
    assert!(state.withdrawn.keys().eq([&site]), "{:?}", state.withdrawn);
    // The present snapshot, and all before it, are read by the new name.
    assert_eq!(state.snapshot, 5);
    assert_eq!(state.before[&site], [(6, FormerState::Called(web.clone()))].into());
    assert_eq!(state.homes[&site], "shop/prod/web");
    assert_eq!(state.homes[&web], "shop/prod/web.9");

    // Renamed once more before anything else: older snapshots have the first name.
    scene.component = Some(("site", "page"));
    scene.declared = Ok([(component("page"), KindName::Ecs)].into());
    scene.moved().unwrap();
    let (state, page) = (&scene.from.state, component("page"));
    assert_eq!(state.before, [(page.clone(), [(6, FormerState::Called(web.clone()))].into())].into());
    assert_eq!(state.running[&page].name_in(&id("w"), &page), &web);
    assert_eq!(state.homes[&page], "shop/prod/web");
}

#[test]
fn who_takes_over_goes_back_to_what_ran_and_to_what_was_found() {
    // An environment in which nothing was deployed has its first two snapshots by it.
    let mut scene = Scene::new();
    scene.goes_to_the_bank();
    let made = scene.moved().unwrap();
    let web = component("web");
    let withdrawn = [&scene.from, &scene.to].map(|it| it.state.withdrawn.contains_key(&web));
    assert_eq!(withdrawn, [false, true]);
    let [found, runs] = made.as_slice() else {
        panic!("{made:?}");
    };
    assert_eq!((found.number, found.version.as_str()), (1, BEFORE_WINDLASS));
    assert_eq!((&found.release, found.replaced), (&None, 0));
    assert_eq!(found.components[&web].version(), BEFORE_WINDLASS);
    assert_eq!((runs.number, runs.version.as_str()), (2, "1.3.0"));
    assert_eq!((&runs.release, runs.replaced), (&scene.left.as_ref().unwrap().release, 1));
    assert_eq!(runs.components[&web].version(), "1.3.0");
    assert_eq!(runs.irreversible, [(web.clone(), run())].into());
    assert!(runs.proof.holds(&web), "as good as it was where it came from");
    let state = &scene.to.state;
    assert_eq!((state.snapshot, state.last_snapshot), (2, 2));
    assert_eq!(state.running[&web].known_as, BTreeMap::new());
    assert_eq!(state.homes[&web], "shop/prod/web");
    // What stays with the former owner still comes after the run.
    assert_eq!(scene.from.state.irreversible, [(web.clone(), run())].into());

    // An environment that has snapshots reads them with what ran, except the first.
    let mut scene = Scene::new();
    scene.goes_to_the_bank();
    scene.to.state.last_snapshot = 3;
    scene.to.state.snapshot = 3;
    assert_eq!(scene.moved().unwrap(), vec![]);
    let state = &scene.to.state;
    let before = &state.before[&web];
    let Some((4, FormerState::Ran { running, after, proven: true })) = before.first_key_value() else {
        panic!("{before:?}");
    };
    assert_eq!(running.version(), "1.3.0");
    assert_eq!(after, &Some(run()));

    // What runs does not come after a run that the former environment went back across.
    let mut scene = Scene::new();
    scene.goes_to_the_bank();
    scene.left.as_mut().unwrap().irreversible.clear();
    let made = scene.moved().unwrap();
    assert_eq!(made[1].irreversible, BTreeMap::new());
    assert_eq!(scene.to.state.irreversible.len(), 1);
}

#[test]
fn the_words_say_what_stays_and_what_is_next() {
    let (shop, bank) = (AppName::new("shop").unwrap(), AppName::new("bank").unwrap());
    let prod = EnvironmentName::new("prod").unwrap();
    let (web, site) = (component("web"), component("site"));
    let prod_of = |app, component| MovingScope { app, environment: Some(&prod), component: Some(component) };
    let moves = MovedItems {
        components: [(web.clone(), site.clone())].into(),
        claims: vec![Claim::whole("E1"), Claim::folder("s3://shop/", "web/")],
        kept: RetainedRecord { is_held: true, ran: BTreeSet::new() },
        behind: BTreeSet::new(),
    };
    let moves = MovedThings { environments: [(prod.clone(), moves)].into(), ..MovedThings::default() };
    let within = Moving { from: prod_of(&shop, &web), to: prod_of(&shop, &site) };
    assert_eq!(
        moves.in_words(within).written(),
        "web of shop/prod is called site from now on: with E1, s3://shop/web/. What runs there stays as it is. Older \
         snapshots are read by the new name; the history keeps the former one. The hold of shop/prod stays until it is \
         released."
    );
    let over = Moving { to: prod_of(&bank, &site), ..within };
    assert_eq!(
        moves.in_words(over).written(),
        "shop/prod has handed over web (called site from now on) to bank/prod: with E1, s3://shop/web/. What runs there \
         stays as it is; the history, the snapshots and the vetoes stay with shop/prod. A rollback of bank/prod to an \
         older snapshot goes back to what runs now. The hold of shop/prod stays until it is released. Before its next \
         release tag the targets `windlass:app=bank` and `windlass:environment=prod` (`aws resourcegroupstaggingapi \
         tag-resources --tags windlass:app=bank,windlass:environment=prod --resource-arn-list …`)."
    );
    let tags = "aws resourcegroupstaggingapi tag-resources --tags windlass:app=bank,windlass:environment=prod \
                --resource-arn-list …";
    assert_eq!(moves.next(over).unwrap().steps().collect::<Vec<_>>(), [&NextStep::Run(tags.into())]);
    assert_eq!(moves.in_words(over).steps().count(), 1);
    assert_eq!(moves.next(within), None);
    let mut moves = moves;
    let distribution = Claim::whole("arn:aws:cloudfront::111111111111:distribution/E1#web");
    moves.environments.values_mut().for_each(|one| one.claims.push(distribution.clone()));
    assert_eq!(
        moves.next(over).unwrap().written(),
        format!(
            "Before its next release tag the targets `windlass:app=bank` and `windlass:environment=prod` (`{tags}`; with \
             `--region us-east-1` for a distribution)."
        )
    );
}

fn held_by_a_person(scene: &mut Scene) {
    scene.from.state.hold = Some(Hold {
        since: Time(0),
        reason: "a quiet weekend".into(),
        by: "ann".into(),
        allowed_by: None,
        also: vec![],
    });
}

/// All of shop/prod is shop/live from now on.
fn all_goes(scene: &mut Scene) {
    scene.component = None;
    scene.still = None;
    scene.to_environment = "live";
    scene.declared = Ok(scene.kinds.clone());
}

#[test]
fn a_hold_and_an_irreversible_run_are_named_with_what_becomes_of_them() {
    const IN_BOTH: &str = "That web ran stays recorded in shop/prod and is recorded in bank/prod, so in both a rollback past it crosses it.";
    type Row = (fn(&mut Scene), &'static [&'static str]);
    let table: [Row; 7] = [
        (|_| {}, &["That web ran is recorded of site now, so a rollback crosses it as before."]),
        (|s| s.from.state.irreversible.clear(), &[]),
        (
            |s| {
                s.from.state.irreversible.clear();
                held_by_a_person(s);
            },
            &["The hold of shop/prod stays until it is released."],
        ),
        (Scene::goes_to_the_bank, &[IN_BOTH]),
        // The new owner does not know of the run of what stays, and the former one still asks about it.
        (
            |s| {
                s.goes_to_the_bank();
                s.from.state.irreversible = [(component("api"), run())].into();
                held_by_a_person(s);
            },
            &[
                "The hold of shop/prod stays until it is released.",
                "That api ran stays recorded in shop/prod alone: a rollback of bank/prod to `before-windlass` crosses it unasked. Where that must not be, hand over api as well.",
            ],
        ),
        // Nobody can hand over what was removed.
        (
            |s| {
                s.goes_to_the_bank();
                s.from.state.irreversible.insert(component("gone"), run());
            },
            &[IN_BOTH],
        ),
        (
            |s| {
                all_goes(s);
                held_by_a_person(s);
            },
            &[
                "The hold of shop/prod is on shop/live as well: each stays until it is released.",
                "That web ran stays recorded in shop/prod and is recorded in shop/live, so in both a rollback past it crosses it.",
            ],
        ),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        scene.moved().unwrap();
        assert_eq!(scene.kept, wanted, "row {number}");
    }
}

/// A service that is handed over without its irreversible task: the new owner's way back does not know of the run.
#[test]
fn the_run_of_what_stays_is_not_known_at_the_new_owner() {
    let mut scene = Scene::new();
    scene.goes_to_the_bank();
    scene.from.state.irreversible = [(component("api"), run())].into();
    let made = scene.moved().unwrap();
    let to = &scene.to.state;
    assert_eq!(crate::environment::irreversible::crossed(&made[0], to), [].into());
    let from = &scene.from.state;
    assert_eq!(crate::environment::irreversible::crossed(&made[0], from).len(), 1);
}
