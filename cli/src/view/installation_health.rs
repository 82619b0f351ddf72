//! The health of an installation: the parts that do not work, and a warning about those that do. Pure.

use crate::ground::output::text;
use serde::Serialize;
use windlass_aws::{InstalledPart, InstalledPartSort};
use windlass_domain::text::count::count;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::prose::Prose;
use windlass_domain::{prose, run};

/// A finding of an installation: a part that does not work, or a warning about one that does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// Its name in the template.
    pub part: String,
    /// Its name, or ARN, in AWS.
    pub id: String,
    /// The reason.
    pub reason: String,
    /// The remedy.
    pub remedy: Prose,
}

/// Returns the parts that do not work. A part that could not be looked at counts as one.
pub fn wrong(parts: &[InstalledPart]) -> Vec<Defect> {
    parts
        .iter()
        .filter_map(|part| {
            let (reason, remedy) = match &part.is {
                Ok(is) => amiss(part, is)?,
                Err(fault) => (
                    format!("It could not be looked at: {fault}."),
                    prose!("Allow yourself `{}` on it, or ask again: `windlass doctor`.", part.sort.needs()),
                ),
            };
            Some(Defect { part: part.name.clone(), id: part.id.clone(), reason, remedy })
        })
        .collect()
}

/// The version of an installation from sources.
const UNRELEASED: &str = "unreleased";

/// Compares the stack's version with this command line's. Both of one release are made and tested together.
pub fn version(stack: &str, installed: Option<&str>, own: &str) -> Option<Defect> {
    let reason = match installed {
        Some(version) if version == own || version == UNRELEASED => return None,
        Some(version) => {
            format!("Release {version} is installed, and this command line is of {own}.")
        }
        None => format!("The stack has no output `Version`, and this command line is of {own}."),
    };
    Some(Defect {
        part: "Version".to_owned(),
        id: stack.to_owned(),
        reason,
        remedy: "Install the release of this command line by `./deploy.sh` in its folder (docs/upgrade.md), or take the command line of the release that is installed.".into(),
    })
}

/// The number of invocations at a time below which the shared pool is small: what Lambda always leaves to functions
/// without reserved concurrency, where the quota has so many (AWS Lambda Developer Guide, "Configuring reserved
/// concurrency for a function").
const SMALL_POOL: u64 = 100;

/// Returns the warning that others may take the invocations of Windlass's functions: nothing is kept for these, and the
/// pool that they share is small or could not be looked at. `reserved` is the parameter, where the stack shows it.
pub fn concurrency(stack: &str, reserved: Option<&str>, unreserved: &Result<u64, Fault>) -> Option<Defect> {
    if reserved.is_some_and(|kept| kept != "0") {
        return None;
    }
    let (reason, remedy) = match unreserved {
        Ok(pool) if *pool >= SMALL_POOL => return None,
        Ok(pool) => (
            format!(
                "Nothing is kept for the functions of Windlass, and all functions of the account share {} at a time. A release that takes them all delays its own way back.",
                count(*pool, "invocation")
            ),
            prose!(
                "Ask for a higher quota: {}. Then `./deploy.sh ReservedConcurrency=10` keeps some (docs/install.md).",
                run!(
                    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
                )
            ),
        ),
        Err(fault) => (
            format!("How many invocations all functions of the account share could not be looked at: {fault}."),
            "Allow yourself `lambda:GetAccountSettings`, or ask again: `windlass doctor`.".into(),
        ),
    };
    Some(Defect { part: "ReservedConcurrency".to_owned(), id: stack.to_owned(), reason, remedy })
}

/// Returns the text for people.
pub fn words(stack: &str, wrong: &[Defect], warning: Option<&Defect>, looked_at: usize) -> String {
    let parts = count(looked_at, "part");
    let line = |sort: &str, one: &Defect| {
        let Defect { part, reason, remedy, .. } = one;
        format!("  {sort}{part}: {reason}\n    {}\n", text(remedy))
    };
    let warning = warning.map(|one| line("warning: ", one));
    let each: String = wrong.iter().map(|one| line("", one)).chain(warning).collect();
    match wrong.len() {
        0 => format!("{stack}: {parts} of Windlass were looked at, and all of them work\n{each}"),
        found => format!("{stack}: {} in {parts} of Windlass\n{each}", count(found, "finding")),
    }
}

