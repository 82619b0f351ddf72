//! How long the history of an execution gets. Pure.
//!
//! AWS ends an execution whose history would pass [`LONGEST`] events, and nothing can catch that
//! (AWS Step Functions Developer Guide, *Service quotas*: "Maximum execution history size"). A
//! recovery would bring such a deployment to an ending; better it is refused before it changes
//! anything.

use crate::finding::{Finding, FindingName};
use crate::plan::{KindName, Wave};

/// The events that AWS allows an execution.
pub const LONGEST: u64 = 25_000;

/// What is kept for admission, waiting for a turn, planning, looks at the gates and settling.
const BESIDE_CHANGES: u64 = 5_000;

/// Events of one change that is ready at once: the iteration of the Map begins and succeeds; its
/// Choice is entered and left; its Task is entered, scheduled, started, succeeds and is left.
const CHANGE: u64 = 9;

/// Events of one Task more, and of the Choice behind it.
const TASK: u64 = 7;

/// Events of one poll: the Task fails with `StillInProgress`, is scheduled and started.
const POLL: u64 = 3;

/// Polls of a change, as many as is usual: a large site is published in several invocations, and a
/// service of ECS takes minutes to become steady.
const fn events(kind: KindName) -> u64 {
    match kind {
        KindName::Lambda => CHANGE,
        KindName::StaticSite => CHANGE + TASK + 5 * POLL,
        KindName::Ecs => CHANGE + 10 * POLL,
    }
}

/// The events of the changes of these waves, forwards. An undo that has no place left behind them
/// ends the execution; its recovery has a history of its own and goes on.
pub fn of_changes(waves: &[Wave]) -> u64 {
    let changes = waves.iter().flat_map(|wave| &wave.changes);
    changes.map(|change| events(change.kind)).sum()
}

/// What is wrong with waves whose history AWS would not allow.
pub fn too_long(waves: &[Wave]) -> Option<Finding> {
    let events = of_changes(waves);
    (events > LONGEST - BESIDE_CHANGES).then(|| {
        let changes: usize = waves.iter().map(|wave| wave.changes.len()).sum();
        Finding::new(
            FindingName::TooLarge,
            "components",
            format!(
                "{changes} changes in {} waves make a history of about {events} events, and AWS ends an execution at {LONGEST}.",
                waves.len()
            ),
            "Name fewer components in the manifest and release the rest in another one, or give their rollouts fewer steps.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::ComponentName;
    use crate::plan::PlannedChange;

    fn waves(kind: KindName, components: usize, waves: usize) -> Vec<Wave> {
        let change = |n: usize| PlannedChange {
            component: ComponentName::new(format!("c{n}")).unwrap(),
            kind,
            what: String::new(),
        };
        let wave = Wave {
            changes: (0..components).map(change).collect(),
            bake_s: 0,
        };
        vec![wave; waves]
    }

    #[test]
    fn what_fits_into_a_history() {
        let cases = [
            (KindName::Lambda, 500, 4, true),
            (KindName::Lambda, 500, 5, false),
            (KindName::Ecs, 500, 1, true),
            (KindName::Ecs, 500, 2, false),
            (KindName::StaticSite, 500, 1, true),
        ];
        for (kind, components, count, fits) in cases {
            let waves = waves(kind, components, count);
            let found = too_long(&waves);
            assert_eq!(
                found.is_none(),
                fits,
                "{kind} {components} × {count}: {found:?}"
            );
        }
    }

    #[test]
    fn it_is_told_in_numbers() {
        let finding = too_long(&waves(KindName::Ecs, 500, 2)).unwrap();
        assert_eq!(finding.name, FindingName::TooLarge);
        assert!(
            finding
                .reason
                .starts_with("1000 changes in 2 waves make a history of about 39000 events")
        );
    }

    #[test]
    fn a_history_is_as_long_as_its_changes_and_may_be_full_to_the_last_event() {
        let of = |kind, components| of_changes(&waves(kind, components, 1));
        assert_eq!(of(KindName::Lambda, 1), 9);
        assert_eq!(of(KindName::StaticSite, 2), 62);
        assert_eq!(of(KindName::Ecs, 3), 117);
        let mut full = waves(KindName::Lambda, 2205, 1);
        full.extend(waves(KindName::StaticSite, 5, 1));
        assert_eq!(of_changes(&full), LONGEST - BESIDE_CHANGES);
        assert_eq!(too_long(&full), None);
        full.extend(waves(KindName::Lambda, 1, 1));
        assert!(too_long(&full).is_some());
    }
}
