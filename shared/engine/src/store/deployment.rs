//! The write of a deployment's record.

use super::{Stored, history_index};
use crate::ports::{Answered, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::identity::EnvironmentId;

/// Returns the write of a deployment's record, with its place in history.
pub fn put_deployment(record: &Stored<Deployment>) -> Answered<Write> {
    let Deployment {
        id,
        app,
        environment,
        accepted,
        ..
    } = &record.value;
    record.put_indexed(Some(history_index(
        EnvironmentId::new(app, environment),
        *accepted,
        id,
    )))
}
