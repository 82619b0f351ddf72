//! Access: who may do what in the environments of an application. Operators write the rules into access files; without
//! one the declaration's `sources` and `start` are read into the same rules. One pure decision serves every way in. The
//! files also say when a release may start.

mod allowed_by;
mod approval;
mod caller;
mod decide;
mod file;
mod item;
mod jobs;
mod read;
mod refused;
mod right;
mod window;

pub use allowed_by::{AllowedBy, UNMAPPED};
pub use approval::{Approval, ApprovalDecision, ApprovalFacts, ApprovalStanding, GivenApproval};
pub use caller::Caller;
pub use decide::{Allowed, Rules, declares};
pub(crate) use file::yes;
pub use file::{
    AccessFile, AccessFileForAll, Approve, EnvironmentRules, FileVersions, Member, Person, PromotionSource, WithoutFile,
};
pub use item::AccessItem;
pub use jobs::CiJobs;
pub use read::{LARGEST, schema, schema_for_all};
pub use refused::{no_rule, not_vouched, operators_path, refusal, refused_before, wishes_elsewhere};
pub use right::{AccessRight, Asked};
pub use window::{Closed, Freeze, Outside, WAITS_MS, Window};
