use crate::conductor::ports::Ports;
use crate::ports::{Answered, Write};
use crate::store::{self, Stored};
use windlass_domain::deployment::Deployment;
use windlass_domain::second_look::SecondLook;
use windlass_domain::step::Step;

/// The write that makes the second look due, in the transaction of a recovery's ending; `None` where
/// none is due. The reconciler makes it ([`crate::recovery`]).
pub async fn make_due(
    ports: &impl Ports,
    record: &Deployment,
    steps: &[Stored<Step>],
) -> Answered<Option<Write>> {
    let Some(due) = SecondLook::after(record, steps.iter().map(|step| &step.value)) else {
        return Ok(None);
    };
    let key = store::second_look(&record.id);
    let former = store::load(ports, &key).await?;
    let rev = former.map_or(0, |former| former.rev);
    let index = store::second_look_index(due.due, &record.id);
    let due = Stored {
        key,
        rev,
        value: due,
    };
    due.put_indexed(Some(index)).map(Some)
}
