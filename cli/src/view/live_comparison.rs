//! The comparison of what a deployment brought with what runs now. Where nobody saw a deployment's ending come, its
//! record shows only the state at the ending.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::next_steps::in_line;
use crate::view::record;
use crate::view::status::{self, left_alone};
use anstream::adapter::strip_str;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::drift::Drift;
use windlass_domain::environment::{BEFORE_WINDLASS, GivenVersion, Running, VersionNames};
use windlass_domain::prose;
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The present state of what a deployment brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveComparison {
    /// It runs, in these words.
    Runs(String),
    /// Something else runs: a text for each component that differs.
    SomethingElse(Vec<String>),
    /// It is recorded as running, and the look at these components did not show it.
    Unknown(Vec<String>),
}

/// Compares a deployment that ended well with the environment, whose targets were looked at.
pub fn live_comparison(record: &Deployment, now: &Environment) -> LiveComparison {
    let mut others: Vec<String> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let mut since = None;
    // A component is looked at as a whole.
    let mut looked: BTreeSet<ComponentName> = BTreeSet::new();
    let mut called: Vec<String> = Vec::new();
    for part in record.parts() {
        let name = &part.component;
        if let Some(left) = now.no_longer_declared.get(name) {
            let words = format!("{part}: {}", left_alone(left));
            let names =
                part.container.as_ref().and_then(|it| left.running.containers.get(it)).unwrap_or(&left.running.names);
            let is_called = |version: &str| names.now.version == version;
            let is_found = record.found.contains(name) && is_called(BEFORE_WINDLASS);
            // A rollback left alone what was not declared when it was asked for, and its plan warned of that.
            let goes_back = matches!(record.action, ActionName::Rollback | ActionName::Restore | ActionName::Drill);
            if goes_back && left.left.as_ref().is_some_and(|left| left.at <= record.accepted) {
                called.push(words);
                continue;
            }
            let brought_it = names.are_of(&record.id) || is_called(&record.release.version);
            if brought_it || is_found {
                unknown.push(format!("{words}: see its target, or declare it again"));
            } else {
                let GivenVersion { version, deployment: id, .. } = &names.now;
                others.push(format!("{words}; it was {version} last, by deployment {id}"));
            }
            continue;
        }
        let Some(running) = now.running.get(name).filter(|one| is_its(record, &part, one)) else {
            others.push(status::instead_of(now, &part));
            continue;
        };
        let names = running.names_of(part.container.as_deref());
        since = since.max(Some(since_when(record, names)));
        called.extend(is_called(record, &part, names));
        match status::observed_drift(now, name).filter(|_| looked.insert(name.clone())) {
            Some((Drift::Changed, words)) => others.push(format!("{name}: {words}")),
            Some((Drift::Unknown, words)) => unknown.push(format!("{name}: {words}")),
            Some((Drift::None, _)) | None => {}
        }
    }
    let of_it = |running: &Running| running.all_names().any(|names| names.are_of(&record.id));
    let is_of_none = record.components().next().is_none();
    if is_of_none && !now.running.values().any(of_it) {
        let (app, environment) = (&record.app, &record.environment);
        unknown.push(format!(
            "it went back to what was there before Windlass, which is no release: `windlass status {app} \
             {environment} --observe` compares it with the targets"
        ));
    }
    if !others.is_empty() {
        return LiveComparison::SomethingElse(others);
    }
    if !unknown.is_empty() {
        return LiveComparison::Unknown(unknown);
    }
    let since = since.map(|since| format!(", since {since}"));
    let runs = format!("it runs now{}", since.unwrap_or_default());
    LiveComparison::Runs([vec![runs], called].concat().join("\n  "))
}

/// Returns the name by which a component runs the same bytes, where it is another one.
fn is_called(record: &Deployment, part: &Part, names: &VersionNames) -> Option<String> {
    let GivenVersion { version, deployment, since, .. } = &names.now;
    let is_another = *version != record.release.version && !names.are_of(&record.id);
    is_another.then(|| format!("{part}: the same bytes are called {version} since {since}, by deployment {deployment}"))
}

