//! One sort of gates: checks before anything has changed those that concern the deployment, and measures in a wave
//! those that show something of it.

use crate::measurements::measure::{
    Checking, GateProblem, Measure, MeasuredWindow, Measuring, not_measurable, unmeasured,
};
use crate::ports::Result;
use serde_json::Value;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{DeclaredGate, ResolvedGates, Sort};
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::plan::{Wave, is_all_changed, is_tested};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::Step;
use windlass_domain::shown::planned::GateNow;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::{Span, Time};

/// A deployment that is about to change something.
pub struct Preparing<'a> {
    /// The gates of its environment.
    pub gates: &'a ResolvedGates,
    /// The place of the targets.
    pub place: &'a Place,
    /// The components that it may change.
    pub components: &'a [ChangeableComponent<'a>],
}

/// A component that a deployment may change.
#[derive(Debug, Clone, Copy)]
pub struct ChangeableComponent<'a> {
    /// Its name.
    pub name: &'a ComponentName,
    /// True if this is its first release here.
    pub is_first: bool,
    /// Its target, as its kind wrote it.
    pub target: &'a Value,
}

/// A gate that was looked at before anything has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedGate {
    /// The gate as it is now.
    pub gate: GateNow,
    /// Its problems.
    pub problems: Vec<GateProblem>,
}

/// Checks the gates of one sort that concern the deployment: those of the whole release, and those of the components
/// that it may change.
pub(super) async fn check<P, M: Measure<P>>(
    ports: &P,
    preparing: &Preparing<'_>,
    declared: &[DeclaredGate<M::Gate>],
) -> Result<Vec<CheckedGate>> {
    let concerns =
        |one: &&DeclaredGate<M::Gate>| one.component.as_ref().is_none_or(|of| preparing.component(of).is_some());
    let (gates, open): (Vec<_>, Vec<_>) = declared.iter().filter(concerns).partition(|one| one.takes().is_empty());
    let noted = |one: &DeclaredGate<M::Gate>| vec![GateProblem::Noted(not_given_yet(one))];
    let open = open.into_iter().map(|one| CheckedGate { gate: gate_now(&one.gate, None), problems: noted(one) });
    let open: Vec<CheckedGate> = open.collect();
    let gates: Vec<Checking<'_, M::Gate>> = gates
        .into_iter()
        .map(|one| {
            let component = one.component.as_ref().and_then(|name| preparing.component(name));
            Checking {
                gate: &one.gate,
                path: &one.path,
                bake: preparing.gates.bake,
                target: component.map(|it| it.target),
                awaited: component.is_some_and(|it| it.is_first),
            }
        })
        .collect();
    if gates.is_empty() {
        return Ok(open);
    }
    let answered = M::check(ports, preparing.place, &gates).await;
    let looked = gates.iter().zip(answered).map(|(one, answered)| {
        let mut problems: Vec<GateProblem> = too_short(one, one.gate.period()).into_iter().collect();
        let mut is_later = M::is_later(one.gate);
        match answered {
            Ok(found) => {
                is_later |= found.iter().any(|it| one.expects(it));
                problems.extend(found.into_iter().filter(|it| !one.expects(it)));
            }
            Err(fault) => problems.push(unreadable(one, fault)?),
        }
        let gate = gate_now(one.gate, verdict(&problems).or((!is_later).then_some(Verdict::Pass)));
        Ok(CheckedGate { gate, problems })
    });
    looked.chain(open.into_iter().map(Ok)).collect()
}

fn gate_now(gate: &impl Sort, verdict: Option<Verdict>) -> GateNow {
    GateNow { gate: gate.name(), source: gate.sort().to_owned(), threshold: gate.threshold(), verdict }
}

/// Returns the outputs of which a gate waits for values, in words.
fn awaited(takes: &[Output]) -> String {
    let takes: Vec<String> = takes.iter().map(|output| format!("`{output}`")).collect();
    takes.join(" and ")
}

fn not_given_yet<G: Sort + Clone>(one: &DeclaredGate<G>) -> Finding {
    let (name, awaited) = (one.gate.name(), awaited(&one.takes()));
    let remedy = match &one.component {
        Some(_) => "Nothing: until then it is unknown, and the rule `unknown` of the gates decides.",
        None => {
            "Nothing: it counts once all of the release has changed. One that shows what a single component brings may stand among the gates of that."
        }
    };
    Finding::new(
        FindingName::NotLookedAt,
        &one.path,
        format!("`{name}` is measured once {awaited} is given: nobody knows now whether it is red."),
        remedy,
    )
}

/// Returns the verdict of a gate by its problems; `None` if it has none.
fn verdict(problems: &[GateProblem]) -> Option<Verdict> {
    let is_red = |it: &&GateProblem| matches!(it, GateProblem::Red(_));
    let is_unknown = |it: &&GateProblem| match it {
        GateProblem::NotMeasurable(_) | GateProblem::Missing(_) => true,
        GateProblem::Noted(finding) => finding.name == FindingName::GateNotMeasurable,
        GateProblem::Red(_) => false,
    };
    let red = problems.iter().find(is_red).map(|_| Verdict::Fail);
    red.or_else(|| problems.iter().find(is_unknown).map(|_| Verdict::Unknown))
}

