//! The loss of data by a change of a stack: which resources are lost, and whether that was allowed. Pure.

use crate::declaration::kinds::stack::holds_data::{DataRule, NESTED, holds_data};
use crate::declaration::plan::{ChangeDetail, DetailAction};
use crate::document::shape::unknown_name;
use crate::prose;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::next_step::{NextStep, Wish};
use crate::text::prose::Prose;
use std::collections::BTreeSet;

/// A change of one resource, in the words of AWS (AWS CloudFormation API Reference, ResourceChange).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceDelta<'a> {
    /// Its name in the template. Of a nested stack it is behind the names of those around it, with dots.
    pub logical: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// The action: `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, …
    pub action: &'a str,
    /// The word on a replacement: `True`, `False` or `Conditional`; empty where AWS says nothing.
    pub replacement: &'a str,
    /// The fate of the former resource: `Delete`, `Retain`, `Snapshot`, …; empty where AWS says nothing.
    pub policy: &'a str,
    /// The names of the properties that change.
    pub properties: Vec<&'a str>,
    /// Its `DeletionPolicy` in the template to come ([`super::template::deletion_policy`]).
    pub deletion_policy: Option<&'a str>,
}

/// The rules by which the loss of a change of a stack is found.
#[derive(Debug, Clone, Copy)]
pub struct LossRules<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The rule for its data.
    pub data: DataRule,
    /// The resources whose data the request allows to lose.
    pub may_lose: &'a BTreeSet<String>,
    /// True if it goes back to a template that ran before, which nobody can change any more.
    pub goes_back: bool,
    /// True if the request can name what may be lost. That of a drill cannot, nor what Windlass brings back by itself.
    pub takes_losses: bool,
}

/// The effect of a change of a stack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StackLoss {
    /// The fate of each resource.
    pub details: Vec<ChangeDetail>,
    /// The findings that stop the release: data would be lost that nobody has allowed to lose.
    pub findings: Vec<Finding>,
    /// The findings that do not stop it: what stays when it is undone, or when it is done.
    pub warnings: Vec<Finding>,
    /// True if data is lost or left behind, so that nothing brings back what was before: an undo makes what is empty.
    pub irreversible: bool,
    /// The resources that hold data and that an undo may remove or replace: those that are new, and those whose data
    /// may be lost.
    pub may_go: BTreeSet<String>,
}

/// The fate of the data in one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It has none, or keeps it.
    Untouched,
    /// It is lost.
    Lost,
    /// The resource is kept, and belongs to no stack any more.
    LeftBehind,
    /// The resource is new, and kept when the release is undone.
    Kept,
    /// The resource is new, and deleted when the release is undone.
    DeletedByUndo,
}

/// Returns what the changes of a stack lose, keep and leave behind.
pub fn loss_of(rules: &LossRules<'_>, changes: &[ResourceDelta<'_>]) -> StackLoss {
    let mut judged = StackLoss::default();
    let (mut lost, mut kept, mut left_behind) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let detail = change.detail();
        let name = || format!("`{}` (`{}`)", detail.logical, detail.kind);
        let is_allowed = rules.data == DataRule::Disposable || rules.may_lose.contains(change.logical);
        if detail.holds_data && (is_allowed || detail.action == DetailAction::Add) {
            judged.may_go.insert(change.logical.to_owned());
        }
        match (change.fate(&detail), is_allowed) {
            (Fate::Untouched, _) | (Fate::DeletedByUndo, true) => {}
            (Fate::Lost, true) => lost.push(name()),
            (Fate::Lost | Fate::DeletedByUndo, false) => judged.findings.push(rules.would_lose(&detail)),
            (Fate::LeftBehind, _) => left_behind.push(name()),
            (Fate::Kept, _) => kept.push(name()),
        }
        judged.details.push(detail);
    }
    let unknown = rules.unknown(changes);
    // One that stops nothing is harmless, such as that of a loss which an earlier deployment has taken already.
    let beside = if judged.findings.is_empty() { &mut judged.warnings } else { &mut judged.findings };
    beside.extend(unknown);
    judged.irreversible = !lost.is_empty() || !left_behind.is_empty();
    judged.warnings.extend(rules.warning(
        (FindingName::Irreversible, &lost),
        "The change loses the data in {}: no undo brings that back.",
        "Nothing, if that is meant. A person is asked where the change fails.",
    ));
    judged.warnings.extend(rules.warning(
        (FindingName::Irreversible, &left_behind),
        "The stack leaves {} behind, with the data in it: nothing owns that any more, and an undo would make it anew without its data.",
        "Delete it yourself once nobody needs its data, or import it into a stack. A person is asked where the change fails.",
    ));
    judged.warnings.extend(rules.warning(
        (FindingName::MayStay, &kept),
        "An undo leaves {} behind, which is new and holds data.",
        "Nothing, unless the change is undone: then delete it yourself, or import it into a stack.",
    ));
    judged
}

