use serde::{Deserialize, Serialize};
use windlass_domain::name::AppName;

/// Which application an image repository belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryOwner {
    /// The repository's name, without registry.
    pub repository: String,
    /// The application.
    pub app: AppName,
}
