//! Kinds of components, as the pure part knows them. Each kind is one file of this folder and one line of the list
//! below: as people write it, with every value final, what it claims, what a release may bring for it, how long a
//! change of it takes, and its words. The engine makes its registry from the same list (`windlass-engine`, `kinds`),
//! where each kind has a folder of the same name.

pub mod appconfig;
pub mod codedeploy;
pub mod ecs;
pub mod external;
pub mod lambda;
pub mod rollout;
pub mod site;
pub mod stack;
pub mod task;

mod common;
mod kind;
mod written;

use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::scope::Scope;
pub use common::Common;
pub(crate) use kind::Resolve;
pub use kind::{Extent, ImageOf, ResolvedKind, StackNames, WarningContext};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
pub use written::{ArtifactSorts, AsWritten, Shares, Split, Steps, VisitedPages};

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
            /// Something that Windlass runs once per release: a task of Amazon ECS, or a call of a Lambda function.
            "task" => task::Task,
            /// A stack of AWS CloudFormation.
            "cloudformation" => stack::Stack,
            /// A target that no other kind covers. Your own Lambda function shows and changes this target.
            "external" => external::External,
        }
    };
}

/// Makes from the list the names of kinds, components as people write them, and components with every value final.
macro_rules! define {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        /// A kind of component, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

            /// Returns the names of the functions that change such a component, behind the name of an installation.
            pub fn functions(self) -> impl Iterator<Item = String> {
                let module = match self {
                    $( Self::$name => stringify!($module), )+
                };
                let publish = self.publishes().then_some("publish");
                ["deploy"].into_iter().chain(publish).map(move |verb| format!("{verb}-{module}"))
            }

            /// Returns a component with the members that it must have and no others, as JSON and without its `kind`.
            /// Its target differs by environment, and another component that it must name is `a`.
            pub const fn shortest(self) -> &'static str {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::SHORTEST, )+
                }
            }

            /// Returns false if a rollback leaves it as it is, because its result is no state that could come back.
            pub const fn goes_back(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::GOES_BACK, )+
                }
            }

            /// Returns whether files of it can be withdrawn.
            pub const fn withdraws(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::WITHDRAWS, )+
                }
            }

            /// Returns the members of its target that are made only to plan; see [`Resolve::MADE_TO_PLAN`].
            pub const fn made_to_plan(self) -> &'static [&'static str] {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::MADE_TO_PLAN, )+
                }
            }

            /// Returns whether a check shows what it has seen of it, in the words of its change.
            pub const fn shows_looks(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::SHOWS_LOOKS, )+
                }
            }

            /// Returns whether a function of its own does long additive work before the change that callers notice.
            pub const fn publishes(self) -> bool {
                match self {
                    $( Self::$name => <$module::$name as Resolve>::PUBLISHES, )+
                }
            }
        }

        /// The members that a component has of its kind, as people write them.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum Written {
            $( $(#[$doc])+ #[serde(rename = $text)] $name($module::Written), )+
        }

        impl Component {
            /// Returns the component as people write it, whatever its kind.
            pub fn as_written(&self) -> &dyn AsWritten {
                match &self.own {
                    $( Written::$name(written) => written, )+
                }
            }

            /// Resolves the component in the environment; see [`Resolve::resolve`].
            pub(crate) fn resolve(&self, scope: &mut Scope<'_>, path: &str, gates: &Gates) -> Spec {
                let common = &self.common;
                match &self.own {
                    $( Written::$name(own) => Spec::$name(Resolve::resolve(scope, path, own, common, gates)), )+
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

            /// Returns the component as any of its kind is asked.
            pub fn as_kind(&self) -> &dyn ResolvedKind {
                match self {
                    $( Self::$name(component) => component, )+
                }
            }

            /// Returns the component as any of its kind is asked, to be changed.
            pub fn as_kind_mut(&mut self) -> &mut dyn ResolvedKind {
                match self {
                    $( Self::$name(component) => component, )+
                }
            }
        }
    };
}

each_kind!(define);

/// A component. Its `kind` decides which fields it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = common::hand_out)]
pub struct Component {
    /// The members that all kinds have alike. They are read first, so that those of the kind are what is left.
    #[serde(flatten)]
    pub common: Common,
    /// The members that it has of its kind.
    #[serde(flatten)]
    pub own: Written,
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
