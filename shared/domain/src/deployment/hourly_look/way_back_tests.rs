use super::*;
use crate::deployment::event_name::EventName;
use crate::deployment::hourly_look::HourlyLook;
use crate::shown::event::of_hourly_look;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName};

const BEGAN: Time = Time(1_732_456_800_000);
const DAY_S: u64 = 24 * 3600;

fn look() -> HourlyLook {
    let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    HourlyLook::new(EnvironmentId::new(&app, &environment), BEGAN)
}

/// Returns the result of a check: each snapshot by its number, with a finding. The first is the one to which a rollback
/// goes that names none.
fn seen(all: &[(u64, Option<FindingName>)]) -> Vec<SnapshotReach> {
    let all = all.iter().enumerate();
    all.map(|(at, (number, name))| {
        let found = name.map(|name| Finding::new(name, "components.api.function", "It is so.", "Mend it."));
        SnapshotReach::new((*number, "1.0.0".into()), at == 0, found.into_iter().collect())
    })
    .collect()
}

#[test]
fn that_the_way_back_is_lost_is_reported_once_and_that_it_is_there_again_once() {
    use EventName::{WayBackFound, WayBackLost};
    use FindingName::{ArtifactMissing, NoPermission, TargetBusy};
    // The result of the check of each day, and what is reported of it.
    let table: [(Option<Vec<SnapshotReach>>, &[EventName]); 12] = [
        (Some(seen(&[(4, None)])), &[]),
        (Some(seen(&[(4, Some(ArtifactMissing)), (3, None)])), &[WayBackLost]),
        (Some(seen(&[(4, Some(ArtifactMissing)), (3, None)])), &[]),
        (Some(seen(&[(4, Some(NoPermission))])), &[]),
        (Some(seen(&[(4, Some(TargetBusy))])), &[]),
        (None, &[]),
        (Some(seen(&[(4, Some(ArtifactMissing))])), &[]),
        (Some(seen(&[(4, None)])), &[WayBackFound]),
        (Some(seen(&[(4, None), (3, Some(ArtifactMissing))])), &[]),
        (Some(seen(&[(3, Some(ArtifactMissing))])), &[WayBackLost]),
        (Some(seen(&[(2, Some(ArtifactMissing))])), &[WayBackLost]),
        (Some(seen(&[])), &[WayBackFound]),
    ];
    let mut look = look();
    for (day, (found, wanted)) in (0..).zip(table) {
        let before = look.clone();
        let check = DeploymentId(format!("check {day}"));
        look.way_back = Some(WayBack::asked(look.way_back.take(), check, 5, BEGAN.plus_s(day * DAY_S)));
        assert!(of_hourly_look(Some(&before), &look).is_empty(), "day {day}: it is only asked for");
        let before = look.clone();
        look.way_back.as_mut().unwrap().conclude(before.environment_id(), found.as_deref());
        let reported: Vec<EventName> = of_hourly_look(Some(&before), &look).iter().map(|event| event.name).collect();
        assert_eq!(reported, wanted, "day {day}");
    }
}

#[test]
fn a_check_is_due_once_a_day_and_once_another_snapshot_runs() {
    assert_eq!([0, 1, 2, 3].map(|present| WayBack::is_due(None, present, BEGAN)), [false, false, false, true]);
    let check = DeploymentId("check".into());
    let mut known = WayBack::asked(None, check.clone(), 3, BEGAN);
    for (present, hours, is_due) in [(3, 1, false), (3, 23, false), (3, 24, true), (4, 1, true), (2, 25, false)] {
        let now = BEGAN.plus_s(hours * 3600);
        assert_eq!(WayBack::is_due(Some(&known), present, now), is_due, "{present} {hours}");
    }
    assert_eq!([3, 4].map(|present| known.awaited(present)), [Some(&check), None]);
    known.conclude(look().environment_id(), None);
    assert_eq!((known.awaited(3), known.reach), (None, Some(Reach::Unknown)));
}
