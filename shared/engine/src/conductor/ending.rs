use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::ending::Ending;
use windlass_domain::finding::Finding;
use windlass_domain::time::Time;

/// The record with its ending.
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
        at,
        resolved: None,
        cost: None,
    });
}

/// The write of a record, with its place in history.
pub fn put(record: &Stored<Deployment>) -> Answered<Write> {
    let value = &record.value;
    record.put_indexed(Some(store::history_index(
        &value.app,
        &value.environment,
        value.accepted,
        &value.id,
    )))
}

/// Findings as the sentence of a cause.
pub fn sentence(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
