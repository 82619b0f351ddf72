//! Pure: plans the waves of a release of a service that ECS shifts.

use super::shift_in_words::percent;
use super::state::{Goal, Target, Until};
use super::strategy::{MINUTE_S, waits_min};
use crate::kinds::{Holds, LOOK_MIN, PrepareInput, Stage, looks, to_value};
use crate::ports::{Result, Service, Shifting};
use serde_json::Value;
use windlass_domain::declaration::kinds::ecs::{Pause, Strategy};

/// The largest number of looks while traffic is shifted: each look is a wave.
const LOOKS: u64 = 6;

/// The name of the service that shifts traffic by itself.
const ECS: &str = "ECS";

/// All traffic, in tenths of a percent.
const ALL: u32 = 1000;

/// Returns the waves of a release. A service that rolls has one wave, and so has a rollback, which no gate decides.
/// Otherwise ECS shifts by itself. Until all traffic is shifted there is a wave for each look while gates watch, and
/// for each pause that is Windlass's. The last wave waits for the end.
pub(super) fn stages(
    input: &PrepareInput<'_>,
    target: &Target,
    goal: &Goal,
    what: &str,
    service: &Service,
) -> Result<Vec<Stage>> {
    if target.strategy.is_rolling() || input.goal_state.is_some() {
        return Ok(vec![Stage::new(to_value(goal)?, what)]);
    }
    let way = WavePlanner { target, goal, service, named: format!("service {}", target.service) };
    let mut stages = way.test()?;
    if target.pauses.contains(&Pause::PreProductionTrafficShift) {
        stages.extend(way.step_by_step()?);
    } else {
        stages.extend(way.by_itself()?);
    }
    stages.push(way.all()?);
    if let Some(first) = stages.first_mut() {
        let strategy = target.strategy.as_str();
        first.what = match &first.holds {
            Some(_) if !target.pauses.is_empty() => {
                format!("{what}, by {strategy}; {}", first.what)
            }
            _ => format!("{what}, by {strategy}"),
        };
    }
    stages.push(Stage { closing: true, ..way.stage(Until::Complete, "ended by ECS")? });
    Ok(stages)
}

/// Returns the production traffic of the new tasks after each step, in tenths of a percent. The last step has all.
fn steps(strategy: Strategy, shifting: &Shifting) -> Vec<u32> {
    let step = shifting.step_tenths.clamp(1, ALL);
    let below: Vec<u32> = match strategy {
        Strategy::Rolling | Strategy::BlueGreen => vec![],
        Strategy::Canary => vec![step],
        Strategy::Linear => (1..ALL).map(|nth| nth * step).collect(),
    };
    below.into_iter().filter(|at| *at < ALL).chain([ALL]).collect()
}

struct WavePlanner<'a> {
    target: &'a Target,
    goal: &'a Goal,
    service: &'a Service,
    named: String,
}

impl WavePlanner<'_> {
    fn goal(&self, until: Until) -> Result<Value> {
        let goal = self.goal.clone();
        to_value(&Goal { until, ..goal })
    }

    fn stage(&self, until: Until, what: &str) -> Result<Stage> {
        let what = format!("{}: {what}", self.named);
        Ok(Stage::new(self.goal(until)?, what))
    }

    fn pause(&self, at: Pause, tenths: u32) -> Result<Stage> {
        let traffic = match at {
            Pause::PostTestTrafficShift => "with the test traffic".to_owned(),
            _ => format!("with {} of the traffic", percent(tenths)),
        };
        let what = format!("paused at {}, {traffic}", at.as_str());
        Ok(Stage {
            holds: self.holds(at),
            tested: at == Pause::PostTestTrafficShift,
            share: Some(tenths),
            ..self.stage(Until::Paused { at, tenths }, &what)?
        })
    }

    /// Returns the time after which ECS takes back a deployment that has paused.
    fn holds(&self, at: Pause) -> Option<Holds> {
        let mut own = self.service.hooks.iter().filter(|hook| hook.pauses_at(at.as_str()));
        let minutes = own.next()?.timeout_min;
        let (named, at) = (&self.named, at.as_str());
        Some(Holds {
            member: "pause",
            seconds: u64::from(minutes) * MINUTE_S,
            when: format!("while {named} is paused at {at}"),
            kept: "its PAUSE hook there waits".to_owned(),
            then: "then ECS rolls back".to_owned(),
            longer: "raise the time of that hook (`timeoutInMinutes` of its `timeoutConfiguration`) to at least"
                .to_owned(),
            is_always: true,
        })
    }

    /// Returns the wave in which the new tasks get the test traffic, if a pause is declared there.
    fn test(&self) -> Result<Vec<Stage>> {
        let at = Pause::PostTestTrafficShift;
        if !self.target.pauses.contains(&at) {
            return Ok(vec![]);
        }
        Ok(vec![self.pause(at, 0)?])
    }

    /// Plans a shift in which ECS waits for Windlass before each step. If ECS bakes for long after a step, that is
    /// watched as well.
    fn step_by_step(&self) -> Result<Vec<Stage>> {
        let shifting = &self.service.shifting;
        let steps = steps(self.target.strategy, shifting);
        let each_s = u64::from(shifting.step_min) * MINUTE_S;
        let each = match steps.len() as u64 - 1 {
            0 => 0,
            waits => (LOOKS / waits).min(u64::from(shifting.step_min) / LOOK_MIN),
        };
        let at = Pause::PreProductionTrafficShift;
        let mut stages = vec![self.pause(at, 0)?];
        for tenths in steps.into_iter().filter(|tenths| *tenths < ALL) {
            for look in 1..=each {
                let traffic = percent(tenths);
                let what = format!("{traffic} of the traffic, look {look} of {each}");
                stages.push(Stage {
                    bake_s: Some(each_s / each),
                    share: Some(tenths),
                    look: look > 1,
                    timed_by: Some(ECS),
                    ..self.stage(Until::Shifting { tenths }, &what)?
                });
            }
            stages.push(self.pause(at, tenths)?);
        }
        Ok(stages)
    }

    /// Plans a shift without a pause.
    fn by_itself(&self) -> Result<Vec<Stage>> {
        let waits_min = waits_min(self.target.strategy, &self.service.shifting);
        let looks = looks(waits_min, LOOKS);
        let look = |look| {
            let what = format!("ECS shifts traffic, look {look} of {looks}");
            Ok(Stage {
                bake_s: Some(waits_min * MINUTE_S / looks),
                look: look > 1,
                timed_by: Some(ECS),
                ..self.stage(Until::Shifting { tenths: 1 }, &what)?
            })
        };
        (1..=looks).map(look).collect()
    }

    /// Returns the wave in which the new tasks have all traffic, and the former ones still run.
    fn all(&self) -> Result<Stage> {
        let at = Pause::PostProductionTrafficShift;
        if self.target.pauses.contains(&at) {
            return self.pause(at, ALL);
        }
        let named = &self.named;
        Ok(Stage {
            holds: Some(Holds {
                member: "rollout",
                seconds: u64::from(self.service.shifting.bake_min) * MINUTE_S,
                when: format!("once {named} has all traffic"),
                kept: format!("AWS keeps the former tasks of {named}"),
                then: "after that an undo takes as long as a release".to_owned(),
                longer: format!(
                    "raise the bake time of {named} (`bakeTimeInMinutes` of its deployment configuration) to at least"
                ),
                is_always: false,
            }),
            // ECS bakes by itself, and then ends the former tasks.
            timed_by: Some(ECS),
            share: Some(ALL),
            ..self.stage(Until::Shifted, "all traffic")?
        })
    }
}
