//! The log groups of what a deployment changed, each with its page in the console, and their last lines.

use super::parts::{Sort, Stand, mark};
use crate::log_lines::look;
use crate::record::Record;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use windlass_aws::Aws;
use windlass_domain::console::host;
use windlass_engine::ports::Clock;

/// The most lines that are shown.
const LINES: usize = 200;

/// Looks, and shows what was found.
pub async fn shown(aws: &Aws, record: &Record, stand: &Stand) -> Markup {
    let deployment = &record.deployment;
    let from = deployment.started.unwrap_or(deployment.accepted);
    let to = deployment.ending.as_ref().map(|ended| ended.at);
    let found = look(
        aws,
        record,
        &BTreeSet::new(),
        (from, to.or(Some(aws.now()))),
        LINES,
    )
    .await;
    let regions: BTreeMap<&str, &str> = record
        .steps
        .iter()
        .filter_map(|step| Some((step.component.as_str(), step.place.region.as_deref()?)))
        .collect();
    let own = deployment.executions.first().map_or("", String::as_str);
    let mut parts = own.split(':').skip(1);
    let (partition, region) = (
        parts.next().unwrap_or_default(),
        parts.nth(1).unwrap_or_default(),
    );
    let groups: BTreeSet<(&str, &str)> = found
        .lines
        .iter()
        .map(|line| {
            (
                line.group.as_str(),
                regions
                    .get(line.component.as_str())
                    .copied()
                    .unwrap_or(region),
            )
        })
        .collect();
    html! {
        h1 { "Logs of " a href=(stand.deployment(&deployment.app, &deployment.id.0)) { (deployment.app) " " (deployment.id) } }
        p { "The same, typed:" }
        pre.typed { code { "windlass logs " (deployment.app) " " (deployment.id) } }
        ul.plain { @for (group, region) in groups { li { "Log group " a href=(page(partition, region, group)) rel="noreferrer" target="_blank" { (group) } } } }
        @for note in &found.notes { p { (mark(Sort::Noted, "note")) " " (note) } }
        @for unseen in &found.unseen { p { (mark(Sort::Bad, "not read")) " " (unseen) } }
        @if found.lines.is_empty() { p.empty { "No lines." } } @else {
            pre.log tabindex="0" { @for line in &found.lines { (line.words()) "\n" } }
        }
        @if let Some(cut) = found.cut { p { "There are more lines after " (cut) "." } }
    }
}

/// The console's page of a log group: within the fragment names are escaped twice.
fn page(partition: &str, region: &str, group: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("$25{other:02X}"),
    };
    let group: String = group.bytes().map(escape).collect();
    let region: String = region
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    format!(
        "https://{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}",
        host(partition)
    )
}
