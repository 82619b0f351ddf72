//! An environment: its running releases, the acts on it, its history as a strip, and the snapshots that a rollback can
//! go back to.

use super::acts::buttons;
use super::parts::{self, BrowserPage, PagePlace, age, mark, span, times, when};
use super::way_back::{self, LastDrill};
use crate::ground::terminal::Tone;
use crate::view::deployment::state;
use crate::view::provenance::{asked_by, commit, took};
use crate::view::situation::{self, by, of_environment};
use crate::view::snapshots::{named_parts, states};
use crate::view::status::{self, left_alone};
use maud::{Markup, html};
use std::collections::BTreeMap;
use windlass_domain::environment::drift::Drift;
use windlass_domain::environment::{HeldState, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::HistoryEntry;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::shown::api::recorded::ListedSnapshot;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The content of an environment's page.
pub struct ShownEnvironment<'a> {
    /// The place of the pages.
    pub stand: &'a PagePlace,
    /// The environment.
    pub environment: &'a Environment,
    /// Its deployments, newest first.
    pub history: &'a [HistoryEntry],
    /// The place at which the next page of them begins.
    pub next: Option<&'a str>,
    /// Its snapshots, newest first.
    pub snapshots: &'a [ListedSnapshot],
    /// The last drill that has ended, with all of its record.
    pub drill: &'a LastDrill,
    /// The time.
    pub now: Time,
}

