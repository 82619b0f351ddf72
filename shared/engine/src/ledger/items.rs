//! The content of items that only the engine reads, and the partitions of the ledger's one index. Everything else in
//! the ledger is a type of the domain.

use crate::ledger::key::Index;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::Drills;
use windlass_domain::environment::{EnvironmentState, Lock, Waiting};
use windlass_domain::release::arrival_sweep::ArrivalSweep;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// The deployment that an execution works for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionDeployment {
    /// The deployment.
    pub deployment: DeploymentId,
}

/// The record of what an execution has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// The deployment that it was about; `none` if about none.
    pub deployment: DeploymentId,
    /// The text of the answer.
    pub cause: Prose,
    /// The name of why there was nothing to do; empty where something was done.
    #[serde(default)]
    pub nothing: String,
    /// The owner that has let go of something: an event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<OtherOwner>,
    /// The sides between which it has moved something: an event says so of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<OtherOwner>,
}

/// The former owner of something that was removed or moved, or the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherOwner {
    /// The application.
    pub app: AppName,
    /// The environment; absent where a whole application has let go of something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

/// The things that an execution has let go of so far, in parts: what is let go of is not found any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetGoProgress {
    /// Those that a sentence names.
    pub told: Vec<String>,
    /// The number of targets that each environment has let go of beside these.
    #[serde(default)]
    pub parts: BTreeMap<EnvironmentName, usize>,
}

/// The note that one of our functions has asked for an execution with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedExecution {
    /// The time at which it was asked for first.
    pub at: Time,
}

/// The fault that a state failed with last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFault {
    /// The state.
    pub state: String,
    /// Its fault.
    pub fault: Fault,
    /// The time of the fault.
    pub at: Time,
}

/// The execution that was started for an arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The application.
    pub app: AppName,
    /// The execution.
    pub execution: String,
}

/// The note that an arrival was served.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedArrival {
    /// The time at which its serving began.
    #[serde(default)]
    pub at: Time,
    /// The execution that was started for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Started>,
}

/// The progress of the search, over the bucket and over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchProgress {
    /// The round over the uploads.
    pub uploads: ArrivalSweep,
    /// The round over the image repositories.
    pub images: ImageSearch,
}

/// The progress of the search over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSearch {
    #[serde(flatten)]
    /// The round over all of them.
    pub round: ArrivalSweep,
    /// The place where the next run goes on, in a repository that has more than a run looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<RepositoryPlace>,
}

/// A place in a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepositoryPlace {
    /// The repository's name, without registry.
    pub repository: String,
    /// The page, as the registry names it; the first if absent.
    pub page: Option<String>,
    /// The last tag of the page that was looked at, in their order; none of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The application that an image repository belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryOwner {
    /// The repository's name, without registry.
    pub repository: String,
    /// The application.
    pub app: AppName,
}

/// The index partition of image repositories; see [`crate::ledger::repository_index`].
pub const REPOSITORIES: Index<RepositoryOwner> = Index::new("repositories");

/// The index partition of declarations in force; see [`crate::ledger::application_index`].
pub const APPLICATIONS: Index<Declared> = Index::new("applications");

/// The index partition of environments in which something was deployed, or is held; see
/// [`crate::ledger::environment_index`].
pub const ENVIRONMENTS: Index<EnvironmentState> = Index::new("environments");

/// The index partition of claims; see [`crate::ledger::claims_index`].
pub const CLAIMS: Index<ResourceClaims> = Index::new("claims");

/// The index partition of held locks; see [`crate::ledger::held_index`].
pub const HELD: Index<Lock> = Index::new("held");

/// The index partition of waiting deployments; see [`crate::ledger::waiting_index`].
pub const WAITING: Index<Waiting> = Index::new("waiting");

/// The index partition of deployments that have not had a turn; see [`crate::ledger::arriving_index`].
pub const ARRIVING: Index<Deployment> = Index::new("arriving");

/// The index partition of drills that somebody is to go on with; see [`crate::ledger::drills_index`].
pub const DRILLS: Index<Drills> = Index::new("drills");

/// The number of declarations that are kept. A function that stays warm serves few applications at a time, and a text
/// has at most 256 KiB.
const KEPT: usize = 4;

thread_local! {
    static READ: RefCell<VecDeque<(Declared, Arc<Declaration>)>> = RefCell::default();
}

/// Reads a declaration of the ledger, once for all invocations of a warm function: it is read in nearly every state of
/// a deployment, and reading YAML takes longer than the rest of a decision. The same item always reads the same, so
/// nothing can become stale.
///
/// # Errors See [`Declared::read`].
pub fn read_declaration(declared: &Declared) -> Result<Arc<Declaration>, Vec<Finding>> {
    let known = READ.with_borrow(|read| {
        let same = read.iter().find(|(known, _)| known == declared);
        same.map(|(_, declaration)| Arc::clone(declaration))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let declaration = Arc::new(declared.read()?);
    READ.with_borrow_mut(|read| {
        read.truncate(KEPT - 1);
        read.push_front((declared.clone(), Arc::clone(&declaration)));
    });
    Ok(declaration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::time::Time;

    fn declared(version: u64) -> Declared {
        let text = format!(
            "{{app: shop, version: 1.0.{version}, environments: {{prod: {{}}}}, \
             components: {{web: {{kind: static_site, bucket: shop-web}}}}}}"
        );
        let declaration = Declaration::parse(&text).unwrap();
        Declared::new(&declaration, text, Time(version), None)
    }

    #[test]
    fn each_item_reads_as_itself_also_when_many_are_read() {
        for version in (0..10).chain(0..10) {
            let declared = declared(version);
            let read = read_declaration(&declared).unwrap();
            assert_eq!(*read, declared.read().unwrap());
        }
        assert_eq!(READ.with_borrow(VecDeque::len), KEPT);
    }

    #[test]
    fn a_text_that_was_changed_under_its_digest_is_read_anew() {
        let first = declared(1);
        read_declaration(&first).unwrap();
        let broken = Declared { text: "app: [".into(), ..first };
        assert!(read_declaration(&broken).is_err());
    }
}
