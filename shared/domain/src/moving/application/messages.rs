//! The words about another name for an application.

use super::{Application, MovedApplication};
use crate::removal::application::without_repositories;
use std::iter;

impl MovedApplication {
    /// Says all: what is moved, what stays, and what is to be done next.
    pub fn in_words(&self, asked: &Application<'_>) -> String {
        let (app, to) = (asked.app, asked.to);
        let mut told = vec![format!("The application {app} is called {to} from now on.")];
        let version = self.declaration.iter();
        told.extend(version.map(|version| format!("The declaration {version} of {app} is not in force any more.")));
        let environments = self.environments.iter();
        told.extend(environments.map(|(name, moves)| moves.moved(asked.moving(name))));
        if !self.repositories.is_empty() {
            let names = self.repositories.join(", ");
            told.push(format!("Pushes to {names} are for {to} now."));
        }
        if !self.freed.is_empty() {
            told.push(without_repositories(app, &self.freed));
        }
        told.push(self.stays(asked));
        told.push(self.next(asked));
        told.join(" ")
    }

    /// Says what stays, in sentences.
    pub fn stays(&self, asked: &Application<'_>) -> String {
        let (app, to) = (asked.app, asked.to);
        let stays = format!(
            "What runs stays as it is; so do the history, the snapshots, the vetoes and the releases of {app}, and the \
             objects in the artifacts bucket. A rollback of {to} to an older snapshot goes back to what runs now."
        );
        let environments = self.environments.iter();
        let kept = environments.flat_map(|(name, moves)| moves.keeps(asked.moving(name)));
        iter::once(stays).chain(kept).collect::<Vec<_>>().join(" ")
    }

    /// Says what is to be done next: the author of the infrastructure code tags the targets.
    pub fn next(&self, asked: &Application<'_>) -> String {
        format!(
            "Before the next release of {to} tag its targets `windlass:app={to}`, and upload artifacts and manifests to \
             its own folders of the bucket.",
            to = asked.to
        )
    }
}
