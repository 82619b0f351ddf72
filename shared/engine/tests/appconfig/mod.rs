//! Configurations in AWS AppConfig: the way there and back, what AppConfig does by itself, and what others do.

mod plans;
mod scene;

use scene::{CONTENT, Flags};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_engine::kinds::Kind;
use windlass_engine::kinds::appconfig::{Appconfig, Change};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::AssumeRole;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, conforms, deployment};
use windlass_world::run::run;

/// A configuration under the conformance tests. Its strategy takes so long, or an undo goes back to nothing.
struct Growing {
    minutes: (u64, u64),
    is_first: bool,
}

impl Subject for Growing {
    type Kind = Appconfig<World>;

    fn scene(&self) -> Scene {
        let flags = if self.is_first { Flags::undeployed(self.minutes) } else { Flags::by(self.minutes) };
        let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
        assert_eq!(planned.findings, []);
        Scene {
            world: flags.world,
            kind: KindName::Appconfig,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> Appconfig<World> {
        Appconfig::new(at.at(&Place::default()), at, deployment())
    }

    fn arrived(&self, world: &World) {
        let mut state = world.appconfig();
        let profile = state.profile("shopzzz", "flagszz").unwrap();
        let before = u32::from(!self.is_first);
        assert_eq!(profile.made, before + 1, "made once");
        let environment = state.environment("shopzzz", "prodzzz").unwrap();
        let started = environment.rollouts.len();
        assert_eq!(started, before as usize + 1, "deployed once");
    }
}

/// Safety: kinds: A configuration that is there at once conforms.
#[test]
fn a_configuration_that_is_there_at_once_conforms() {
    conforms(&Growing { minutes: (0, 0), is_first: false });
}

/// Safety: kinds: A configuration that grows conforms.
#[test]
fn a_configuration_that_grows_conforms() {
    conforms(&Growing { minutes: (1, 1), is_first: false });
}

/// Safety: kinds: A first configuration conforms.
#[test]
fn a_first_configuration_conforms() {
    conforms(&Growing { minutes: (1, 0), is_first: true });
}

#[test]
fn a_version_is_made_and_deployed_by_its_strategy() {
    let flags = Flags::by((10, 10));
    let release = flags.release(CONTENT);
    assert_eq!(release.waves, 5, "looked at every five minutes, and at the end");
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 1, newest 2 DEPLOYING");
    assert!(release.step().share.is_some_and(|percent| percent < 100));
    assert_eq!(release.forward(), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 2, newest 2 COMPLETE");
    assert_eq!(release.step().share, None, "nothing grows any more");
    let sent = release.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[0].starts_with("make a version of sha256-"), "{sent:?}");
    assert_eq!(sent[1], "deploy version 2 by slow123");
}

#[test]
fn a_failed_gate_stops_what_grows_and_reverts_what_is_complete() {
    let flags = Flags::by((10, 10));
    let release = flags.release(CONTENT);
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(flags.served(), "version 1, newest 2 ROLLED_BACK");

    let flags = Flags::by((10, 10));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(flags.served(), "version 1, newest 2 REVERTED");
    assert_eq!(release.sent()[2], "stop deployment 2, back to version 1");
}

#[test]
fn what_appconfig_reverts_no_more_is_deployed_at_once() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    flags.sleep_min(73 * 60);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(flags.served(), "version 1, newest 3 COMPLETE");
    assert_eq!(release.sent()[2], "deploy version 1 by AppConfig.AllAtOnce");
}

#[test]
fn an_alarm_of_appconfig_s_own_takes_it_back_and_is_named() {
    let flags = Flags::by((10, 10));
    flags.environment(|it| it.monitors.push("shop-5xx".into()));
    let release = flags.release(CONTENT);
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed);
    flags.sleep_min(5);
    flags.world.set_alarm("shop-5xx", "ALARM", &[9.0]);
    flags.sleep_min(1);
    assert_eq!(release.wave(Some(1)), WorkTransition::Failed);
    insta::assert_snapshot!(release.failure(), @"ChangeFailed: configuration shop/prod/flags: AppConfig itself rolled deployment 2 of version 2 back at 40 %, because an alarm of its environment rang: Rollback initiated by arn:aws:cloudwatch:eu-west-1:111111111111:alarm:shop-5xx. Callers get version 1 again. Remedy: Look at the alarm that is named, and at the environment's monitors; then deploy a fixed release.");
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(flags.served(), "version 1, newest 2 ROLLED_BACK");
    assert_eq!(release.sent().len(), 2, "AppConfig went back by itself");
}

