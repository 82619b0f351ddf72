//! A drill as people read it; and the drills of each environment by its declaration.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::deployment::verdict;
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::drill_schedule::{Schedule, is_production};
use windlass_domain::deployment::drill::{Drill, DrillDeployment, DrillFacts, DrillOutcome, DrillStep, Drills, lasted};
use windlass_domain::environment::Lock;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::shown::api::recorded::DrillsPage;
use windlass_domain::text::count::count;
use windlass_domain::text::name::EnvironmentName;
use windlass_domain::text::time::Time;

/// Finds the drill with this id.
pub fn find(page: DrillsPage, id: &str) -> Option<Drill> {
    let mut all = page.under_way.into_iter().chain(page.drills);
    all.find(|drill| drill.id.as_str() == id)
}

/// Reads the newest drill of an environment that has ended, with all of its record.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn newest(windlass: &Windlass, of: EnvironmentId<'_>) -> Result<Option<Drill>, Failure> {
    let names = [of.app().as_str(), of.environment().as_str()];
    let page: DrillsPage = windlass.read(RouteName::Drills, &names, &[("limit", "1")]).await?;
    Ok(page.drills.into_iter().next())
}

/// The part of a drill that has been printed already.
#[derive(Debug, Default)]
pub struct PrintedDrill(usize);

impl PrintedDrill {
    /// Returns the lines that are new since the last look.
    pub fn fresh(&mut self, drill: &Drill) -> Vec<String> {
        let all = lines(drill);
        let fresh = all.iter().skip(self.0).cloned().collect();
        self.0 = self.0.max(all.len());
        fresh
    }
}

/// Returns the lines on a drill so far, in the order in which its events came about.
fn lines(drill: &Drill) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(from), Some(to)) = (&drill.from, &drill.to) {
        lines.push(format!("from {from} to {to} and back"));
    }
    deployment(&mut lines, "there", &drill.there);
    for back in drill.tried.iter().chain(&drill.back) {
        deployment(&mut lines, "back", back);
    }
    lines
}

fn deployment(lines: &mut Vec<String>, way: &str, deployment: &DrillDeployment) {
    let Some(ended) = &deployment.ended else {
        return;
    };
    lines.extend(deployment.steps.iter().map(|one| format!("  {way}: {}", step(one))));
    if deployment.left_out > 0 {
        lines.push(format!("  {way}: and {} more", count(deployment.left_out, "step")));
    }
    let took = deployment.ms().map_or_else(String::new, |ms| format!(" after {}", lasted(ms)));
    lines.push(format!("  {way}: deployment {} ended {}{took}", deployment.deployment, ended.ending));
}

fn step(step: &DrillStep) -> String {
    let verdict = step.verdict.map(|one| format!(": {}", verdict(one).drawn()));
    format!("{} {}{}", step.at, step.what, verdict.unwrap_or_default())
}

/// Returns the exit status of the command for a drill that has ended.
pub fn exit(drill: &Drill) -> Option<Exit> {
    let ended = drill.ended.as_ref()?;
    Some(match ended.outcome {
        DrillOutcome::Proved => Exit::Good,
        DrillOutcome::Failed if ended.restored => Exit::RolledBack,
        DrillOutcome::Failed => Exit::NeedsOperator,
        DrillOutcome::Overtaken => Exit::Superseded,
        DrillOutcome::Refused => Exit::Rejected,
    })
}

/// The environments that were looked at, as they are now; `None` for one that was never declared.
pub type LookedEnvironments = BTreeMap<EnvironmentName, Option<Environment>>;

/// Returns a line for each environment. It says how often this declaration drills the environment, and when the first
/// drill is due, if that was looked at. A production that is not drilled has a line that says so. Without any schedule
/// in the declaration there are no lines.
pub fn drills(declaration: &Declaration, looked: &LookedEnvironments, now: Time) -> BTreeMap<EnvironmentName, String> {
    let all: Vec<_> = declaration.environments().map(|name| (name, declaration.drills(name))).collect();
    if all.iter().all(|(_, schedule)| schedule.is_none()) {
        return BTreeMap::new();
    }
    let drills = all.into_iter().filter_map(|(name, schedule)| {
        let words = match schedule {
            Some(schedule) => of_schedule(schedule, looked.get(name), now),
            None if is_production(name) => "never by a schedule: it is production, and declares none".to_owned(),
            None => return None,
        };
        Some((name.clone(), words))
    });
    drills.collect()
}

fn of_schedule(schedule: &Schedule, here: Option<&Option<Environment>>, now: Time) -> String {
    let (no_drills, free) = (Drills::default(), Lock::default());
    let facts = here.map(|here| {
        let there = here.as_ref().map(|here| &here.situation);
        DrillFacts {
            schedule: Some(schedule),
            drills: there.map_or(&no_drills, |there| &there.drills),
            lock: there.map_or(&free, |there| &there.lock),
            waits: there.and_then(|there| there.waiting.first()).map(|one| &one.deployment),
            hold: there.and_then(|there| there.hold.as_ref()),
            closed: there.and_then(|there| there.closed.as_ref()),
            runs: here.as_ref().is_some_and(|here| !here.running.is_empty()),
            now,
        }
    });
    match facts.and_then(|facts| facts.next()) {
        Some(next) => next.to_string(),
        None => format!("every {}, the first one so long after the last, or as soon as one can begin", schedule.every),
    }
}
