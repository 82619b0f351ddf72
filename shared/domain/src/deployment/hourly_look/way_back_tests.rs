use super::*;
use crate::deployment::event_name::EventName;
use crate::deployment::hourly_look::HourlyLook;
use crate::environment::Lock;
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
    let asked = WayBack::asked(None, check.clone(), 3, BEGAN);
    let mut read = asked.clone();
    read.conclude(look().environment_id(), Some(&seen(&[(2, None)])));
    for (known, present, hours, is_due) in [
        (&read, 3, 1, false),
        (&read, 3, 23, false),
        (&read, 3, 24, true),
        (&read, 4, 1, true),
        (&read, 2, 25, false),
        (&asked, 3, 23, false),
        // Another deployment came before the result was read.
        (&asked, 4, 1, false),
        (&asked, 5, 23, false),
        (&asked, 5, 24, true),
    ] {
        let now = BEGAN.plus_s(hours * 3600);
        assert_eq!(WayBack::is_due(Some(known), present, now), is_due, "{known:?} {present} {hours}");
    }
    assert_eq!([3, 4].map(|present| asked.awaited(present)), [Some(&check), None]);
    let mut unread = asked;
    unread.conclude(look().environment_id(), None);
    assert_eq!((unread.awaited(3), unread.reach), (None, Some(Reach::Unknown)));
}

#[test]
fn what_a_check_found_is_shown_while_the_same_snapshot_runs() {
    use FindingName::{ArtifactMissing, NoPermission};
    type Read<'a> = (u64, &'a [SnapshotReach]);
    type Shown = (Option<Reach>, bool);
    let gone: &[SnapshotReach] = &seen(&[(2, Some(ArtifactMissing))]);
    let unknown: &[SnapshotReach] = &seen(&[(2, Some(NoPermission))]);
    // The checks that were read, each with the snapshot that ran; the one that runs now; a deployment since the last
    // look; and what is shown.
    let table: [(&[Read<'_>], u64, u64, Shown); 7] = [
        (&[], 3, 0, (None, false)),
        (&[(3, gone)], 3, 0, (Some(Reach::Gone), true)),
        (&[(3, gone)], 3, 1, (None, false)),
        (&[(3, gone)], 4, 0, (None, false)),
        (&[(3, gone), (3, unknown)], 3, 0, (Some(Reach::Unknown), true)),
        (&[(3, gone), (4, unknown)], 4, 0, (Some(Reach::Unknown), false)),
        (&[(3, gone), (4, gone)], 4, 0, (Some(Reach::Gone), true)),
    ];
    for (row, (read, present, since, wanted)) in table.into_iter().enumerate() {
        let mut look = look();
        for (ran, found) in read {
            let mut known = WayBack::asked(look.way_back.take(), DeploymentId("check".into()), *ran, BEGAN);
            known.conclude(look.environment_id(), Some(*found));
            look.way_back = Some(known);
        }
        let later = WayBack::asked(look.way_back.take(), DeploymentId("later".into()), present, BEGAN);
        assert_eq!(later.lost.is_some(), !read.is_empty(), "row {row}: it stays known");
        look.way_back = Some(later);
        let held = Lock { token: look.token + since, ..Lock::default() };
        let shown = look.shown(&held, present);
        assert_eq!((shown.way_back, shown.lost.is_some()), wanted, "row {row}");
    }
}
