//! Measures one sort of gates in a wave: finds those that tell something of the wave, and the time that each looks at.

use super::measure::{Measure, Measuring, Window};
use windlass_domain::declaration::gates::{Declared, Resolved, Sort};
use windlass_domain::gate::Measurement;
use windlass_domain::judgement::Judgement;
use windlass_domain::place::Place;
use windlass_domain::plan::{Wave, is_tested};
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// A wave that is judged.
pub struct Judging<'a> {
    /// The gates of its environment.
    pub gates: &'a Resolved,
    /// The place of the targets.
    pub place: &'a Place,
    /// All waves of the deployment.
    pub waves: &'a [Wave],
    /// The steps of its components.
    pub steps: &'a [Step],
    /// The judgement of the wave until now.
    pub judgement: &'a Judgement,
    /// The time at which the deployment's first change began.
    pub first_change: Time,
    /// Now.
    pub now: Time,
}

/// Measures the gates of one sort: those of the whole release, and those of a component from the wave on that changes
/// it. In a wave that only publishes, it measures only gates that tell something of that.
pub(super) async fn judge<P, M: Measure<P>>(ports: &P, judging: &Judging<'_>) -> Vec<Measurement> {
    let declared = M::declared(judging.gates).iter();
    let declared = declared.filter(|one| !M::is_tested(&one.gate) || judging.is_tested(one));
    let gates = declared.filter_map(|one| judging.measuring(one, M::is_ahead(&one.gate)));
    let gates = gates.filter(|one| M::decides(one.step));
    let gates: Vec<Measuring<'_, M::Gate>> = gates.collect();
    if gates.is_empty() {
        return vec![];
    }
    M::measure(ports, judging.place, &gates).await
}

impl<'a> Judging<'a> {
    fn is_ahead(&self, wave: u32) -> bool {
        let wave = self.waves.get(wave as usize);
        wave.is_some_and(|wave| wave.ahead)
    }

    /// Returns whether test traffic alone gets what the gate's component brings.
    fn is_tested<G>(&self, one: &Declared<G>) -> bool {
        let component = one.component.as_ref();
        component.is_some_and(|name| is_tested(self.waves, name, self.judgement.wave))
    }

    /// Returns the gate with what it looks at, if it decides this wave. `ahead` is true if it tells something of what
    /// is only published.
    fn measuring<G: Sort>(&self, one: &'a Declared<G>, ahead: bool) -> Option<Measuring<'a, G>> {
        let judgement = self.judgement;
        let only_published = self.is_ahead(judgement.wave);
        if only_published && !ahead {
            return None;
        }
        let mut first_change = self.first_change;
        let mut step = None;
        if let Some(name) = &one.component {
            let mut steps = self.steps.iter();
            let own = steps.find(|step| step.component == *name)?;
            if !self.has_changed(own, ahead) {
                return None;
            }
            let changes = own.changes.iter().map(|change| change.at);
            first_change = changes.min().unwrap_or(judgement.changed);
            step = Some(own);
        }
        Some(Measuring {
            gate: &one.gate,
            window: Window {
                first_change,
                changed: judgement.changed,
                known: judgement.known_until(one.gate.sort(), &one.gate.name()),
                now: self.now,
            },
            step,
            ahead: only_published,
        })
    }

    /// Returns whether a component has been changed up to this wave, by more than what is published ahead.
    fn has_changed(&self, step: &Step, ahead: bool) -> bool {
        let mut waves = step.goals.range(..=self.judgement.wave);
        waves.any(|(wave, _)| ahead || !self.is_ahead(*wave))
    }
}
