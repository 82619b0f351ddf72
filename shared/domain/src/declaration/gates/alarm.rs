//! CloudWatch alarms: each must be OK.

// CloudFront's alarms and metrics are in us-east-1 alone, so a gate may name a region. An alarm that is not found is
// looked for nowhere else: one of the same name there would pass for it.

use super::sort::in_region;
use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A CloudWatch alarm, written as its name, or as its name and its region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Alarm {
    /// An alarm of the region that is named.
    InRegion(AlarmInRegion),
    /// An alarm of the environment's region.
    Here(Text),
}

/// A CloudWatch alarm in a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmInRegion {
    /// The alarm's name.
    pub name: Text,
    /// The AWS region of the alarm, which is `us-east-1` for an alarm about a metric of CloudFront.
    pub region: Text,
}

/// A CloudWatch alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmGate {
    /// Its name.
    pub name: String,
    /// The region that it is in; the environment's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Sort for AlarmGate {
    fn sort(&self) -> &'static str {
        "alarm"
    }

    /// Returns a name such as `shop-prod-cdn-5xx (us-east-1)`.
    fn name(&self) -> String {
        format!("{}{}", self.name, in_region(self.region.as_ref()))
    }

    fn threshold(&self) -> String {
        "OK".to_owned()
    }
}

impl ResolveGate for AlarmGate {
    type Written = Alarm;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, alarm: &Alarm) -> Self {
        let path = &at.path;
        match alarm {
            Alarm::InRegion(alarm) => Self {
                name: scope.text_or(&join(path, "name"), &alarm.name, &aws_name::ALARM, meant),
                region: Some(scope.text(&join(path, "region"), &alarm.region, &aws_name::REGION)),
            },
            Alarm::Here(text) if is_half_an_alarm(scope, text) => {
                scope.bad_value(
                    path,
                    "An alarm of another region has the members `name` and `region`, and no others.",
                    "Write such as `{name: shop-prod-cdn-5xx, region: us-east-1}`.",
                );
                Self { name: String::new(), region: None }
            }
            Alarm::Here(text) => Self { name: scope.text_or(path, text, &aws_name::ALARM, meant), region: None },
        }
    }
}

/// Returns the name that was probably meant: the end of an ARN, or what stands between blanks; `None` where nothing does.
fn meant(text: &str) -> Option<String> {
    let name = text.split_once(":alarm:").map_or(text, |(_, name)| name).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns whether a text is half an alarm: a map with one of the members, of which the other is missing or misspelt,
/// reads as one text for each environment.
fn is_half_an_alarm(scope: &Scope<'_>, text: &Text) -> bool {
    let Text::PerEnvironment(texts) = text else { return false };
    let mut unknown = texts.keys().filter(|name| !scope.environments.contains(name));
    unknown.any(|name| ["name", "region"].contains(&name.as_str()))
}
