//! Finds the versions of a function that a deployment brought.

use super::{Target, Traffic};
use crate::kinds::from_value;
use crate::kinds::writes::{Writes, sent_forward, text};
use crate::ports::Result;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;

/// Returns the versions that write log lines; see [`crate::kinds::writes()`].
pub fn writes(step: &Step) -> Result<Writes> {
    let target: Target = from_value("target", &step.target)?;
    let versions = sent_forward(step).flat_map(|(change, made)| brought(change, made));
    Ok(Writes::Versions { function: target.function, versions: versions.collect() })
}

/// Returns the versions that a change brings: one that is published for callers, and those to which Windlass or
/// CodeDeploy newly sends callers.
fn brought(change: &Value, made: Option<&str>) -> BTreeSet<String> {
    let mut versions = BTreeSet::new();
    if change["publish"]["keep"] == Value::Bool(false) {
        versions.extend(made.map(str::to_owned));
    }
    if change["update"]["live"] == Value::Bool(true) {
        versions.insert("$LATEST".to_owned());
    }
    versions.extend(text(&change["begin"]["to"]));
    let of = |traffic: &Value| {
        let traffic = Traffic::deserialize(traffic).ok();
        traffic
            .into_iter()
            .flat_map(|traffic| traffic.weights.into_iter().map(|(version, _)| version).chain([traffic.version]))
            .collect::<BTreeSet<_>>()
    };
    let shift = &change["shift"];
    let from = of(&shift["from"]);
    versions.extend(of(&shift["to"]).difference(&from).cloned());
    versions
}

#[cfg(test)]
mod tests {
    use super::super::{Change, CodeSource};
    use super::*;
    use crate::kinds::codedeploy::{self, Replacement};
    use std::collections::BTreeMap;

    fn listed(change: &Change, made: Option<&str>) -> String {
        brought(&change.value(), made).into_iter().collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn a_version_is_brought_by_what_is_published_for_callers_or_gets_them() {
        let publish = |keep| Change::Publish { code_sha256: "c".into(), keep, revision_id: "r".into() };
        let shared = Traffic { version: "41".into(), weights: vec![("42".into(), "0.1".into())] };
        let shift = |from: &Traffic, to: &Traffic| Change::Shift {
            alias: "live".into(),
            from: from.clone(),
            to: to.clone(),
            revision_id: "r".into(),
        };
        let update = |live| Change::Update {
            from: "c".into(),
            to: vec!["d".into()],
            source: CodeSource::Version("1".into()),
            live,
            code_key: None,
            revision_id: "r".into(),
        };
        let (former, new) = (Traffic::all_to("41"), Traffic::all_to("42"));
        let table = [
            (publish(false), Some("42"), "42"),
            (publish(false), None, ""),
            (publish(true), Some("40"), ""),
            (shift(&former, &shared), None, "42"),
            (shift(&shared, &new), None, ""),
            (shift(&new, &former), None, "41"),
            (update(true), None, "$LATEST"),
            (update(false), None, ""),
        ];
        for (change, made, wanted) in table {
            assert_eq!(listed(&change, made), wanted, "{change}");
        }
    }

    #[test]
    fn codedeploy_brings_the_version_that_its_deployment_goes_to() {
        let way = Replacement { from: "41".into(), to: "42".into(), images: BTreeMap::new() };
        let begin = codedeploy::Change::<Change>::Begin { way, after: None, at_once: false };
        let found = brought(&begin.value(), None);
        assert_eq!(found, BTreeSet::from(["42".to_owned()]));
    }
}
