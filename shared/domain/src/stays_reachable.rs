//! Files of a site that stay reachable although no page of the site has them any more: what they are, why they stay, for
//! how long, and how one of them is taken away now. The facts are kept; the sentences are made where a person reads
//! them.

use crate::count::{agree, count, many};
use crate::identity::EnvironmentId;
use crate::input::input;
use crate::leftover_files::OPEN_DAYS;
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::request::ActionName;
use crate::truncate::truncate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// An undone release has brought them, and its pages, scripts or styles may name them: pages of it that are open may
    /// ask for them.
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
            app: of.app.clone(),
            environment: of.environment.clone(),
            component: component.clone(),
            files: number,
            first,
            because,
            days: OPEN_DAYS,
            releases,
        })
    }

    /// Returns the files and why they stay, how long they do, and the action that takes one away now: a sentence each.
    pub fn in_words(&self) -> [String; 3] {
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
        let now = format!("{withdraw} takes one away now.");
        [what, until, now]
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

    fn told(stays: &StaysReachable) -> String {
        stays.in_words().join("\n")
    }

    #[test]
    fn the_files_are_told_with_why_how_long_and_what_takes_one_away() {
        insta::assert_snapshot!(told(&of(2, Some(11)).unwrap()), @r##"
        web: 2 files are no longer part of the site and stay reachable, because pages that are open may ask for them: `a00.js`, `a01.js`.
        They stay for at least 30 days and for 11 further releases; then a release takes them away.
        {"action":"withdraw","app":"shop","component":"web","environment":"prod","pattern":"PATH","reason":"…"} takes one away now.
        "##);
        insta::assert_snapshot!(told(&of(1, None).unwrap()), @r##"
        web: 1 file is no longer part of the site and stays reachable, because pages that are open may ask for it: `a00.js`.
        It stays for at least 30 days; then a release takes it away.
        {"action":"withdraw","app":"shop","component":"web","environment":"prod","pattern":"PATH","reason":"…"} takes one away now.
        "##);
    }

    #[test]
    fn many_files_are_counted_and_only_the_first_are_kept() {
        let many = of(25_000, None).unwrap();
        assert_eq!((many.files, many.first.len()), (25_000, NAMED));
        assert!(told(&many).contains("`a09.js` and 24990 more."), "{}", told(&many));
        assert_eq!(of(0, None), None);
    }

    #[test]
    fn a_name_begins_no_line_of_its_own() {
        let mut hostile = of(1, None).unwrap();
        hostile.first = vec!["a\nnext: run it.js".into()];
        assert_eq!(told(&hostile).lines().count(), 3);
    }
}