#[test]
fn an_alarm_that_rings_on_the_way_back_needs_a_person() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    flags.sleep_min(73 * 60);
    flags.environment(|it| it.monitors.push("shop-5xx".into()));
    flags.world.set_alarm("shop-5xx", "ALARM", &[9.0]);
    assert_eq!(release.undo(), WorkTransition::Failed);
    insta::assert_snapshot!(release.failure(), @"ChangeFailed: configuration shop/prod/flags: AppConfig itself rolled deployment 3 of version 1 back at 0 %, because an alarm of its environment rang: Rollback initiated by arn:aws:cloudwatch:eu-west-1:111111111111:alarm:shop-5xx. Callers get version 2 again. Remedy: Mend what rings, or take the alarm out of the environment's monitors; then start `recover`.");
    assert_eq!(flags.served(), "version 2, newest 3 ROLLED_BACK");
}

#[test]
fn an_alarm_does_not_hinder_a_revert() {
    let flags = Flags::by((1, 0));
    flags.environment(|it| it.monitors.push("shop-5xx".into()));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    flags.world.set_alarm("shop-5xx", "ALARM", &[9.0]);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(flags.served(), "version 1, newest 2 REVERTED");
}

#[test]
fn somebody_who_stops_it_is_named() {
    let flags = Flags::by((10, 10));
    let release = flags.release(CONTENT);
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed);
    let now = flags.world.true_time();
    flags.environment(|it| {
        let last = it.rollouts.last_mut().unwrap();
        last.go_back(now, "USER", "111111111111");
    });
    flags.sleep_min(1);
    assert_eq!(release.wave(Some(1)), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
}

#[test]
fn somebody_else_s_version_is_left_to_them() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    let mut put = flags.world.appconfig();
    put.profile("shopzzz", "flagszz").unwrap().put(None, "{}");
    drop(put);
    flags.deploy("flagszz", "3");
    flags.sleep_min(20);
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
    assert_eq!(flags.served(), "version 3, newest 3 COMPLETE");
}

#[test]
fn another_profile_s_deployment_is_waited_for() {
    let flags = Flags::by((1, 0));
    flags.world.appconfig().profile("shopzzz", "setting").unwrap().put(None, "{}");
    let release = flags.release(CONTENT);
    flags.deploy("setting", "1");
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 1, newest 3 DEPLOYING");
    assert_eq!(release.forward(), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 2, newest 3 COMPLETE");
}

#[test]
fn a_content_that_a_validator_refuses_is_named_and_nothing_was_changed() {
    let flags = Flags::by((1, 0));
    let mut state = flags.world.appconfig();
    state.profile("shopzzz", "flagszz").unwrap().refused = Some("hush".into());
    drop(state);
    let release = flags.release(CONTENT);
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    assert!(release.failure().contains("InvalidConfiguration"), "{}", release.failure());
    assert_eq!(release.undo(), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 1, newest 1 COMPLETE");
}

#[test]
fn the_content_is_in_no_item_of_the_ledger() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    assert_eq!(release.undo(), WorkTransition::Changed);
    let ledger = flags.world.dynamodb();
    let items = ledger.items.values().map(|item| format!("{item:?}"));
    let all: String = items.collect();
    assert!(all.contains("sha256-"), "the content's hash is there");
    assert!(!all.contains("hush"), "{all}");
}

#[test]
fn a_stop_is_not_sent_for_what_is_no_longer_live() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    flags.deploy("flagszz", "1");
    let target = serde_json::from_value(release.step().target).unwrap();
    let world = &flags.world;
    let kind = Appconfig::new(world.at(&Place::default()), world.clone(), deployment());
    let stop = Change::Stop { number: 2, back_to: Some("1".into()) };
    let fault = run(kind.change(&target, &stop, &deployment())).unwrap_err();
    assert_eq!(fault.name, windlass_domain::text::fault::FaultName::Conflict);
}
