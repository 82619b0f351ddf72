//! A plan that nobody carries out, as people read it.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, text};
use crate::ground::trouble::TroubleName;
use crate::ground::{interrupt, manual};
use crate::talk::windlass::{RouteName, Windlass, read};
use crate::verbs::follow::Patience;
use crate::view::story;
use indicatif::HumanDuration;
use serde_json::Value;
use std::time::Duration;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::{PlanAnswer, PlanStarted};
use windlass_domain::shown::message::news;
use windlass_domain::shown::planned::{Becomes, DrawnPlan, End, FromTo, GateNow, Planned};
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;

/// The time for which a plan that was asked for a moment ago may be unknown.
const KNOWN: Duration = Duration::from_mins(1);

/// The kind of caller that makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// A person: each request is one of its own.
    Person,
    /// An arrival: the same content is the same request.
    Arrival,
}

impl CallerKind {
    /// Sends a request as this caller does: an arrival is judged as one, and not as a person's request.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn send(
        self,
        windlass: &Windlass,
        route: RouteName,
        of: EnvironmentId<'_>,
        body: &Value,
    ) -> Result<Value, Failure> {
        let names = [of.app().as_str(), of.environment().as_str()];
        match self {
            Self::Person => windlass.act(route, &names, &[], Some(body)).await,
            Self::Arrival => windlass.send(route, &names, body).await,
        }
    }
}

/// Waits until a plan is drawn, and prints it.
///
/// # Errors
/// Those of the drawing.
pub async fn draw(
    drawn: impl Future<Output = Result<(Value, Planned), Failure>>,
    output: VerbOutput,
) -> Result<Exit, Failure> {
    interrupt::says("interrupted; nothing was changed, and the plan is drawn for nobody".to_owned());
    let (answer, planned) = drawn.await?;
    output.result(&answer, &words(&planned));
    Ok(exit(&planned))
}

/// Asks for the plan of a request, and waits until it is drawn. Returns the answer, and the plan in it.
///
/// # Errors
/// If Windlass refuses it, does not answer, or gives no plan in time.
pub async fn drawn(
    windlass: &Windlass,
    of: EnvironmentId<'_>,
    body: &Value,
    by: CallerKind,
    patience: &Patience,
) -> Result<(Value, Planned), Failure> {
    let PlanStarted { id, .. } = read(&by.send(windlass, RouteName::DrawPlan, of, body).await?)?;
    until_drawn(windlass, of.app(), (id.as_str(), false), patience).await
}

/// Waits until the plan of a deployment is drawn that people are to approve. Returns the answer, and the plan in it.
///
/// # Errors
/// If the deployment has no such plan, Windlass does not answer, or the plan is not drawn in time.
pub async fn of_deployment(
    windlass: &Windlass,
    app: &AppName,
    id: &str,
    patience: &Patience,
) -> Result<(Value, Planned), Failure> {
    until_drawn(windlass, app, (id, true), patience).await
}

/// Waits until a plan is drawn. One that is not known yet may come, unless its deployment is known to have it.
async fn until_drawn(
    windlass: &Windlass,
    app: &AppName,
    (id, mut was_known): (&str, bool),
    patience: &Patience,
) -> Result<(Value, Planned), Failure> {
    let (known, waiting) = (patience.begin_at_most(KNOWN), patience.begin());
    for one in [&known, &waiting] {
        one.pulse.waits_for("the targets and gates are looked at, and the plan is drawn".to_owned());
    }
    loop {
        let looked = windlass.get(RouteName::Plan, &[app.as_str(), id], &[]).await;
        let goes_on = match looked.and_then(|answer| Ok((read::<PlanAnswer>(&answer)?, answer))) {
            Ok((PlanAnswer { id, failed: Some(failed), .. }, _)) => {
                return Err(Failure::broken(format!("the plan {id} was not drawn: {failed}")));
            }
            Ok((plan, answer)) if plan.planned.drawn.is_some() => return Ok((answer, plan.planned)),
            Ok(_) => {
                was_known = true;
                waiting.goes_on().await
            }
            // It was begun: a plan that nobody knows yet is not refused.
            Err(failure) if failure.exit == Exit::Rejected && !was_known => known.goes_on().await,
            Err(failure) => return Err(failure),
        };
        if !goes_on {
            let message =
                format!("the plan {id} was not drawn in time; `GET /apps/{app}/plans/{id}` shows it once it is");
            return Err(Failure::of(TroubleName::NotYetOver, message));
        }
    }
}

/// Returns the status that the deployment would end with, as far as it can be known before.
pub fn exit(planned: &Planned) -> Exit {
    let turn = &planned.turn;
    let outcome = planned.drawn.as_ref().map(DrawnPlan::outcome);
    // Such a deployment brings back what a person knows.
    let brings_back = matches!(planned.deployment.action, ActionName::Rollback | ActionName::Restore);
    match (turn.becomes, outcome) {
        (Becomes::Refused, _) => Exit::of_findings(&turn.findings),
        (Becomes::Superseded, _) => Exit::Superseded,
        (Becomes::Recorded, _) => Exit::Recorded,
        (_, Some(PlanOutcome::Rejected)) => Exit::Rejected,
        (Becomes::Goes, Some(PlanOutcome::NothingToDo)) if brings_back => Exit::NothingChanged,
        (Becomes::Goes | Becomes::Waits | Becomes::Stops | Becomes::Same, _) => Exit::Good,
    }
}

