//! Files of a site that stay reachable although no page of the site has them any more: what they are, why they stay,
//! for how long, when nobody needs them any more, and how one of them is taken away now. The facts are kept; the
//! sentences are made where a person reads them.

use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::text::count::{agree, count, many};
use crate::text::foreign::truncate;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most files that are named. The others are counted.
const NAMED: usize = 10;

/// The longest name of a file that is kept, in bytes. So a plan, a record and an event have room for many components.
const LONGEST_NAME: usize = 160;

/// Files of a site that stay reachable after a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StaysReachable {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The number of files.
    pub files: usize,
    /// The first of them by path, at most ten.
    pub first: Vec<String>,
    /// The reason why they stay.
    pub because: WhyReachable,
    /// The days after which a release takes them away at the earliest.
    pub days: u64,
    /// The number of further releases after which one takes them away at the earliest, because a rollback may need them
    /// until then. Absent if each release has a folder of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub releases: Option<u32>,
}

/// The reason why files stay reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhyReachable {
    /// They were part of what ran: pages that are open may ask for them.
    OpenPages,
    /// An undone release has brought them, and its pages, scripts or styles may name them: pages of it that are open
    /// may ask for them.
    NamedByUndone,
    /// An undone release has brought them, and not all of its pages, scripts and styles were searched for their names.
    NotSearched,
}

impl StaysReachable {
    /// Makes the fact of these files, which are in order. `None` if there are none.
    pub fn of<'a>(
        of: EnvironmentId<'_>,
        component: &ComponentName,
        because: WhyReachable,
        releases: Option<u32>,
        files: impl Iterator<Item = &'a String>,
    ) -> Option<Self> {
        let mut files = files.peekable();
        files.peek()?;
        let (mut first, mut number) = (Vec::new(), 0);
        for path in files {
            if number < NAMED {
                first.push(truncate(path.clone(), LONGEST_NAME));
            }
            number += 1;
        }
        Some(Self {
            app: of.app().clone(),
            environment: of.environment().clone(),
            component: component.clone(),
            files: number,
            first,
            because,
            days: OPEN_DAYS,
            releases,
        })
    }

    /// Returns the files and why they stay, how long they do, and the action that takes one away now: a sentence each.
    pub fn in_words(&self) -> [Prose; 3] {
        let first = self.first.iter().map(|path| path.escape_debug().to_string());
        let mut named = first.collect::<Vec<_>>().join("`, `");
        named.push('`');
        let more = self.files.saturating_sub(self.first.len());
        if more > 0 {
            named.push_str(&format!(" and {more} more"));
        }
        let (files, them) = (self.files, agree(self.files, "it", "them"));
        let (whose, why) = match self.because {
            WhyReachable::OpenPages => (
                format!(
                    "{} no longer part of the site and {}",
                    agree(files, "is", "are"),
                    agree(files, "stays", "stay")
                ),
                format!("pages that are open may ask for {them}"),
            ),
            WhyReachable::NamedByUndone => (
                format!("of the undone release {}", agree(files, "stays", "stay")),
                format!("pages of it that are open may ask for {them}"),
            ),
            WhyReachable::NotSearched => (
                format!("of the undone release {}", agree(files, "stays", "stay")),
                format!("its pages are too many to be searched for what names {them}"),
            ),
        };
        let what = format!("{}: {} {whose} reachable, because {why}: `{named}.", self.component, count(files, "file"));
        let further = |releases| format!(" and for {releases} further {}", many(releases, "release"));
        let until = format!(
            "{} for at least {}{}; then a release takes {them} away.",
            agree(files, "It stays", "They stay"),
            count(self.days, "day"),
            self.releases.map(further).unwrap_or_default(),
        );
        let withdraw = input(
            ActionName::Withdraw,
            EnvironmentId::new(&self.app, &self.environment),
            &[("component", self.component.as_str().into()), ("pattern", "PATH".into()), ("reason", "…".into())],
        );
        [what.into(), until.into(), prose!("{} takes one away now.", withdraw)]
    }
}

/// The time since which no release that ran names a path, by path.
pub type LeftoverFiles = BTreeMap<String, Time>;

/// The days for which somebody may have a document open whose release was replaced: nobody keeps one for longer without
/// loading it again.
pub const OPEN_DAYS: u64 = 30;

