//! The log groups that the targets of a deployment write into, each with its page in the console, and their lines.

use super::parts::{PagePlace, mark, typed, when};
use crate::ground::quoting::in_shell;
use crate::ground::terminal::Tone;
use crate::talk::installation::Endpoint;
use crate::view::log_lines::{LogGroup, groups, look, what_writes};
use maud::{Markup, html};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use windlass_aws::Aws;
use windlass_domain::release::call::host;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::time::Time;
use windlass_engine::ports::Clock;

/// The most lines that are shown.
const LINES: usize = 200;

/// Reads the lines and shows them; `options` name the installation where the command is typed.
pub async fn shown(aws: &Aws, record: &Record, stand: &PagePlace, options: &[String]) -> Markup {
    let deployment = &record.deployment;
    let (app, id) = (&deployment.app, &deployment.id);
    let from = deployment.started.unwrap_or(deployment.accepted);
    let to = deployment.ending.as_ref().map(|ended| ended.at);
    let found = look(aws, record, &BTreeSet::new(), (from, to.or(Some(aws.now()))), LINES).await;
    let command = ["windlass", "logs", app.as_str(), id.as_str()];
    let command = command.map(str::to_owned);
    html! {
        h1 { "Logs of " a href=[stand.deployment(app, &id.0)] { (app) " " (id) } }
        (typed(&in_shell(&[&command, options].concat())))
        ul.plain { @for group in &found.groups { li { (group.component) " writes into " (link(record, group)) } } }
        @for note in &found.notes { p { (mark(Tone::Noted, "note")) " " (note) } }
        @for unseen in &found.unseen { p { (mark(Tone::Bad, "not read")) " " (unseen) } }
        @if found.lines.is_empty() { p.empty { "No lines." } } @else {
            pre.log tabindex="0" { @for line in &found.lines { (line.words()) "\n" } }
        }
        @if let Some(cut) = found.cut { p { "There are more lines after " (when(cut)) "." } }
    }
}

/// The time that a page waits for AWS; it shows the rest without.
const PATIENCE: Duration = Duration::from_secs(3);

/// The time after which AWS is asked again where it did not list all of them, in milliseconds.
const AGAIN_MS: u64 = 60_000;

/// The known log groups of a deployment.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    known: BTreeSet<LogGroup>,
    /// True if some could not be listed.
    lacks: bool,
}

/// The answers that AWS gave already. A page that moves asks again only for each change that writes elsewhere.
#[derive(Debug, Default)]
pub struct AnswerCache(RefCell<BTreeMap<String, CachedAnswer>>);

#[derive(Debug, Clone)]
struct CachedAnswer {
    /// The text of [`what_writes`] for which AWS was asked.
    what: String,
    groups: Groups,
    at: Time,
}

impl CachedAnswer {
    fn is_good(&self, what: &str, now: Time) -> bool {
        self.what == what && (!self.groups.lacks || now.ms_since(self.at) < AGAIN_MS)
    }
}

impl AnswerCache {
    /// Returns the log groups of a deployment. AWS is asked where it may list more than is known.
    pub async fn of(&self, endpoint: &Endpoint, record: &Record, now: Time) -> Groups {
        let Some(what) = what_writes(record) else { return Groups::default() };
        let id = &record.deployment.id.0;
        let known = self.0.borrow().get(id).cloned();
        if let Some(known) = known.filter(|known| known.is_good(&what, now)) {
            return known.groups;
        }
        let groups = tokio::time::timeout(PATIENCE, asked(endpoint, record))
            .await
            .unwrap_or(Groups { lacks: true, ..Groups::default() });
        let answer = CachedAnswer { what, groups: groups.clone(), at: now };
        self.0.borrow_mut().insert(id.clone(), answer);
        groups
    }
}

async fn asked(endpoint: &Endpoint, record: &Record) -> Groups {
    let Ok(aws) = endpoint.aws().await else { return Groups { lacks: true, ..Groups::default() } };
    let look = groups(&aws, record).await;
    Groups { known: look.groups, lacks: !look.unseen.is_empty() }
}

impl Groups {
    /// Shows them as a fact of a deployment, with a link to the page that says why some are missing; `None` where there
    /// are none.
    pub fn fact(&self, record: &Record, logs: &str) -> Option<Markup> {
        (self.lacks || !self.known.is_empty()).then(|| {
            html! {
                @for group in &self.known { div { (link(record, group)) " " small { (group.component) } } }
                @if self.lacks { div { small { "not all could be shown: " a href=(logs) { "Logs" } " says why" } } }
            }
        })
    }
}

/// Shows a log group with its page in the console.
pub fn link(record: &Record, group: &LogGroup) -> Markup {
    let mut parts = record.deployment.executions.first().map_or("", String::as_str).split(':').skip(1);
    let partition = parts.next().unwrap_or_default();
    let region = group.region.as_deref().or(parts.nth(1));
    html! { a href=(page(partition, region.unwrap_or_default(), &group.name)) rel="noreferrer" target="_blank" { (group.name) } }
}

/// Returns the address of a log group's page in the console. Within the fragment names are escaped twice.
fn page(partition: &str, region: &str, group: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("$25{other:02X}"),
    };
    let group: String = group.bytes().map(escape).collect();
    let region: String = region.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("https://{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}", host(partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_group_is_in_its_region_and_nothing_of_its_name_ends_the_address() {
        let table = [
            (
                "aws",
                "eu-west-1",
                "/aws/lambda/api",
                "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fapi",
            ),
            (
                "aws-cn",
                "cn-north-1\"><b>",
                "a b\"",
                "https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1b#logsV2:log-groups/log-group/a$2520b$2522",
            ),
        ];
        for (partition, region, group, wanted) in table {
            assert_eq!(page(partition, region, group), wanted);
        }
    }

    #[test]
    fn what_aws_answered_is_kept_until_something_else_writes_and_a_gap_is_asked_for_again() {
        let answer = |lacks| CachedAnswer {
            what: "api".to_owned(),
            groups: Groups { lacks, ..Groups::default() },
            at: Time(1_000),
        };
        let later = Time(1_000 + AGAIN_MS);
        assert!(answer(false).is_good("api", later) && !answer(false).is_good("api, web", later));
        assert!(answer(true).is_good("api", Time(2_000)) && !answer(true).is_good("api", later));
    }
}
