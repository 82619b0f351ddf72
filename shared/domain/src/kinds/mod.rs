//! Kinds of components, as the pure part knows them. Each kind is one file of this folder and one line of the list
//! below: as people write it, with every value final, what it claims, what a release may bring for it, how long a
//! change of it takes, and its words. The engine makes its registry from the same list (`windlass-engine`, `kinds`),
//! where each kind has a folder of the same name.

pub mod appconfig;
pub mod codedeploy;
pub mod ecs;
pub mod lambda;
pub mod rollout;
pub mod site;
pub mod task;

use crate::declaration::claim::Claim;
use crate::declaration::gates::{ComponentGates, Resolved as Gates};
use crate::declaration::scope::Scope;
use crate::declaration::text::Text;
use crate::finding::Finding;
use crate::heal::Heal;
use crate::name::{ComponentName, EnvironmentName};
use crate::output::Taken;
use crate::plan::Stage;
use rollout::Rollout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A component as people write it.
pub trait AsWritten {
    /// Returns the components that must have changed before.
    fn after(&self) -> &BTreeSet<ComponentName>;

    /// Returns its own gates.
    fn gates(&self) -> &ComponentGates;

    /// Returns the rule for somebody else's change between deployments.
    fn heal(&self) -> Heal {
        Heal::default()
    }

    /// Returns the sorts of artifact that a release may bring for it.
    fn takes(&self) -> Takes;

    /// Returns whether a single artifact's upload is a release of its own. An image push always is.
    fn on_artifact(&self) -> bool {
        false
    }

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
    fn visited(&self) -> Option<Visited> {
        None
    }
}

/// A component of a kind, with every value final.
pub trait Kind {
    /// Returns the resource of AWS that it changes, so that no two components change the same.
    fn claim(&self) -> Claim;

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
    fn gives(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the outputs of other components that it takes; `None` for a kind that takes nothing of others.
    fn takes_from(&self) -> Option<Taken<'_>> {
        None
    }

    /// Returns the component whose image it runs; `None` for a kind that has bytes of its own.
    fn image_of(&self) -> Option<ImageOf<'_>> {
        None
    }

    /// Returns findings about what its declaration allows and its authors may not mean. They stop nothing.
    fn warnings(&self, _about: &About<'_>) -> Vec<Finding> {
        vec![]
    }
}

/// A kind that is resolved from a component as people write it: every value becomes final.
pub(crate) trait Resolve: Kind + Sized {
    /// The component as people write it. Its doc comments are shown in their editor. Unknown fields are refused.
    type Written: AsWritten;

    /// The memory of the functions that change it, in megabytes, as the template gives it. A contract test compares
    /// the two.
    const MEMORY_MB: u64;

    /// True if a function of its own does long additive work, such as uploads, before the change that callers notice.
    const PUBLISHES: bool = false;

    /// False if a rollback leaves it as it is, because its result is no state that could come back.
    const GOES_BACK: bool = true;

    /// Resolves the component in the environment, at its `path` in the declaration. Notes in the scope all that is
    /// wrong with it. `gates` are those of the environment.
    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Self::Written, gates: &Gates) -> Self;
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

/// A way in which callers are shared out between two versions, by which the two are told apart.
#[derive(Debug, Clone, Copy)]
pub enum Split<'a> {
    /// An alias shares them out.
    Alias {
        /// The function.
        function: &'a Text,
        /// Its alias.
        alias: &'a Text,
        /// The steps in which they are shared out.
        rollout: &'a rollout::Written,
    },
    /// A load balancer shares them out between two target groups.
    TargetGroups,
}

/// The pages of a component, as visitors get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visited {
    /// True if something tells under which address they are.
    pub has_address: bool,
    /// True if `/` is a page.
    pub has_first: bool,
    /// True if a release has a folder of its own, which can be looked at before visitors get it.
    pub has_folder: bool,
}

/// The sorts of artifact that a release may bring for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// An uploaded artifact.
    pub key: bool,
    /// An image.
    pub image: bool,
    /// Images by container.
    pub images: bool,
    /// The remedy for one that it does not take.
    pub instead: &'static str,
}

