//! The meaning of Lambda's words for a state: one table for each of its types. A release waits while Lambda shows a
//! word that this build does not know, because unknown is never healthy; a way back does not wait for such a version.

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

/// Each word for why a function or a version could not be made ready that says something of what was released (AWS
/// Lambda API Reference, FunctionConfiguration, `LastUpdateStatusReasonCode`; `StateReasonCode` has them all).
const OF_THE_RELEASE: [&str; 12] = [
    "FunctionError",
    "FunctionError.ExtensionInitError",
    "FunctionError.InitResourceExhausted",
    "FunctionError.InitTimeout",
    "FunctionError.InvalidEntryPoint",
    "FunctionError.InvalidWorkingDirectory",
    "FunctionError.PermissionDenied",
    "FunctionError.RuntimeInitError",
    "FunctionError.TooManyExtensions",
    "ImageDeleted",
    "InvalidImage",
    "InvalidZipFileException",
];

/// Each such word that says something of the function's configuration, its network, its rights, the account or Lambda
/// itself. The same release may go there once that is mended.
const OF_THE_TARGET: [&str; 24] = [
    "CapacityProviderScalingLimitExceeded",
    "DependencyError",
    "DisabledKMSKey",
    "DisallowedByVpcEncryptionControl",
    "EC2RequestLimitExceeded",
    "EFSIOError",
    "EFSMountConnectivityError",
    "EFSMountFailure",
    "EFSMountTimeout",
    "EniLimitExceeded",
    "ImageAccessDenied",
    "InsufficientCapacity",
    "InsufficientRolePermissions",
    "InternalError",
    "InvalidConfiguration",
    "InvalidRuntime",
    "InvalidSecurityGroup",
    "InvalidStateKMSKey",
    "InvalidSubnet",
    "KMSKeyAccessDenied",
    "KMSKeyNotFound",
    "ServiceQuotaExceededException",
    "SubnetOutOfIPAddresses",
    "VcpuLimitExceeded",
];

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

/// Returns whether Lambda has reclaimed what an idle version needs to run. The next invocation fails, and Lambda makes
/// the version `Pending` by it until it can run again (AWS Lambda Developer Guide, "Lambda function states").
pub fn is_idle(state: &str) -> bool {
    state == "Inactive"
}

/// Returns whether Lambda still makes a version ready, so that every invocation of it fails until then. A word that
/// this build does not know keeps no way back waiting.
pub fn is_starting(state: &str) -> bool {
    state == "Pending"
}

/// Returns whether a reason says nothing of what was released. An unknown word may.
pub fn is_of_the_target(code: &str) -> bool {
    OF_THE_TARGET.contains(&code)
}

/// The beginning of Lambda's words for a version that cannot be initialised, where its concurrency is provisioned. AWS
/// documents none of these reasons and has no code beside them. People read `FUNCTION_ERROR_INIT_FAILURE` (aws/aws-cdk,
/// issue 6016).
const CANNOT_BE_INITIALISED: &str = "FUNCTION_ERROR";

/// Returns whether the reason for which provisioned concurrency cannot be had says nothing of what was released. An
/// unknown one does not: most are the account's limits and Lambda's capacity.
pub fn is_capacity_of_the_target(reason: &str) -> bool {
    !reason.starts_with(CANNOT_BE_INITIALISED)
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
        ("LastUpdateStatusReasonCode", [&OF_THE_RELEASE[..], &OF_THE_TARGET].concat()),
        ("ProvisionedConcurrencyStatusEnum", PROVISIONED.map(|(word, _)| word).to_vec()),
        ("State", STATES.map(|(word, _)| word).to_vec()),
    ]
}

#[cfg(test)]
mod tests {
    use crate::kinds::Next;
    use crate::kinds::lambda::next::next;
    use crate::kinds::lambda::next::tests::{ID, OLD, goal, in_words, is, latest, ready};
    use crate::kinds::lambda::state::{Goal, Latest, Observed};
    use windlass_domain::text::finding::FindingName;

