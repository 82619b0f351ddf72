//! The registry: it gives each kind of the domain's list the folder of the same name.

use super::needs::{DeployerRole, Needed};
use super::{Kind, PrepareInput, Prepared, Writes};
use crate::config::Configured;
use crate::ports::{Result, TargetPorts};
use windlass_domain::declaration::kinds::{KindName, Spec};
use windlass_domain::deployment::step::Step;
use windlass_domain::each_kind;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The ports that a kind may need, whichever it is.
pub trait KindPorts: Configured + TargetPorts {}
impl<P: Configured + TargetPorts> KindPorts for P {}

/// Work that is done with the kind of a step, whichever it is.
pub trait KindVisitor {
    /// The result.
    type Out;

    /// Does the work with the kind.
    async fn visit<K: Kind>(self, kind: &K) -> Result<Self::Out>;
}

/// A type that builds the kind of a step: a module's `of` returns it. A kind is such a type itself. A folder with two
/// kinds builds [`Either`] of them, by the step's target.
pub trait Built {
    /// Lets a visitor work with the kind.
    async fn with<T: KindVisitor>(&self, visitor: T) -> Result<T::Out>;
}

impl<K: Kind> Built for K {
    async fn with<T: KindVisitor>(&self, visitor: T) -> Result<T::Out> {
        visitor.visit(self).await
    }
}

/// The kind of a step in a folder with two kinds, of which the step's target says one.
#[derive(Debug)]
pub enum Either<One, Other> {
    /// The one.
    One(One),
    /// The other.
    Other(Other),
}

impl<One: Kind, Other: Kind> Built for Either<One, Other> {
    async fn with<T: KindVisitor>(&self, visitor: T) -> Result<T::Out> {
        match self {
            Self::One(kind) => visitor.visit(kind).await,
            Self::Other(kind) => visitor.visit(kind).await,
        }
    }
}

/// A kind is a folder with five functions: `prepare` returns its part of the plan, `needs` the calls of a release that
/// IAM must allow, `check_artifact` what is wrong with the bytes of a release alone, `writes` what writes log lines,
/// and `of` builds the kind of a step. Each kind of the list has such a folder, or this does not compile.
macro_rules! registry {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        /// Asks the component's kind for its part of the plan, with ports at the target's place.
        pub async fn prepare(there: &impl KindPorts, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared> {
            match spec {
                $(Spec::$name(spec) => super::$module::prepare(there, input, spec).await,)+
            }
        }

        /// The calls of a release that the role must be allowed which changes the component's target, with ports at
        /// the target's place.
        pub async fn needs_of(
            there: &impl KindPorts,
            input: &PrepareInput<'_>,
            by: &DeployerRole<'_>,
            spec: &Spec,
        ) -> Result<Vec<Needed>> {
            match spec {
                $(Spec::$name(spec) => super::$module::needs(there, input, by, spec).await,)+
            }
        }

        /// Returns what is wrong with the bytes that a release brings for a component, as far as they and the
        /// declaration show. So it can be reported before anything is uploaded. Findings call the bytes `named`.
        pub fn check_artifact(component: &ComponentName, spec: &Spec, named: &str, bytes: &[u8]) -> Vec<Finding> {
            match spec {
                $(Spec::$name(spec) => super::$module::check_artifact(component, spec, named, bytes),)+
            }
        }

        /// Returns what writes log lines, of everything that a step changes. Pure.
        pub fn writes(step: &Step) -> Result<Writes> {
            match step.kind {
                $(KindName::$name => super::$module::writes(step),)+
            }
        }

        /// Lets a visitor work with the kind that a step is of; `ports` are at the deployer's own place.
        pub async fn with_kind_of<T: KindVisitor>(ports: &impl KindPorts, step: &Step, visitor: T) -> Result<T::Out> {
            match step.kind {
                $(KindName::$name => super::$module::of(ports, step).await?.with(visitor).await,)+
            }
        }
    };
}

each_kind!(registry);
