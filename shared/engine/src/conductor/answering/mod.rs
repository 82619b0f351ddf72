//! The texts about a deployment or a request: answers, endings, costs, refusals, and what has been done already.

pub mod outcomes;
pub mod release_status;
pub mod without_deployment;

use crate::conductor::environment::drills;
use crate::conductor::request::Ports;
use crate::ledger::Stored;
use crate::payload::{Answer, EndTransition};
use crate::ports::{Result, StepFunctionsApi};
use crate::upload_findings;
use windlass_domain::access::refusal;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::prose;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{STILL_TO_COME, cost};
use windlass_domain::text::finding::{Finding, in_lines};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// The longest error name and cause that a Fail state takes (AWS Step Functions Developer Guide,
/// "Fail workflow state").
const LONGEST_ERROR: usize = 256;
pub const LONGEST_CAUSE: usize = 32_000;

/// Returns the answer with which an execution ends.
pub fn ended(deployment: &DeploymentId, ending: Ending, name: &str, cause: &Prose) -> Answer<EndTransition> {
    Answer {
        error: name.chars().take(LONGEST_ERROR).collect(),
        cause: cause.written().chars().take(LONGEST_CAUSE).collect(),
        ..Answer::of(ending.into(), deployment, 0)
    }
}

/// Returns the answer with which the execution of an ended deployment ends.
pub fn of_record(record: &Deployment, ended_as: &Ended) -> Answer<EndTransition> {
    ended(&record.id, ended_as.ending, &ended_as.cause_name, &ended_as.cause)
}

/// Sets the ending of a record.
pub fn end(
    record: &mut Stored<Deployment>,
    ending: Ending,
    cause_name: &str,
    cause: impl Into<Prose>,
    findings: Vec<Finding>,
    at: Time,
) {
    record.value.status = Status::Ended;
    record.value.ending = Some(Ended {
        ending,
        cause_name: cause_name.to_owned(),
        cause: cause.into(),
        findings,
        added: vec![],
        stays_reachable: vec![],
        at,
        resolved: None,
        cost: None,
    });
}

/// Ends a record as rejected with these findings.
pub fn reject(record: &mut Stored<Deployment>, findings: Vec<Finding>, at: Time) {
    let Deployment { app, environment, release, .. } = &record.value;
    let (name, cause) = cause_of(&format!("{app} {environment} {}", release.version), &findings);
    end(record, Ending::Rejected, &name, cause, findings, at);
}

/// Adds a line to the text of an ending, right after the first line, because a notification has the first lines only.
/// It becomes the first line of a rollback that was refused.
pub fn add_line(record: &mut Stored<Deployment>, line: Option<impl Into<Prose>>) {
    let is_first = record.value.is_refused_rollback();
    if let (Some(ended), Some(line)) = (&mut record.value.ending, line) {
        let line = line.into();
        ended.cause = if is_first {
            prose!("{}\n{}", &line, &ended.cause)
        } else {
            let (first, rest) = ended.cause.split_first_line();
            prose!("{}\n  {}{}", first, &line, rest)
        };
        ended.added.push(line);
    }
}

/// The answer with which an execution ends whose deployment has ended; `None` where it goes on.
/// A rejection is written beside its upload first, and written again where the answer was lost.
pub async fn final_answer(ports: &impl Ports, record: &Deployment) -> Result<Option<Answer<EndTransition>>> {
    let Some(ended) = &record.ending else { return Ok(None) };
    upload_findings::write_rejection(ports, record).await?;
    drills::go_on(ports, record).await;
    Ok(Some(of_record(record, ended)))
}

/// Returns the name and the text of a cause that is made of findings. The findings themselves stand beside it in the
/// record. `what` was asked for, such as `shop prod 1.4.0`.
pub fn cause_of(what: &str, findings: &[Finding]) -> (String, Prose) {
    let name = findings.first().map_or("Rejected".to_owned(), |finding| finding.name.to_string());
    (name, refusal(what, findings).unwrap_or_else(|| in_lines(findings)).truncated(LONGEST_CAUSE))
}

/// Notes in an ending that is about to be written what the deployment cost: all executions that
/// worked for it, those that died and their recoveries too. Where that is not known nothing is
/// noted: a deployment ends whether or not its transitions can be counted. They are counted from the histories, a call
/// for most deployments: the ledger does not know how far an execution came that died, nor what a recovery went
/// through.
pub async fn note_cost(ports: &impl StepFunctionsApi, record: &mut Deployment, steps: &[Stored<Step>]) {
    if record.ending.is_none() {
        return;
    }
    let worked: Vec<_> = steps.iter().map(|step| (step.value.kind, step.value.worked_ms)).collect();
    let transitions = match transitions(ports, record).await {
        Ok(transitions) => transitions,
        Err(fault) => {
            tracing::warn!(%fault, "the transitions could not be counted");
            None
        }
    };
    let cost = transitions.map(|made| cost(made + STILL_TO_COME, &worked));
    if let Some(ended) = &mut record.ending {
        ended.cost = cost;
    }
}

async fn transitions(ports: &impl StepFunctionsApi, record: &Deployment) -> Result<Option<u64>> {
    let mut sum = 0;
    for arn in &record.executions {
        match ports.transitions(arn).await? {
            Some(transitions) => sum += transitions,
            None => return Ok(None),
        }
    }
    Ok(Some(sum))
}
