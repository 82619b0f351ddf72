//! The looks that come due: their keys, their places in the index, and how they are written. Who looks reads the ones
//! that are due by the index, and claims one by a write before it looks.

use super::key::{Index, ItemKey};
use super::keys::{deployment_partition, in_index};
use super::stored::Stored;
use crate::ports::{self, DynamoDbApi, Result, Transacted, Write};
use serde::Serialize;
use windlass_domain::deployment::hourly_look::HourlyLook;
use windlass_domain::deployment::second_look::SecondLook;
use windlass_domain::environment::Promotion;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};

/// The index partition of second looks that are still to be made, or to be followed by a hold.
pub const SECOND_LOOKS: Index<SecondLook> = Index::new("second_looks");

/// The index partition of hourly looks.
pub const HOURLY_LOOKS: Index<HourlyLook> = Index::new("hourly_looks");

/// The index partition of promotions that are still to go on by themselves.
pub const PROMOTIONS: Index<Promotion> = Index::new("promotions");

/// The second look at what a recovery left.
pub fn second_look(id: &DeploymentId) -> ItemKey<SecondLook> {
    ItemKey::new(deployment_partition(id), "second_look")
}

/// Returns the key of the hourly look at an environment, with its drift.
/// It is in a partition of its own, so that the function that looks needs no right to write a lock.
pub fn hourly_look(of: EnvironmentId<'_>) -> ItemKey<HourlyLook> {
    ItemKey::new(format!("look#{of}"), "hourly_look")
}

/// Returns the key of the promotion that goes on to an environment by itself. It lies where the function may write that
/// starts it.
pub fn promotion(of: EnvironmentId<'_>) -> ItemKey<Promotion> {
    ItemKey::new(format!("look#{of}"), "promotion")
}

/// Returns the key of what goes on by itself from an environment by rules that nobody could read when it succeeded. It
/// names that environment as the one that it goes to, too, until they can be read.
pub fn promotion_to_come(from: EnvironmentId<'_>) -> ItemKey<Promotion> {
    ItemKey::new(format!("look#{from}"), "promotion_to_come")
}

/// A look that comes due.
pub trait DueLook: Serialize {
    /// Returns its place in the index, where the look that is due first comes first; `None` if it is over.
    fn place(&self) -> Option<ports::Key>;
}

impl DueLook for SecondLook {
    fn place(&self) -> Option<ports::Key> {
        let Self { due, deployment, .. } = self;
        (!self.is_over()).then(|| in_index(&SECOND_LOOKS, format!("{:015}#{deployment}", due.0)))
    }
}

impl DueLook for HourlyLook {
    fn place(&self) -> Option<ports::Key> {
        let (due, of) = (self.due, self.environment_id());
        (!self.is_over()).then(|| in_index(&HOURLY_LOOKS, format!("{:015}#{of}", due.0)))
    }
}

impl DueLook for Promotion {
    fn place(&self) -> Option<ports::Key> {
        let (due, of) = (self.due, self.environment_id());
        (!self.over).then(|| in_index(&PROMOTIONS, format!("{:015}#{of}", due.0)))
    }
}

/// Returns the write of a look, with its place among those that come due.
pub fn put_look<L: DueLook>(look: &Stored<L>) -> Result<Write> {
    look.put_indexed(look.value.place())
}

/// Writes a look, where nobody else has. `false`: somebody has, or what must hold does not.
pub async fn save_look<L: DueLook>(
    ports: &impl DynamoDbApi,
    look: &mut Stored<L>,
    mut also: Vec<Write>,
) -> Result<bool> {
    also.push(put_look(look)?);
    let is_done = ports.transact(also).await? == Transacted::Done;
    look.rev += u64::from(is_done);
    Ok(is_done)
}
