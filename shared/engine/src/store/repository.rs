use serde::{Deserialize, Serialize};
use windlass_domain::name::AppName;

/// Which application an image repository belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryOwner {
    /// The application.
    pub app: AppName,
}
