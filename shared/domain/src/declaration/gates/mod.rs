//! Gates decide whether a release is healthy. Each sort is one file and one entry of the list below: as people write
//! it, with every value final, and its words. Gates are declared for the whole release, or of a component, and those
//! decide from its wave on.

mod alarm;
mod comparison;
mod invocation;
mod logs;
mod metric;
mod page;
mod probe;
pub(super) mod resolve;
mod series;
mod slowest;
mod websocket;

use super::scope::Scope;
use crate::declaration::gate::{PauseRule, UnknownRule};
use crate::declaration::kinds::AsWritten;
use crate::text::name::ComponentName;
use crate::text::time::Span;
pub use alarm::{Alarm, AlarmGate, AlarmInRegion};
pub use comparison::{Baseline, Comparison, ComparisonGate, Count};
pub use invocation::{Invocation, InvocationGate};
pub use logs::{Logs, LogsGate};
pub use metric::{Measured, Metric, MetricGate};
pub use page::{Page, PageGate};
pub use probe::{Probe, ProbeGate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use series::{MetricSeries, Series};
pub(crate) use slowest::Slowest;
pub use websocket::{Websocket, WebsocketGate};

/// A gate of some sort, with every value final.
pub trait Sort {
    /// Returns the source that its measurements name, such as `alarm`.
    fn sort(&self) -> &'static str;
    /// Returns its name for people, such as an alarm's name.
    fn name(&self) -> String;
    /// Returns its threshold in words, such as `at most 5`.
    fn threshold(&self) -> String;
    /// Returns the time for which a wave must be watched so that the gate answers; no time if it answers at once.
    fn period(&self) -> Span {
        Span::ZERO
    }
}

/// A [`Sort`] of gate that is resolved from what people write.
pub(super) trait Resolve: Sort + PartialEq + Sized {
    /// The gate as people write it.
    type Written: Clone;
    /// Returns the gates of a component whose declaration says nothing of this sort.
    fn usual(_component: &dyn AsWritten) -> Vec<Self::Written> {
        vec![]
    }
    /// Resolves the gate in the environment, and notes in the scope what is wrong with it.
    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, written: &Self::Written) -> Self;
}

/// The place in which a gate is declared.
pub(super) struct At<'a> {
    /// Its path in the declaration.
    pub(super) path: String,
    /// The component that it is declared of.
    pub(super) component: Option<(&'a ComponentName, &'a dyn AsWritten)>,
}

/// A component of which gates may be declared.
pub(super) struct Owner<'a> {
    /// Its name.
    pub(super) name: &'a ComponentName,
    /// The component as people write it.
    pub(super) written: &'a dyn AsWritten,
    /// Its own gates.
    pub(super) gates: &'a ComponentGates,
}

/// A gate with its place in the declaration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Declared<G> {
    /// Its path in the declaration, such as `gates.alarms[0]`.
    pub path: String,
    /// The component from whose wave on it decides; in every wave if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentName>,
    /// The gate.
    #[serde(flatten)]
    pub gate: G,
}

