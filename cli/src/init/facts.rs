//! Everything that was found of a repository, the account and the installation: the application is proposed from it.

use super::account::Account;
use super::patch_trial::PatchTrial;
use super::pieces::Pieces;
use super::repository::Repository;
use std::collections::BTreeMap;
use windlass_domain::declaration::Exceptions;

/// Everything that was found.
#[derive(Debug, Default, Clone)]
pub struct InitFacts {
    /// The repository.
    pub repository: Repository,
    /// Values that the declaration takes beyond the rules.
    pub exceptions: Exceptions,
    /// Its pieces.
    pub pieces: Pieces,
    /// The account.
    pub account: Account,
    /// The region of the credentials, or of the settings.
    pub region: Option<String>,
    /// The installation's stack.
    pub stack: String,
    /// Its account.
    pub account_id: Option<String>,
    /// The address of its API.
    pub endpoint: Option<String>,
    /// The repositories on GitHub that were looked at, each with the numbers of its owner and of itself, as
    /// `owner/repository`, where GitHub has named them.
    pub github_ids: BTreeMap<String, Option<String>>,
    /// The changes of infrastructure code that were tried.
    pub trials: Vec<PatchTrial>,
}
