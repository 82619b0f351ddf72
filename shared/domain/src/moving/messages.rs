//! The words about a move.

use super::application::MovedThings;
use super::{MovedItems, Moving};
use crate::environment::BEFORE_WINDLASS;
use crate::moving::removal::{NO_TARGET, hold_stays, list, without_repositories};
use crate::text::prose::Prose;
use crate::{prose, run};
use std::iter;

impl MovedThings {
    /// Says all: what is moved, what stays, and what is to be done next.
    pub fn in_words(&self, moving: Moving<'_>) -> Prose {
        let Moving { from, to } = moving;
        let called = from.is_whole().then(|| format!("The application {from} is called {to} from now on."));
        let version = self.declaration.iter();
        let withdrawn = version.map(|version| format!("The declaration {version} of {from} is not in force any more."));
        let parts = self.parts(moving).map(|(part, moves)| moves.moved(part));
        let pushes = list(&self.repositories).map(|names| format!("Pushes to {names} are for {to} now."));
        let freed = (!self.freed.is_empty()).then(|| without_repositories(from.app, &self.freed));
        let moved = called.into_iter().chain(withdrawn).chain(parts).chain(pushes).chain(freed);
        Prose::join(moved.chain([self.stays(moving)]).map(Prose::from).chain(self.next(moving)), " ")
    }

    /// Says what stays, in sentences.
    pub fn stays(&self, moving: Moving<'_>) -> String {
        let kept = self.parts(moving).flat_map(|(part, moves)| moves.keeps(part));
        iter::once(rests(moving)).chain(kept).collect::<Vec<_>>().join(" ")
    }

    /// Says what is to be done next, if anything is: the author of the infrastructure code tags the targets.
    pub fn next(&self, moving: Moving<'_>) -> Option<Prose> {
        let to = moving.to;
        match to.environment {
            None => Some(prose!(
                "Before the next release of {} tag its targets `windlass:app={}` ({}), and upload artifacts and \
                 manifests to its own folders of the bucket.",
                to,
                to,
                self.tagged(&format!("windlass:app={to}"))
            )),
            Some(_) if moving.is_within() => None,
            Some(environment) => Some(prose!(
                "Before its next release tag the targets `windlass:app={}` and `windlass:environment={}` ({}).",
                to.app,
                environment,
                self.tagged(&format!("windlass:app={},windlass:environment={environment}", to.app))
            )),
        }
    }

    /// Returns the command that tags targets, and what it needs besides: the ARN of a distribution has no region.
    fn tagged(&self, tags: &str) -> Prose {
        let command = run!("aws resourcegroupstaggingapi tag-resources --tags {tags} --resource-arn-list …");
        let mut claims = self.environments.values().flat_map(|moves| &moves.claims);
        let is_elsewhere = claims.any(|claim| claim.resource.contains(":cloudfront:"));
        prose!("{}{}", command, if is_elsewhere { "; with `--region us-east-1` for a distribution" } else { "" })
    }
}

impl MovedItems {
    /// Says what is moved, in a sentence.
    pub fn moved(&self, moving: Moving<'_>) -> String {
        let names = list(self.components.iter().map(|(was, name)| {
            if was == name { was.to_string() } else { format!("{was} (called {name} from now on)") }
        }));
        let with = list(&self.claims).map_or_else(|| NO_TARGET.to_owned(), |claims| format!("with {claims}"));
        let Moving { from, to } = moving;
        match (from.component, to.component) {
            (Some(was), Some(name)) if moving.is_within() => {
                format!("{was} of {from} is called {name} from now on: {with}.")
            }
            _ => format!("{from} has handed over {} to {to}: {with}.", names.unwrap_or_default()),
        }
    }

    /// Says what becomes of a hold and of irreversible runs. Returns no sentence if there is neither.
    pub fn keeps(&self, moving: Moving<'_>) -> Vec<String> {
        let hold = self.kept.is_held.then(|| held(moving));
        let ran = list(&self.kept.ran).map(|names| ran(moving, &names));
        let behind = list(&self.behind).filter(|_| !moving.is_within());
        let behind = behind.map(|names| stays_alone(moving, &names));
        [hold, ran, behind].into_iter().flatten().collect()
    }
}

fn rests(moving: Moving<'_>) -> String {
    let Moving { from, to } = moving;
    if from.is_whole() {
        return format!(
            "What runs stays as it is; so do the history, the snapshots, the vetoes and the releases of {from}, and \
             the objects in the artifacts bucket. A rollback of {to} to an older snapshot goes back to what runs now."
        );
    }
    if moving.is_within() {
        return "What runs there stays as it is. Older snapshots are read by the new name; the history keeps the former \
                one."
            .to_owned();
    }
    format!(
        "What runs there stays as it is; the history, the snapshots and the vetoes stay with {from}. A rollback of {to} \
         to an older snapshot goes back to what runs now."
    )
}

fn held(Moving { from, to }: Moving<'_>) -> String {
    if from.component.is_none() {
        format!("The hold of {from} is on {to} as well: each stays until it is released.")
    } else {
        hold_stays(from)
    }
}

fn ran(moving: Moving<'_>, names: &str) -> String {
    let (from, to) = (moving.from, moving.to);
    match to.component {
        Some(name) if moving.is_within() => {
            format!("That {names} ran is recorded of {name} now, so a rollback crosses it as before.")
        }
        _ => format!(
            "That {names} ran stays recorded in {from} and is recorded in {to}, so in both a rollback past it crosses it."
        ),
    }
}

/// The new owner does not know of the runs of what stays.
fn stays_alone(Moving { from, to }: Moving<'_>, names: &str) -> String {
    format!(
        "That {names} ran stays recorded in {from} alone: a rollback of {to} to `{BEFORE_WINDLASS}` crosses it unasked. \
         Where that must not be, hand over {names} as well."
    )
}
