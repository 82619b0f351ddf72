use crate::declaration::plan::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

pub(super) fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

pub(super) fn candidate(component: &str, kind: KindName, after: &[&str], stages: &[(&str, u64)]) -> ComponentInPlan {
    ComponentInPlan {
        component: name(component),
        kind,
        after: after.iter().map(|text| name(text)).collect(),
        stages: stages
            .iter()
            .map(|(what, bake_s)| RolloutStage {
                what: (*what).to_owned(),
                bake_s: (*bake_s > 0).then_some(*bake_s),
                ahead: what.starts_with("published"),
                closing: what.starts_with("ended"),
                look: what.starts_with("look"),
                tested: what.starts_with("tested"),
                share: None,
                later: BTreeSet::new(),
                timing: None,
                details: vec![],
            })
            .collect(),
        offsets: vec![],
    }
}

pub(super) const WATCH: Watch = Watch { bake_s: 600, between_waves_s: 30 };

pub(super) fn listed(waves: &[Wave]) -> String {
    let mut text = String::new();
    for (number, wave) in waves.iter().enumerate() {
        text.push_str(&format!("wave {} (bake {} s)\n", number + 1, wave.bake_s));
        for change in &wave.changes {
            text.push_str(&format!("  {}: {}\n", change.component, change.what));
        }
    }
    text
}

fn shop() -> Vec<ComponentInPlan> {
    vec![
        candidate("agent", KindName::Ecs, &[], &[("image 18", 0)]),
        candidate("api", KindName::Lambda, &["agent"], &[("10 %", 300), ("50 %", 300), ("100 %", 0)]),
        candidate("web", KindName::StaticSite, &["api"], &[("files", 0)]),
    ]
}

