//! The snapshots of an environment, as people read them.

use crate::ground::terminal::{ShownState, Tone};
use crate::talk::listing::ListedItem;
use crate::talk::windlass::RouteName;
use crate::view::provenance::{commit, took, who};
use crate::view::situation::{judged, parts};
use windlass_domain::document::git::Git;
use windlass_domain::environment::{BEFORE_WINDLASS, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::recorded::{ListedSnapshot, Snapshots};

/// Returns the components, each with its version where that is another one than the snapshot's.
fn versions(snapshot: &ListedSnapshot) -> String {
    let names = named_parts(snapshot).map(|(part, names)| match &names.now.version {
        version if *version == snapshot.version => part.to_string(),
        version => format!("{part}@{version}"),
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

/// Returns the names of each component of a snapshot, or of each container of one that has several images.
pub fn named_parts(snapshot: &ListedSnapshot) -> impl Iterator<Item = (Part, &VersionNames)> {
    snapshot.components.iter().flat_map(|(name, ran)| parts(name, &ran.running.names, &ran.running.containers))
}

/// Returns the place in Git that its version comes from, if all that runs of that version come from one.
fn git(snapshot: &ListedSnapshot) -> Option<&Git> {
    let named = named_parts(snapshot).filter(|(_, names)| names.now.version == snapshot.version);
    let mut from = named.map(|(_, names)| names.now.git.as_ref());
    let first = from.next()?;
    from.all(|git| git == first).then_some(first).flatten()
}

/// Returns the components whose bytes had come by another name.
fn origins(snapshot: &ListedSnapshot) -> impl Iterator<Item = String> {
    named_parts(snapshot).filter_map(|(part, names)| {
        let brought = &names.brought.version;
        let is_renamed = names.now.version != *brought && brought != BEFORE_WINDLASS;
        is_renamed.then(|| format!("{part} came with {brought}"))
    })
}

/// Returns its states.
pub fn states(one: &ListedSnapshot) -> Vec<ShownState> {
    let present = one.present.then(|| ShownState::new(Tone::Moving, "runs now"));
    let vetoed = one.vetoed.then(|| ShownState::new(Tone::Bad, "vetoed"));
    let crosses = one.crosses.iter();
    let crosses = crosses.map(|(name, ran)| ShownState::new(Tone::Noted, format!("crosses {name} of {}", ran.version)));
    present.into_iter().chain([judged(one.verified_good, &one.doubts)]).chain(vetoed).chain(crosses).collect()
}

impl ListedItem for ListedSnapshot {
    type Page = Snapshots;

    const NAME: &'static str = "snapshots";
    const VERB: &'static str = "snapshots";

    fn list(of: EnvironmentId<'_>) -> (RouteName, Vec<&str>, Vec<(&str, &str)>) {
        (RouteName::Snapshots, vec![of.app().as_str(), of.environment().as_str()], vec![])
    }

    const COLUMNS: &'static [&'static str] =
        &["number", "made", "version", "commit", "components", "took", "asked by", "state", "reason"];

    fn row(&self) -> Vec<String> {
        let words: Vec<String> = states(self).iter().map(ShownState::drawn).chain(origins(self)).collect();
        // A state that was found was brought by nobody that Windlass knows; a rollback to it was asked for like any
        // other.
        let is_found = self.version == BEFORE_WINDLASS;
        let asked = self.asked.as_ref().filter(|asked| !is_found || asked.action == ActionName::Rollback);
        let none = || "-".to_owned();
        // An accepted state is a person's, and no deployment's work.
        let accepted = asked.and_then(|asked| asked.accepted_as(&self.version));
        let asked_for = asked.filter(|_| accepted.is_none());
        let person = accepted.map(|accepted| (&accepted.by, Some(&accepted.reason)));
        let person = person.or(asked.map(|asked| (&asked.requester, asked.reason.as_ref())));
        vec![
            self.number.to_string(),
            self.made.to_string(),
            self.version.clone(),
            commit(git(self)),
            versions(self),
            asked_for.map_or_else(none, |asked| took(asked.started, asked.ended)),
            person.map_or_else(none, |(by, _)| who(by)),
            words.join(", "),
            person.and_then(|(_, reason)| reason.cloned()).unwrap_or_default(),
        ]
    }
}
