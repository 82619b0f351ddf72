//! Asks CloudTrail who changed a target that has drifted. It makes one call for each component that has newly drifted,
//! because an account may make two of these calls a second in a region, all of its programs together (AWS CloudTrail
//! API Reference, LookupEvents). If CloudTrail does not tell it, the difference says so; that is no fault.

use super::ports::Ports;
use crate::observe::trail;
use crate::ports::{JsonCall, Result};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::environment::Running;
use windlass_domain::hourly_look::{ChangedBy, Difference, HourlyLook};
use windlass_domain::name::ComponentName;

/// The most components that a look asks CloudTrail about: the first ones.
const ASKED_FOR: usize = 4;

/// The most events in an answer (LookupEvents, MaxResults).
const MOST_EVENTS: u32 = 50;

/// Names who made each difference that this look was the first to see.
pub async fn name(ports: &impl Ports, look: &mut HourlyLook, running: &BTreeMap<ComponentName, Running>) {
    let mut asked = 0;
    for (name, difference) in look.new_differences() {
        let Some(running) = running.get(name) else {
            continue;
        };
        asked += 1;
        difference.who = Some(if asked > ASKED_FOR {
            ChangedBy::Nobody("it was not asked, because more had drifted at once".to_owned())
        } else {
            let who = who(ports, name, running, difference).await;
            who.unwrap_or_else(|fault| ChangedBy::Nobody(fault.message))
        });
    }
}

async fn who(
    ports: &impl Ports,
    name: &ComponentName,
    running: &Running,
    difference: &Difference,
) -> Result<ChangedBy> {
    let Some((place, resource)) = trail(ports, name, running).await? else {
        let why = "it keeps no events of such a target";
        return Ok(ChangedBy::Nobody(why.to_owned()));
    };
    let (after, until) = (difference.not_before, difference.seen_at);
    let there = ports.at(&place);
    let answer = there.json_call(JsonCall {
        service: "cloudtrail",
        target: "CloudTrail_20131101.LookupEvents",
        body: json!({
            "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": resource}],
            "StartTime": after.0 / 1000,
            "EndTime": until.0.div_ceil(1000),
            "MaxResults": MOST_EVENTS,
        }),
    });
    Ok(ChangedBy::of(&answer.await?, after, until))
}
