//! The releases that other environments of an application have, and one has not.

use crate::view::situation::runs;
use std::collections::BTreeMap;
use windlass_domain::document::git_rule::version_of_tag;
use windlass_domain::environment::{ACCEPTED, BEFORE_WINDLASS, FOUND, GivenVersion};
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::version_order;
use windlass_domain::shown::api::environments::{AppOverview, EnvironmentOverview};

/// A version that runs in other environments of the application.
#[derive(Debug, PartialEq, Eq)]
pub struct News {
    /// The version.
    pub version: String,
    /// True if one of these environments stands before this one in the declaration: a promotion goes only forwards.
    pub is_promotable: bool,
    /// The environments in which it runs.
    environments: Vec<String>,
    parts: Vec<String>,
    /// The words for what was taken back here.
    taken_back: Option<String>,
}

impl News {
    /// Returns it in a line.
    pub fn words(&self) -> String {
        let taken_back = self.taken_back.iter().map(|words| format!("; {words}"));
        format!(
            "not here: {} of {} ({}){}",
            self.version,
            self.environments.join(", "),
            self.parts.join(", "),
            taken_back.collect::<String>()
        )
    }
}

/// Returns the releases that run in other environments of the application and are newer than what runs here of the same
/// part, or of which nothing runs here.
pub fn elsewhere(app: &AppOverview, here: &EnvironmentOverview) -> Vec<News> {
    let here_runs = runs(here);
    let earlier = app.environments.iter().take_while(|it| it.environment != here.environment).count();
    let mut found: BTreeMap<(String, String), News> = BTreeMap::new();
    let others = app.environments.iter().enumerate();
    let others = others.filter(|(_, other)| other.environment != here.environment && other.declared);
    for (place, other) in others.filter(|_| here.declared) {
        for (theirs, parts) in runs(other) {
            let theirs = &theirs.now;
            for part in parts {
                let same = here_runs.iter().find(|(_, parts)| parts.contains(&part));
                let ours = same.map(|(names, _)| &names.now);
                if !is_news(theirs, ours, here) {
                    continue;
                }
                let key = (theirs.version.clone(), other.environment.to_string());
                let news = found.entry(key.clone()).or_insert_with(|| News {
                    version: key.0,
                    is_promotable: place < earlier,
                    environments: vec![key.1],
                    parts: Vec::new(),
                    taken_back: None,
                });
                news.taken_back = news.taken_back.take().or_else(|| taken_back(theirs, ours, &part, here));
                news.parts.push(part.to_string());
            }
        }
    }
    let mut found: Vec<News> = found.into_values().collect();
    found.sort_by(|one, other| version_order::in_lists(&one.version, &other.version));
    together(found.into_iter())
}

/// Joins the news that are the same of several environments.
fn together(each: impl Iterator<Item = News>) -> Vec<News> {
    let mut all: Vec<News> = Vec::new();
    for mut news in each {
        let same = all.iter_mut().find(|known| {
            (&known.version, &known.parts, &known.taken_back) == (&news.version, &news.parts, &news.taken_back)
        });
        match same {
            Some(known) => {
                known.is_promotable |= news.is_promotable;
                known.environments.append(&mut news.environments);
            }
            None => all.push(news),
        }
    }
    all
}

/// Returns whether a release that runs elsewhere is newer than what runs here, or nothing runs here.
fn is_news(theirs: &GivenVersion, ours: Option<&GivenVersion>, here: &EnvironmentOverview) -> bool {
    // A state that was found, or that an operator accepted, is no release that could be deployed.
    if [BEFORE_WINDLASS, ACCEPTED, FOUND].contains(&theirs.version.as_str()) {
        return false;
    }
    let Some(ours) = ours.filter(|ours| ours.version != BEFORE_WINDLASS) else {
        return true;
    };
    if ours.version == theirs.version {
        return false;
    }
    let is_newer = is_newer(&theirs.version, &ours.version);
    // Where versions do not decide, the later one is taken for the newer; a rollback brings nothing newer.
    is_newer.unwrap_or_else(|| theirs.since > ours.since || went_back(ours, here))
}

/// Returns whether a version is newer than another one; `None` where their form does not show it.
fn is_newer(one: &str, other: &str) -> Option<bool> {
    let order = version_order::compare(&version_of_tag(one)?, &version_of_tag(other)?);
    order.is_ne().then(|| order.is_gt())
}

fn went_back(ours: &GivenVersion, here: &EnvironmentOverview) -> bool {
    let asked = here.situation.deployments.get(&ours.deployment);
    asked.is_some_and(|asked| asked.action == ActionName::Rollback)
}

/// Returns the words for a release that was undone here, or from which a rollback has gone back here.
fn taken_back(
    theirs: &GivenVersion,
    ours: Option<&GivenVersion>,
    part: &Part,
    here: &EnvironmentOverview,
) -> Option<String> {
    let failed = here.situation.lock.failed.as_ref();
    let failed = failed.filter(|failed| {
        let version = failed.order.version.as_ref().map(ToString::to_string);
        let brought = failed.components.iter().any(|it| it.covers(part));
        brought && version.as_deref() == Some(theirs.version.trim_start_matches('v'))
    });
    if failed.is_some() {
        return Some("it failed here and was undone".to_owned());
    }
    let ours = ours.filter(|ours| went_back(ours, here) && ours.since > theirs.since)?;
    let version = &ours.version;
    Some(format!("a rollback has brought {version} back here since"))
}

#[cfg(test)]
#[path = "news_tests.rs"]
mod tests;
