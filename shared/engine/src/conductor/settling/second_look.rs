use crate::conductor::ports::Ports;
use crate::ledger::{self, Stored};
use crate::ports::{Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::second_look::SecondLook;
use windlass_domain::step::Step;

/// The write that makes the second look due, in the transaction of a recovery's ending; `None` where
/// none is due. The reconciler makes it ([`crate::recovery`]).
pub async fn make_due(ports: &impl Ports, record: &Deployment, steps: &[Stored<Step>]) -> Result<Option<Write>> {
    let Some(due) = SecondLook::after(record, steps.iter().map(|step| &step.value)) else {
        return Ok(None);
    };
    let key = ledger::second_look(&record.id);
    let former = ledger::load(ports, &key).await?;
    let rev = former.map_or(0, |former| former.rev);
    let index = ledger::second_look_index(due.due, &record.id);
    let due = Stored { key, rev, value: due };
    due.put_indexed(Some(index)).map(Some)
}
