//! The board: all applications with their environments, and what is to be known of each.

use super::news::{News, elsewhere};
use super::parts::{Page, Sort, Stand, age, mark};
use super::way_back;
use crate::asked::{commit, short, who};
use crate::overview::{App, Here};
use maud::{Markup, html};
use std::collections::BTreeMap;
use url::form_urlencoded::byte_serialize;
use windlass_domain::count::count;
use windlass_domain::drift::{Compared, Drift};
use windlass_domain::environment::{HeldState, Names};
use windlass_domain::hourly_look::Shown;
use windlass_domain::name::ComponentName;
use windlass_domain::part::Part;
use windlass_domain::time::Time;

/// The targets of an environment beside their records; or why they were not looked at.
pub type Observed = Result<BTreeMap<ComponentName, Compared>, String>;

/// What the board shows.
pub struct Board<'a> {
    /// Where it stands.
    pub stand: &'a Stand,
    /// The applications.
    pub apps: &'a [App],
    /// Targets that were looked at, by application and environment.
    pub observed: BTreeMap<(String, String), Observed>,
    /// Whether they were.
    pub observes: bool,
    /// What is looked for.
    pub filter: &'a str,
    /// The time.
    pub now: Time,
}

impl Board<'_> {
    /// As a page.
    pub fn page(&self) -> String {
        let page = Page {
            stand: self.stand,
            title: "Board",
            above: vec![],
            again_s: (!self.observes).then_some(10),
        };
        page.render(&self.body())
    }

    fn body(&self) -> Markup {
        let environments = self
            .apps
            .iter()
            .map(|app| app.environments.len())
            .sum::<usize>();
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
                    thead { tr { @for title in ["Application", "Environment", "Runs", "Commit", "Age", "By", "Way back", "State"] { th scope="col" { (title) } } } }
                    @for app in self.apps { tbody {
                        @for (number, here) in app.environments.iter().enumerate() { (self.row(app, here, number == 0)) }
                        @if app.environments.is_empty() { tr { th scope="row" { (app.app) } td colspan="7" { "no environment" } } }
                    } }
                } }
                p.empty data-none hidden { "Nothing matches." }
            }
        }
    }

    fn row(&self, app: &App, here: &Here, is_first: bool) -> Markup {
        let runs = here.runs();
        let states = self.states(app, here);
        let news = elsewhere(app, here);
        let brought: Vec<String> = news.iter().map(News::words).collect();
        let words = states.iter().map(|(_, words)| words.as_str());
        let words = words.chain(brought.iter().map(String::as_str));
        let versions = runs.iter().map(|(names, _)| names.now.version.as_str());
        let names = [app.app.as_str(), here.environment.as_str()];
        let found: Vec<&str> = names.into_iter().chain(versions).chain(words).collect();
        let found = found.join(" ").to_lowercase();
        let is_hidden = !self
            .filter
            .to_lowercase()
            .split_whitespace()
            .all(|word| found.contains(word));
        let asked = |names: &Names| here.deployments.get(&names.now.deployment.0);
        let by = |names: &Names| {
            let asked = asked(names)?;
            let accepted = asked.accepted_as(&names.now.version);
            Some(who(
                accepted.map_or(&asked.requester, |accepted| &accepted.by)
            ))
        };
        let each = |cell: &dyn Fn(&Names, &[Part]) -> Markup| {
            html! {
                @for (names, parts) in &runs { div { (cell(names, parts)) } }
                @if runs.is_empty() { span.none { "–" } }
            }
        };
        html! { tr data-words=(found) hidden[is_hidden] {
            th scope="row" class=[(!is_first).then_some("again")] { (app.app) }
            td data-name="Environment" { a href=(self.stand.environment(&app.app, &here.environment)) { (here.environment) } }
            td data-name="Runs" { (each(&|names, parts| html! {
                b { (names.now.version) }
                @if runs.len() > 1 { " " small { (told(parts)) } }
            })) }
            td data-name="Commit" { (each(&|names, _| html! { code { (commit(asked(names).and_then(|asked| asked.git.as_ref()))) } })) }
            td data-name="Age" { (each(&|names, _| age(names.now.since, self.now))) }
            td data-name="By" { (each(&|names, _| html! { (by(names).unwrap_or_else(|| "–".to_owned())) })) }
            td data-name="Way back" { (way_back::in_short(here.drills.as_ref(), here.next_drill.as_ref(), self.now)) }
            td data-name="State" { ul.states {
                @for (sort, words) in &states { li { (mark(*sort, words)) } }
                @for news in &news { li { (mark(Sort::Noted, &news.words())) @if self.stand.acts() { " " a href=(self.promotion(app, here, news)) { "promote" } } } }
            } }
        } }
    }

    fn promotion(&self, app: &App, here: &Here, news: &News) -> String {
        let version: String = byte_serialize(news.version.as_bytes()).collect();
        let (app, environment) = (&app.app, &here.environment);
        self.stand.below(&format!(
            "acts/deploy?app={app}&environment={environment}&version={version}"
        ))
    }

    /// What is to be known of an environment, what matters most first.
    fn states(&self, app: &App, here: &Here) -> Vec<(Sort, String)> {
        let mut states = Vec::new();
        if let Some(held) = &here.lock.held {
            let version = here.version(&held.deployment.0);
            states.push(match held.state {
                HeldState::NeedsOperator => (
                    Sort::Bad,
                    format!("needs an operator after {version}; locked"),
                ),
                HeldState::Running => (Sort::Moving, format!("{version} under way; locked")),
                HeldState::Recovering => {
                    (Sort::Moving, format!("{version} being recovered; locked"))
                }
            });
        }
        if let Some(hold) = &here.hold {
            states.push((
                Sort::Noted,
                format!("held by {}: {}", short(&hold.by), hold.reason),
            ));
        }
        for waits in &here.waiting {
            states.push((
                Sort::Still,
                format!("{} waiting", here.version(&waits.deployment.0)),
            ));
        }
        let key = (app.app.to_string(), here.environment.to_string());
        match self.observed.get(&key) {
            Some(Ok(observed)) => states.extend(drifted(observed)),
            Some(Err(why)) => states.push((Sort::Still, format!("drift unknown: {why}"))),
            None => states.extend(here.drift.as_ref().map(found).unwrap_or_default()),
        }
        if !here.declared {
            states.push((Sort::Still, "no longer declared".to_owned()));
        }
        match (here.verified_good, here.runs().is_empty()) {
            (_, true) => states.push((Sort::Still, "nothing deployed".to_owned())),
            (Some(true), _) => states.push((Sort::Good, "verified good".to_owned())),
            (Some(false), _) => states.push((Sort::Still, "judged by nobody".to_owned())),
            (None, _) => {}
        }
        states
    }
}

