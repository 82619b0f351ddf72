//! What the words of Lambda for a state mean: one table for each of its types. A word that this build does not know is
//! waited for, because unknown is never healthy.

/// The fitness of a function, a version, an update or provisioned concurrency, by its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// It can be changed, and get callers.
    Ready,
    /// Neither yet: the state passes by itself.
    Soon,
    /// It can be changed, and cannot be invoked. The text is the reason.
    NotInvoked(&'static str),
    /// Neither. The text is the reason.
    Broken(&'static str),
}

/// Each state of a function or a version (AWS Lambda API Reference, FunctionConfiguration, `State`). Only what is active
/// can be invoked, and what is idle becomes active by that (AWS Lambda Developer Guide, "Lambda function states").
/// `$LATEST` need not be invocable to be published, so a version is judged by its own state.
const STATES: [(&str, Fitness); 8] = [
    ("Active", Fitness::Ready),
    ("Inactive", Fitness::Ready),
    ("Pending", Fitness::Soon),
    ("Failed", Fitness::Broken("failed to start")),
    ("Deleting", Fitness::Broken("is being deleted")),
    ("Deactivating", Fitness::NotInvoked("is being deactivated")),
    ("Deactivated", Fitness::NotInvoked("is deactivated")),
    ("ActiveNonInvocable", Fitness::NotInvoked("cannot be invoked")),
];

/// Each status of a function's last update (the same page, `LastUpdateStatus`). After one that has failed the function
/// can be changed again.
const LAST_UPDATES: [(&str, Fitness); 3] =
    [("Successful", Fitness::Ready), ("Failed", Fitness::Ready), ("InProgress", Fitness::Soon)];

/// Each status of provisioned concurrency (AWS Lambda API Reference, GetProvisionedConcurrencyConfig, `Status`).
const PROVISIONED: [(&str, Fitness); 3] =
    [("IN_PROGRESS", Fitness::Soon), ("READY", Fitness::Ready), ("FAILED", Fitness::Broken("cannot be had"))];

impl Fitness {
    /// Returns that of a function or a version.
    pub fn of(state: &str) -> Self {
        look_up(&STATES, state)
    }

    /// Returns that of a function by its last update.
    pub fn of_update(status: &str) -> Self {
        look_up(&LAST_UPDATES, status)
    }

    /// Returns that of provisioned concurrency.
    pub fn of_concurrency(status: &str) -> Self {
        look_up(&PROVISIONED, status)
    }
}

/// Looks a word up. Where Lambda shows none, nothing is in the way.
fn look_up(table: &[(&str, Fitness)], word: &str) -> Fitness {
    let known = table.iter().find(|(known, _)| *known == word);
    let unknown = if word.is_empty() { Fitness::Ready } else { Fitness::Soon };
    known.map_or(unknown, |(_, fitness)| *fitness)
}

/// Returns the words of Lambda that this kind decides by, by the type that has them in the API.
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("LastUpdateStatus", LAST_UPDATES.map(|(word, _)| word).to_vec()),
        ("ProvisionedConcurrencyStatusEnum", PROVISIONED.map(|(word, _)| word).to_vec()),
        ("State", STATES.map(|(word, _)| word).to_vec()),
    ]
}