/// The most that one change of a component takes, as is usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Seconds, with all that is waited for.
    pub seconds: u64,
    /// Times that the machine asks again, beside the first.
    pub polls: u64,
}

/// The component that [`Kind::warnings`] is asked about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The environment.
    pub environment: &'a EnvironmentName,
    /// True if a gate decides when it is changed.
    pub is_measured: bool,
}

/// Hands the list of kinds to a macro. A line is a kind: its words for people, its name in `app.yaml`, its file here,
/// which is also the name of its folder in the engine, and its type there, which has every value final.
#[macro_export]
macro_rules! each_kind {
    ($make:ident) => {
        $make! {
            /// A static site in a bucket, usually behind CloudFront.
            "static_site" => site::StaticSite,
            /// A Lambda function.
            "lambda" => lambda::Lambda,
            /// An ECS service.
            "ecs" => ecs::Ecs,
            /// A configuration in AWS AppConfig, such as feature flags.
            "appconfig" => appconfig::Appconfig,
            /// Something that is run once per release: a task of Amazon ECS.
            "task" => task::Task,
        }
    };
}

/// Makes from the list the names of kinds, components as people write them, and components with every value final.
macro_rules! define {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        /// A kind of component, by name.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum KindName {
            $( $(#[$doc])+ #[serde(rename = $text)] $name, )+
        }

        impl KindName {
            /// All of them, in the order of the list.
            pub const ALL: &[Self] = &[$( Self::$name, )+];

            /// Returns the name as it is written in `app.yaml`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$name => $text, )+
                }
            }

            /// Returns the memory of the functions that change such a component, in megabytes.
            pub const fn memory_mb(self) -> u64 {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::MEMORY_MB, )+
                }
            }

            /// Returns false if a rollback leaves it as it is, because its result is no state that could come back.
            pub const fn goes_back(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::GOES_BACK, )+
                }
            }

            /// Returns whether a function of its own does long additive work before the change that callers notice.
            pub const fn publishes(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::PUBLISHES, )+
                }
            }
        }

        /// A component; its `kind` says which fields it has.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum Component {
            $( $(#[$doc])+ #[serde(rename = $text)] $name($module::Written), )+
        }

        impl Component {
            /// Resolves the component in the environment; see [`Resolve::resolve`].
            pub(crate) fn resolve(&self, scope: &mut Scope<'_>, path: &str, gates: &Gates) -> Spec {
                match self {
                    $( Self::$name(written) => Spec::$name(Resolve::resolve(scope, path, written, gates)), )+
                }
            }
        }

        impl Deref for Component {
            type Target = dyn AsWritten;

            fn deref(&self) -> &Self::Target {
                match self {
                    $( Self::$name(written) => written, )+
                }
            }
        }

        /// A component with every value final.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum Spec {
            $( $(#[$doc])+ #[serde(rename = $text)] $name($module::$name), )+
        }

        impl Spec {
            /// Returns the kind's name.
            pub const fn kind(&self) -> KindName {
                match self {
                    $( Self::$name(_) => KindName::$name, )+
                }
            }
        }

        impl Deref for Spec {
            type Target = dyn Kind;

            fn deref(&self) -> &Self::Target {
                match self {
                    $( Self::$name(component) => component, )+
                }
            }
        }

        impl DerefMut for Spec {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $( Self::$name(component) => component, )+
                }
            }
        }
    };
}

each_kind!(define);

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Spec {
    /// Returns the stages of its rollout, as the engine plans them.
    pub fn stages(&self) -> Vec<Stage> {
        let stage = |bake_s, ahead| Stage {
            what: String::new(),
            bake_s,
            ahead,
            closing: false,
            look: false,
            tested: false,
            share: None,
            later: BTreeSet::new(),
            timing: None,
        };
        let mut stages = Vec::new();
        stages.extend(self.is_tried_ahead().then(|| stage(None, true)));
        if let Some(Rollout { steps, every }) = self.rollout() {
            stages.extend(steps.iter().map(|_| stage(Some(every.as_s()), false)));
        }
        stages.push(stage(None, false));
        stages.extend(self.is_ended_by_aws().then(|| Stage {
            closing: true,
            ..stage(None, false)
        }));
        stages
    }
}
