//! The log groups of a deployment's targets, each with its page in the console, and their lines.

use super::groups::link;
use super::parts::{PagePlace, Sort, mark, when};
use crate::log_lines::look;
use crate::record::Record;
use crate::yaml::in_shell;
use maud::{Markup, html};
use std::collections::BTreeSet;
use windlass_aws::Aws;
use windlass_engine::ports::Clock;

/// The most lines that are shown.
const LINES: usize = 200;

/// Reads the lines and shows them; `options` name the installation where the command is typed.
pub async fn shown(aws: &Aws, record: &Record, stand: &PagePlace, options: &[String]) -> Markup {
    let deployment = &record.deployment;
    let (app, id) = (&deployment.app, &deployment.id);
    let from = deployment.started.unwrap_or(deployment.accepted);
    let to = deployment.ending.as_ref().map(|ended| ended.at);
    let span = (from, to.or(Some(aws.now())));
    let found = look(aws, record, &BTreeSet::new(), span, LINES).await;
    let command = ["windlass", "logs", app.as_str(), id.as_str()];
    let command = command.map(str::to_owned);
    html! {
        h1 { "Logs of " a href=[stand.deployment(app, &id.0)] { (app) " " (id) } }
        p { "The same, typed:" }
        pre.typed { code { (in_shell(&[&command, options].concat())) } }
        ul.plain { @for group in &found.groups { li { (group.component) " writes into " (link(record, group)) } } }
        @for note in &found.notes { p { (mark(Sort::Noted, "note")) " " (note) } }
        @for unseen in &found.unseen { p { (mark(Sort::Bad, "not read")) " " (unseen) } }
        @if found.lines.is_empty() { p.empty { "No lines." } } @else {
            pre.log tabindex="0" { @for line in &found.lines { (line.words()) "\n" } }
        }
        @if let Some(cut) = found.cut { p { "There are more lines after " (when(cut)) "." } }
    }
}
