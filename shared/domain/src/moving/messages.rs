//! The words about a move.

use super::{MovedItems, Moving};
use crate::environment::BEFORE_WINDLASS;
use crate::moving::removal::list;
use std::iter;

impl MovedItems {
    /// Says all: the move, what stays, and what is to be done next.
    pub fn in_words(&self, moving: Moving<'_>) -> String {
        let next = self.next(moving);
        [self.moved(moving), self.stays(moving)].into_iter().chain(next).collect::<Vec<_>>().join(" ")
    }

    /// Says what is moved, in a sentence.
    pub fn moved(&self, moving: Moving<'_>) -> String {
        let names: Vec<String> = self
            .components
            .iter()
            .map(|(was, name)| if was == name { was.to_string() } else { format!("{was} (called {name} from now on)") })
            .collect();
        let claims: Vec<String> = self.claims.iter().map(ToString::to_string).collect();
        let with = match claims.as_slice() {
            [] => "no target was theirs".to_owned(),
            claims => format!("with {}", claims.join(", ")),
        };
        let (from, to) = (moving.from, moving.to);
        match (moving.component, moving.is_within()) {
            (Some((was, name)), true) => {
                format!("{} of {}/{} is called {name} from now on: {with}.", was, from.app(), from.environment())
            }
            _ => format!(
                "{}/{} has handed over {} to {}/{}: {with}.",
                from.app(),
                from.environment(),
                names.join(", "),
                to.app(),
                to.environment()
            ),
        }
    }

    /// Says what stays, in sentences.
    pub fn stays(&self, moving: Moving<'_>) -> String {
        iter::once(rests(moving)).chain(self.keeps(moving)).collect::<Vec<_>>().join(" ")
    }

    /// Says what becomes of a hold and of irreversible runs. Returns no sentence if there is neither.
    pub fn keeps(&self, moving: Moving<'_>) -> Vec<String> {
        let hold = self.kept.is_held.then(|| held(moving));
        let ran = list(&self.kept.ran).map(|names| ran(moving, &names));
        let behind = list(&self.behind).filter(|_| !moving.is_within());
        let behind = behind.map(|names| stays_alone(moving, &names));
        [hold, ran, behind].into_iter().flatten().collect()
    }

    /// Says what is to be done next, if anything is: the author of the infrastructure code tags the targets.
    pub fn next(&self, moving: Moving<'_>) -> Option<String> {
        let (app, environment) = (moving.to.app(), moving.to.environment());
        (!moving.is_within()).then(|| {
            format!(
                "Before its next release tag the targets `windlass:app={app}` and `windlass:environment={environment}`."
            )
        })
    }
}

fn rests(Moving { from, to, .. }: Moving<'_>) -> String {
    if from == to {
        return "What runs there stays as it is. Older snapshots are read by the new name; the history keeps the former \
                one."
            .to_owned();
    }
    format!(
        "What runs there stays as it is; the history, the snapshots and the vetoes stay with {from}. A rollback of {to} \
         to an older snapshot goes back to what runs now."
    )
}

fn held(moving: Moving<'_>) -> String {
    let (from, to) = (moving.from, moving.to);
    if moving.component.is_none() {
        format!("The hold of {from} is on {to} as well: each stays until it is released.")
    } else {
        format!("The hold of {from} stays until it is released.")
    }
}

fn ran(moving: Moving<'_>, names: &str) -> String {
    let (from, to) = (moving.from, moving.to);
    match moving.component {
        Some((_, name)) if moving.is_within() => {
            format!("That {names} ran is recorded of {name} now, so a rollback crosses it as before.")
        }
        _ => format!(
            "That {names} ran stays recorded in {from} and is recorded in {to}, so in both a rollback past it crosses it."
        ),
    }
}

/// The new owner does not know of the runs of what stays.
fn stays_alone(Moving { from, to, .. }: Moving<'_>, names: &str) -> String {
    format!(
        "That {names} ran stays recorded in {from} alone: a rollback of {to} to `{BEFORE_WINDLASS}` crosses it unasked. \
         Where that must not be, hand over {names} as well."
    )
}
