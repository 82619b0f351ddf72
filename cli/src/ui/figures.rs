//! The page of the figures: how often, how fast, how well and at what cost each environment is deployed.

use super::parts::{BrowserPage, PagePlace, when};
use crate::view::figures::notes;
use maud::{Markup, html};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::recorded::{AppStats, EnvironmentStats};
use windlass_domain::shown::figures::cells;

/// Renders the page, with the figures of the last `days` days.
pub fn page(stand: &PagePlace, apps: &[AppStats], days: u64) -> String {
    let above = vec![("Figures".to_owned(), stand.below("stats"))];
    let page = BrowserPage { stand, title: "Figures", above, again_s: None };
    page.render(&html! {
        div.head {
            h1 { "Figures" }
            @for usual in [7, 30, 90] {
                a.button href={ (stand.below("stats")) "?days=" (usual) } aria-current=[(usual == days).then_some("page")] {
                    (usual) " days"
                }
            }
        }
        @if apps.is_empty() { p.empty { "No application is declared yet." } } @else {
            (table(stand, apps))
            @for note in apps.iter().flat_map(notes) { p.aside { (note) } }
        }
    })
}

/// Shows the figures of environments, in a table.
pub fn table(stand: &PagePlace, apps: &[AppStats]) -> Markup {
    html! { div.wide { table.figures {
        thead { tr { @for title in ["Application", "Environment", "Live", "Lead time", "Failed", "Time to restore", "Cost"] {
            th scope="col" { (title) }
        } } }
        tbody { @for app in apps { @for here in &app.environments { (row(stand, app, here)) } } }
    } } }
}

fn row(stand: &PagePlace, app: &AppStats, here: &EnvironmentStats) -> Markup {
    let [live, lead, failed, restored, cost] = cells(&here.figures);
    html! { tr {
        th scope="row" { (app.app) }
        td data-name="Environment" { a href=(stand.environment(EnvironmentId::new(&app.app, &here.environment))) { (here.environment) } }
        td data-name="Live" { (live) @if here.cut { " " small { "since " (when(here.from)) } } }
        td data-name="Lead time" { (lead) }
        td data-name="Failed" { (failed) }
        td data-name="Time to restore" { (restored) }
        td data-name="Cost" { (cost) }
    } }
}