/// Returns whether the deployment brought what runs of a part, or another one has found the same in place.
fn is_its(record: &Deployment, part: &Part, running: &Running) -> bool {
    let named = record.release.components.get(&part.component);
    let image = named.and_then(|named| named.containers()?.get(part.container.as_ref()?));
    let has = match (image, &part.container) {
        (Some(image), Some(container)) => running.names_of_image(container, image).is_some(),
        _ => record.has(&part.component, running),
    };
    has || running.names_of(part.container.as_deref()).are_of(&record.id)
}

/// Returns the time since which a part is what the deployment made of it: has its name, where it gave that; else has
/// its bytes.
fn since_when(record: &Deployment, names: &VersionNames) -> Time {
    let VersionNames { now, brought } = names;
    if now.deployment == record.id { now.since } else { brought.since }
}

/// The lines on the present state, and the exit status that follows from them.
#[derive(Debug, PartialEq, Eq)]
pub struct Present {
    /// True if what was deployed runs; `None` where that is not known, or was not compared.
    runs: Option<bool>,
    /// The lines.
    pub words: String,
    /// The exit status.
    pub exit: Exit,
}

/// Looks at the targets and at the environment, prints the present state, and returns it. The document for programs
/// gets it as well. `exit` is the exit status by the ending alone: what it says of the environment has to be true now.
pub async fn print_now(
    windlass: &Windlass,
    record: &Record,
    json: &mut Value,
    exit: Exit,
    output: VerbOutput,
) -> Present {
    let deployment = &record.deployment;
    let seen = environment(windlass, deployment, &[("observe", "true")]).await.map_err(|failure| failure.message);
    let next = record.now.as_ref().map(|now| text(&now.next));
    let next = next.unwrap_or_else(|| text(&prose!("start {} to have it", deployment.input())));
    let now = compare(deployment, exit, seen, &next);
    output.progress(&now.words);
    json["now"]["runs"] = json!(now.runs);
    json["now"]["text"] = json!(strip_str(&now.words).to_string());
    now
}

fn compare(deployment: &Deployment, exit: Exit, seen: Result<Environment, String>, next: &str) -> Present {
    let ended = deployment.ending.as_ref();
    let is_resolved = ended.is_some_and(|ended| ended.resolved.is_some());
    let ended_well = matches!(exit, Exit::Good | Exit::NothingChanged);
    let now = match seen {
        Ok(now) => now,
        Err(why) => {
            // What it brought may be gone, and an operator who was needed may be needed no more.
            let is_open = ended_well || (exit == Exit::NeedsOperator && is_resolved);
            return Present {
                runs: None,
                words: format!("now: NOT known\n  {why}"),
                exit: if is_open { Exit::NotSeen } else { exit },
            };
        }
    };
    let held = now.situation.lock.held.as_ref();
    let is_unlocked = held.is_none_or(|held| held.deployment != deployment.id);
    let is_to_run = ended_well || (exit == Exit::NeedsOperator && is_unlocked);
    let may_run = is_to_run || matches!(exit, Exit::Superseded | Exit::Recorded);
    let environment = format!("{}\n{}", status::hold_in_words(&now), status::lock(&now));
    let with_next = |words: String, first: Option<&str>| {
        let next = in_line(first, &status::steps(&now).others).map(|all| format!("  next: {all}"));
        std::iter::once(words).chain(next).collect::<Vec<_>>().join("\n")
    };
    let (runs, words, exit) = match live_comparison(deployment, &now) {
        LiveComparison::Runs(words) if may_run => {
            let exit = if exit == Exit::NothingChanged { exit } else { Exit::Good };
            (Some(true), with_next(format!("{words}\n{environment}"), None), exit)
        }
        LiveComparison::SomethingElse(what) if is_to_run => {
            let what = what.join("\n  ");
            let words = format!("it does NOT run any more\n  {what}\n{environment}");
            (Some(false), with_next(words, Some(next)), Exit::Superseded)
        }
        LiveComparison::Unknown(why) if is_to_run => {
            let words = format!("NOT known\n  {}\n{environment}", why.join("\n  "));
            (None, with_next(words, None), Exit::NotSeen)
        }
        // Its ending says what became of it. The environment may be another one since.
        LiveComparison::SomethingElse(_) if may_run => (Some(false), status::words(&now), exit),
        LiveComparison::Runs(_) | LiveComparison::SomethingElse(_) | LiveComparison::Unknown(_) => {
            (None, status::words(&now), exit)
        }
    };
    Present { runs, words: format!("now: {words}"), exit }
}