impl ResourceDelta<'_> {
    /// Returns what is done with it. A replacement that CloudFormation does not rule out counts as one, and so does
    /// what it does not know yet.
    pub fn action(&self) -> DetailAction {
        match (self.action, self.replacement) {
            ("Remove", _) => DetailAction::Remove,
            ("Add", _) => DetailAction::Add,
            ("Import", _) => DetailAction::Import,
            (_, "False") | ("Modify", "") => DetailAction::Change,
            _ => DetailAction::Replace,
        }
    }

    fn detail(&self) -> ChangeDetail {
        ChangeDetail {
            logical: self.logical.to_owned(),
            kind: self.kind.to_owned(),
            action: self.action(),
            properties: self.properties.iter().map(|name| (*name).to_owned()).collect(),
            holds_data: holds_data(self.kind),
        }
    }

    /// Returns whether the data in it is lost.
    pub fn is_lost(&self) -> bool {
        self.fate(&self.detail()) == Fate::Lost
    }

    fn fate(&self, detail: &ChangeDetail) -> Fate {
        match detail.action {
            _ if !detail.holds_data => Fate::Untouched,
            DetailAction::Remove if self.policy == "Retain" => Fate::LeftBehind,
            DetailAction::Remove | DetailAction::Replace => Fate::Lost,
            // What is in a nested stack is judged by itself.
            DetailAction::Add if self.kind == NESTED => Fate::Untouched,
            DetailAction::Add => match self.deletion_policy {
                Some("Retain" | "RetainExceptOnCreate") => Fate::Kept,
                _ => Fate::DeletedByUndo,
            },
            DetailAction::Change | DetailAction::Import => Fate::Untouched,
        }
    }
}