fn amiss(part: &InstalledPart, is: &str) -> Option<(String, Prose)> {
    let id = &part.id;
    let again =
        "Install the same release once more: `./deploy.sh` in its folder, or `make deploy` in its sources.".into();
    let state =
        |wanted: &str, remedy: Prose| (is != wanted).then(|| (format!("It is {is}, and not {wanted}."), remedy));
    match part.sort {
        InstalledPartSort::Alarm => (is == "ALARM").then(|| {
            let look = run!("aws cloudwatch describe-alarms --alarm-names {id}");
            (
                format!("The alarm {id} is in ALARM."),
                prose!("{} shows why; read what to do in docs/runbooks/README.md.", look),
            )
        }),
        InstalledPartSort::Queue => letters(part, is),
        InstalledPartSort::Rule => {
            state("ENABLED", prose!("Turn it on: {}.", run!("aws events enable-rule --name {id}")))
        }
        InstalledPartSort::Source => {
            let turn_on = run!("aws lambda update-event-source-mapping --uuid {id} --enabled");
            state("Enabled", prose!("Turn it on: {}.", turn_on))
        }
        InstalledPartSort::Function => state("Active", again),
        InstalledPartSort::Machine | InstalledPartSort::Table => state("ACTIVE", again),
    }
}

/// The number of messages that may wait in a queue that is not for dead letters: the function takes ten at a time.
const WAITING: u64 = 100;

