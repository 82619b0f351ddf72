//! The ending of a record, and what an ended deployment is told.

use crate::conductor::environment::drills;
use crate::conductor::ports::Ports;
use crate::conductor::telling::answer::{LONGEST_CAUSE, of_record};
use crate::ledger::Stored;
use crate::payload::{Answer, EndTransition};
use crate::ports::Result;
use crate::upload_findings;
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::ending::Ending;
use windlass_domain::finding::{Finding, in_lines};
use windlass_domain::time::Time;
use windlass_domain::truncate::truncate;

/// Sets the ending of a record.
pub fn end(
    record: &mut Stored<Deployment>,
    ending: Ending,
    cause_name: &str,
    cause: String,
    findings: Vec<Finding>,
    at: Time,
) {
    record.value.status = Status::Ended;
    record.value.ending = Some(Ended {
        ending,
        cause_name: cause_name.to_owned(),
        cause,
        findings,
        stays_reachable: vec![],
        at,
        resolved: None,
        cost: None,
    });
}

/// Ends a record as rejected with these findings.
pub fn reject(record: &mut Stored<Deployment>, findings: Vec<Finding>, at: Time) {
    let (name, cause) = cause_of(&findings);
    end(record, Ending::Rejected, &name, cause, findings, at);
}

/// Adds a line to the text of an ending, right after the first line, because a notification has the first lines only.
pub fn add_line(record: &mut Stored<Deployment>, line: Option<String>) {
    if let (Some(ended), Some(line)) = (&mut record.value.ending, line) {
        let first = ended.cause.find('\n').unwrap_or(ended.cause.len());
        ended.cause.insert_str(first, &format!("\n  {line}"));
    }
}

/// The answer with which an execution ends whose deployment has ended; `None` where it goes on.
/// A rejection is told beside its upload first, and told again where the answer was lost.
pub async fn told(ports: &impl Ports, record: &Deployment) -> Result<Option<Answer<EndTransition>>> {
    let Some(ended) = &record.ending else {
        return Ok(None);
    };
    upload_findings::tell(ports, record).await?;
    drills::go_on(ports, record).await;
    Ok(Some(of_record(record, ended)))
}

/// Returns the name and the text of a cause that is made of findings. The findings themselves stand beside it in the
/// record.
pub fn cause_of(findings: &[Finding]) -> (String, String) {
    let first = findings.first();
    let name = first.map_or("Rejected".to_owned(), |finding| finding.name.to_string());
    (name, truncate(in_lines(findings), LONGEST_CAUSE))
}