/// The parts in one word.
fn told(parts: &[Part]) -> String {
    let told: Vec<String> = parts.iter().map(ToString::to_string).collect();
    told.join(", ")
}

/// What of the targets is not as recorded; that all is, where it is.
pub fn drifted(observed: &BTreeMap<ComponentName, Compared>) -> Vec<(Sort, String)> {
    let told = observed
        .iter()
        .filter_map(|(name, compared)| match compared.drift {
            Drift::None => None,
            Drift::Changed => Some((Sort::Bad, format!("{name} drifted"))),
            Drift::Unknown => {
                let why = compared.reason.as_deref().unwrap_or("nobody can tell");
                Some((Sort::Still, format!("{name}: drift unknown: {why}")))
            }
        });
    let told: Vec<_> = told.collect();
    if told.is_empty() && !observed.is_empty() {
        return vec![(Sort::Good, "as recorded".to_owned())];
    }
    told
}

/// What the last hourly look found that is not as recorded; that all is, where it is. While a deployment works there its
/// lock says more.
pub fn found(drift: &Shown) -> Vec<(Sort, String)> {
    let Some(looked) = drift.looked else {
        return Vec::new();
    };
    if drift.is_as_recorded() {
        return vec![(Sort::Good, format!("as recorded at {}", looked.clock()))];
    }
    let told = drift.in_short().into_iter();
    told.map(|(drift, words)| match drift {
        Drift::Changed => (Sort::Bad, words),
        Drift::None | Drift::Unknown => (Sort::Still, words),
    })
    .collect()
}
