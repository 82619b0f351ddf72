//! The files of one folder, sorted by their fate, and the findings about them.

use super::table::Destination;
use super::{Fate, FolderRules};
use crate::count::{agree, count};
use crate::finding::{Finding, FindingName};
use crate::foreign::line;
use std::collections::{BTreeMap, BTreeSet};

/// The most patterns that are named beside a count.
const NAMED: usize = 8;

/// The number of files by their fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorting {
    /// The number of files that go.
    pub goes: usize,
    /// The number of files that are left out, by the pattern or name that leaves them out.
    pub left_out: BTreeMap<String, usize>,
    /// The files and folders that are refused, each with its sort and the number of its files.
    refused: BTreeMap<String, (&'static str, usize)>,
    /// The patterns of `publish` by which a file goes.
    published: BTreeSet<String>,
}

impl Sorting {
    /// Adds a file.
    pub fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Goes => self.goes += 1,
            Fate::Published(pattern) => {
                self.goes += 1;
                self.published.insert(pattern);
            }
            Fate::LeftOut(by) => *self.left_out.entry(by).or_default() += 1,
            Fate::Refused { path, what } => {
                self.refused.entry(path).or_insert((what, 0)).1 += 1;
            }
        }
    }

    /// Notes the pattern of `publish` by which a file goes that was added before.
    pub fn publish(&mut self, pattern: String) {
        self.published.insert(pattern);
    }

    /// Returns whether there were files, and none of them goes or is refused.
    pub fn is_all_left_out(&self) -> bool {
        self.goes == 0 && self.refused.is_empty() && !self.left_out.is_empty()
    }

    /// Returns the files that are left out, in words, such as `2 files (1 by *.map, 1 by drafts/)`. `None` if there are
    /// none.
    pub fn left_out_in_words(&self) -> Option<String> {
        let files: usize = self.left_out.values().sum();
        let by = self.left_out.iter().take(NAMED);
        let by = by.map(|(by, files)| format!("{files} by `{}`", line(by)));
        let mut by: Vec<String> = by.collect();
        let more = self.left_out.len().saturating_sub(NAMED);
        if more > 0 {
            by.push(format!("and {} more", count(more, "pattern")));
        }
        (files > 0).then(|| format!("{} ({})", count(files, "file"), by.join(", ")))
    }

    /// Returns a finding for each file and folder that is refused. `archive` is how findings call what is packed.
    pub fn refusals(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        let refused = self.refused.iter();
        refused.map(|(path, (what, files))| refusal(archive, rules, path, what, *files)).collect()
    }

    /// Returns what stops nothing: the files that are left out, and the patterns of `publish` that do nothing.
    pub fn warnings(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        let left_out = self.left_out_in_words().map(|files| {
            Finding::new(
                FindingName::FilesLeftOut,
                archive,
                format!("what is left out is not published: {files}"),
                "nothing has to be done; to publish one of them all the same, name it in `publish` of the component, \
                 or take the pattern out of `exclude`",
            )
        });
        left_out.into_iter().chain(self.idle(archive, rules)).collect()
    }

    /// Returns a warning for each pattern of `publish` by which no file goes.
    pub fn idle(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        let patterns = rules.patterns.iter().filter(|one| !one.starts_with('!'));
        let idle = patterns.filter(|one| !self.published.contains(one.trim_end()));
        let idle = idle.map(|pattern| {
            Finding::new(
                FindingName::NothingToPublish,
                archive,
                format!("`publish` has `{pattern}`, and no rule refuses or leaves out a file of that name here"),
                "take the pattern out of `publish`: every other file goes by itself",
            )
        });
        idle.collect()
    }
}

fn refusal(archive: &str, rules: &FolderRules, path: &str, what: &str, files: usize) -> Finding {
    let whose = match rules.destination {
        Destination::Site => "everybody could read it, also after a rollback",
        Destination::Function | Destination::Unknown => "whoever may read what is released could read it",
    };
    let more = match files {
        0 | 1 => String::new(),
        files => format!(" ({} {} refused)", count(files, "file"), agree(files, "is", "are")),
    };
    Finding::new(
        FindingName::FileRefused,
        format!("{archive}: {path}"),
        format!("it is {what}: {whose}{more}"),
        match rules.destination {
            Destination::Site | Destination::Function => {
                "take it out of what is packed, and change every secret in it that was published before; `exclude` of \
                 the component leaves it out, and `publish` lets it go all the same"
            }
            Destination::Unknown => {
                "take it out of what is packed; or let `exclude` and `publish` of the component be looked up: give \
                 `--endpoint`, or `s3:GetObject` on its `app.yaml` in the bucket"
            }
        },
    )
}
