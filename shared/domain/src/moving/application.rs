//! Decides on a move of any scope. Of a whole application all of each environment goes to the environment of that name
//! of the new application, the image repositories go with it, and the former declaration is withdrawn. Pure.
//!
//! Both declarations of a whole application are in force beforehand. The new one says which application it was
//! (`formerly`), so that it may name that one's repositories. All of it is one transaction, so no release comes in
//! between.

use super::{MovedItems, Moving, MovingFacts};
use crate::declaration::Declaration;
use crate::declaration::resolved::ResolvedEnvironment;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::EnvironmentName;
use std::collections::{BTreeMap, BTreeSet};

/// The most items of one transaction (AWS DynamoDB Developer Guide, "Transactions").
pub const MOST_ITEMS: usize = 100;

/// The items beside those of its environments and repositories: both declarations, and that it is done.
const ITEMS: usize = 3;

/// The items of an environment that is moved: the locks and the records of both sides.
const ITEMS_OF_ONE: usize = 4;

/// The snapshots that the new environment gets if it has none.
const FIRST_SNAPSHOTS: usize = 2;

/// A move that is asked for, and both sides as the ledger knows them.
#[derive(Debug, Clone)]
pub struct ToMove<'a> {
    /// The move.
    pub moving: Moving<'a>,
    /// Both sides of a whole application, beside their environments.
    pub whole: Option<WholeFacts<'a>>,
    /// The environments of the former owner, declared or not, each beside that of the new one.
    pub environments: Vec<MovingFacts<'a>>,
}

/// A whole application as the ledger knows it, and the one that it is to be.
#[derive(Debug, Clone)]
pub struct WholeFacts<'a> {
    /// The version of the former declaration in force.
    pub version: Option<&'a semver::Version>,
    /// The former declaration, if it can be read.
    pub former: Option<&'a Declaration>,
    /// The new declaration in force; the findings if there is none.
    pub new: Result<&'a Declaration, &'a [Finding]>,
    /// The image repositories of the former one.
    pub repositories: Vec<String>,
}

/// The things that are moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovedThings {
    /// The version of the declaration that is withdrawn.
    pub declaration: Option<semver::Version>,
    /// The things in each environment that has any.
    pub environments: BTreeMap<EnvironmentName, MovedItems>,
    /// The image repositories that go with it.
    pub repositories: Vec<String>,
    /// The repositories that the new declaration does not name: nobody has them from then on.
    pub freed: Vec<String>,
}

/// Decides the move, and lists everything that stands in its way in any environment.
///
/// # Errors
/// Something is under way on either side; the new owner does not declare a component, or has it elsewhere; nothing is
/// recorded of the former one; or the former owner of a smaller scope than an application still declares it. Of a whole
/// application also: the new declaration is not in force, or does not say which application it was.
pub fn decide(asked: &ToMove<'_>) -> Result<MovedThings, Vec<Finding>> {
    let mut findings = Vec::new();
    match asked.whole.as_ref().map(|whole| whole.new) {
        Some(Err(why)) => findings.extend(why.iter().cloned()),
        Some(Ok(new)) => findings.extend(asked.not_the_same(new)),
        None => {}
    }
    let mut moved = MovedThings::default();
    let (mut items, mut resources) = (ITEMS, BTreeSet::new());
    for facts in &asked.environments {
        match facts.decide(asked.moving) {
            Err(found) => findings.extend(found),
            // A first release must not begin there meanwhile.
            Ok(None) => items += 1,
            Ok(Some(taken)) => {
                items += ITEMS_OF_ONE;
                if facts.to.state.last_snapshot == 0 {
                    items += FIRST_SNAPSHOTS;
                }
                resources.extend(taken.claims.iter().map(|claim| claim.resource.clone()));
                moved.environments.insert(facts.from.side.at.environment().clone(), taken);
            }
        }
    }
    if let Some(whole) = &asked.whole {
        if asked.is_nothing(whole) {
            return Err(vec![asked.moving.from.nothing(&BTreeSet::new())]);
        }
        findings.extend(asked.too_many(items + whole.repositories.len() + resources.len()));
        let named = whole.new.map(Declaration::repositories).unwrap_or_default();
        (moved.repositories, moved.freed) =
            whole.repositories.iter().cloned().partition(|name| named.contains_key(name));
        moved.declaration = whole.version.cloned();
    }
    // Without a new declaration each environment has the same findings.
    let mut listed = Vec::new();
    findings.retain(|finding| {
        let is_new = !listed.contains(finding);
        listed.push(finding.clone());
        is_new
    });
    if findings.is_empty() { Ok(moved) } else { Err(findings) }
}

