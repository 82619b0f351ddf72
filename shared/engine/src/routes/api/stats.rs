//! `GET /stats` and `GET /apps/{app}/stats`: how often, how fast, how well and for how much an application is deployed.
//!
//! The deployments that were accepted in the window are read from the index of the history, newest first, up to a
//! bound. If there are more, the window begins at the oldest that was read, and the answer says that it was cut.

// Figures are read from the history and not counted with endings: a percentile needs each length, and an ending that
// changes would have to be taken out of a day again.

use super::access::Reader;
use super::call::{Answered, ApiCall, OrRefused, Ports, Served, answers, refused};
use super::environment::known;
use super::query::page;
use crate::ledger::{self, Stored};
use crate::overview::{AT_A_TIME, accepted_since, most_of_each, names};
use crate::pin;
use crate::ports::Result;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declared;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::recorded::{AllStats, AppStats, EnvironmentStats};
use windlass_domain::shown::figures::{DAY_MS, FiguresWindow, MonthlyCost, figures};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The days of a window without `days`.
const DAYS: u64 = 30;

/// The number of records after which a page ends and goes on in the next one, so that an answer comes in time.
const ENOUGH: usize = 2_000;

/// The figures of an application: of one environment where the query names it, else of each.
pub async fn get(ports: &impl Ports, reader: &mut Reader, app: &AppName, call: &ApiCall) -> Served<answers::Stats> {
    let window = window(call, ports.now());
    let declared = ledger::load(ports, &ledger::declaration_in_force(app)).await?;
    let names = match call.query.get("environment").map(EnvironmentName::new) {
        // A text that is no name was refused with the query.
        Some(Ok(name)) => {
            let of = EnvironmentId::new(app, &name);
            reader.sees(ports, of).await?;
            known(ports, of).await.or_refused(404)?;
            vec![name]
        }
        _ => names(ports, app, declared.as_ref()).await?,
    };
    if declared.is_none() && names.is_empty() {
        return Err(refused(404, &[pin::no_declaration(app)]));
    }
    let names = reader.readable(ports, app, names).await?.unwrap_or_default();
    let (shown, _) = of_application(ports, app, names, window).await?;
    Ok(Answered::One(shown))
}

/// One page of all applications, by their names. `limit` and `after` (the `next` of the page before) may be given; a
/// page for which much was read has fewer applications than `limit`, and so has one with some that the caller may not
/// read.
pub async fn list(ports: &impl Ports, reader: &mut Reader, call: &ApiCall) -> Served<answers::AllStats> {
    let window = window(call, ports.now());
    let mut query = page(call, ledger::APPLICATIONS.pk.to_owned(), "");
    query.descending = false;
    let mut left = query.limit;
    query.limit = 1;
    let (mut apps, mut read) = (Vec::new(), 0);
    while left > 0 && read < ENOUGH {
        let page = ports.query_index(query.clone()).await?;
        for item in page.items {
            let app = ledger::app_of(&item.key.pk);
            let declared: Stored<Declared> = ledger::from_item(item)?;
            let Some(app) = app else { continue };
            left = left.saturating_sub(1);
            let names = names(ports, &app, Some(&declared)).await?;
            let Some(names) = reader.readable(ports, &app, names).await? else { continue };
            let (shown, of_it) = of_application(ports, &app, names, window).await?;
            apps.push(shown);
            read += of_it;
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    Ok(Answered::One(AllStats { apps, next: query.after }))
}

/// Returns the window that ends now. If `days` is no number of days, it was refused with the query.
fn window(call: &ApiCall, now: Time) -> FiguresWindow {
    let length = call.query.get("days").and_then(|text| text.parse().ok()).unwrap_or(DAYS) * DAY_MS;
    FiguresWindow { from: Time(now.0.saturating_sub(length)), to: now }
}

/// Returns the figures of an application, and the number of records that were read for them.
async fn of_application(
    ports: &impl Ports,
    app: &AppName,
    names: Vec<EnvironmentName>,
    window: FiguresWindow,
) -> Result<(AppStats, usize)> {
    let each = most_of_each(names.len());
    let read = |name: EnvironmentName| async move {
        let (all, whole) = accepted_since(ports, EnvironmentId::new(app, &name), window.from, each).await?;
        let window = FiguresWindow { from: whole.unwrap_or(window.from), ..window };
        let figures = figures(window, &all);
        let FiguresWindow { from, to } = window;
        Ok((EnvironmentStats { environment: name, from, to, cut: whole.is_some(), figures }, all.len()))
    };
    let all: Vec<(EnvironmentStats, usize)> = stream::iter(names).map(read).buffered(AT_A_TIME).try_collect().await?;
    let records = all.iter().map(|(_, records)| records).sum();
    let environments: Vec<EnvironmentStats> = all.into_iter().map(|(shown, _)| shown).collect();
    let mut cost_by_month: BTreeMap<String, MonthlyCost> = BTreeMap::new();
    for (month, one) in environments.iter().flat_map(|here| &here.figures.cost_by_month) {
        cost_by_month.entry(month.clone()).or_default().add(*one);
    }
    Ok((AppStats { app: app.clone(), environments, cost_by_month }, records))
}
