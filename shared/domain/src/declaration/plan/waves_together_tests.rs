use crate::declaration::kinds::KindName;
use crate::declaration::plan::plan;
use crate::declaration::plan::slot::*;
use crate::declaration::plan::tests::{WATCH, candidate, listed};

/// Stages by what they do, each with the callers that get the new one then, and for how long it is watched.
fn in_steps(name: &str, kind: KindName, stages: &[(&str, u32, u64)]) -> ComponentInPlan {
    let bare: Vec<(&str, u64)> = stages.iter().map(|(what, _, bake_s)| (*what, *bake_s)).collect();
    let mut made = candidate(name, kind, &[], &bare);
    for (stage, (_, share, _)) in made.stages.iter_mut().zip(stages) {
        stage.share = (!stage.closing && !stage.ahead).then_some(*share);
    }
    made
}

/// A service that waits before each of two steps, and is looked at twice in between.
fn service() -> ComponentInPlan {
    let stages = [
        ("paused", 0, 0),
        ("10 %", 100, 300),
        ("look", 100, 300),
        ("paused at 10 %", 100, 0),
        ("all", 1000, 0),
        ("ended", 1000, 0),
    ];
    in_steps("agent", KindName::Ecs, &stages)
}

fn function() -> ComponentInPlan {
    let stages = [("published", 0, 0), ("10 %", 100, 3600), ("100 %", 1000, 0)];
    in_steps("api", KindName::Lambda, &stages)
}

fn site() -> ComponentInPlan {
    candidate("web", KindName::StaticSite, &["api"], &[("files", 0)])
}

#[test]
fn a_function_takes_each_step_in_the_wave_in_which_the_service_has_it() {
    let planned = plan(&together(vec![service(), function(), site()]), WATCH).unwrap();
    insta::assert_snapshot!(listed(&planned), @"
    wave 1 (bake 0 s)
      api: published
    wave 2 (bake 30 s)
      agent: paused
    wave 3 (bake 300 s)
      agent: 10 %
      api: 10 %
    wave 4 (bake 3300 s)
      agent: look
    wave 5 (bake 30 s)
      agent: paused at 10 %
    wave 6 (bake 30 s)
      agent: all
      api: 100 %
    wave 7 (bake 600 s)
      web: files
    wave 8 (bake 0 s)
      agent: ended
    ");
}

#[test]
fn each_by_itself_the_function_is_ahead_of_the_service() {
    let planned = plan(&[service(), function()], WATCH).unwrap();
    let with_all = planned.iter().position(|wave| wave.changes.iter().any(|it| it.what == "100 %"));
    let paused = planned.iter().position(|wave| wave.changes.iter().any(|it| it.what == "paused at 10 %"));
    assert!(with_all < paused, "{}", listed(&planned));
}

#[test]
fn they_begin_together_after_what_any_of_them_comes_after() {
    let mut late = function();
    late.after.extend([ComponentName::new("jobs").unwrap()]);
    let jobs = candidate("jobs", KindName::Lambda, &[], &[("100 %", 0)]);
    let planned = plan(&together(vec![service(), late, jobs]), WATCH).unwrap();
    assert_eq!(planned[0].changes.iter().map(|it| it.component.as_str()).collect::<Vec<_>>(), ["jobs"]);
    let both = planned.iter().find(|wave| wave.changes.len() > 1).unwrap();
    let both: Vec<&str> = both.changes.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(both, ["10 %", "10 %"]);
}

#[test]
fn what_goes_at_once_keeps_its_place() {
    let at_once = candidate("jobs", KindName::Lambda, &[], &[("100 %", 0)]);
    let moved = together(vec![service(), function(), at_once.clone()]);
    assert_eq!(moved[2], at_once);
    assert_eq!(moved[2].shares(), [0; 0]);
    assert_eq!(moved[0].shares(), [100, 1000]);
    assert_eq!(moved[0].shares(), moved[1].shares());
}
