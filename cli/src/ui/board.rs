//! The board: all applications with their environments, and the state of each.

use super::acts::buttons;
use super::parts::{BrowserPage, PagePlace, age, mark, state};
use super::way_back;
use crate::ground::terminal::Tone;
use crate::view::news::{News, elsewhere};
use crate::view::next_steps::{PossibleStep, of_environment};
use crate::view::overview::AllObserved;
use crate::view::provenance::commit;
use crate::view::situation::{by, of_overview, runs};
use maud::{Markup, html};
use url::form_urlencoded::byte_serialize;
use windlass_domain::environment::VersionNames;
use windlass_domain::release::Part;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::{AppOverview, EnvironmentOverview};
use windlass_domain::text::count::count;
use windlass_domain::text::time::Time;

/// The content of the board.
pub struct Board<'a> {
    /// The place of the pages.
    pub stand: &'a PagePlace,
    /// The applications.
    pub apps: &'a [AppOverview],
    /// Targets that were looked at, by application and environment.
    pub observed: AllObserved,
    /// True if targets were looked at.
    pub observes: bool,
    /// The text that is looked for.
    pub filter: &'a str,
    /// The time.
    pub now: Time,
}

impl Board<'_> {
    /// Renders it as a page.
    pub fn page(&self) -> String {
        let page =
            BrowserPage { stand: self.stand, title: "Board", above: vec![], again_s: (!self.observes).then_some(10) };
        page.render(&self.body())
    }

    fn body(&self) -> Markup {
        let environments = self.apps.iter().map(|app| app.environments.len()).sum::<usize>();
        html! {
            div.head {
                h1 { "Board" }
                form.filter method="get" role="search" {
                    label for="filter" { "Filter" }
                    input type="search" id="filter" name="q" value=(self.filter) placeholder="shop, prod, held, 1.4.0 …"
                        autocomplete="off" data-filter;
                    output.count data-count aria-live="polite" { (count(environments, "environment")) }
                }
                a.button href=(self.stand.below("stats")) { "Figures" }
                @if self.observes { a.button href=(self.stand.board()) { "Without targets" } }
                @else { a.button href={ (self.stand.board()) "?observe=true" } { "Look for drift" } }
            }
            @if self.apps.is_empty() {
                p.empty { "No application is declared yet: " code { "windlass declare app.yaml" } " declares one." }
            } @else {
                div.wide { table.board {
                    // On a phone the style writes each of these beside its value.
                    thead { tr { @for title in ["Application", "Environment", "Runs", "Commit", "Age", "By", "Way back", "State"] { th scope="col" { (title) } } } }
                    @for app in self.apps { tbody {
                        @for here in &app.environments { (self.row(app, here)) }
                        @if app.environments.is_empty() { tr { th scope="row" { (app.app) } td colspan="7" { "no environment" } } }
                    } }
                } }
                p.empty data-none hidden { "Nothing matches." }
            }
        }
    }

    fn row(&self, app: &AppOverview, here: &EnvironmentOverview) -> Markup {
        let runs = runs(here);
        let key = (app.app.to_string(), here.environment.to_string());
        let states = of_overview(here, self.observed.get(&key));
        let news = elsewhere(app, here);
        let of = EnvironmentId::new(&app.app, &here.environment);
        // What is under way needs nobody.
        let steps: Vec<PossibleStep> =
            of_environment(of, &here.situation, false).into_iter().filter(|step| step.deployment.is_none()).collect();
        let brought: Vec<String> = news.iter().map(News::words).collect();
        let words = states.iter().map(|state| state.words.as_str()).chain(brought.iter().map(String::as_str));
        let versions = runs.iter().map(|(names, _)| names.now.version.as_str());
        let names = [app.app.as_str(), here.environment.as_str()];
        let by = |names: &VersionNames| by(&here.situation, &names.now);
        let commit_of = |names: &VersionNames| commit(names.now.git.as_ref());
        let more = runs.iter().flat_map(|(names, _)| [Some(commit_of(names)), by(names)]);
        let more: Vec<String> = more.flatten().collect();
        let more = more.iter().map(String::as_str);
        let found: Vec<&str> = names.into_iter().chain(versions).chain(more).chain(words).collect();
        let is_hidden = !self.is_looked_for(&found.join(" "));
        // A single release stands in its cell without a wrapper: a board may have hundreds of rows.
        let each = |cell: &dyn Fn(&VersionNames, &[Part]) -> Markup| {
            html! { @match runs.as_slice() {
                [] => span.none { "–" },
                [(names, parts)] => (cell(names, parts)),
                several => { @for (names, parts) in several { div { (cell(names, parts)) } } }
            } }
        };
        html! { tr data-row hidden[is_hidden] {
            th scope="row" { (app.app) }
            td { a href=(self.near(&self.stand.environment(of))) { (here.environment) } }
            td { (each(&|names, parts| html! {
                b { (names.now.version) }
                @if runs.len() > 1 { " " small { (joined(parts)) } }
            })) }
            td { (each(&|names, _| html! { code { (commit_of(names)) } })) }
            td { (each(&|names, _| age(names.now.since, self.now))) }
            td { (each(&|names, _| html! { (by(names).unwrap_or_else(|| "–".to_owned())) })) }
            td { (way_back::in_short(&here.situation.drills, here.situation.next_drill.as_ref(), self.now)) }
            td { ul.states {
                @for shown in &states { li { (state(shown)) } }
                @if self.stand.acts() && !steps.is_empty() { li { (buttons(self.stand, of, &steps)) } }
                @for news in &news { li { (mark(Tone::Noted, &news.words())) @if self.stand.acts() && news.is_promotable { " " a href=(promotion(app, here, news)) { "promote" } } } }
            } }
        } }
    }

    /// Returns whether a row with this text has every word of the filter.
    fn is_looked_for(&self, text: &str) -> bool {
        let (filter, text) = (self.filter.to_lowercase(), text.to_lowercase());
        filter.split_whitespace().all(|word| text.contains(word))
    }

    /// Returns an address relative to the board. It is shorter, and a board has one in each row.
    fn near<'a>(&self, address: &'a str) -> &'a str {
        address.strip_prefix(&self.stand.board()).unwrap_or(address)
    }
}

/// Returns the address of the form that promotes a version to an environment, as it is from the board.
fn promotion(app: &AppOverview, here: &EnvironmentOverview, news: &News) -> String {
    let version: String = byte_serialize(news.version.as_bytes()).collect();
    let (app, environment) = (&app.app, &here.environment);
    format!("acts/deploy?app={app}&environment={environment}&version={version}")
}

/// Returns the parts in one text.
fn joined(parts: &[Part]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
