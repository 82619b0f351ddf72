//! HTTP probes: status, body, latency.

use super::{At, Resolve, Sort};
use crate::cut::cut;
use crate::declaration::scope::Scope;
use crate::declaration::text::Text;
use crate::declaration::{aws_name, probe_url};
use crate::finding::FindingName;
use crate::shape::join;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest time that a probe may take: it runs within one call of the judge.
const LONGEST_PROBE: Span = Span::seconds(20);

/// An HTTP probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The address, such as `https://{environment}.shop.example/health`.
    pub url: Text,
    /// The status that is healthy.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// The time within which the answer must be complete, such as `800ms`; at most `20s`.
    #[serde(default = "ten_seconds")]
    pub within: Span,
    /// A text that the body must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

const fn ok() -> u16 {
    200
}

const fn ten_seconds() -> Span {
    Span::seconds(10)
}

/// An HTTP probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeGate {
    /// The address; `https` or `http`.
    pub url: String,
    /// The status that is healthy.
    pub status: u16,
    /// The time within which the answer must be complete.
    pub within: Span,
    /// A text that the body must contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl Sort for ProbeGate {
    fn sort(&self) -> &'static str {
        "probe"
    }

    fn name(&self) -> String {
        self.url.clone()
    }

    fn threshold(&self) -> String {
        let body = match &self.body {
            Some(text) => format!(" with `{}`", cut(text, 40)),
            None => String::new(),
        };
        format!("status {}{body} within {}", self.status, self.within)
    }
}

impl Resolve for ProbeGate {
    type Written = Probe;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, probe: &Probe) -> Self {
        let path = &at.path;
        let before = scope.findings.len();
        let url = scope.text(&join(path, "url"), &probe.url, &aws_name::ANY);
        if before == scope.findings.len() {
            probe_url::check(scope, &join(path, "url"), &url, &probe_url::HTTP);
        }
        if probe.within == Span::ZERO || probe.within > LONGEST_PROBE {
            scope.find(
                FindingName::BadValue,
                &join(path, "within"),
                format!("`{}` is not between 1ms and {LONGEST_PROBE}.", probe.within),
                "Write a time such as `800ms`, at most `20s`.",
            );
        }
        Self {
            url,
            status: probe.status,
            within: probe.within,
            body: probe.body.clone(),
        }
    }
}