    /// `shared/aws/tests/words.rs` compares the words with AWS's own.
    #[test]
    fn each_state_says_whether_a_version_gets_callers_and_whether_latest_is_changed() {
        let shift = "alias live 1 → 2";
        let change = "code of $LATEST sha256:old → sha256:new (an undo leaves it there)";
        let waits = "wait 2";
        let table = [
            ("Active", shift, change),
            ("Inactive", shift, change),
            ("", shift, change),
            ("Pending", waits, waits),
            ("Failed", "failed: Version 2 failed to start: why", "failed: The function failed to start: why"),
            ("Deleting", "failed: Version 2 is being deleted: why", "failed: The function is being deleted: why"),
            ("Deactivating", "failed: Version 2 is being deactivated: why", change),
            ("Deactivated", "failed: Version 2 is deactivated: why", change),
            ("ActiveNonInvocable", "failed: Version 2 cannot be invoked: why", change),
            ("Hibernating", waits, waits),
        ];
        for (state, version, function) in table {
            let new = format!("2:new:c1:windlass {ID}:{state}");
            let published = is(ready("new"), &[OLD, new.as_str()], Some("1"));
            assert_eq!(in_words(&published, &goal("new", 100)), version, "a version that is `{state}`");
            let live = is(latest("old", state, "Successful"), &[OLD], Some("1"));
            assert_eq!(in_words(&live, &goal("new", 100)), function, "$LATEST that is `{state}`");
            // Where callers use `$LATEST`, it must be invocable, forward and back.
            let expected =
                if version == shift { "done".to_owned() } else { version.replace("Version 2", "The function") };
            let live = is(latest("new", state, "Successful"), &[], None);
            for wanted in [goal("new", 100), Goal::Back(is(ready("new"), &[], None))] {
                assert_eq!(in_words(&live, &wanted), expected, "`{state}` without an alias");
            }
        }
    }

    #[test]
    fn a_function_that_could_not_be_invoked_before_is_back_as_it_was() {
        let before = |state| Goal::Back(is(latest("old", state, "Successful"), &[], None));
        let fails = "failed: The function cannot be invoked: why";
        // Before the release, now, and how the last update ended.
        let table = [
            ("Active", "ActiveNonInvocable", "Successful", fails),
            ("ActiveNonInvocable", "ActiveNonInvocable", "Successful", "done"),
            ("Deactivated", "ActiveNonInvocable", "Successful", "done"),
            ("Deactivated", "Active", "Successful", "done"),
            ("Hibernating", "ActiveNonInvocable", "Successful", fails),
            ("Deactivated", "Deactivated", "Failed", "failed: The update of the code failed: why"),
            ("Deactivated", "Failed", "Successful", "failed: The function failed to start: why"),
        ];
        for (was, state, last_update, expected) in table {
            let now = is(latest("old", state, last_update), &[], None);
            assert_eq!(in_words(&now, &before(was)), expected, "{was} → {state}, {last_update}");
        }
    }

    #[test]
    fn what_is_no_fault_of_the_release_is_not_named_as_one() {
        let name = |seen: &Observed| match next("shop-api", seen, &goal("new", 100)) {
            Next::Failed(finding) => finding.name,
            other => panic!("{other:?}"),
        };
        for (code, wanted) in [
            ("EniLimitExceeded", FindingName::TargetNotReady),
            ("SubnetOutOfIPAddresses", FindingName::TargetNotReady),
            ("KMSKeyAccessDenied", FindingName::TargetNotReady),
            ("InvalidZipFileException", FindingName::ChangeFailed),
            ("FunctionError.InitTimeout", FindingName::ChangeFailed),
            ("ANewWord", FindingName::ChangeFailed),
            ("", FindingName::ChangeFailed),
        ] {
            let by = |state, last_update| Latest { reason_code: code.into(), ..latest("new", state, last_update) };
            // The update of the code, with an alias and without; the function; and the version that was published.
            let new = format!("2:new:c1:windlass {ID}:Failed");
            let mut broken = is(ready("new"), &[OLD, new.as_str()], Some("1"));
            broken.versions[1].reason_code = code.into();
            for seen in [
                is(by("Active", "Failed"), &[OLD], Some("1")),
                is(by("Active", "Failed"), &[OLD], None),
                is(by("Failed", "Successful"), &[OLD], None),
                broken,
            ] {
                assert_eq!(name(&seen), wanted, "{code} of {seen:?}");
            }
        }
    }
}