/// Returns the deployment there that works or waits with the same release. The caller follows it in place of the
/// deployment that made way for it. `None` where that cannot be seen.
pub async fn same_release(windlass: &Windlass, record: &Record) -> Option<String> {
    let mine = &record.deployment;
    let now = environment(windlass, mine, &[]).await.ok()?;
    let held = now.situation.lock.held.iter().map(|held| &held.deployment);
    let waiting = now.situation.waiting.iter().map(|waiting| &waiting.deployment);
    for id in held.chain(waiting).filter(|id| **id != mine.id) {
        let answer = windlass.get(RouteName::Deployment, &[mine.app.as_str(), id.as_str()], &[]).await.ok()?;
        let other = record::read(&answer).ok().flatten().map(|other| other.deployment);
        let other = other.filter(|other| other.release_digest == mine.release_digest);
        if other.is_some_and(|other| other.components().eq(mine.components())) {
            return Some(id.0.clone());
        }
    }
    None
}

async fn environment(
    windlass: &Windlass,
    deployment: &Deployment,
    query: &[(&str, &str)],
) -> Result<Environment, Failure> {
    let names = [deployment.app.as_str(), deployment.environment.as_str()];
    windlass.read(RouteName::Environment, &names, query).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::windlass;
    use serde_json::{Value, json};

    fn artifact(letter: char) -> Value {
        json!({"type": "image", "repository": "r", "digest": letter.to_string().repeat(64)})
    }

    fn record() -> Deployment {
        let record = json!({
            "id": "0123456789abcdef", "app": "shop", "environment": "prod", "action": "deploy",
            "attempt": 1, "release_digest": "a".repeat(64), "declaration": "1.0.0",
            "release": {"app": "shop", "version": "1.1.0",
                "components": {"api": artifact('a'), "web": artifact('b')}},
            "requester": {"route": "api"}, "order": {"accepted": 0, "id": "0123456789abcdef"},
            "allow_older": false, "accept_red": false, "again": false, "by_person": true,
            "accepted": 0, "executions": [], "status": "ended",
        });
        serde_json::from_value(record).unwrap()
    }

    fn runs(letter: char, version: &str, deployment: &str) -> Value {
        json!({"artifact": artifact(letter), "version": version, "deployment": deployment,
            "since": 1000,
            "brought": {"version": version, "deployment": deployment, "since": 1000}, "state": {}})
    }

    fn compared(running: &Value, observed: &Value) -> String {
        compared_with(running, observed, &json!({}))
    }

    fn compared_with(running: &Value, observed: &Value, undeclared: &Value) -> String {
        compared_of(&record(), running, observed, undeclared)
    }

    fn compared_of(record: &Deployment, running: &Value, observed: &Value, undeclared: &Value) -> String {
        let environment = json!({"app": "shop", "environment": "prod", "snapshot": 2, "running": running,
            "lock": {"token": 1}, "waiting": [], "observed": observed, "no_longer_declared": undeclared,
            "deployments": {"fedcba9876543210": {"action": "rollback", "version": "1.0.0", "components": [],
                "requester": {"route": "api", "principal": "ann"}, "reason": "broken", "accepted": 0}}});
        let environment = windlass::read(&environment).unwrap();
        match live_comparison(record, &environment) {
            LiveComparison::Runs(words) => format!("runs: {words}"),
            LiveComparison::SomethingElse(words) => format!("else: {}", words.join("; ")),
            LiveComparison::Unknown(words) => format!("unknown: {}", words.join("; ")),
        }
    }

    #[test]
    fn what_was_brought_runs_where_each_component_has_its_bytes() {
        let (me, other) = ("0123456789abcdef", "fedcba9876543210");
        let both = json!({"api": runs('a', "1.1.0", me), "web": runs('b', "1.1.0", me)});
        let none = json!({});
        assert_eq!(compared(&both, &none), "runs: it runs now, since 1970-01-01T00:00:01Z");
        let in_place = json!({"api": runs('a', "1.2.0", other), "web": runs('b', "1.1.0", me)});
        assert!(compared(&in_place, &none).starts_with("runs"));
        let back = json!({"api": runs('c', "1.0.0", other), "web": runs('b', "1.1.0", me)});
        assert_eq!(
            compared(&back, &none),
            "else: api runs 1.0.0 since 1970-01-01T00:00:01Z, by deployment fedcba9876543210 \
             (rollback, asked by ann: broken)"
        );
        let gone = json!({"api": runs('a', "1.1.0", me)});
        assert_eq!(compared(&gone, &none), "else: nothing is recorded of web");
        let left = |version: &str, by: &str, at: Value| {
            json!({"web": {"version": version, "deployment": by, "since": 1000,
            "brought": {"version": version, "deployment": by, "since": 1000}, "left": at}})
        };
        let declaration = json!({"declaration": "1.3.0", "at": 2000});
        let words = "web: no longer declared since version 1.3.0 of the declaration (1970-01-01T00:00:02Z); Windlass left \
                     it as it was and looks at it no more";
        assert_eq!(
            compared_with(&gone, &none, &left("1.1.0", me, declaration.clone())),
            format!("unknown: {words}: see its target, or declare it again")
        );
        let same = compared_with(&gone, &none, &left("1.1.0", other, Value::Null));
        assert!(same.starts_with("unknown: web: no longer declared; "), "{same}");
        assert_eq!(
            compared_with(&gone, &none, &left("1.4.0", other, declaration.clone())),
            format!("else: {words}; it was 1.4.0 last, by deployment fedcba9876543210")
        );
        // A rollback does not bring back what has left the declaration.
        let mut rollback = record();
        rollback.action = ActionName::Rollback;
        rollback.accepted = Time(3000);
        assert_eq!(
            compared_of(&rollback, &gone, &none, &left("1.4.0", other, declaration.clone())),
            format!("runs: it runs now, since 1970-01-01T00:00:01Z\n  {words}")
        );
        rollback.accepted = Time(1500);
        let later = compared_of(&rollback, &gone, &none, &left("1.4.0", other, declaration));
        assert!(later.starts_with("else: web: no longer declared"), "what left later was brought: {later}");
        // A state that went back to what was found is compared as well.
        let found = |version: &str, by: &str| {
            json!({"web": {"version": version, "deployment": by, "since": 1000,
            "brought": {"version": version, "deployment": by, "since": 1000}, "state": {}}})
        };
        for (components, running, wanted) in [
            (json!({}), found("before-windlass", me), "runs: it runs now"),
            (json!({}), found("before-windlass", other), "runs: it runs now"),
            (json!({}), found("1.2.0", other), "else: web runs 1.2.0 since"),
            (json!({}), none.clone(), "else: nothing is recorded of web"),
            (json!({"api": artifact('a')}), found("before-windlass", me), "else: nothing is recorded of api"),
        ] {
            let mut back = record();
            back.release.components = serde_json::from_value(components).unwrap();
            back.found = vec![ComponentName::new("web").unwrap()];
            let compared = compared_of(&back, &running, &none, &none);
            assert!(compared.starts_with(wanted), "{compared}");
        }
        let drift = |word: &str| json!({"api": {"drift": word, "reason": "why"}});
        assert_eq!(compared(&both, &drift("changed")), "else: api: changed, why");
        assert_eq!(compared(&both, &drift("unknown")), "unknown: api: unknown, why");
        assert!(compared(&both, &drift("none")).starts_with("runs"));
    }
}