impl Preparing<'_> {
    /// Returns a component, if it may be changed.
    fn component(&self, name: &ComponentName) -> Option<&ChangeableComponent<'_>> {
        self.components.iter().find(|it| it.name == name)
    }
}

impl<G> Checking<'_, G> {
    fn expects(&self, problem: &GateProblem) -> bool {
        self.awaited && matches!(problem, GateProblem::Red(_))
    }
}

/// Returns a problem if the last wave is watched for less than a period of the gate.
pub(super) fn too_short(one: &Checking<'_, impl Sort>, period: Span) -> Option<GateProblem> {
    let (bake, gate) = (one.bake, one.gate.name());
    (bake < period).then(|| {
        let reason = format!("the bake of {bake} is shorter than the period of `{gate}`, {period}.");
        let remedy = "Watch for at least one period: set `gates.bake` higher.";
        GateProblem::NotMeasurable(not_measurable(one.path, reason, remedy))
    })
}

/// A refusal is a finding; everything else goes to the state's Retry.
fn unreadable(one: &Checking<'_, impl Sort>, fault: Fault) -> Result<GateProblem> {
    let path = one.path;
    if !matches!(fault.name, FaultName::AccessDenied | FaultName::Refused) {
        return Err(fault.while_doing(format!("checking {path}")));
    }
    Ok(GateProblem::NotMeasurable(not_measurable(
        path,
        format!("`{}` cannot be read: {}.", one.gate.name(), fault.message),
        "Give the role that reaches the environment permission to read it.",
    )))
}

/// A wave that is judged.
pub struct Judging<'a> {
    /// The gates of its environment.
    pub gates: &'a ResolvedGates,
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
/// it. In a wave that only publishes, it measures only gates that show something of that.
pub(super) async fn measure<'a, P, M: Measure<P>>(
    ports: &P,
    judging: &Judging<'a>,
    declared: &'a [DeclaredGate<M::Gate>],
) -> Vec<Measurement> {
    let declared = declared.iter().filter(|one| !M::is_tested(&one.gate) || judging.is_tested(one));
    let gates =
        declared.filter_map(|one| Some((judging.left_out(one), judging.measuring(one, M::is_ahead(&one.gate))?)));
    let gates = gates.filter(|(_, one)| M::decides(one.step));
    let (known, open): (Vec<_>, Vec<_>) = gates.partition(|(left_out, _)| left_out.is_none());
    let gates: Vec<Measuring<'_, M::Gate>> = known.into_iter().map(|(_, one)| one).collect();
    let mut measured = if gates.is_empty() { vec![] } else { M::measure(ports, judging.place, &gates).await };
    let (left_out, open): (Vec<_>, Vec<_>) =
        open.into_iter().filter_map(|(left_out, one)| Some((left_out?, one))).unzip();
    measured.extend(left_out);
    for (one, gate) in measured.iter_mut().zip(gates.iter().chain(&open)) {
        one.component = gate.step.map(|step| step.component.clone());
    }
    measured
}

impl<'a> Judging<'a> {
    fn is_ahead(&self, wave: u32) -> bool {
        let wave = self.waves.get(wave as usize);
        wave.is_some_and(|wave| wave.ahead)
    }

    /// Returns whether test traffic alone gets what the gate's component brings.
    fn is_tested<G>(&self, one: &DeclaredGate<G>) -> bool {
        one.component.as_ref().is_some_and(|name| is_tested(self.waves, name, self.judgement.wave))
    }

    /// Returns whether a gate of the whole release was not there when that was planned.
    fn is_late<G>(&self, one: &DeclaredGate<G>) -> bool {
        one.component.is_none() && self.gates.late.contains(&one.path)
    }

    /// Returns what is recorded of a gate that nobody can measure in this wave; `None` if it is measured.
    fn left_out<G: Sort + Clone>(&self, one: &DeclaredGate<G>) -> Option<Measurement> {
        let takes = one.takes();
        let counts_later = self.is_late(one) && !is_all_changed(self.waves, self.judgement.wave);
        let why = if counts_later {
            "it was not there when the release was planned, and counts once all of that has changed".to_owned()
        } else if takes.is_empty() {
            return None;
        } else {
            // An address that nobody knows, or that may not be asked, is unknown (rule 7).
            format!("{} is not given, or is nothing that may be asked", awaited(&takes))
        };
        let blank = unmeasured(&one.gate, String::new(), self.now);
        Some(Measurement { measured: format!("not measured: {why}"), counts_later, ..blank })
    }

    /// Returns the gate with what it looks at, if it decides this wave. `ahead` is true if it shows something of what
    /// is only published.
    fn measuring<G: Sort>(&self, one: &'a DeclaredGate<G>, ahead: bool) -> Option<Measuring<'a, G>> {
        let judgement = self.judgement;
        let only_published = self.is_ahead(judgement.wave);
        if only_published && !ahead {
            return None;
        }
        // Before its first wave, what it shows was still being made.
        let mut first_change = if self.is_late(one) { judgement.changed } else { self.first_change };
        let mut step = None;
        if let Some(name) = &one.component {
            let mut steps = self.steps.iter();
            let own = steps.find(|step| step.component == *name)?;
            if !self.has_changed(own, ahead) {
                return None;
            }
            first_change = own.changes.iter().map(|change| change.at).min().unwrap_or(judgement.changed);
            step = Some(own);
        }
        Some(Measuring {
            gate: &one.gate,
            window: MeasuredWindow {
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
