//! Renames a whole application, and has the words for it. All of each environment goes to the environment of that name
//! of the new application, the image repositories go with it, and the former declaration is withdrawn. Pure.
//!
//! Both declarations are in force beforehand. The new one says which application it was (`formerly`), so that it may
//! name that one's repositories. All of it is one transaction, so no release comes in between.

use super::{MovedItems, Moving, MovingFacts, decide as decide_one};
use crate::declaration::Declaration;
use crate::declaration::resolved::Resolved;
use crate::moving::removal::application::{self, without_repositories};
use crate::moving::removal::{self, busy, recorded};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::input;
use crate::release::identity::EnvironmentId;
use crate::text::count::count;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName};
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

/// The most items of one transaction (AWS DynamoDB Developer Guide, "Transactions").
pub const MOST_ITEMS: usize = 100;

/// The items beside those of its environments and repositories: both declarations, and that it is done.
const ITEMS: usize = 3;

/// The items of an environment that is moved: the locks and the records of both sides.
const ITEMS_OF_ONE: usize = 4;

/// The snapshots that the new environment gets if it has none.
const FIRST_SNAPSHOTS: usize = 2;

/// The application as the ledger knows it, and the one that it is to be.
#[derive(Debug, Clone)]
pub struct ApplicationToMove<'a> {
    /// Its name.
    pub app: &'a AppName,
    /// Its name from then on.
    pub to: &'a AppName,
    /// The version of the former declaration in force.
    pub version: Option<&'a semver::Version>,
    /// The former declaration, if it can be read.
    pub former: Option<&'a Declaration>,
    /// The new declaration in force; the findings if there is none.
    pub new: Result<&'a Declaration, &'a [Finding]>,
    /// The image repositories of the former one.
    pub repositories: Vec<String>,
    /// The environments of the former one, declared or not, each beside the new one of that name.
    pub environments: BTreeMap<EnvironmentName, MovingFacts<'a>>,
}

/// The things that are moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedApplication {
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
/// Something is under way on either side, the new declaration is not in force or does not say which application it was,
/// it lacks a component or has it elsewhere, or there is nothing of the former one.
pub fn decide(asked: &ApplicationToMove<'_>) -> Result<MovedApplication, Vec<Finding>> {
    let mut findings = Vec::new();
    match asked.new {
        Err(why) => findings.extend(why.iter().cloned()),
        Ok(new) => findings.extend(asked.not_the_same(new)),
    }
    let (mut environments, mut items) = (BTreeMap::new(), ITEMS + asked.repositories.len());
    let mut resources = BTreeSet::new();
    for (environment, facts) in &asked.environments {
        // The former declaration is withdrawn with it.
        let facts = MovingFacts { from: removal::RemovalFacts { declared: None, ..facts.from }, ..*facts };
        match asked.moves(environment, facts) {
            Err(found) => findings.extend(found),
            // A first release must not begin there meanwhile.
            Ok(None) => items += 1,
            Ok(Some(moves)) => {
                items += ITEMS_OF_ONE;
                if facts.state.last_snapshot == 0 {
                    items += FIRST_SNAPSHOTS;
                }
                resources.extend(moves.claims.iter().map(|claim| claim.resource.clone()));
                environments.insert(environment.clone(), moves);
            }
        }
    }
    findings.extend(asked.too_many(items + resources.len()));
    // Without a new declaration each environment has the same findings.
    let mut listed = Vec::new();
    findings.retain(|finding| {
        let is_new = !listed.contains(finding);
        listed.push(finding.clone());
        is_new
    });
    let named = asked.new.map(Declaration::repositories).unwrap_or_default();
    let (repositories, freed) = asked.repositories.iter().cloned().partition(|name| named.contains_key(name));
    let whole = MovedApplication { declaration: asked.version.cloned(), environments, repositories, freed };
    if asked.is_nothing() {
        return Err(vec![application::nothing(asked.app)]);
    }
    if findings.is_empty() { Ok(whole) } else { Err(findings) }
}

impl<'a> ApplicationToMove<'a> {
    /// Returns whether nothing is recorded of it.
    fn is_nothing(&self) -> bool {
        let mut environments = self.environments.iter();
        let is_empty = environments.all(|(name, facts)| self.is_unused(name, *facts));
        is_empty && self.version.is_none() && self.repositories.is_empty()
    }

    /// Returns whether nothing is recorded of an environment.
    fn is_unused(&self, environment: &EnvironmentName, facts: MovingFacts<'_>) -> bool {
        let removal = self.moving(environment).removal();
        recorded(removal, facts.from).components.is_empty()
    }