impl ToMove<'_> {
    /// Returns whether nothing is recorded of a whole application.
    fn is_nothing(&self, whole: &WholeFacts<'_>) -> bool {
        self.used().next().is_none() && whole.version.is_none() && whole.repositories.is_empty()
    }

    /// Returns the environments of which anything is recorded.
    fn used(&self) -> impl Iterator<Item = &MovingFacts<'_>> {
        let from = self.moving.from;
        self.environments.iter().filter(move |facts| !facts.from.recorded(from).components.is_empty())
    }

    /// Returns the differences of the new declaration of a whole application from the former one: which application it
    /// was, and where components are.
    fn not_the_same(&self, new: &Declaration) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.not_its_successor(new).into_iter().collect();
        let former = self.whole.as_ref().and_then(|whole| whole.former);
        for facts in self.used() {
            let resolve = |one: &Declaration| one.resolve(facts.from.side.at.environment()).ok();
            if let (Some(former), Some(new)) = (former.and_then(resolve), resolve(new)) {
                findings.extend(self.elsewhere(&former, &new));
            }
        }
        findings
    }

    fn not_its_successor(&self, new: &Declaration) -> Option<Finding> {
        let Moving { from: app, to } = self.moving;
        let why = match new.formerly() {
            Some(formerly) if formerly == app.app => return None,
            Some(formerly) => format!("the declaration of {to} says that it was {formerly}."),
            None => format!("the declaration of {to} does not say that it was {app}."),
        };
        let remedy = format!(
            "Write `formerly: {app}` into the declaration of {to}, raise `version`, and put that in force; then ask again."
        );
        let name = FindingName::MissingField;
        Some(Finding::new(name, "formerly", why, remedy))
    }

    /// Returns findings for components whose target would be another one by the new declaration.
    fn elsewhere(&self, former: &ResolvedEnvironment, new: &ResolvedEnvironment) -> Vec<Finding> {
        let same_place = (&former.region, &former.role_arn) == (&new.region, &new.role_arn);
        let both = former.components.iter().filter_map(|(name, was)| {
            let is = new.components.get(name)?;
            Some((name, was.spec.as_kind().claim(), is.spec.as_kind().claim()))
        });
        let moved = both.filter(|(_, was, is)| {
            // A component of another kind has a finding of its own.
            let is_comparable = was.sort == is.sort && !was.names.iter().any(String::is_empty);
            is_comparable && !(was.is_same_as(is, same_place) && was.folder == is.folder)
        });
        let environment = &new.environment;
        let Moving { from: app, to } = self.moving;
        moved
            .map(|(name, was, is)| {
                let where_to = if was.what == is.what {
                    format!("{} in another region or by another role", is.what)
                } else {
                    is.what
                };
                Finding::bad_value(format!("components.{name}.{}", is.member),
                    format!(
                        "`{name}` of {to}/{environment} is declared as {where_to}, and {app}/{environment} has {}.",
                        was.what
                    ),
                    format!(
                        "Declare it in {to} where it runs, and upload that; then ask again. What is to run elsewhere is \
                         declared there afterwards."
                    ),
                )
            })
            .collect()
    }

    fn too_many(&self, items: usize) -> Option<Finding> {
        let at = self.environments.first()?.from.side.at;
        let members = [("to_app", self.moving.to.app.as_str().into()), ("reason", "…".into())];
        let hand_over = input(ActionName::HandOver, at, &members);
        (items > MOST_ITEMS).then(|| {
            Finding::too_large(
                "app",
                format!("{} of the ledger are to be written at once, and {MOST_ITEMS} at most.", count(items, "item")),
                prose!(
                    "Take some environments out of the former declaration, hand each over by itself, such as {}, and \
                     ask again for the rest.",
                    hand_over
                ),
            )
            .seen(items, MOST_ITEMS)
        })
    }
}

impl MovedThings {
    /// Returns the parts of the move, each with the things in its environment.
    pub fn parts<'a>(&'a self, moving: Moving<'a>) -> impl Iterator<Item = (Moving<'a>, &'a MovedItems)> {
        self.environments.iter().map(move |(name, moves)| (moving.part_in(name), moves))
    }

    /// Returns the environments that it concerns.
    pub fn sides<'a>(&'a self, moving: Moving<'a>) -> Vec<EnvironmentId<'a>> {
        let sides = self.environments.keys().flat_map(|name| [moving.from.at(name), moving.to.at(name)]);
        let mut sides: Vec<EnvironmentId<'a>> = sides.collect();
        sides.dedup();
        sides
    }
}

#[cfg(test)]
#[path = "application_tests.rs"]
mod tests;
