//! The trait that each kind of component implements, and how a component of a kind is resolved.

use crate::declaration::claim::DeclaredClaim;
use crate::declaration::folder::Folder;
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::common::Common;
use crate::declaration::kinds::rollout::Rollout;
use crate::declaration::kinds::written::AsWritten;
use crate::declaration::name_text::NameText;
use crate::declaration::output::TakenOutputs;
use crate::declaration::scope::Scope;
use crate::text::finding::Finding;
use crate::text::name::{ComponentName, EnvironmentName};
use std::collections::BTreeMap;

/// A component of a kind, with every value final.
pub trait ResolvedKind {
    /// Returns the resource of AWS that it changes, so that no two components change the same.
    fn claim(&self) -> DeclaredClaim;

    /// Returns the function or the bucket that it changes or calls, with the member that names it; `None` for a target
    /// of another sort.
    fn function_or_bucket(&self) -> Option<(&'static str, String)> {
        let claim = self.claim();
        let is_one = ["lambda:function", "s3:bucket"].contains(&claim.sort);
        let name = claim.names.into_iter().next().filter(|_| is_one);
        name.map(|name| (claim.member, name))
    }

    /// Returns the most that one change of it takes of a deployment's time and of the history of its execution.
    fn extent(&self) -> Extent;

    /// Returns the ECR repository that it lives in as a whole, by name or URI: an image that is pushed there is for it.
    fn repository(&self) -> Option<&str> {
        None
    }

    /// Returns the containers whose images it takes, each with its ECR repository, by name or URI; `None` for a kind
    /// that has no containers.
    fn containers(&self) -> Option<&BTreeMap<String, String>> {
        None
    }

    /// Returns the ECR repositories that it lives in, by name or URI.
    fn repositories(&self) -> Vec<&str> {
        match self.containers() {
            Some(containers) => containers.values().map(String::as_str).collect(),
            None => self.repository().into_iter().collect(),
        }
    }

    /// Returns the steps in which Windlass shifts traffic to a new version of it; `None` for a kind whose change goes
    /// out at once, or as AWS does it.
    fn rollout(&self) -> Option<&Rollout> {
        None
    }

    /// Returns the same steps, so that they can be tried with other times.
    fn rollout_mut(&mut self) -> Option<&mut Rollout> {
        None
    }

    /// Returns whether it is published ahead of its first switch, in a wave of its own, to be tried before callers get
    /// it.
    fn is_tried_ahead(&self) -> bool {
        false
    }

    /// Returns whether AWS keeps the former version for a time once callers get the new one, and then ends the rollout
    /// by itself. The end is waited for in a wave of its own, the last one, after all has been judged.
    fn is_ended_by_aws(&self) -> bool {
        false
    }

    /// Returns the number of snapshots back up to which a rollback finds what it needs; `None` if a change of it
    /// deletes nothing of its target that is older.
    fn keeps(&self) -> Option<u32> {
        None
    }

    /// Returns the names of the outputs that it gives to components that change after it. Its engine's `Kind::outputs`
    /// has a value of each once it is changed.
    fn gives(&self) -> Vec<&str> {
        vec![]
    }

    /// Returns the outputs of other components that it takes; `None` for a kind that takes nothing of others.
    fn takes_from(&self) -> Option<TakenOutputs<'_>> {
        None
    }

    /// Returns whether it is made of resources, and a change of it may lose the data in them.
    fn holds_data(&self) -> bool {
        false
    }

    /// Returns the part of its target that is its own, where the target has several parts of that sort, such as the
    /// alias of a function; `None` if none of them is.
    fn own_part(&self) -> Option<&str> {
        None
    }

    /// Returns its texts that may have outputs of other components in them: the names of its target, and others that
    /// nothing is decided by before they are known.
    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![]
    }

    /// Returns the member for which its target must be there when a release is planned; `None` if it may be made by
    /// another component of the same release.
    fn needs_its_target(&self) -> Option<&'static str> {
        None
    }

    /// Returns the component whose image it runs; `None` for a kind that has bytes of its own.
    fn image_of(&self) -> Option<ImageOf<'_>> {
        None
    }

    /// Returns the folder whose archive it takes, with the rules for its files; `None` for a kind that takes no
    /// archive.
    fn folder(&self) -> Option<Folder<'_>> {
        None
    }

    /// Returns the names by which a stack is found in what a tool has built, so that the command line packs it; `None`
    /// for a kind that takes what was built as it is.
    fn built_stack(&self) -> Option<StackNames<'_>> {
        None
    }

    /// Returns findings about what its declaration allows and its authors may not mean. They stop nothing.
    fn warnings(&self, _about: &WarningContext<'_>) -> Vec<Finding> {
        vec![]
    }
}

/// A kind that is resolved from a component as people write it: every value becomes final.
pub(crate) trait Resolve: ResolvedKind + Sized {
    /// The members of its own, as people write them. Their doc comments are shown in an editor. Unknown fields are
    /// refused.
    type Written: AsWritten;

    /// The memory of the functions that change it, in megabytes, as the template gives it. A contract test compares
    /// the two.
    const MEMORY_MB: u64;

    /// A component with the members that it must have and no others, as JSON and without its `kind`. Its target differs
    /// by environment, and another component that it must name is `a`. So one more member can be checked by itself.
    const SHORTEST: &str;

    /// True if a function of its own does long additive work, such as uploads, before the change that callers notice.
    const PUBLISHES: bool = false;

    /// True if files of it can be withdrawn ([`crate::release::withdrawal`]).
    const WITHDRAWS: bool = false;

    /// The members of its target that `Prepare` makes only to plan, such as a change set: the hash of a plan has none
    /// of them, and what they name is let go of where nobody carries the plan out.
    const MADE_TO_PLAN: &[&str] = &[];

    /// True if a check shows what it has seen of it, in the words of its change: where the look itself may be slow.
    const SHOWS_LOOKS: bool = false;

    /// False if a rollback leaves it as it is, because its result is no state that could come back.
    const GOES_BACK: bool = true;

    /// Resolves the component in the environment, at its `path` in the declaration. Notes in the scope all that is
    /// wrong with it. `gates` are those of the environment.
    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Self::Written, common: &Common, gates: &Gates) -> Self;
}

/// An image that is another component's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageOf<'a> {
    /// The other component.
    pub component: &'a ComponentName,
    /// The container; the only one if absent.
    pub container: Option<&'a str>,
    /// The member that names the container.
    pub container_at: &'static str,
}

/// The names by which a stack is found in what a tool has built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackNames<'a> {
    /// Its name in CloudFormation.
    pub stack: &'a str,
    /// The bucket for the files that its template names; `None` if there is none.
    pub assets: Option<&'a str>,
    /// The component whose package has it as well; `None` if a release brings one for it.
    pub packed_with: Option<&'a ComponentName>,
}

/// The most that one change of a component takes, as is usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Seconds, with all that is waited for.
    pub seconds: u64,
    /// Times that the machine asks again, beside the first.
    pub polls: u64,
}

/// The component that [`ResolvedKind::warnings`] is asked about.
#[derive(Debug, Clone, Copy)]
pub struct WarningContext<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The environment.
    pub environment: &'a EnvironmentName,
    /// True if a gate decides when it is changed.
    pub is_measured: bool,
}
