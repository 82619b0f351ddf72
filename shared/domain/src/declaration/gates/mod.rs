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
mod sort;
mod websocket;

use super::scope::Scope;
use crate::declaration::gate::{PauseRule, UnknownRule};
use crate::declaration::kinds::AsWritten;
use crate::declaration::name_text::Given;
use crate::declaration::output::Output;
use crate::document::shape::join;
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
pub(super) use sort::{At, ResolveGate};
pub use sort::{DeclaredGate, Sort};
use std::collections::BTreeSet;
pub use websocket::{Websocket, WebsocketGate};

/// A component of which gates may be declared.
pub(super) struct GatedComponent<'a> {
    /// Its name.
    pub(super) name: &'a ComponentName,
    /// The component as people write it.
    pub(super) written: &'a dyn AsWritten,
    /// Its own gates.
    pub(super) gates: &'a ComponentGates,
}

/// Makes the types of written and of resolved gates from the list of sorts.
macro_rules! sorts {
    (
        anywhere { $( $(#[$doc:meta])* $list:ident: [$written:ty; $most:literal] => $gate:ty, )* }
        of_a_component { $( $(#[$own_doc:meta])* $own:ident: [$own_written:ty; $own_most:literal] => $own_gate:ty, )* }
    ) => {
        /// Gates decide whether a release is healthy.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Gates {
            /// The time for which Windlass watches the last wave. The last wave consists of the components that change
            /// last. If `bake` is absent, Windlass judges this wave only once. With gates in `metrics` or `logs`,
            /// `bake` is needed. It must be at least as long as the longest `period` of the metrics and the longest
            /// `window` of the logs.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub bake: Option<Span>,
            /// The time for which Windlass watches each wave before the last one. If the rollout of a component in that
            /// wave sets a time, the time of the rollout counts instead. If `between_waves` is absent, the time is the
            /// longest of all values of `period` in `metrics` and of `window` in `logs`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub between_waves: Option<Span>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(extend("maxItems" = $most))]
                pub $list: Option<Vec<$written>>,
            )*
            /// The treatment of a measurement while it is unknown, such as `{becomes: hold, for: 5m}`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub unknown: Option<UnknownRule>,
            /// The longest time of a pause that a person requests, and what Windlass does after that time, such as
            /// `{for: 24h, then: continue}` or `{for: 2h, then: undo}`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pause: Option<PauseRule>,
        }

        /// Gates of a component. These gates count only in a deployment that changes the component. In such a
        /// deployment they count from the wave that changes the component, and not in earlier waves. So these gates may
        /// fail as long as the component has had no release.
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
        pub struct ResolvedGates {
            /// The time for which the last wave is watched.
            pub bake: Span,
            /// The time for which each earlier wave is watched, unless its rollout gives one itself.
            pub between_waves: Span,
            $( $(#[$doc])* pub $list: Vec<DeclaredGate<$gate>>, )*
            $( $(#[$own_doc])* pub $own: Vec<DeclaredGate<$own_gate>>, )*
            /// The rule for an unknown measurement.
            pub unknown: UnknownRule,
            /// The rule for a pause.
            pub pause: PauseRule,
            /// The paths of what was not there yet when the release was planned. A gate of the whole release among them
            /// counts once all of it has changed.
            #[serde(skip_serializing_if = "BTreeSet::is_empty")]
            pub late: BTreeSet<String>,
        }

        impl ResolvedGates {
            /// Returns each gate, whatever its sort, with the component that it is declared of.
            pub fn all(&self) -> Vec<(Option<&ComponentName>, &dyn Sort)> {
                let mut all: Vec<(Option<&ComponentName>, &dyn Sort)> = vec![];
                $( all.extend(self.$list.iter().map(DeclaredGate::any)); )*
                $( all.extend(self.$own.iter().map(DeclaredGate::any)); )*
                all
            }

            /// Returns the outputs of components that the gates take.
            pub fn takes(&self) -> BTreeSet<Output> {
                let mut takes = BTreeSet::new();
                $( takes.extend(self.$list.iter().flat_map(DeclaredGate::takes)); )*
                $( takes.extend(self.$own.iter().flat_map(DeclaredGate::takes)); )*
                takes
            }

            /// Returns the gates with what is given in the places of outputs. `origin` is the endpoint of a local
            /// cloud, which addresses may name. A text that may not be asked then stays as it is.
            #[must_use]
            pub fn filled(mut self, given: &Given, origin: Option<&str>) -> Self {
                $( self.$list.iter_mut().for_each(|one| one.fill(given, origin)); )*
                $( self.$own.iter_mut().for_each(|one| one.fill(given, origin)); )*
                self
            }

            /// Resolves the written gates of every sort.
            fn resolve(
                &mut self,
                scope: &mut Scope<'_>,
                written: &WrittenGates<'_>,
                components: &[GatedComponent<'_>],
            ) {
                $(
                    let listed = written.list(stringify!($list), |gates| gates.$list.as_ref());
                    self.$list = sort::each(scope, None, listed);
                )*
                for &GatedComponent { name, written, gates: own } in components {
                    let of = Some((name, written));
                    $(
                        let listed = sort::listed(name, stringify!($list), &own.$list);
                        self.$list.extend(sort::each(scope, of, listed));
                    )*
                    $(
                        let usual = || <$own_gate as ResolveGate>::usual(written);
                        let $own = own.$own.clone().unwrap_or_else(usual);
                        let listed = sort::listed(name, stringify!($own), &$own);
                        self.$own.extend(sort::each(scope, of, listed));
                    )*
                }
            }
        }
    };
}

sorts! {
    anywhere {
        /// CloudWatch alarms, each of which must be `OK`. Write the alarm's name. If the alarm is in another region
        /// than the environment, as alarms of CloudFront often are, write `{name: …, region: us-east-1}`.
        alarms: [Alarm; 100] => AlarmGate,
        /// CloudWatch metrics with a threshold.
        metrics: [Metric; 100] => MetricGate,
        /// HTTP probes.
        probes: [Probe; 20] => ProbeGate,
        /// WebSockets that must open. Windlass can send a message over each one, and can expect an answer.
        websockets: [Websocket; 20] => WebsocketGate,
        /// Counts of lines in CloudWatch Logs. Windlass counts with queries of Logs Insights, and AWS bills the data
        /// that the queries scan.
        logs: [Logs; 10] => LogsGate,
    }
    of_a_component {
        /// Requests that Windlass sends to each new version of a Lambda function. Windlass sends the requests after the
        /// version is published and before the alias moves. So callers get only versions that have answered the
        /// requests. While the version gets traffic, Windlass repeats the requests each time it judges the gates. If
        /// the function has no alias, new code is live at once, and Windlass sends the requests afterwards.
        invocations: [Invocation; 100] => InvocationGate,
        /// Pages of a static site. Windlass fetches these pages as visitors do. Each page must be an HTML document. The
        /// scripts and style sheets that the page requests from its own origin must exist. If `pages` is absent and the
        /// site has a `url` or a `distribution`, Windlass fetches the page at `/`, unless the `root` of the site is
        /// `none`. With an empty list, Windlass fetches no page.
        pages: [Page; 20] => PageGate,
        /// Comparisons between the new and the former version of a function or a service, such as
        /// `{compare: previous, samples: 1000}`. Windlass compares the two versions in each step of the `rollout`. A
        /// comparison fails if a larger share of calls fails with the new version, and chance does not explain the
        /// difference.
        comparisons: [Comparison; 10] => ComparisonGate,
    }
}

/// The gates that an environment writes itself, and those that all share.
pub(super) struct WrittenGates<'w> {
    own: Option<&'w Gates>,
    common: &'w Gates,
    own_path: String,
}

impl<'w> WrittenGates<'w> {
    /// Returns the environment's own member, if it has one, or else the global one, with its path.
    fn member<T>(&self, field: &str, of: impl Fn(&'w Gates) -> Option<&'w T>) -> Option<(String, &'w T)> {
        if let Some(value) = self.own.and_then(&of) {
            return Some((join(&self.own_path, field), value));
        }
        of(self.common).map(|value| (join("gates", field), value))
    }

    /// Returns the members of a list, each with its path.
    pub(super) fn list<T: 'w>(
        &self,
        field: &str,
        of: impl Fn(&'w Gates) -> Option<&'w Vec<T>>,
    ) -> impl Iterator<Item = (String, &'w T)> {
        let list = self.member(field, of);
        list.into_iter().flat_map(|(path, items)| {
            let items = items.iter().enumerate();
            items.map(move |(i, item)| (format!("{path}[{i}]"), item))
        })
    }
}

impl ResolvedGates {
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
