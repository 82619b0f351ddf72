//! The gate that takes longest to answer: a wave must be watched for as long.

use crate::declaration::scope::Scope;
use crate::text::finding::{Finding, FindingName};
use crate::text::time::Span;

/// The gate that takes longest to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slowest {
    pub(crate) period: Span,
    pub(super) name: String,
}

impl Slowest {
    /// Notes a finding if a wave is watched for a shorter time.
    pub(crate) fn check(&self, scope: &mut Scope<'_>, path: &str, watch: Span) {
        let Self { period, name } = self;
        if watch < *period {
            let reason = format!("It is watched for {watch}, which is shorter than the period of `{name}`, {period}.");
            let remedy = format!("Write at least `{period}`, or give the gate a shorter period.");
            let finding = Finding::new(FindingName::GateNotMeasurable, path, reason, remedy);
            scope.note(finding.seen(watch, period));
        }
    }
}