    /// Returns the move of all of an environment to the new application.
    pub fn moving<'b>(&self, environment: &'b EnvironmentName) -> Moving<'b>
    where
        'a: 'b,
    {
        let side = |app| EnvironmentId::new(app, environment);
        Moving { from: side(self.app), to: side(self.to), component: None }
    }

    /// Returns the moves within one environment; `None` if nothing is recorded of it.
    fn moves(&self, environment: &EnvironmentName, facts: MovingFacts<'_>) -> Result<Option<MovedItems>, Vec<Finding>> {
        if self.is_unused(environment, facts) {
            let busy =
                busy(EnvironmentId::new(self.app, environment), facts.from.lock, facts.from.waits, facts.from.drill);
            return busy.map_or(Ok(None), |finding| Err(vec![finding]));
        }
        decide_one(self.moving(environment), facts).map(Some)
    }

    /// Returns the differences of the new declaration from the former one: which application it was, and where
    /// components are.
    fn not_the_same(&self, new: &Declaration) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.not_its_successor(new));
        let used = self.environments.iter();
        let used = used.filter(|(name, facts)| !self.is_unused(name, **facts));
        for (environment, _) in used {
            let resolve = |one: &Declaration| one.resolve(environment).ok();
            if let (Some(former), Some(new)) = (self.former.and_then(resolve), resolve(new)) {
                findings.extend(self.elsewhere(&former, &new));
            }
        }
        findings
    }

    fn not_its_successor(&self, new: &Declaration) -> Option<Finding> {
        let (app, to) = (self.app, self.to);
        let why = match new.formerly() {
            Some(formerly) if formerly == app => return None,
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
    fn elsewhere(&self, former: &Resolved, new: &Resolved) -> Vec<Finding> {
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
        let (app, to) = (self.app, self.to);
        moved
            .map(|(name, was, is)| {
                let where_to = if was.what == is.what {
                    format!("{} in another region or by another role", is.what)
                } else {
                    is.what
                };
                Finding::new(
                    FindingName::BadValue,
                    format!("components.{name}.{}", is.member),
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
        let environment = self.environments.keys().next()?;
        let members = [("to_app", self.to.as_str().into()), ("reason", "…".into())];
        let hand_over = input(ActionName::HandOver, EnvironmentId::new(self.app, environment), &members);
        (items > MOST_ITEMS).then(|| {
            Finding::new(
                FindingName::TooLarge,
                "app",
                format!("{} of the ledger are to be written at once, and {MOST_ITEMS} at most.", count(items, "item")),
                prose![
                    "Take some environments out of the former declaration, hand each over by itself, such as ",
                    hand_over,
                    ", and ask again for the rest."
                ],
            )
        })
    }
}

impl MovedApplication {
    /// Says all: what is moved, what stays, and what is to be done next.
    pub fn in_words(&self, asked: &ApplicationToMove<'_>) -> String {
        let (app, to) = (asked.app, asked.to);
        let mut sentences = vec![format!("The application {app} is called {to} from now on.")];
        let version = self.declaration.iter();
        sentences
            .extend(version.map(|version| format!("The declaration {version} of {app} is not in force any more.")));
        sentences.extend(self.environments.iter().map(|(name, moves)| moves.moved(asked.moving(name))));
        if !self.repositories.is_empty() {
            let names = self.repositories.join(", ");
            sentences.push(format!("Pushes to {names} are for {to} now."));
        }
        if !self.freed.is_empty() {
            sentences.push(without_repositories(app, &self.freed));
        }
        sentences.push(self.stays(asked));
        sentences.push(self.next(asked));
        sentences.join(" ")
    }

    /// Says what stays, in sentences.
    pub fn stays(&self, asked: &ApplicationToMove<'_>) -> String {
        let (app, to) = (asked.app, asked.to);
        let stays = format!(
            "What runs stays as it is; so do the history, the snapshots, the vetoes and the releases of {app}, and the \
             objects in the artifacts bucket. A rollback of {to} to an older snapshot goes back to what runs now."
        );
        let kept = self.environments.iter().flat_map(|(name, moves)| moves.keeps(asked.moving(name)));
        iter::once(stays).chain(kept).collect::<Vec<_>>().join(" ")
    }

    /// Says what is to be done next: the author of the infrastructure code tags the targets.
    pub fn next(&self, asked: &ApplicationToMove<'_>) -> String {
        format!(
            "Before the next release of {to} tag its targets `windlass:app={to}`, and upload artifacts and manifests to \
             its own folders of the bucket.",
            to = asked.to
        )
    }
}

#[cfg(test)]
#[path = "application_tests.rs"]
mod tests;
