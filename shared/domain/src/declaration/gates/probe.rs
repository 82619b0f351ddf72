//! HTTP probes: status, body, latency, and the headers that they send. None may be a secret: the declaration is kept,
//! and shown, as it is (rule 10).

// A test listener has the new tasks only while the service waits at its pause, so `before_traffic` decides in those
// waves alone. Headers are recorded, so none may be a secret.

use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name;
use crate::declaration::name_text::NameText;
use crate::declaration::probe_url;
use crate::declaration::scope::{Scope, Text};
use crate::document::secret;
use crate::document::shape::join;
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign::truncate;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An HTTP probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The address, such as `https://{environment}.shop.example/health`.
    pub url: Text,
    /// The HTTP status of a healthy answer.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// The time within which the answer must be complete, such as `800ms`; at most `20s`.
    #[serde(default = "Span::of_seconds::<10>")]
    pub within: Span,
    /// A text that the body must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers that Windlass sends, by name. For example, write `{x-shop-test: new}` if the rule of a test listener
    /// requires this header. No header may be a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 10))]
    pub headers: BTreeMap<String, Text>,
    /// True if `url` is an address of the service's test listener. Windlass then sends the probe only while ECS waits
    /// for Windlass at the stage `POST_TEST_TRAFFIC_SHIFT`. So no caller gets a release that has not answered the
    /// probe.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before_traffic: bool,
}

const fn ok() -> u16 {
    200
}

/// An HTTP probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeGate {
    /// The address; `https` or `http`.
    pub url: String,
    /// The HTTP status of a healthy answer.
    pub status: u16,
    /// The time within which the answer must be complete.
    pub within: Span,
    /// A text that the body must contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers that are sent, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// True if it asks for the answer to test traffic, before any caller gets it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub before_traffic: bool,
}

impl Sort for ProbeGate {
    fn sort(&self) -> &'static str {
        "probe"
    }

    fn name(&self) -> String {
        self.url.clone()
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![NameText::address("url", &mut self.url, &probe_url::HTTP)]
    }

    fn threshold(&self) -> String {
        let body = match &self.body {
            Some(text) => format!(" with `{}`", truncate(text, 40)),
            None => String::new(),
        };
        format!("status {}{body} within {}", self.status, self.within)
    }
}

impl ResolveGate for ProbeGate {
    type Written = Probe;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, probe: &Probe) -> Self {
        let path = &at.path;
        let url = probe_url::text(scope, &join(path, "url"), &probe.url, &probe_url::HTTP);
        probe_url::check_within(scope, path, probe.within, "800ms");
        Self {
            url,
            status: probe.status,
            within: probe.within,
            body: probe.body.clone(),
            headers: resolve(scope, &join(path, "headers"), &probe.headers),
            before_traffic: probe.before_traffic && tested(scope, at),
        }
    }
}

/// Returns whether the component that it is declared of waits with the test traffic; notes it in the scope if it does
/// not.
fn tested(scope: &mut Scope<'_>, at: &At<'_>) -> bool {
    let path = join(&at.path, "before_traffic");
    match at.component {
        Some((_, component)) if component.waits_with_test_traffic() => return true,
        Some((name, _)) => scope.note(
            Finding::not_supported(
                &path,
                format!("Nothing of `{name}` waits while test traffic alone gets its release."),
                "Remove it; or let an `ecs` that ECS shifts pause there: add `POST_TEST_TRAFFIC_SHIFT` to its `pause`, and give the service a PAUSE hook at that stage and a test listener (docs/integrate/ecs-strategies.md).",
            )
            .resting_on([format!("components.{name}.pause")]),
        ),
        None => scope.not_supported(
            &path,
            "A probe of the whole release cannot tell whose test traffic it asks.",
            "Write the probe among `gates` of the `ecs` component whose test listener it asks.",
        ),
    }
    false
}

/// The headers by which callers say who they are (RFC 9110, sections 11.6.2 and 11.7.2; RFC 6265, section 4.2).
const CREDENTIALS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// The headers that belong to the connection, or that the client sets (RFC 9110, sections 7.2, 7.6 and 8.6).
const OF_THE_CLIENT: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Resolves the headers in the environment, and notes in the scope what is wrong with them.
pub(super) fn resolve(scope: &mut Scope<'_>, path: &str, written: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    written
        .iter()
        .filter_map(|(name, value)| {
            let at = join(path, name);
            let is_well = check(scope, &at, name);
            is_well.then(|| (name.to_ascii_lowercase(), scope.text(&at, value, &aws_name::HEADER)))
        })
        .collect()
}

/// Returns whether a header of this name may be sent; notes it in the scope if it may not.
fn check(scope: &mut Scope<'_>, at: &str, name: &str) -> bool {
    let before = scope.findings.len();
    let lower = name.to_ascii_lowercase();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if CREDENTIALS.contains(&lower.as_str()) || secret::names_a_credential(name) {
        scope.find(
            FindingName::SecretInInput,
            at,
            "A header of this name says who asks, and its value is a secret.",
            "Leave it out. Let the listener's rule look for a header that is no secret, such as `x-shop-test: new`, and let only the network of Windlass reach it.",
        );
    } else if OF_THE_CLIENT.contains(&lower.as_str()) {
        scope.bad_value(
            at,
            "The client itself sets this header.",
            "Leave it out, or let the listener's rule look for a header of your own, such as `x-shop-test: new`.",
        );
    } else if !(1..=64).contains(&name.len()) || !name.chars().all(is_token) {
        scope.bad_value(
            at,
            "This is not the name of a header.",
            "Write a name such as `x-shop-test`: 1 to 64 letters, digits and hyphens.",
        );
    }
    before == scope.findings.len()
}
