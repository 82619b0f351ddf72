//! Decides what a rollback does with each component, by its snapshot and by what is declared now. Pure.

use crate::environment::{EnvironmentState, Running, Snapshot};
use crate::prose;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::next_step::{NextStep, Wish};
use crate::text::prose::Prose;
use std::collections::{BTreeMap, BTreeSet};

/// The fate of a component.
#[derive(Debug, Clone, PartialEq)]
pub enum ComponentRollback<'a> {
    /// It goes back to this.
    Back(&'a Running),
    /// It is declared, and Windlass has no record that it runs: there is nothing to take back.
    NothingRecorded,
    /// It is no longer declared. Nothing reaches its target any more, and nothing has to, for this reason.
    LeftAlone(&'static str),
    /// It cannot be brought back, so nothing is.
    None(Finding),
}

/// Returns the fate of every component that is declared, that the snapshot names, or that is recorded as running. The
/// snapshot also has what was found of components that came later ([`Snapshot::with_found`]).
pub fn ways<'a>(
    goal: &'a Snapshot,
    state: &EnvironmentState,
    declared: &BTreeSet<&ComponentName>,
) -> BTreeMap<ComponentName, ComponentRollback<'a>> {
    let recorded = goal.components.keys().chain(state.running.keys());
    let all: BTreeSet<&ComponentName> = declared.iter().copied().chain(recorded).collect();
    let way = |name: &ComponentName| {
        let (back, runs) = (goal.components.get(name), state.running.get(name));
        let is_declared = declared.contains(name);
        if !is_declared && [back, runs].into_iter().flatten().any(|it| it.once) {
            return ComponentRollback::LeftAlone("it was run once, and a rollback takes back nothing of that");
        }
        match (is_declared, back, runs) {
            (true, Some(back), _) => ComponentRollback::Back(back),
            (true, None, None) => ComponentRollback::NothingRecorded,
            (_, None, _) => ComponentRollback::None(not_recorded(goal, name)),
            (false, Some(back), Some(runs)) if back.is_same(runs) => {
                ComponentRollback::LeftAlone("it is recorded as it was then")
            }
            (false, Some(back), Some(runs)) => ComponentRollback::None(not_declared(goal, name, back, runs)),
            (false, Some(_), None) => ComponentRollback::LeftAlone("nothing of it is recorded as running"),
        }
    };
    all.into_iter().map(|name| (name.clone(), way(name))).collect()
}

fn not_declared(goal: &Snapshot, name: &ComponentName, back: &Running, runs: &Running) -> Finding {
    no_way_back(
        name,
        format!(
            "{name} runs {} and ran {} in snapshot {}, and no component of this name is declared any more, so \
             nothing can bring it back.",
            runs.version(),
            back.version(),
            goal.number
        ),
        prose!(
            "Declare `{}` as it was and upload the declaration, then roll back; or name a snapshot in which it ran \
             {}; or deploy the wanted releases of the other components with {} and a reason.",
            name,
            runs.version(),
            instead()
        ),
    )
}

fn not_recorded(goal: &Snapshot, name: &ComponentName) -> Finding {
    no_way_back(
        name,
        format!("what {name} ran when snapshot {} was made is not recorded.", goal.number),
        prose!(
            "Name a snapshot that has `{}`; or deploy the wanted release of each component with {} and a reason.",
            name,
            instead()
        ),
    )
}

/// Makes the finding that a component's target is another one now than when the snapshot was made.
pub fn moved(goal: &Snapshot, name: &ComponentName) -> Finding {
    no_way_back(
        name,
        format!(
            "the target of {name} is another one now than when snapshot {} was made, and what ran there says \
             nothing of this one.",
            goal.number
        ),
        prose!(
            "Declare the former target of `{}` and upload the declaration, then roll back; or deploy the wanted \
             release of each component with {} and a reason.",
            name,
            instead()
        ),
    )
}

/// Returns the members of the request with which a person deploys an older release in place of a rollback that is
/// refused: the rollback has set a hold, which would refuse the release as well.
pub fn instead() -> Prose {
    prose!("{}, {}", NextStep::With(Wish::AllowOlder), NextStep::With(Wish::ThroughHold))
}