fn letters(part: &InstalledPart, is: &str) -> Option<(String, Prose)> {
    let id = &part.id;
    let is_dead = part.name.contains("DeadLetters");
    let Ok(waiting) = is.parse::<u64>() else {
        let reason = format!("It shows `{is}` as the number of its messages.");
        return Some((reason, "Ask again: `windlass doctor`.".into()));
    };
    let most = if is_dead { 0 } else { WAITING };
    (waiting > most).then(|| {
        let messages = count(waiting, "message");
        if is_dead {
            let reason = format!("{messages} could not be worked on.");
            let look = run!("aws sqs receive-message --queue-url {id} --visibility-timeout 30");
            let remedy = prose!("{} shows one; docs/runbooks/dead-letters.md has what to do.", look);
            (reason, remedy)
        } else {
            let reason = format!("{messages} wait in it, so that what arrives begins late.");
            let look = run!("aws sqs get-queue-attributes --queue-url {id} --attribute-names All");
            let remedy = prose!(
                "{} shows how many; look into the logs of the function `Intake` by the commands of docs/runbooks/dead-letters.md.",
                look
            );
            (reason, remedy)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::fault::FaultName;

    fn defect(sort: InstalledPartSort, name: &str, is: &str) -> Option<Defect> {
        let part = InstalledPart { name: name.into(), id: format!("windlass-{name}"), sort, is: Ok(is.into()) };
        wrong(&[part]).pop()
    }

    #[test]
    fn each_sort_of_part_has_a_state_in_which_it_works() {
        let table = [
            (InstalledPartSort::Alarm, "Slow", "OK", "ALARM", "docs/runbooks/README.md"),
            (InstalledPartSort::Alarm, "Slow", "INSUFFICIENT_DATA", "ALARM", "docs/runbooks"),
            (InstalledPartSort::Function, "IntakeAliaslive", "Active", "Inactive", "make deploy"),
            (InstalledPartSort::Queue, "IntakeDeadLetters", "0", "1", "dead-letters.md"),
            (InstalledPartSort::Queue, "IntakeQueue", "100", "101", "`Intake`"),
            (InstalledPartSort::Queue, "IntakeQueue", "0", "many", "Ask again"),
            (
                InstalledPartSort::Rule,
                "ImagesRule",
                "ENABLED",
                "DISABLED",
                "aws events enable-rule --name windlass-ImagesRule",
            ),
            (
                InstalledPartSort::Source,
                "IntakeSource",
                "Enabled",
                "Disabled",
                "--uuid windlass-IntakeSource --enabled",
            ),
            (InstalledPartSort::Machine, "ReleaseMachine", "ACTIVE", "DELETING", "make deploy"),
            (InstalledPartSort::Table, "Ledger", "ACTIVE", "ARCHIVED", "make deploy"),
        ];
        for (sort, name, good, bad, mends) in table {
            assert_eq!(defect(sort, name, good), None, "{name} {good}");
            let found = defect(sort, name, bad).unwrap();
            assert_eq!(found.part, name);
            assert!(found.remedy.written().contains(mends), "{name}: {:?}", found.remedy);
        }
    }

    #[test]
    fn an_installation_of_another_release_is_reported() {
        let table = [
            (Some("0.2.0"), None),
            (Some("unreleased"), None),
            (Some("0.1.0"), Some("Release 0.1.0 is installed")),
            (Some("0.3.0"), Some("Release 0.3.0 is installed")),
            (None, Some("no output `Version`")),
        ];
        for (installed, wanted) in table {
            let found = version("windlass", installed, "0.2.0");
            let reason = found.map(|found| found.reason);
            match wanted {
                None => assert_eq!(reason, None, "{installed:?}"),
                Some(wanted) => assert!(reason.unwrap().contains(wanted), "{installed:?}"),
            }
        }
    }

    #[test]
    fn a_small_pool_of_which_nothing_is_kept_is_a_warning() {
        let denied = || Err(Fault::new(FaultName::AccessDenied, "not authorized"));
        let table = [
            (None, Ok(10), Some("share 10 invocations at a time")),
            (Some("0"), Ok(99), Some("share 99 invocations at a time")),
            (Some("0"), Ok(1), Some("share 1 invocation at a time")),
            (Some("0"), Ok(100), None),
            (Some("10"), Ok(10), None),
            (Some("0"), denied(), Some("could not be looked at")),
            (Some("10"), denied(), None),
        ];
        for (reserved, unreserved, wanted) in table {
            let warning = concurrency("windlass", reserved, &unreserved);
            let reason = warning.as_ref().map(|warning| warning.reason.as_str());
            assert_eq!(reason.is_some(), wanted.is_some(), "{reserved:?} {unreserved:?}: {reason:?}");
            let shown = words("windlass", &[], warning.as_ref(), 20);
            assert!(
                shown.starts_with("windlass: 20 parts of Windlass were looked at, and all of them work"),
                "{shown}"
            );
            assert_eq!(shown.contains("  warning: ReservedConcurrency: "), warning.is_some(), "{shown}");
            assert!(shown.contains(wanted.unwrap_or_default()), "{shown}");
        }
    }

    /// A sort that is new does not compile without the states in which it is found wrong.
    fn found(sort: InstalledPartSort) -> Vec<Defect> {
        let (names, states): (&[&str], &[&str]) = match sort {
            InstalledPartSort::Alarm => (&["Slow"], &["ALARM"]),
            InstalledPartSort::Function => (&["IntakeAliaslive"], &["Inactive"]),
            InstalledPartSort::Queue => (&["IntakeDeadLetters", "IntakeQueue"], &["101", "many"]),
            InstalledPartSort::Rule => (&["ImagesRule"], &["DISABLED"]),
            InstalledPartSort::Source => (&["IntakeSource"], &["Disabled"]),
            InstalledPartSort::Machine => (&["ReleaseMachine"], &["DELETING"]),
            InstalledPartSort::Table => (&["Ledger"], &["ARCHIVED"]),
        };
        let of = |name: &&str| states.iter().map(|is| defect(sort, name, is).unwrap()).collect();
        let mut found: Vec<Defect> = names.iter().flat_map::<Vec<_>, _>(of).collect();
        let unseen = InstalledPart {
            name: names[0].into(),
            id: "windlass".into(),
            sort,
            is: Err(Fault::new(FaultName::AccessDenied, "not authorized")),
        };
        found.extend(wrong(&[unseen]));
        found
    }

    #[test]
    fn each_finding_has_a_command() {
        let sorts = [
            InstalledPartSort::Alarm,
            InstalledPartSort::Function,
            InstalledPartSort::Queue,
            InstalledPartSort::Rule,
            InstalledPartSort::Source,
            InstalledPartSort::Machine,
            InstalledPartSort::Table,
        ];
        let mut all: Vec<Defect> = sorts.into_iter().flat_map(found).collect();
        all.extend(version("windlass", Some("0.1.0"), "0.2.0"));
        all.extend(version("windlass", None, "0.2.0"));
        all.extend(concurrency("windlass", Some("0"), &Ok(10)));
        all.extend(concurrency("windlass", None, &Err(Fault::new(FaultName::AccessDenied, "not authorized"))));
        for Defect { part, remedy, .. } in all {
            let begins = ["`aws ", "`windlass ", "`./deploy.sh`"];
            assert!(begins.iter().any(|begin| remedy.written().contains(begin)), "{part}: {remedy:?}");
        }
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_healthy() {
        let part = InstalledPart {
            name: "Ledger".into(),
            id: "windlass".into(),
            sort: InstalledPartSort::Table,
            is: Err(Fault::new(FaultName::AccessDenied, "not authorized")),
        };
        let found = wrong(&[part]).pop().unwrap();
        assert!(found.reason.contains("not authorized"), "{}", found.reason);
        assert!(found.remedy.written().contains("`dynamodb:DescribeTable`"), "{:?}", found.remedy);
    }
}
