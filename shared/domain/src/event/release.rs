//! The events of what runs in an environment: a release that is gone, and one that is back. Pure.

use super::{Detail, Event, EventName};
use crate::environment::{ACCEPTED, BEFORE_WINDLASS, EnvironmentState, FOUND, GivenVersion};
use crate::identity::{DeploymentId, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};

/// Returns an event for each release of which nothing runs any more, whatever took it away: a newer release, a rollback,
/// a drill, a person. Returns another for each that runs again, because it was brought back. That a release is live for
/// the first time is said by the ending of its deployment.
pub fn of_running(of: EnvironmentId<'_>, before: Option<&EnvironmentState>, after: &EnvironmentState) -> Vec<Event> {
    let Some(before) = before else {
        return Vec::new();
    };
    let (before, after) = (live(before), live(after));
    let gone = before.iter().filter(|(id, _)| !after.contains_key(*id));
    let gone = gone.map(|(id, given)| (EventName::ReleaseGone, id, given));
    let back = after.iter().filter(|(id, given)| {
        let is_brought_back = given.released_by.is_some();
        is_brought_back && !before.contains_key(*id)
    });
    let back = back.map(|(id, given)| (EventName::ReleaseBack, id, given));
    let cause = now(of, &after);
    let event = |(name, id, given): (EventName, &&DeploymentId, &&GivenVersion)| {
        let detail = Detail {
            deployment: Some(id.to_string()),
            version: Some(given.version.clone()),
            git: given.git.clone(),
            cause: Some(cause.clone()),
            ..Detail::of(of.app, Some(of.environment))
        };
        Event::new(name, detail)
    };
    gone.chain(back).map(event).collect()
}

/// Returns the releases of which something runs, by the deployment that released them. What was run once does not run.
fn live(state: &EnvironmentState) -> BTreeMap<&DeploymentId, &GivenVersion> {
    let running = state.running.values().filter(|running| !running.once);
    let given = running.flat_map(|running| running.all_names().map(|names| &names.now));
    let of_release = |given: &&GivenVersion| ![BEFORE_WINDLASS, ACCEPTED, FOUND].contains(&given.version.as_str());
    let given = given.filter(of_release);
    given.map(|given| (given.release(), given)).collect()
}

fn now(of: EnvironmentId<'_>, live: &BTreeMap<&DeploymentId, &GivenVersion>) -> String {
    let versions: BTreeSet<&str> = live.values().map(|given| given.version.as_str()).collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    let EnvironmentId { app, environment } = of;
    match versions.as_slice() {
        [] => format!("No release is recorded as running in {app}/{environment} now."),
        [one] => format!("{one} runs in {app}/{environment} now."),
        several => format!("{} run in {app}/{environment} now.", several.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Running;
    use crate::kinds::KindName;
    use crate::name::{AppName, ComponentName, EnvironmentName};
    use crate::time::Time;
    use serde_json::{Value, json};

    fn given(version: &str, deployment: &str) -> GivenVersion {
        let git = json!({"ref": "refs/heads/main", "commit": format!("{deployment}f")});
        GivenVersion {
            version: version.into(),
            deployment: DeploymentId(deployment.into()),
            since: Time(0),
            git: serde_json::from_value(git).unwrap(),
            released_by: None,
        }
    }

    fn runs(components: &[(&str, KindName, GivenVersion)]) -> EnvironmentState {
        let running = components.iter().map(|(name, kind, given)| {
            let running = Running::new(None, given.clone(), Value::Null).of_kind(*kind);
            (ComponentName::new(*name).unwrap(), running)
        });
        EnvironmentState { running: running.collect(), ..EnvironmentState::default() }
    }

    fn told(before: Option<&EnvironmentState>, after: &EnvironmentState) -> Vec<String> {
        let app = AppName::new("shop").unwrap();
        let environment = EnvironmentName::new("prod").unwrap();
        let events = of_running(EnvironmentId::new(&app, &environment), before, after);
        let words = events.iter().map(|event| {
            assert_eq!(event.notification(), None);
            let detail = &event.detail;
            let commit = detail.git.as_ref().and_then(|git| git.commit.clone());
            let (deployment, commit) = (detail.deployment.clone().unwrap(), commit.unwrap());
            format!("{deployment} {commit} {}", detail.summary)
        });
        words.collect()
    }

    #[test]
    fn what_is_gone_and_what_is_back_is_told_by_the_release_and_its_commit() {
        let (api, web, task) = (KindName::Lambda, KindName::StaticSite, KindName::Task);
        let (one, two) = (given("1.0.0", "1a"), given("2.0.0", "2a"));
        let back = given("rollback", "3a").called(&one);
        let again = given("rollback", "4a").called(&back);
        let found = given(BEFORE_WINDLASS, "1a");
        let gone = "1a 1af 1.0.0 is gone: 2.0.0 runs in shop/prod now.";
        for (before, after, wanted) in [
            // A newer release of it all, and of a part.
            (vec![("api", api, &one)], vec![("api", api, &two)], vec![gone]),
            (vec![("api", api, &one), ("web", web, &one)], vec![("api", api, &two), ("web", web, &one)], vec![]),
            (vec![("api", api, &two), ("web", web, &one)], vec![("api", api, &two), ("web", web, &two)], vec![gone]),
            // A rollback, and one more to the same; a drill's way there and back is two of them.
            (
                vec![("api", api, &two)],
                vec![("api", api, &back)],
                vec![
                    "2a 2af 2.0.0 is gone: 1.0.0 runs in shop/prod now.",
                    "1a 1af 1.0.0 is live again: 1.0.0 runs in shop/prod now.",
                ],
            ),
            (vec![("api", api, &back)], vec![("api", api, &again)], vec![]),
            (vec![("api", api, &back)], vec![("api", api, &two)], vec![gone]),
            // What was found is no release, and what was run once does not run.
            (vec![], vec![("api", api, &one)], vec![]),
            (vec![("api", api, &found)], vec![("api", api, &one)], vec![]),
            (
                vec![("api", api, &one)],
                vec![("api", api, &found)],
                vec!["1a 1af 1.0.0 is gone: No release is recorded as running in shop/prod now."],
            ),
            (
                vec![("api", api, &one), ("migrate", task, &one)],
                vec![("api", api, &two), ("migrate", task, &one)],
                vec![gone],
            ),
        ] {
            let of = |components: &[(&'static str, KindName, &GivenVersion)]| {
                let components = components.iter();
                let components: Vec<_> =
                    components.map(|(name, kind, given)| (*name, *kind, (*given).clone())).collect();
                runs(&components)
            };
            let (before, after) = (of(&before), of(&after));
            assert_eq!(told(Some(&before), &after), wanted, "{before:?} {after:?}");
        }
        assert_eq!(told(None, &runs(&[("api", api, one)])), [""; 0]);
    }
}