impl ShownEnvironment<'_> {
    /// Renders it as a page.
    pub fn page(&self) -> String {
        let Environment { app, name, .. } = self.environment;
        let page = BrowserPage {
            stand: self.stand,
            title: &format!("{app} {name}"),
            above: vec![(format!("{app} {name}"), self.stand.environment(EnvironmentId::new(app, name)))],
            again_s: self.environment.observed.as_ref().is_none_or(BTreeMap::is_empty).then_some(5),
        };
        page.render(&self.body())
    }

    /// Renders it without the frame.
    pub fn body(&self) -> Markup {
        let Environment { app, name, .. } = self.environment;
        html! {
            section id={ (app) "-" (name) } {
                div.head { h1 { (app) " " (name) } ul.states { @for one in of_environment(self.environment) { li { (parts::state(&one)) } } } }
                (self.acts())
                h2 { "Runs" }
                (self.running())
                (way_back::whole(self.stand, self.environment, self.drill))
                h2 { "History" }
                (self.strip())
                (self.history())
                h2 { "Snapshots" }
                (self.snapshots())
            }
        }
    }

    fn acts(&self) -> Markup {
        let Environment { app, name, .. } = self.environment;
        let of = EnvironmentId::new(app, name);
        let to = |act: &str| self.stand.below(&format!("acts/{act}?app={app}&environment={name}"));
        let steps = status::steps(self.environment);
        let held = self.environment.situation.lock.held.as_ref();
        let is_under_way = held.is_some_and(|held| held.state == HeldState::Running);
        html! {
            @if self.stand.acts() {
                p.acts {
                    a.button href=(to("deploy")) { "Deploy a version" }
                    a.button href=(to("rollback")) { "Roll back" }
                    @if self.environment.situation.hold.is_none() { a.button href=(to("hold")) { "Hold" } }
                    (buttons(self.stand, of, &steps.others))
                    // Where its execution has died and no recovery has come yet, this brings one.
                    @if is_under_way { a.button href=(to("recover")) { "Recover" } }
                    a.button href={ (self.stand.environment(of)) "?observe=true" } { "Look for drift" }
                }
            }
            (parts::next(steps.in_words().as_deref()))
        }
    }

    fn running(&self) -> Markup {
        let here = self.environment;
        let runs = here.running.iter();
        let rows = runs.flat_map(|(name, running)| situation::parts(name, &running.names, &running.containers));
        let rows: Vec<(Part, &VersionNames)> = rows.collect();
        html! {
            @if rows.is_empty() { p.empty { "Nothing was deployed yet." } } @else {
                div.wide { table {
                    thead { tr { @for title in ["Component", "Version", "Commit", "Age", "By", "Deployment", "Drift"] { th scope="col" { (title) } } } }
                    tbody { @for (part, names) in &rows {
                        tr {
                            th scope="row" { (part) }
                            td data-name="Version" { b { (names.now.version) } @if let Some(origin) = names.origin() { div { small { (times(&origin)) } } } }
                            td data-name="Commit" { code { (commit(names.now.git.as_ref())) } }
                            td data-name="Age" { (age(names.now.since, self.now)) }
                            td data-name="By" { (by(&here.situation, &names.now).unwrap_or_else(|| "–".to_owned())) }
                            td data-name="Deployment" { a href=[self.stand.deployment(&here.app, &names.now.deployment.0)] { (names.now.deployment) } }
                            td data-name="Drift" { (self.drift(&part.component)) }
                        }
                    } }
                } }
            }
            @for (name, left) in &here.no_longer_declared { p { b { (name) } " " (left.running.names.now.version) ": " (times(&left_alone(left))) } }
        }
    }

    fn drift(&self, component: &ComponentName) -> Markup {
        let seen = self.environment.observed.as_ref().and_then(|observed| observed.get(component));
        let looked = self.environment.situation.drift.as_ref().and_then(|shown| shown.components.get(component));
        let (tone, words) = match seen.map(|seen| seen.drift).or(looked.map(|one| one.compared.drift)) {
            None => return html! { span.none { "not looked" } },
            Some(Drift::None) => (Tone::Good, "as recorded"),
            Some(Drift::Changed) => (Tone::Bad, "drifted"),
            Some(Drift::Unknown) => (Tone::Still, "unknown"),
        };
        html! {
            (mark(tone, words))
            @if let Some(seen) = seen {
                @if seen.drift == Drift::Changed { @if let Some(saw) = &seen.both.seen { " shows " (saw) } @if let Some(was) = &seen.both.recorded { ", recorded is " (was) } }
                @if let Some(why) = &seen.both.reason { " " small { (why) } }
            } @else if let Some(one) = looked {
                @if one.compared.drift != Drift::None { " " (times(&one.words())) }
                " " small { "at " (when(one.at)) }
            }
        }
    }

    /// Shows the deployments, oldest first, each as high as the time that it took.
    fn strip(&self) -> Markup {
        let longest = self.history.iter().map(length).max().unwrap_or(0).max(1);
        html! { @if !self.history.is_empty() {
            ol.strip aria-label="Deployments, oldest first" { @for one in self.history.iter().rev() {
                @let now = state(one.status, one.ending.as_ref());
                @let label = format!("{}: {}, {}", one.summary().called(), now.words, span(length(one)));
                li { a href=[self.stand.deployment(&self.environment.app, &one.id.0)] title=(label) aria-label=(label) {
                    svg viewBox="0 0 12 48" width="12" height="48" aria-hidden="true" {
                        @let high = 6 + length(one) * 42 / longest;
                        rect class=(parts::class(now.tone)) x="1" width="10" y=(48 - high) height=(high) rx="2" {}
                    }
                } }
            } }
        } }
    }

    fn history(&self) -> Markup {
        let Environment { app, name, .. } = self.environment;
        html! {
            @if self.history.is_empty() { p.empty { "There is no deployment yet." } } @else {
                div.wide { table.history {
                    thead { tr { @for title in ["Accepted", "What", "Version", "Commit", "Took", "By", "Ended", "Why"] { th scope="col" { (title) } } } }
                    tbody { @for one in self.history { (self.past(one)) } }
                } }
                @if let (Some(next), true) = (self.next, self.stand.acts()) {
                    p { a.button href={ (self.stand.environment(EnvironmentId::new(app, name))) "?after=" (next) } { "Older" } }
                }
            }
        }
    }

    fn past(&self, one: &HistoryEntry) -> Markup {
        html! { tr {
            th scope="row" { (when(one.accepted)) }
            td data-name="What" { (one.action) }
            td data-name="Version" { a href=[self.stand.deployment(&self.environment.app, &one.id.0)] { (one.summary().version().unwrap_or("–")) } }
            td data-name="Commit" { code { (commit(one.git.as_ref())) } }
            td data-name="Took" { (took(one.started, one.ending.as_ref().map(|ended| ended.at))) }
            td data-name="By" {
                (asked_by(&one.requester, one.vouched))
                @if let Some(audit) = one.audited().more() { div { small { (audit) } } }
            }
            td data-name="Ended" { (parts::state(&state(one.status, one.ending.as_ref()))) }
            td data-name="Why" { (one.reason.as_deref().unwrap_or("")) }
        } }
    }

    fn snapshots(&self) -> Markup {
        let Environment { app, name, .. } = self.environment;
        let present = self.snapshots.iter().find(|snapshot| snapshot.present).map(versions);
        html! {
            @if self.snapshots.is_empty() { p.empty { "There is no snapshot yet." } } @else {
                div.wide { table.snapshots {
                    thead { tr { @for title in ["Number", "Made", "Version", "Components", "State", "A rollback to it"] { th scope="col" { (title) } } } }
                    tbody { @for one in self.snapshots { tr {
                        th scope="row" { (one.number) }
                        td data-name="Made" { (when(one.made)) }
                        td data-name="Version" { b { (one.version) } }
                        td data-name="Components" { @for (part, version) in versions(one) { div { (part) " " (version) } } }
                        td data-name="State" { ul.states {
                            @for state in states(one) { li { (parts::state(&state)) } }
                        } }
                        td data-name="A rollback to it" {
                            @if one.present { span.none { "–" } } @else {
                                @for line in changes(present.as_ref(), &versions(one)) { div { (line) } }
                                @if self.stand.acts() { a href=(self.stand.below(&format!("acts/rollback?app={app}&environment={name}&snapshot={}", one.number))) { "Plan it" } }
                            }
                        }
                    } } }
                } }
            }
        }
    }
}

fn length(one: &HistoryEntry) -> u64 {
    let ended = one.ending.as_ref().map(|ended| ended.at);
    one.started.and_then(|started| Some(ended?.ms_since(started) / 1000)).unwrap_or(0)
}

/// Returns the version of each part of a snapshot.
fn versions(snapshot: &ListedSnapshot) -> BTreeMap<String, String> {
    named_parts(snapshot).map(|(part, names)| (part.to_string(), names.now.version.clone())).collect()
}

/// Returns the changes of versions, by name, from one snapshot to another.
fn changes(present: Option<&BTreeMap<String, String>>, to: &BTreeMap<String, String>) -> Vec<String> {
    let Some(present) = present else { return Vec::new() };
    let changed = to.iter().filter_map(|(part, version)| {
        let now = present.get(part).map_or("nothing", String::as_str);
        (now != version).then(|| format!("{part} {now} → {version}"))
    });
    let changed: Vec<String> = changed.collect();
    if changed.is_empty() { vec!["the same versions".to_owned()] } else { changed }
}