#[test]
fn the_end_that_aws_makes_is_waited_for_behind_all_others() {
    let mut shop = shop();
    shop[0] = candidate("agent", KindName::Ecs, &[], &[("half", 120), ("all", 0), ("ended", 0)]);
    let waves = plan(&shop, WATCH).unwrap();
    insta::assert_snapshot!(listed(&waves), @"
    wave 1 (bake 120 s)
      agent: half
    wave 2 (bake 30 s)
      agent: all
    wave 3 (bake 300 s)
      api: 10 %
    wave 4 (bake 300 s)
      api: 50 %
    wave 5 (bake 30 s)
      api: 100 %
    wave 6 (bake 600 s)
      web: files
    wave 7 (bake 0 s)
      agent: ended
    ");
    let watched = (0..3).map(|nth| watched_at(&waves, &name("agent"), nth));
    let until_the_end = 30 + 300 + 300 + 30 + 600;
    assert_eq!(watched.collect::<Vec<_>>(), [120, until_the_end, 0]);
    // Alone: the bake of the release is in front of the end, and the end is not watched.
    let bakes: Vec<u64> = plan(&shop[..1], WATCH).unwrap().iter().map(|wave| wave.bake_s).collect();
    assert_eq!(bakes, [120, 600, 0]);
}

#[test]
fn all_has_changed_once_only_looks_and_ends_of_aws_are_left() {
    let mut shop = shop();
    shop[0] = candidate("agent", KindName::Ecs, &[], &[("half", 120), ("all", 0), ("ended", 0)]);
    shop[2].stages.extend(candidate("web", KindName::StaticSite, &[], &[("look", 60)]).stages);
    let waves = plan(&shop, WATCH).unwrap();
    let words: Vec<(&str, bool)> =
        (0..).zip(&waves).map(|(number, wave)| (&*wave.changes[0].what, is_all_changed(&waves, number))).collect();
    let before = ["half", "all", "10 %", "50 %", "100 %"].map(|what| (what, false));
    assert_eq!(words[..5], before);
    assert_eq!(words[5..], ["files", "look", "ended"].map(|what| (what, true)));
}

#[test]
fn the_shop_in_waves() {
    insta::assert_snapshot!(listed(&plan(&shop(), WATCH).unwrap()), @"
    wave 1 (bake 30 s)
      agent: image 18
    wave 2 (bake 300 s)
      api: 10 %
    wave 3 (bake 300 s)
      api: 50 %
    wave 4 (bake 30 s)
      api: 100 %
    wave 5 (bake 600 s)
      web: files
    ");
}

#[test]
fn independent_components_share_waves_and_the_longest_bake_counts() {
    let both = [
        candidate("api", KindName::Lambda, &[], &[("10 %", 20), ("100 %", 0)]),
        candidate("web", KindName::StaticSite, &[], &[("files", 0)]),
    ];
    insta::assert_snapshot!(listed(&plan(&both, WATCH).unwrap()), @"
    wave 1 (bake 30 s)
      api: 10 %
      web: files
    wave 2 (bake 600 s)
      api: 100 %
    ");
}

#[test]
fn what_is_published_ahead_is_tried_before_anything_beside_it_is_switched() {
    let published = ("published", 0);
    let both = [
        candidate("agent", KindName::Ecs, &[], &[("image 18", 0)]),
        candidate("api", KindName::Lambda, &[], &[published, ("10 %", 20), ("100 %", 0)]),
        candidate("worker", KindName::Lambda, &["agent"], &[published, ("100 %", 0)]),
        candidate("web", KindName::StaticSite, &["agent"], &[("files", 0)]),
    ];
    let waves = plan(&both, WATCH).unwrap();
    insta::assert_snapshot!(listed(&waves), @"
    wave 1 (bake 0 s)
      api: published
    wave 2 (bake 30 s)
      agent: image 18
      api: 10 %
    wave 3 (bake 0 s)
      worker: published
    wave 4 (bake 600 s)
      api: 100 %
      worker: 100 %
      web: files
    ");
    let ahead: Vec<bool> = waves.iter().map(|wave| wave.ahead).collect();
    assert_eq!(ahead, [true, false, true, false]);
}

#[test]
fn a_rollout_alone_in_its_wave_is_watched_as_it_says() {
    let api = [candidate("api", KindName::Lambda, &[], &[("10 %", 20), ("100 %", 900)])];
    let waves = plan(&api, WATCH).unwrap();
    assert_eq!(waves[0].bake_s, 20);
    assert_eq!(waves[1].bake_s, 900);
}

#[test]
fn an_unchanged_component_in_between_keeps_the_order() {
    let mut shop = shop();
    shop[1].stages.clear();
    insta::assert_snapshot!(listed(&plan(&shop, WATCH).unwrap()), @"
    wave 1 (bake 30 s)
      agent: image 18
    wave 2 (bake 600 s)
      web: files
    ");
}

#[test]
fn nothing_to_change_is_no_wave() {
    let mut shop = shop();
    for candidate in &mut shop {
        candidate.stages.clear();
    }
    assert_eq!(plan(&shop, WATCH), Ok(vec![]));
    assert_eq!(plan(&[], WATCH), Ok(vec![]));
}

#[test]
fn a_cycle_is_named() {
    let circle = [
        candidate("a", KindName::Lambda, &["b"], &[("x", 0)]),
        candidate("b", KindName::Lambda, &["a"], &[("x", 0)]),
        candidate("c", KindName::Lambda, &[], &[("x", 0)]),
    ];
    assert_eq!(plan(&circle, WATCH), Err(Cycle(vec![name("a"), name("b")])));
}

#[test]
fn only_waves_before_the_last_are_watched_for_the_time_between_waves() {
    let watch = Watch { bake_s: 5, between_waves_s: 30 };
    let watched: Vec<u64> = plan(&shop(), watch).unwrap().iter().map(|wave| wave.bake_s).collect();
    assert_eq!(watched, [30, 300, 300, 30, 5]);
}

#[test]
fn a_kind_is_shown_as_it_is_declared() {
    for kind in [KindName::StaticSite, KindName::Lambda, KindName::Ecs] {
        assert_eq!(serde_json::json!(kind), kind.to_string());
    }
}

#[test]
fn reversed_goes_the_other_way() {
    let back = reversed(shop());
    let waves = plan(&back, Watch::default()).unwrap();
    assert_eq!(waves_of(&waves, &name("web")), [0]);
    assert_eq!(waves_of(&waves, &name("api")), [1, 2, 3]);
    assert_eq!(waves_of(&waves, &name("agent")), [4]);
}

/// Any graph without a cycle: a component comes only after ones with a lower number.
fn any_candidates() -> impl Strategy<Value = Vec<ComponentInPlan>> {
    let one = (proptest::collection::vec(proptest::option::of(0_u64..3), 0..4), any::<u32>());
    proptest::collection::vec(one, 0..24).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(number, (bakes, seed))| {
            let after = (0..number).filter(|earlier| seed >> (earlier % 32) & 3 == 3);
            let count = bakes.len();
            ComponentInPlan {
                component: name(&format!("c{number}")),
                kind: KindName::Lambda,
                after: after.map(|earlier| name(&format!("c{earlier}"))).collect(),
                stages: (0..)
                    .zip(bakes)
                    .map(|(stage, bake_s): (u32, Option<u64>)| RolloutStage {
                        what: format!("c{number} stage {stage}"),
                        bake_s,
                        ahead: stage == 0 && count > 1 && seed % 5 < 2,
                        closing: false,
                        look: stage > 1 && seed >> (stage + 8) & 1 == 1,
                        tested: false,
                        share: None,
                        later: BTreeSet::new(),
                        timing: None,
                        details: vec![],
                    })
                    .collect(),
                offsets: vec![],
            }
        });
        made.collect()
    })
}

#[test]
fn the_details_of_a_change_come_by_what_matters_first_and_are_cut() {
    let detail = |action, number: usize| ChangeDetail {
        logical: format!("R{number:03}"),
        kind: String::new(),
        action,
        properties: vec![],
        holds_data: false,
    };
    let mut one = candidate("infra", KindName::Stack, &[], &[("all", 0)]);
    let added = (0..MOST_DETAILS).map(|number| detail(DetailAction::Add, number));
    one.stages[0].details = added.chain([detail(DetailAction::Remove, MOST_DETAILS)]).collect();
    let waves = plan(&[one], WATCH).unwrap();
    let change = &waves[0].changes[0];
    let seen = (change.details[0].action, change.details.len(), change.details_left);
    assert_eq!(seen, (DetailAction::Remove, MOST_DETAILS, 1));
}

proptest! {
    #[test]
    fn what_is_ahead_is_alone_and_just_in_front_of_what_it_is_ahead_of(candidates in any_candidates()) {
        let waves = plan(&candidates, WATCH).unwrap();
        for candidate in &candidates {
            let numbers = waves_of(&waves, &candidate.component);
            for (stage, number) in candidate.stages.iter().zip(&numbers) {
                prop_assert_eq!(waves[*number as usize].ahead, stage.ahead);
            }
            if candidate.stages.first().is_some_and(|stage| stage.ahead) {
                prop_assert_eq!(numbers[1], numbers[0] + 1);
            }
        }
        // Without them the plan is the same: stages that are published ahead move nothing but the numbers.
        let bare = candidates.iter().cloned().map(|mut candidate| {
            candidate.stages.retain(|stage| !stage.ahead);
            candidate
        });
        let bare = plan(&bare.collect::<Vec<_>>(), WATCH).unwrap();
        let switched: Vec<Wave> = waves.into_iter().filter(|wave| !wave.ahead).collect();
        prop_assert_eq!(switched, bare);
    }

    #[test]
    fn what_aws_ends_is_waited_for_last_and_moves_nothing_else(candidates in any_candidates()) {
        let bare = plan(&candidates, WATCH).unwrap();
        let mut ended = BTreeSet::new();
        let mut candidates = candidates;
        for candidate in candidates.iter_mut().filter(|it| it.stages.len() % 2 == 1) {
            candidate.stages.push(RolloutStage {
                what: "ended".into(),
                bake_s: None,
                ahead: false,
                closing: true,
                look: false,
                tested: false,
                share: None,
                later: BTreeSet::new(),
 timing: None,
 details: vec![],
            });
            ended.insert(candidate.component.clone());
        }
        let mut waves = plan(&candidates, WATCH).unwrap();
        if !ended.is_empty() {
            let last = waves.pop().unwrap();
            prop_assert_eq!(last.bake_s, 0);
            let closed: BTreeSet<_> = last.changes.into_iter().map(|it| it.component).collect();
            prop_assert_eq!(closed, ended);
        }
        prop_assert_eq!(waves, bare);
    }

    #[test]
    fn every_stage_is_there_once_and_in_order(candidates in any_candidates()) {
        let waves = plan(&candidates, WATCH).unwrap();
        for candidate in &candidates {
            let seen: Vec<&str> = waves
                .iter()
                .flat_map(|wave| &wave.changes)
                .filter(|change| change.component == candidate.component)
                .map(|change| change.what.as_str())
                .collect();
            let wanted: Vec<&str> = candidate.stages.iter().map(|s| s.what.as_str()).collect();
            prop_assert_eq!(seen, wanted);
            prop_assert_eq!(waves_of(&waves, &candidate.component).len(), candidate.stages.len());
        }
    }

    #[test]
    fn after_is_respected_also_through_unchanged_components(candidates in any_candidates()) {
        let waves = plan(&candidates, WATCH).unwrap();
        let by_name: BTreeMap<_, _> = candidates.iter().map(|c| (&c.component, c)).collect();
        for candidate in &candidates {
            let Some(first) = waves_of(&waves, &candidate.component).first().copied() else {
                continue;
            };
            let mut open: Vec<_> = candidate.after.iter().collect();
            while let Some(earlier) = open.pop() {
                prop_assert!(waves_of(&waves, earlier).iter().all(|wave| *wave < first));
                open.extend(&by_name[earlier].after);
            }
        }
    }

    #[test]
    fn no_wave_is_empty_and_the_last_is_watched_long_enough(candidates in any_candidates()) {
        let waves = plan(&candidates, WATCH).unwrap();
        prop_assert!(waves.iter().all(|wave| !wave.changes.is_empty()));
        // Looks divide the time of the wave that they follow.
        let is_over = |wave: &&Wave| !wave.look;
        let looks = waves.iter().rev().take_while(|wave| wave.look).count();
        let last = &waves[waves.len().saturating_sub(looks + 1)..];
        prop_assert!(last.iter().find(is_over).is_none_or(|_| last.iter().map(|it| it.bake_s).sum::<u64>() >= WATCH.bake_s));
    }
}

#[test]
fn five_hundred_components_are_planned_fast() {
    let many: Vec<ComponentInPlan> = (0..500)
        .map(|number| {
            let after: Vec<String> = (0..number).map(|n| format!("c{n}")).collect();
            let after: Vec<&str> = after.iter().map(String::as_str).collect();
            candidate(&format!("c{number}"), KindName::Lambda, &after, &[("all", 0)])
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(plan(&many, WATCH).unwrap().len(), 500);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
