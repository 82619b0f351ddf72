//! The board: all applications with their environments, and the state of each.

use super::news::{News, elsewhere};
use super::parts::{Page, PagePlace, Sort, age, mark};
use super::way_back;
use crate::view::overview::{by, called, runs};
use crate::view::provenance::{commit, short};
use maud::{Markup, html};
use std::collections::BTreeMap;
use url::form_urlencoded::byte_serialize;
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{HeldState, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::{AppOverview, EnvironmentOverview};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The targets of an environment beside their records; or why they were not looked at.
pub type Observed = Result<BTreeMap<ComponentName, Compared>, String>;

/// The content of the board.
pub struct Board<'a> {
    /// The place of the pages.
    pub stand: &'a PagePlace,
    /// The applications.
    pub apps: &'a [AppOverview],
    /// Targets that were looked at, by application and environment.
    pub observed: BTreeMap<(String, String), Observed>,
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
        let page = Page { stand: self.stand, title: "Board", above: vec![], again_s: (!self.observes).then_some(10) };
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
        let states = self.states(app, here);
        let news = elsewhere(app, here);
        let brought: Vec<String> = news.iter().map(News::words).collect();
        let words = states.iter().map(|(_, words)| words.as_str());
        let words = words.chain(brought.iter().map(String::as_str));
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
            td { a href=(self.near(&self.stand.environment(EnvironmentId::new(&app.app, &here.environment)))) { (here.environment) } }
            td { (each(&|names, parts| html! {
                b { (names.now.version) }
                @if runs.len() > 1 { " " small { (joined(parts)) } }
            })) }
            td { (each(&|names, _| html! { code { (commit_of(names)) } })) }
            td { (each(&|names, _| age(names.now.since, self.now))) }
            td { (each(&|names, _| html! { (by(names).unwrap_or_else(|| "–".to_owned())) })) }
            td { (way_back::in_short(&here.situation.drills, here.situation.next_drill.as_ref(), self.now)) }
            td { ul.states {
                @for (sort, words) in &states { li { (mark(*sort, words)) } }
                @for news in &news { li { (mark(Sort::Noted, &news.words())) @if self.stand.acts() { " " a href=(promotion(app, here, news)) { "promote" } } } }
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

    /// Returns the states of an environment, the most important first.
    fn states(&self, app: &AppOverview, here: &EnvironmentOverview) -> Vec<(Sort, String)> {
        let mut states = Vec::new();
        if let Some(held) = &here.situation.lock.held {
            let called = called(&here.situation, &held.deployment);
            states.push(match held.state {
                HeldState::NeedsOperator => (Sort::Bad, format!("needs an operator after {called}; locked")),
                HeldState::Running => (Sort::Moving, format!("{called} under way; locked")),
                HeldState::Recovering => (Sort::Moving, format!("{called} being recovered; locked")),
            });
        }
        if let Some(hold) = &here.situation.hold {
            states.push((Sort::Noted, format!("held by {}: {}", short(&hold.by), Foreign(&hold.reason))));
        }
        for waits in &here.situation.waiting {
            states.push((Sort::Still, format!("{} waiting", called(&here.situation, &waits.deployment))));
        }
        let key = (app.app.to_string(), here.environment.to_string());
        match self.observed.get(&key) {
            Some(Ok(observed)) => states.extend(drifted(observed)),
            Some(Err(why)) => states.push((Sort::Still, format!("drift unknown: {why}"))),
            None => states.extend(here.situation.drift.as_ref().map(found).unwrap_or_default()),
        }
        if !here.declared {
            states.push((Sort::Still, "no longer declared".to_owned()));
        }
        if runs(here).is_empty() {
            states.push((Sort::Still, "nothing deployed".to_owned()));
        } else {
            states.push(judged(here.situation.verified_good, here.situation.unmeasured));
        }
        states
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

/// Returns how far what runs was judged, in words.
pub fn judged(is_good: bool, is_unmeasured: bool) -> (Sort, String) {
    let (sort, words) = match (is_good, is_unmeasured) {
        (true, false) => (Sort::Good, "verified good"),
        (true, true) => (Sort::Still, "not measured"),
        (false, _) => (Sort::Still, "judged by nobody"),
    };
    (sort, words.to_owned())
}

/// Returns the targets that are not as recorded; one line that all are, if they are.
pub fn drifted(observed: &BTreeMap<ComponentName, Compared>) -> Vec<(Sort, String)> {
    let lines: Vec<_> = observed.iter().filter_map(|(name, compared)| compared.in_short(name)).map(sorted).collect();
    if lines.is_empty() && !observed.is_empty() {
        return vec![(Sort::Good, "as recorded".to_owned())];
    }
    lines
}

fn sorted((drift, words): (Drift, String)) -> (Sort, String) {
    (if drift == Drift::Changed { Sort::Bad } else { Sort::Still }, words)
}

/// The most components that are named one by one.
const BY_NAME: usize = 3;

/// Returns what the last hourly look found that is not as recorded, and what it left to a later one; one line that all
/// is as recorded, if it is. Empty before the first look came to its end. While a deployment works there its lock says
/// more.
pub fn found(drift: &LookResult) -> Vec<(Sort, String)> {
    let Some(looked) = drift.looked else {
        return Vec::new();
    };
    if drift.is_as_recorded() {
        return vec![(Sort::Good, format!("as recorded at {looked}"))];
    }
    let lines = drift.in_short().into_iter().map(sorted);
    let left: Vec<&str> = drift.left.iter().map(ComponentName::as_str).collect();
    let left = (!left.is_empty()).then(|| {
        let many = left.len();
        let names = if many > BY_NAME { count(many, "component") } else { left.join(", ") };
        let turn = agree(many, "its turn comes", "their turn comes");
        let words = format!("{names}: drift unknown: {turn} in a later look");
        (Sort::Still, words)
    });
    lines.chain(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(looked: bool, left: &[&str], drift: &str) -> Vec<String> {
        let mut shown =
            json!({"due": 1, "left": left, "components": {"api": {"at": 1, "drift": drift, "reason": "denied"}}});
        if looked {
            shown["looked"] = 0.into();
        }
        let shown: LookResult = serde_json::from_value::<LookResult>(shown).unwrap();
        found(&shown).into_iter().map(|(sort, words)| format!("{} {words}", sort.class())).collect()
    }

    #[test]
    fn what_a_look_left_to_a_later_one_is_shown() {
        let later = "still web: drift unknown: its turn comes in a later look";
        let table: [(bool, &[&str], &str, &[&str]); 6] = [
            (true, &[], "none", &["good as recorded at 1970-01-01T00:00:00Z"]),
            (true, &["web"], "none", &[later]),
            (true, &["web"], "changed", &["bad api drifted", later]),
            (true, &[], "unknown", &["still api: drift unknown: denied"]),
            (
                true,
                &["a", "b", "c", "d"],
                "none",
                &["still 4 components: drift unknown: their turn comes in a later look"],
            ),
            (false, &["web"], "none", &[]),
        ];
        for (looked, left, drift, wanted) in table {
            assert_eq!(rendered(looked, left, drift), wanted, "{left:?} {drift}");
        }
        let none: LookResult =
            serde_json::from_value::<LookResult>(json!({"looked": 0, "due": 1, "components": {}})).unwrap();
        assert_eq!(found(&none), [], "where nothing runs nothing is looked at");
    }
}
