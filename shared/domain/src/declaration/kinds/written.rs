//! A component as people write it, whatever its kind: what others may ask of it before its values are final.

use crate::declaration::kinds::rollout::Written as Rollout;
use crate::declaration::scope::Text;
use crate::text::name::ComponentName;

/// A component as people write it.
pub trait AsWritten {
    /// Returns the sorts of artifact that a release may bring for it.
    fn takes(&self) -> ArtifactSorts;

    /// Returns the member that names the repository of its images.
    fn repository_at(&self) -> &'static str {
        "repository"
    }

    /// Returns the component whose artifact it takes as well; `None` if a release brings one for it.
    fn artifact_of(&self) -> Option<&ComponentName> {
        None
    }

    /// Returns the sort of thing that it takes of that component.
    fn shares(&self) -> Shares {
        Shares::Zip
    }

    /// Returns the name of the Lambda function that it is, whose new versions can be invoked before callers get them;
    /// `None` for a kind that has no such versions.
    fn function(&self) -> Option<&Text> {
        None
    }

    /// Returns how callers are shared out between two versions while a release goes out; `None` if all get the same.
    fn split(&self) -> Option<Split<'_>> {
        None
    }

    /// Returns who lets callers get a new version of it in steps; `None` if they get it at once.
    fn steps(&self) -> Option<Steps> {
        None
    }

    /// Returns whether a release of it waits for Windlass while only test traffic gets it.
    fn waits_with_test_traffic(&self) -> bool {
        false
    }

    /// Returns how visitors get pages of it; `None` for a kind that has no pages.
    fn visited(&self) -> Option<VisitedPages> {
        None
    }
}

/// The sorts of artifact that a release may bring for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArtifactSorts {
    /// An uploaded artifact.
    pub key: bool,
    /// An image.
    pub image: bool,
    /// Images by container.
    pub images: bool,
    /// The remedy for one that it does not take.
    pub instead: &'static str,
}

/// The thing that a component takes of another one. A release brings it for that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shares {
    /// The zip of one of the same kind.
    Zip,
    /// The image of a container.
    Image,
    /// Nothing but its releases: something is done with each of them.
    Release,
}

/// The party that lets callers get a new version in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Windlass, by the percentages of the declaration.
    Ours,
    /// AWS, by the percentages of the target.
    OfAws {
        /// True if AWS waits for Windlass before each step.
        waits: bool,
    },
}

/// A way in which callers are shared out between two versions, by which the two are distinguished.
#[derive(Debug, Clone, Copy)]
pub enum Split<'a> {
    /// An alias shares them out.
    Alias {
        /// The function.
        function: &'a Text,
        /// Its alias.
        alias: &'a Text,
        /// The steps in which they are shared out.
        rollout: &'a Rollout,
    },
    /// A load balancer shares them out between two target groups.
    TargetGroups,
}

/// The pages of a component, as visitors get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitedPages {
    /// True if it is known under which address they are.
    pub has_address: bool,
    /// True if `/` is a page.
    pub has_first: bool,
    /// True if a release has a folder of its own, which can be looked at before visitors get it.
    pub has_folder: bool,
}