/// Makes the types of written and of resolved gates from the list of sorts.
macro_rules! sorts {
    (
        anywhere { $( $(#[$doc:meta])* $list:ident: [$written:ty; $most:literal] => $gate:ty, )* }
        of_a_component { $( $(#[$own_doc:meta])* $own:ident: [$own_written:ty; $own_most:literal] => $own_gate:ty, )* }
    ) => {
        /// Gates, which decide whether a release is healthy.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Gates {
            /// The time for which the last wave is watched. If absent, it is not watched, and is judged once.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub bake: Option<Span>,
            /// The time for which each earlier wave is watched, unless its rollout gives one itself; the longest period
            /// among the gates if absent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub between_waves: Option<Span>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(extend("maxItems" = $most))]
                pub $list: Option<Vec<$written>>,
            )*
            /// The consequence of an unknown measurement, such as `{becomes: hold, for: 5m}`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub unknown: Option<UnknownRule>,
            /// The longest time of a pause that a person asks for, and what comes then, such as `{for: 24h, then:
            /// continue}` or `{for: 2h, then: undo}`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pause: Option<PauseRule>,
        }

        /// Gates of a component. They decide from the wave on in which it is changed, and not at all if a deployment
        /// leaves it as it is. So they need not be healthy before its first release.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct ComponentGates {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                #[schemars(extend("maxItems" = $most))]
                pub $list: Vec<$written>,
            )*
            $(
                $(#[$own_doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(extend("maxItems" = $own_most))]
                pub $own: Option<Vec<$own_written>>,
            )*
        }

        impl ComponentGates {
            /// Returns whether there is none.
            pub fn is_empty(&self) -> bool {
                $( self.$list.is_empty() && )* $( self.$own.is_none() && )* true
            }
        }

        /// The gates of an environment: of the whole release, and then of its components.
        #[derive(Debug, Clone, Default, PartialEq, Serialize)]
        pub struct Resolved {
            /// The time for which the last wave is watched.
            pub bake: Span,
            /// The time for which each earlier wave is watched, unless its rollout gives one itself.
            pub between_waves: Span,
            $( $(#[$doc])* pub $list: Vec<Declared<$gate>>, )*
            $( $(#[$own_doc])* pub $own: Vec<Declared<$own_gate>>, )*
            /// The rule for an unknown measurement.
            pub unknown: UnknownRule,
            /// The rule for a pause.
            pub pause: PauseRule,
        }

        impl Resolved {
            /// Returns each gate, whatever its sort, with the component that it is declared of.
            pub fn all(&self) -> Vec<(Option<&ComponentName>, &dyn Sort)> {
                let mut all: Vec<(Option<&ComponentName>, &dyn Sort)> = vec![];
                $( all.extend(self.$list.iter().map(Declared::any)); )*
                $( all.extend(self.$own.iter().map(Declared::any)); )*
                all
            }

            /// Resolves the written gates of every sort.
            fn resolve(
                &mut self,
                scope: &mut Scope<'_>,
                written: &resolve::WrittenGates<'_>,
                components: &[Owner<'_>],
            ) {
                $(
                    let listed = written.list(stringify!($list), |gates| gates.$list.as_ref());
                    self.$list = resolve::each(scope, None, listed);
                )*
                for &Owner { name, written, gates: own } in components {
                    let of = Some((name, written));
                    $(
                        let listed = resolve::listed(name, stringify!($list), &own.$list);
                        self.$list.extend(resolve::each(scope, of, listed));
                    )*
                    $(
                        let usual = || <$own_gate as Resolve>::usual(written);
                        let $own = own.$own.clone().unwrap_or_else(usual);
                        let listed = resolve::listed(name, stringify!($own), &$own);
                        self.$own.extend(resolve::each(scope, of, listed));
                    )*
                }
            }
        }
    };
}

sorts! {
    anywhere {
        /// CloudWatch alarms; each must be OK. An alarm's name, or `{name: …, region: us-east-1}` where it
        /// is in another region than the environment, as those of CloudFront are.
        alarms: [Alarm; 100] => AlarmGate,
        /// CloudWatch metrics with a threshold.
        metrics: [Metric; 100] => MetricGate,
        /// HTTP probes.
        probes: [Probe; 20] => ProbeGate,
        /// Conversations over a WebSocket.
        websockets: [Websocket; 20] => WebsocketGate,
        /// Counts of lines in CloudWatch Logs, by queries of Logs Insights. AWS bills what they scan.
        logs: [Logs; 10] => LogsGate,
    }
    of_a_component {
        /// Requests with which each new version of a Lambda function is invoked: once it is published and before
        /// the alias moves, so that no caller gets a version that has not answered them, and again at each look
        /// while it gets traffic. Without an alias new code is live at once, and they come after that.
        invocations: [Invocation; 100] => InvocationGate,
        /// Pages of a static site: each must be answered with a document, and the scripts and style sheets of its
        /// own origin that it names must be there, as visitors get them. If absent the page at `/`, where the site has
        /// a `url` or a `distribution` and `root` is not `none`; an empty list looks at none.
        pages: [Page; 20] => PageGate,
        /// The new version of a Lambda function beside the former one, in each step of its rollout: such as
        /// `{compare: previous, samples: 1000}`, which fails where the new one has more errors and chance does not
        /// explain it.
        comparisons: [Comparison; 10] => ComparisonGate,
    }
}

impl<G: Sort> Declared<G> {
    fn any(&self) -> (Option<&ComponentName>, &dyn Sort) {
        (self.component.as_ref(), &self.gate)
    }
}

impl Resolved {
    /// Returns whether a gate decides when this component is changed.
    pub fn measure(&self, component: &ComponentName) -> bool {
        let all = self.all();
        let mut of = all.iter().map(|(of, _)| *of);
        of.any(|of| of.is_none_or(|of| of == component))
    }

    /// Returns the gate that takes longest to answer, unless all answer at once.
    pub(crate) fn slowest(&self) -> Option<Slowest> {
        let all = self.all().into_iter();
        let slow = all.map(|(_, gate)| gate).filter(|gate| gate.period() > Span::ZERO);
        let slowest = slow.max_by_key(|gate| gate.period())?;
        Some(Slowest { period: slowest.period(), name: slowest.name() })
    }
}