impl LossRules<'_> {
    fn path(&self) -> String {
        format!("components.{}", self.component)
    }

    /// Makes the finding on data that is lost, or that an undo would delete with what is new.
    fn would_lose(&self, detail: &ChangeDetail) -> Finding {
        let ChangeDetail { logical, kind, .. } = detail;
        let because = match detail.properties.join("`, `") {
            none if none.is_empty() => String::new(),
            names => format!(" because of `{names}`"),
        };
        let removed =
            |what: &str| format!("The change {what} `{logical}` (`{kind}`){because}, and the data in it is lost.");
        let (reason, keep) = match detail.action {
            DetailAction::Add => (
                format!(
                    "`{logical}` (`{kind}`) is new and holds data, and an undo would delete it with what was written into \
                     it."
                ),
                if logical.contains('.') {
                    // Nobody may have been able to read that one.
                    "Write `DeletionPolicy: Retain` or `DeletionPolicy: RetainExceptOnCreate` at it in the template of its nested stack, which Windlass must be able to read (`cloudformation:GetTemplate`)"
                } else {
                    "Write `DeletionPolicy: Retain` or `DeletionPolicy: RetainExceptOnCreate` at it"
                },
            ),
            DetailAction::Remove => (
                removed("removes"),
                "Leave it in the template, or release it with `DeletionPolicy: Retain` first, so that the stack leaves it behind",
            ),
            _ => (removed("replaces, or may replace,"), "Leave the properties that replace it as they are"),
        };
        let (named, wish) = (format!("{}.{logical}", self.component), NextStep::With(Wish::MayLose));
        let remedy = if !self.takes_losses {
            let later = "from the release after that on, this loses no data";
            prose!("Release a template that leaves `{}` as it is: {}.", logical.as_str(), later)
        } else if self.goes_back {
            let fix = "Deploy a fix forward; or, where that is meant, name";
            let of = "of a rollback to the same snapshot, or of a deployment, with a reason";
            prose!("{} `{}` in {} {}.", fix, named, wish, of)
        } else {
            prose!("{}; or name `{}` in {}, with a reason.", keep, named, wish)
        };
        Finding::new(FindingName::WouldLoseData, self.path(), reason, remedy)
    }

    /// Makes a finding for each resource that is named to be lost and that the change does not touch.
    fn unknown(&self, changes: &[ResourceDelta<'_>]) -> Vec<Finding> {
        let named = |logical: &str| format!("{}.{logical}", self.component);
        let holds_data = changes.iter().filter(|change| holds_data(change.kind));
        let known: Vec<String> = holds_data.map(|change| named(change.logical)).collect();
        let unknown = self.may_lose.iter().filter(|name| changes.iter().all(|change| change.logical != name.as_str()));
        let found = unknown.map(|name| {
            let name = named(name);
            let reason = format!("The change touches no resource `{name}`.");
            let otherwise = if known.is_empty() { "Leave it out: nothing that holds data changes." } else { "" };
            unknown_name("may_lose", reason, &name, &known, otherwise)
        });
        found.collect()
    }

    /// Returns the warning about these resources, whose names stand at the `{}`; `None` if there are none.
    fn warning(&self, (name, of): (FindingName, &[String]), reason: &str, remedy: &str) -> Option<Finding> {
        let reason = || Prose::filled(reason, [of.join(", ").into()]);
        (!of.is_empty()).then(|| Finding::new(name, self.path(), reason(), remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "AWS::DynamoDB::Table";
    const FUNCTION: &str = "AWS::Lambda::Function";

    fn delta<'a>(kind: &'a str, (action, replacement, policy): (&'a str, &'a str, &'a str)) -> ResourceDelta<'a> {
        ResourceDelta { logical: "Messages", kind, action, replacement, policy, ..ResourceDelta::default() }
    }

    /// Judges one change, and returns the action with the names of the findings, those of the warnings, and whether it
    /// is irreversible.
    fn judged(change: &ResourceDelta<'_>, data: DataRule, may_lose: &[&str]) -> (DetailAction, String, String, bool) {
        let component = ComponentName::new("infra").unwrap();
        let may_lose = may_lose.iter().map(|name| (*name).to_owned()).collect();
        let rules =
            LossRules { component: &component, data, may_lose: &may_lose, goes_back: false, takes_losses: true };
        let loss = loss_of(&rules, std::slice::from_ref(change));
        let is_loss = |it: &&Finding| it.name != FindingName::UnknownName;
        let names = |all: &[Finding]| all.iter().filter(is_loss).map(|it| it.name.to_string()).collect::<String>();
        (loss.details[0].action, names(&loss.findings), names(&loss.warnings), loss.irreversible)
    }

    #[test]
    fn what_holds_data_is_neither_removed_nor_replaced_unallowed() {
        use DetailAction::{Add, Change, Import, Remove, Replace};
        const LOST: &str = "WouldLoseData";
        const BEHIND: &str = "Irreversible";
        // What AWS says, then the action, the finding, and the warning.
        let table = [
            (("Remove", "", "Delete"), Remove, LOST, ""),
            (("Remove", "", ""), Remove, LOST, ""),
            (("Remove", "", "Snapshot"), Remove, LOST, ""),
            (("Remove", "", "Retain"), Remove, "", BEHIND),
            (("Modify", "True", "ReplaceAndDelete"), Replace, LOST, ""),
            (("Modify", "True", "ReplaceAndRetain"), Replace, LOST, ""),
            (("Modify", "Conditional", "ReplaceAndDelete"), Replace, LOST, ""),
            (("Modify", "False", ""), Change, "", ""),
            (("Modify", "", ""), Change, "", ""),
            (("Dynamic", "", ""), Replace, LOST, ""),
            (("Dynamic", "False", ""), Change, "", ""),
            (("SomethingNew", "", ""), Replace, LOST, ""),
            (("Import", "", ""), Import, "", ""),
            (("Add", "", ""), Add, LOST, ""),
        ];
        for (words, action, finding, warning) in table {
            let change = delta(TABLE, words);
            let is_lost = finding == LOST && action != Add;
            assert_eq!(change.is_lost(), is_lost, "{words:?}");
            let allowed = if is_lost { "Irreversible" } else { warning };
            let is_behind = warning == BEHIND;
            for (data, may_lose, finding, warning, is_lost) in [
                (DataRule::Kept, &["Messages.Other", "Other"][..], finding, warning, is_behind),
                (DataRule::Kept, &["Messages"], "", allowed, is_lost || is_behind),
                (DataRule::Disposable, &[], "", allowed, is_lost || is_behind),
            ] {
                let wanted = (action, finding.to_owned(), warning.to_owned(), is_lost);
                assert_eq!(judged(&change, data, may_lose), wanted, "{words:?} {data:?}");
            }
            let other = judged(&delta(FUNCTION, words), DataRule::Kept, &[]);
            assert_eq!(other, (action, String::new(), String::new(), false), "{words:?}");
        }
    }

    #[test]
    fn a_name_of_no_resource_is_named_with_the_one_that_was_meant() {
        let component = ComponentName::new("infra").unwrap();
        for (data, stops) in [(DataRule::Kept, true), (DataRule::Disposable, false)] {
            let may_lose = ["Mesages".to_owned(), "Messages".to_owned()].into();
            let rules =
                LossRules { component: &component, data, may_lose: &may_lose, goes_back: false, takes_losses: true };
            let other = ResourceDelta { logical: "Files", ..delta(TABLE, ("Remove", "", "Delete")) };
            let loss = loss_of(&rules, &[delta(TABLE, ("Remove", "", "Delete")), other]);
            let all = if stops { &loss.findings } else { &loss.warnings };
            let unknown: Vec<&Finding> = all.iter().filter(|it| it.name == FindingName::UnknownName).collect();
            assert_eq!(unknown.len(), 1, "{data:?}");
            assert_eq!((unknown[0].path.as_str(), unknown[0].meant.as_deref()), ("may_lose", Some("infra.Messages")));
            assert_eq!(loss.findings.is_empty(), !stops);
        }
    }

    /// Nobody can change the template that is gone back to: only what can be done is named.
    #[test]
    fn a_way_back_that_loses_data_names_the_request_that_may() {
        let component = ComponentName::new("infra").unwrap();
        for (goes_back, takes_losses, many) in [(false, true, 3), (true, true, 1), (true, false, 1)] {
            let (data, may_lose) = (DataRule::Kept, [].into());
            let rules = LossRules { component: &component, data, may_lose: &may_lose, goes_back, takes_losses };
            let mut remedies: Vec<Prose> = Vec::new();
            for action in ["Remove", "Modify", "Add"] {
                let remedy = loss_of(&rules, &[delta(TABLE, (action, "True", ""))]).findings[0].remedy.clone();
                let names_wish = remedy.steps().any(|step| *step == NextStep::With(Wish::MayLose));
                assert_eq!(names_wish, takes_losses, "{action} {goes_back}");
                if !remedies.contains(&remedy) {
                    remedies.push(remedy);
                }
            }
            assert_eq!(remedies.len(), many, "what is done to the template is named only where it can be changed");
        }
    }

    #[test]
    fn an_undo_may_take_what_is_new_and_what_may_be_lost() {
        let component = ComponentName::new("infra").unwrap();
        let table = [
            (TABLE, "Add", DataRule::Kept, &[][..], true),
            (NESTED, "Add", DataRule::Kept, &[], true),
            (TABLE, "Modify", DataRule::Kept, &[], false),
            (TABLE, "Modify", DataRule::Kept, &["Messages"], true),
            (TABLE, "Modify", DataRule::Disposable, &[], true),
            (FUNCTION, "Add", DataRule::Disposable, &[], false),
        ];
        for (kind, action, data, may_lose, may_go) in table {
            let may_lose = may_lose.iter().map(|name: &&str| (*name).to_owned()).collect();
            let rules =
                LossRules { component: &component, data, may_lose: &may_lose, goes_back: false, takes_losses: true };
            let found = loss_of(&rules, &[delta(kind, (action, "False", ""))]).may_go;
            assert_eq!(found.contains("Messages"), may_go, "{kind} {action} {data:?}");
        }
    }

    #[test]
    fn what_is_new_and_holds_data_stays_when_the_release_is_undone() {
        let table = [
            (TABLE, Some("Retain"), "", "MayStay"),
            (TABLE, Some("RetainExceptOnCreate"), "", "MayStay"),
            (TABLE, Some("Snapshot"), "WouldLoseData", ""),
            (TABLE, Some("Delete"), "WouldLoseData", ""),
            (TABLE, None, "WouldLoseData", ""),
            (NESTED, None, "", ""),
            (FUNCTION, None, "", ""),
        ];
        for (kind, deletion_policy, finding, warning) in table {
            let change = ResourceDelta { deletion_policy, ..delta(kind, ("Add", "", "")) };
            let (_, findings, warnings, _) = judged(&change, DataRule::Kept, &[]);
            assert_eq!((findings.as_str(), warnings.as_str()), (finding, warning), "{kind} {deletion_policy:?}");
        }
    }
}
