//! The partitions of the ledger's one index, each with the type of its items.

use super::items::RepositoryOwner;
use super::key::Index;
use windlass_domain::declaration::Declared;
use windlass_domain::deployment::Deployment;
use windlass_domain::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::hourly_look::HourlyLook;
use windlass_domain::second_look::SecondLook;
use windlass_domain::tenancy::Claims;

/// The index partition of image repositories; see [`super::repository_index`].
pub const REPOSITORIES: Index<RepositoryOwner> = Index::new("repositories");

/// The index partition of declarations in force; see [`super::application_index`].
pub const APPLICATIONS: Index<Declared> = Index::new("applications");

/// The index partition of environments in which something was deployed, or is held; see [`super::environment_index`].
pub const ENVIRONMENTS: Index<EnvironmentState> = Index::new("environments");

/// The index partition of claims; see [`super::claims_index`].
pub const CLAIMS: Index<Claims> = Index::new("claims");

/// The index partition of held locks; see [`super::held_index`].
pub const HELD: Index<Lock> = Index::new("held");

/// The index partition of waiting deployments; see [`super::waiting_index`].
pub const WAITING: Index<Waiting> = Index::new("waiting");

/// The index partition of deployments that have not had a turn; see [`super::arriving_index`].
pub const ARRIVING: Index<Deployment> = Index::new("arriving");

/// The index partition of drills that somebody is to go on with; see [`super::drills_index`].
pub const DRILLS: Index<Drills> = Index::new("drills");

/// The index partition of second looks that are still to be made; see [`super::second_look_index`].
pub const SECOND_LOOKS: Index<SecondLook> = Index::new("second_looks");

/// The index partition of hourly looks; see [`super::hourly_look_index`].
pub const HOURLY_LOOKS: Index<HourlyLook> = Index::new("hourly_looks");