/// Returns the plan in lines.
pub fn words(planned: &Planned) -> String {
    let deployment = &planned.deployment;
    let summary = deployment.summary();
    let (version, what) = match summary.goal() {
        Some(_) => (String::new(), summary.called()),
        None => (summary.version().map(|it| format!(" {it}")).unwrap_or_default(), deployment.action.to_string()),
    };
    let mut lines = vec![format!(
        "{} {}{version}: plan {} of {what}; nothing was changed",
        deployment.app, deployment.environment, deployment.id,
    )];
    lines.extend(planned.fate().map(|fate| format!("  {}", text(fate))));
    if !planned.turn.findings.is_empty() {
        lines.extend(refused("", &planned.turn.findings));
    }
    if let Some(drawn) = &planned.drawn {
        lines.extend(drawn_in_words(planned, drawn));
    }
    lines.join("\n")
}

/// Returns the end of the words that a plan would be refused, by what becomes of the deployment before that.
pub const fn when_refused(becomes: Becomes) -> &'static str {
    match becomes {
        Becomes::Goes | Becomes::Refused => "",
        Becomes::Waits | Becomes::Stops | Becomes::Recorded => " at its turn",
        Becomes::Same | Becomes::Superseded => ", if it had a turn",
    }
}

fn refused(when: &str, findings: &[Finding]) -> impl Iterator<Item = String> {
    let each = findings.iter().map(|finding| {
        let (name, path) = (finding.name, &finding.path);
        format!("    {path}: {name}: {}\n      {}", text(&finding.reason), text(&finding.remedy))
    });
    let head = format!("  it would be refused{when}:");
    let pages = manual::line(findings).map(|line| format!("  {line}"));
    std::iter::once(head).chain(each).chain(pages)
}

fn gate(gate: &GateNow, decides: bool) -> String {
    let now = match gate.verdict {
        Some(Verdict::Pass) => "passes now",
        Some(Verdict::Fail) => "fails now",
        Some(Verdict::Unknown) => "is unknown now",
        None => "is measured while the deployment is under way",
    };
    let GateNow { gate, source, threshold, .. } = gate;
    let role = if decides { "" } else { &format!("; what it measures is {RECORDED_ONLY}") };
    format!("  gate: {source} {gate} ({threshold}) {now}{role}")
}

/// The words on measurements by which nothing is decided.
pub const RECORDED_ONLY: &str = "recorded, and decides nothing";

/// The words on a component that no gate measures.
pub const UNMEASURED: &str = "it would pass, and nothing would be measured, so that it is not verified good";

fn drawn_in_words(planned: &Planned, drawn: &DrawnPlan) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (component, change) in &drawn.changes {
        lines.push(format!("  {component}: {}", from_to(change)));
    }
    lines.extend(moved(planned).into_iter().map(|line| format!("  {line}")));
    lines.extend(story::planned(&drawn.plan, &planned.deployment).into_iter().map(|line| line.text));
    if drawn.outcome() != PlanOutcome::NothingToDo {
        let decides = planned.deployment.gates_decide();
        lines.extend(drawn.gates.iter().map(|one| gate(one, decides)));
        lines.extend(drawn.unmeasured.iter().map(|name| format!("  no gate of {name}: {UNMEASURED}")));
    }
    // The turn has said already that a rollback has nothing to go back to.
    if drawn.plan.findings != planned.turn.findings && !drawn.plan.findings.is_empty() {
        lines.extend(refused(when_refused(planned.turn.becomes), &drawn.plan.findings));
    }
    match drawn.outcome() {
        PlanOutcome::Change => {
            if drawn.both_s > 0 {
                let both = HumanDuration(Duration::from_secs(drawn.both_s));
                lines.push(format!("  the former and the new version get callers side by side for {both}"));
            }
            let transitions = count(drawn.cost.transitions, "state transition");
            lines.push(format!(
                "  it costs about {:.4} US dollars for {transitions}; what functions work comes on top",
                drawn.cost.dollars
            ));
        }
        PlanOutcome::NothingToDo => lines.push("  nothing would be changed".to_owned()),
        PlanOutcome::Rejected => {}
    }
    lines.push(format!("  hash {}; drawn {}", drawn.hash, drawn.at));
    lines
}

/// Returns what is new beside the plan in whose place this one is drawn, a line each; none where there was no plan
/// before.
pub fn moved(planned: &Planned) -> Vec<String> {
    let (Some(before), Some(drawn)) = (&planned.before, &planned.drawn) else { return Vec::new() };
    let new = news(before, drawn, |name, change, former| match former {
        Some(former) => format!("{name}: {}, was {}", from_to(change), from_to(former)),
        None => format!("{name}: {}", from_to(change)),
    });
    new.iter().map(|new| format!("new since the plan before: {new}")).collect()
}

/// Returns both ends of a change, and the commits between them.
pub fn from_to(change: &FromTo) -> String {
    let to = &change.to.version;
    let Some(from) = change.from.as_ref().map(|end| &end.version) else {
        return format!("{to}, the first release of it here");
    };
    let commits = match (change.commits(), &change.from, &change.to) {
        (Some(commits), ..) => format!(", commits {commits}"),
        (None, Some(End { digest: Some(from), .. }), End { digest: Some(to), .. }) if from == to => {
            ", of the same bytes".to_owned()
        }
        (None, ..) => String::new(),
    };
    format!("{from} → {to}{commits}")
}

#[cfg(test)]
#[path = "planned_tests.rs"]
mod tests;