/// The most files that one deployment deletes, the oldest first, so that it does not wait for what others left.
const MOST: usize = 2_000;

/// Returns whether a document of a release that was replaced at this time may still be open.
pub fn may_be_open(replaced: Time, now: Time) -> bool {
    now.ms_since(replaced) <= OPEN_DAYS * 24 * 60 * 60 * 1000
}

/// Returns the files that may be deleted. No open document needs them, and no rollback does, because they were left
/// before the oldest state that a rollback may go back to began to run (`oldest`). Nothing if that time is not known.
pub fn due(left: &LeftoverFiles, oldest: Option<Time>, now: Time) -> BTreeSet<String> {
    let Some(oldest) = oldest else { return BTreeSet::new() };
    let needless = |since: Time| since < oldest && !may_be_open(since, now);
    let mut due: Vec<(&String, &Time)> = left.iter().filter(|(_, at)| needless(**at)).collect();
    due.sort_by_key(|(path, since)| (**since, *path));
    due.truncate(MOST);
    due.into_iter().map(|(path, _)| path.clone()).collect()
}

#[cfg(test)]
mod tests_of_leftover_files {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn what_neither_a_rollback_nor_an_open_document_needs_is_due() {
        // left on day, the oldest to go back to runs since day, now is day
        let table = [
            (10, Some(11), 41, true),
            (10, Some(11), 40, false),
            (10, Some(10), 41, false),
            (10, Some(9), 99, false),
            (10, Some(99), 40, false),
            (10, None, 99, false),
        ];
        for (left, oldest, now, expected) in table {
            let found = due(
                &[("a".to_owned(), Time(left * DAY))].into(),
                oldest.map(|day: u64| Time(day * DAY)),
                Time(now * DAY),
            );
            assert_eq!(!found.is_empty(), expected, "{left} {oldest:?} {now}");
        }
    }

    #[test]
    fn of_many_those_that_were_left_first_are_due() {
        let left: LeftoverFiles = (0..=MOST).map(|n| (format!("{:05}", MOST - n), Time(n as u64))).collect();
        let found = due(&left, Some(Time(DAY)), Time(99 * DAY));
        assert_eq!(found.len(), MOST);
        assert!(!found.contains("00000"), "it was left last");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: usize, releases: Option<u32>) -> Option<StaysReachable> {
        let paths: Vec<String> = (0..files).map(|n| format!("a{n:02}.js")).collect();
        let web = ComponentName::new("web").unwrap();
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        StaysReachable::of(EnvironmentId::new(&app, &prod), &web, WhyReachable::OpenPages, releases, paths.iter())
    }

    fn in_lines(stays: &StaysReachable) -> String {
        Prose::join(stays.in_words(), "\n").written()
    }

    #[test]
    fn the_files_are_named_with_why_how_long_and_what_takes_one_away() {
        insta::assert_snapshot!(in_lines(&of(2, Some(11)).unwrap()), @r##"
        web: 2 files are no longer part of the site and stay reachable, because pages that are open may ask for them: `a00.js`, `a01.js`.
        They stay for at least 30 days and for 11 further releases; then a release takes them away.
        {"action":"withdraw","app":"shop","component":"web","environment":"prod","pattern":"PATH","reason":"…"} takes one away now.
        "##);
        insta::assert_snapshot!(in_lines(&of(1, None).unwrap()), @r##"
        web: 1 file is no longer part of the site and stays reachable, because pages that are open may ask for it: `a00.js`.
        It stays for at least 30 days; then a release takes it away.
        {"action":"withdraw","app":"shop","component":"web","environment":"prod","pattern":"PATH","reason":"…"} takes one away now.
        "##);
    }

    #[test]
    fn many_files_are_counted_and_only_the_first_are_kept() {
        let many = of(25_000, None).unwrap();
        assert_eq!((many.files, many.first.len()), (25_000, NAMED));
        assert!(in_lines(&many).contains("`a09.js` and 24990 more."), "{}", in_lines(&many));
        assert_eq!(of(0, None), None);
    }

    #[test]
    fn a_name_begins_no_line_of_its_own() {
        let mut hostile = of(1, None).unwrap();
        hostile.first = vec!["a\nnext: run it.js".into()];
        assert_eq!(in_lines(&hostile).lines().count(), 3);
    }
}