fn no_way_back(name: &ComponentName, reason: String, remedy: Prose) -> Finding {
    let path = format!("components.{name}");
    Finding::new(FindingName::NoWayBack, path, reason, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::kinds::KindName;
    use crate::environment::{GivenVersion, Proof};
    use crate::release::artifact::Artifact;
    use crate::release::identity::DeploymentId;
    use crate::text::digest::Digest;
    use crate::text::time::Time;

    fn ran(version: &str) -> Running {
        Running::new(
            Some(Artifact::Image { repository: "shop/api".into(), digest: Digest::of(version.as_bytes()) }),
            GivenVersion {
                version: version.into(),
                deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
                since: Time(0),
                git: None,
                released_by: None,
            },
            version.into(),
        )
    }

    fn in_words(way: &ComponentRollback<'_>) -> String {
        match way {
            ComponentRollback::Back(running) => format!("back to {}", running.version()),
            ComponentRollback::NothingRecorded => "nothing recorded".to_owned(),
            ComponentRollback::LeftAlone(why) => format!("left: {why}"),
            ComponentRollback::None(finding) => format!("{}: {}", finding.path, finding.reason.written()),
        }
    }

    fn snapshot(components: BTreeMap<ComponentName, Running>) -> Snapshot {
        Snapshot {
            number: 2,
            version: "1.0.0".into(),
            release: None,
            deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
            made: Time(0),
            replaced: 1,
            components,
            irreversible: [].into(),
            proof: Proof::default(),
            partly: None,
        }
    }

    #[test]
    fn what_was_run_once_is_no_bar_where_it_is_not_declared_any_more() {
        let migrate = ComponentName::new("migrate").unwrap();
        let of = |version: Option<&str>| {
            version.map(|it| (migrate.clone(), ran(it).of_kind(KindName::Task))).into_iter().collect()
        };
        // what the snapshot says, what was run last
        let table = [
            (Some("1.0.0"), Some("1.1.0")),
            (Some("1.0.0"), Some("1.0.0")),
            (None, Some("1.1.0")),
            (Some("1.0.0"), None),
        ];
        for (back, runs) in table {
            let state = EnvironmentState { running: of(runs), ..EnvironmentState::default() };
            let goal = snapshot(of(back));
            let ways = ways(&goal, &state, &BTreeSet::new());
            let words = in_words(&ways[&migrate]);
            assert!(words.starts_with("left: it was run once"), "{back:?} {runs:?}: {words}");
        }
    }

    #[test]
    fn each_component_goes_back_or_says_why_not() {
        let api = ComponentName::new("api").unwrap();
        // declared, what the snapshot says, what runs: what becomes of it
        let table = [
            (true, Some("1.0.0"), Some("1.1.0"), "back to 1.0.0"),
            (true, Some("1.0.0"), Some("1.0.0"), "back to 1.0.0"),
            (true, Some("1.0.0"), None, "back to 1.0.0"),
            (true, None, None, "nothing recorded"),
            (true, None, Some("1.1.0"), "components.api: what api ran"),
            (false, None, Some("1.1.0"), "components.api: what api ran"),
            (false, Some("1.0.0"), Some("1.0.0"), "left: it is recorded"),
            (false, Some("1.0.0"), Some("1.1.0"), "components.api: api runs 1.1.0 and ran 1.0.0"),
            (false, Some("1.0.0"), None, "left: nothing of it"),
        ];
        for (is_declared, back, runs, wanted) in table {
            let of = |version: Option<&str>| version.map(|it| (api.clone(), ran(it)));
            let goal = snapshot(of(back).into_iter().collect());
            let state = EnvironmentState { running: of(runs).into_iter().collect(), ..EnvironmentState::default() };
            let declared = is_declared.then_some(&api).into_iter().collect();
            let ways = ways(&goal, &state, &declared);
            let words = in_words(&ways[&api]);
            assert!(words.starts_with(wanted), "{is_declared} {back:?} {runs:?}: {words}");
            // The rollback has set a hold, which would refuse the deployment that is named.
            if let ComponentRollback::None(finding) = &ways[&api] {
                let steps: Vec<&NextStep> = finding.steps().collect();
                assert_eq!(steps, [&NextStep::With(Wish::AllowOlder), &NextStep::With(Wish::ThroughHold)]);
            }
        }
    }
}
