use super::*;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::NextStep;

fn finding(name: FindingName) -> Finding {
    Finding::new(name, "components.api", "It is so.", "Mend it.")
}

#[test]
fn what_is_gone_is_certain_and_what_could_not_be_seen_is_not() {
    use FindingName::{ArtifactMissing, CouldNotPrepare, NoPermission, NoWayBack, TargetBusy, TargetNotReady};
    for (names, wanted) in [
        (&[][..], Reach::Open),
        (&[ArtifactMissing], Reach::Gone),
        (&[NoWayBack], Reach::Gone),
        (&[NoPermission, ArtifactMissing], Reach::Gone),
        (&[NoPermission], Reach::Unknown),
        (&[TargetNotReady, CouldNotPrepare], Reach::Unknown),
        (&[TargetBusy], Reach::Refused),
    ] {
        let findings: Vec<Finding> = names.iter().map(|name| finding(*name)).collect();
        assert_eq!(Reach::of(&findings), wanted, "{names:?}");
    }
    assert_eq!(Reach::of(&[finding(TargetBusy).not_checked()]), Reach::Unknown);
}

#[test]
fn the_newest_that_can_be_reached_is_named_where_the_next_one_is_gone() {
    let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let of = EnvironmentId::new(&app, &environment);
    let gone = FindingName::ArtifactMissing;
    let seen = |number: u64, next: bool, found: Option<FindingName>| {
        SnapshotReach::new((number, "1.0.0".into()), next, found.into_iter().map(finding).collect())
    };
    for (all, wanted) in [
        (vec![], None),
        (vec![seen(5, true, None), seen(4, false, Some(gone))], None),
        (vec![seen(5, true, Some(FindingName::NoPermission)), seen(4, false, None)], None),
        (vec![seen(5, true, Some(gone)), seen(3, false, None), seen(4, false, None)], Some(Some(4))),
        (vec![seen(5, true, Some(gone)), seen(4, false, Some(gone)), seen(3, false, None)], Some(Some(3))),
        (vec![seen(5, true, Some(gone)), seen(4, false, Some(gone))], Some(None)),
    ] {
        let said = instead(of, &all);
        let named = said.as_ref().map(|said| said.steps().find_map(number));
        assert_eq!(named, wanted, "{said:?}");
    }
}

/// Returns the number of the snapshot that an input names.
fn number(step: &NextStep) -> Option<u64> {
    match step {
        NextStep::Start(input) => input.0.get("snapshot")?.as_u64(),
        _ => None,
    }
}
