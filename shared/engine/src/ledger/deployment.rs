//! The writes of a deployment's record and of an environment's state, which stand in lists.

use super::{Stored, arriving_index, environment_index, history_index};
use crate::ports::{Result, Write};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::identity::EnvironmentId;

/// Returns the write of a deployment's record, with its place in history.
pub fn put_deployment(record: &Stored<Deployment>) -> Result<Write> {
    let Deployment { id, app, environment, accepted, .. } = &record.value;
    record.put_indexed(Some(history_index(EnvironmentId::new(app, environment), *accepted, id)))
}

/// Returns the write of a record that has just arrived. Until its first turn it stands among the arriving ones and not
/// in history, unless it has ended already.
pub fn put_arrived(record: &Stored<Deployment>) -> Result<Write> {
    let value = &record.value;
    if value.ending.is_some() {
        return put_deployment(record);
    }
    record.put_indexed(Some(arriving_index(value.environment_id(), &value.id)))
}

/// Returns the write of an environment's state, with its place in the list of environments.
pub fn put_state(state: &Stored<EnvironmentState>, of: EnvironmentId<'_>) -> Result<Write> {
    state.put_indexed(Some(environment_index(of)))
}
