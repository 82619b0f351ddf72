//! The texts about a stack that changes: one function for each story. None of them shows a value of its template or of
//! its parameters.

use super::drift::Detected;
use super::state::{Change, FailedResource, Seen, SetState, Standing, Target};
use crate::kinds::noticed::plain;
use crate::kinds::whose;
use crate::ports::{Stack, StackResource};
use serde_json::Value;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::{NextStep, Redeploy};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Span;
use windlass_domain::{prose, run};

/// The most names that are listed in a sentence.
const MOST: usize = 10;

/// The stack, in words.
pub(super) fn place(target: &Target) -> String {
    format!("stack {}", target.stack)
}

/// The part of it that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("template and parameters of {}", place(target))
}

/// Says what there is.
pub(super) fn shown(seen: &Seen) -> String {
    let Some(stack) = seen.made() else {
        return "no stack".into();
    };
    let drift = seen.drift.as_ref().map(|found| format!("; {}", drift(found))).unwrap_or_default();
    match &seen.template {
        Some(template) => format!("template {} ({}{drift})", template.digest.short(), stack.status),
        None => format!("{}{drift}", stack.status),
    }
}

/// Returns a member of what callers notice as people call it, and its value. No template is read of a stack that does
/// not stand still.
pub(super) fn field(member: &str, value: &Value) -> (String, String) {
    let (name, value) = match (member, value) {
        ("template", Value::Null) => ("template", "not known, because the stack does not stand still".to_owned()),
        ("stack", value) => ("id", plain(value)),
        (other, value) => (other, plain(value)),
    };
    (name.to_owned(), value)
}

/// Says what a drift detection has found, and when.
fn drift(found: &Detected) -> String {
    let Detected { at, changed, perhaps } = found;
    let what = if changed.is_empty() { "no drift".to_owned() } else { format!("drift of {}", named(changed)) };
    let perhaps = match perhaps.as_slice() {
        [] => String::new(),
        names => format!(", beside {}, of which components own fields", named(names)),
    };
    format!("CloudFormation found {what} at {at}{perhaps}")
}

/// The finding for a stack that still moves by itself.
pub(super) fn moves(target: &Target, seen: &Seen) -> Option<Finding> {
    let is_final = !matches!(
        seen.standing(),
        Standing::Creating | Standing::Updating | Standing::Moving | Standing::Deleting | Standing::Unknown
    );
    let reason = format!("CloudFormation still works on the stack: it is {}.", status(seen));
    let remedy = way_out(seen.standing(), target.named());
    (!is_final).then(|| Finding::new(FindingName::StackBusy, place(target), reason, remedy))
}

/// The warning that a resource is not in the stack any more, and is still there.
pub(super) fn stays(target: &Target, resource: &StackResource) -> String {
    let StackResource { logical, physical, kind, .. } = resource;
    format!(
        "{logical} of {} ({kind}) is no longer in the stack and still there as {physical}; `aws cloudformation create-change-set --change-set-type IMPORT` takes it into a stack again",
        place(target)
    )
}

/// Says what a change does.
pub(super) fn what(change: &Change) -> String {
    match change {
        Change::Make(_) => "make the change set that leads back".into(),
        Change::Discard(_) => "delete a change set that leads nowhere any more".into(),
        Change::Execute(_) => "execute the change set".into(),
        Change::Cancel => "cancel the update".into(),
        Change::Continue => "let CloudFormation go back once more".into(),
        Change::Delete(retain) if retain.is_empty() => "delete the stack".into(),
        Change::Delete(retain) => format!("delete the stack but for {}", named(retain)),
    }
}

/// Says what is waited for: the status, and what is being changed.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    let stack = seen.made()?;
    let goes_on = matches!(
        seen.standing(),
        Standing::Creating | Standing::Updating | Standing::Moving | Standing::Deleting | Standing::Unknown
    );
    goes_on.then(|| {
        let now = if seen.moving.is_empty() { String::new() } else { format!(": {}", named(&seen.moving)) };
        format!("{} is {}{now}", place(target), stack.status)
    })
}

/// Lists names for the middle of a sentence.
pub(super) fn named(names: &[String]) -> String {
    let listed: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let more = names.len().saturating_sub(MOST);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", listed.join(", "))
}

fn status(seen: &Seen) -> &str {
    seen.stack.as_ref().map_or("gone", |stack| stack.status.as_str())
}

/// Says which resource failed first, and why.
fn why(seen: &Seen) -> String {
    if let Some(FailedResource { logical, kind, reason }) = &seen.failed {
        let reason = reason.trim_end_matches('.');
        return format!("{logical} ({kind}) failed first: {reason}");
    }
    let reason = seen.stack.as_ref().map(|stack| stack.reason.trim_end_matches('.'));
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => reason.to_owned(),
        None => "its events show no resource that failed".to_owned(),
    }
}

fn failed(target: &Target, reason: String, remedy: impl Into<Prose>) -> Finding {
    Finding::new(FindingName::ChangeFailed, place(target), reason, remedy)
}

fn by_another(target: &Target, reason: &str) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        place(target),
        format!("{reason} {}.", whose(&owned(target))),
        prose!("Find out who changes it (CloudTrail, events of the stack), then {}.", Redeploy::Again),
    )
}

/// The finding for a stack that somebody else changes meanwhile.
pub(super) fn in_the_way(target: &Target, seen: &Seen) -> Finding {
    by_another(target, &format!("Somebody else changes the stack: it is {}.", status(seen))).seen(status(seen), "")
}

/// The finding for a change set that can no longer be executed.
pub(super) fn obsolete(target: &Target, seen: &Seen) -> Finding {
    let is = seen.set.as_ref().map_or("gone", |set| set.execution.as_str());
    by_another(
        target,
        &format!(
            "The change set that was planned is {is}, because somebody else changed the stack since; it is {} now.",
            status(seen)
        ),
    )
}

/// The finding for a stack that somebody else has changed since this deployment did.
pub(super) fn overtaken(target: &Target, seen: &Seen) -> Finding {
    by_another(target, &format!("Somebody else changed the stack since Windlass did: it is {} now.", status(seen)))
}

/// The finding for a stack that somebody else has deleted.
pub(super) fn deleted(target: &Target, seen: &Seen) -> Finding {
    by_another(target, &format!("Somebody else deleted the stack: it is {}.", status(seen)))
}

/// The finding for a change that CloudFormation has taken back by itself.
pub(super) fn taken_back(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!("CloudFormation took the change back by itself ({}): {}.", status(seen), why(seen)),
        prose!("Mend what failed in the template or in the account, then {}.", Redeploy::Fixed),
    )
}

/// The finding for a way back that CloudFormation has taken back by itself.
pub(super) fn not_taken_back(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!("The former template could not be brought back ({}): {}.", status(seen), why(seen)),
        "Mend what failed, then start `recover`.",
    )
}

/// The finding for a stack that is complete with something else than was planned.
pub(super) fn otherwise(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!("The stack is {}, with another template or other parameters than were planned.", status(seen)),
        prose!("Find out who changed it (CloudTrail, UpdateStack), then {}.", Redeploy::Again),
    )
}

/// The finding for a stack out of which CloudFormation does not come by itself.
pub(super) fn stuck(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!("The stack stays {}: {}.", status(seen), why(seen)),
        way_out(seen.standing(), target.named()),
    )
}

/// Returns the way out of a status in which a stack takes no change.
pub(super) fn way_out(standing: Standing, stack: &str) -> Prose {
    match standing {
        Standing::StuckBack => prose!(
            "Mend what the events of the stack name. This goes back without it, then start `recover`: {}. Each step is in docs/runbooks/stack-rollback-failed.md.",
            run!("aws cloudformation continue-update-rollback --stack-name {stack} --resources-to-skip …")
        ),
        Standing::Unmade | Standing::Undeleted => prose!(
            "Delete it: {}. It was never made whole, so that nothing uses it.",
            run!("aws cloudformation delete-stack --stack-name {stack}")
        ),
        Standing::Stuck => {
            prose!("Take the update back: {}.", run!("aws cloudformation rollback-stack --stack-name {stack}"))
        }
        Standing::Review => prose!(
            "It is the place of somebody's change set: execute that, or delete it with its stack: {}.",
            run!("aws cloudformation delete-stack --stack-name {stack}")
        ),
        _ => prose!("Wait until it is complete, then {}.", Redeploy::Again),
    }
}

/// The finding for a change that takes longer than it may.
pub(super) fn late(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!("The stack is still {} after {}.", status(seen), Span::seconds(target.within_s)),
        "Look at the events of the stack for what it waits for. If it usually takes longer, raise `within`.",
    )
}

/// The finding for a stack that could not be deleted, not even without what cannot be.
pub(super) fn undeleted(target: &Target, seen: &Seen) -> Finding {
    let stuck = if seen.stuck.is_empty() { "no resource in particular".to_owned() } else { named(&seen.stuck) };
    failed(
        target,
        format!("The stack that this release made cannot be deleted, because of {stuck}: {}.", why(seen)),
        prose!("Mend what its events name, and delete it: {}; then start `recover`.", deletion(target)),
    )
}

/// The finding for a stack that is protected from deletion.
pub(super) fn protected(target: &Target) -> Finding {
    failed(
        target,
        "The stack that this release made is protected from deletion since.".into(),
        prose!(
            "Let go of that, then start `recover`: {}.",
            run!(
                "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {}",
                target.named()
            )
        ),
    )
}

fn deletion(target: &Target) -> NextStep {
    run!("aws cloudformation delete-stack --stack-name {}", target.named())
}

/// The finding for a change set that could not be made.
pub(super) fn no_change_set(target: &Target, set: &SetState) -> Finding {
    failed(
        target,
        format!("The change set that leads back could not be made: {}.", set.reason.trim_end_matches('.')),
        prose!(
            "Mend what CloudFormation names, and delete that change set, so that another one is made: {}. Then start `recover`.",
            run!("aws cloudformation delete-change-set --change-set-name {}", set.id)
        ),
    )
}

/// The finding for a way back that would change what the way forward did not.
pub(super) fn touches_more(target: &Target, set: &SetState) -> Finding {
    failed(
        target,
        format!(
            "Going back to the former template would also change {}, which the release did not touch: {}. Nothing was executed.",
            count(set.beside.len(), "resource"),
            named(&set.beside)
        ),
        "Look at the change set in CloudFormation; execute it if that is right, then start `recover`, or `accept` what is there.",
    )
}

/// The finding for a way back that would lose data.
pub(super) fn loses_data(target: &Target, set: &SetState) -> Finding {
    failed(
        target,
        format!(
            "Going back to the former template would lose the data in {}, which it removes or replaces: {}. Nothing was executed.",
            count(set.loses.len(), "resource"),
            named(&set.loses)
        ),
        "Look at the change set in CloudFormation; execute it if that data may be lost, then start `recover`, or `accept` what is there.",
    )
}

/// The warning about a stack that works with another role, or with none. CloudFormation keeps the role of the last
/// change, and takes none away.
pub(super) fn role_stays(target: &Target, stack: &Stack) -> Option<Finding> {
    let role = stack.role.as_deref();
    let now = role.map_or_else(|| "without a role".to_owned(), |role| format!("with the role {role}"));
    (role != Some(target.role.as_str())).then(|| {
        Finding::new(
            FindingName::MayStay,
            place(target),
            format!(
                "The stack works {now}. The release gives it the role {}, and it keeps that when the release is undone.",
                target.role
            ),
            "Nothing, if everybody who changes the stack may pass that role. Else name the stack's own in `role`.",
        )
    })
}

/// The finding for outputs that are declared, and that the stack does not have, or that are given to nobody because
/// they look like secrets.
pub(super) fn missing_outputs(target: &Target, seen: &Seen) -> Option<Finding> {
    let missing = target.outputs.iter().filter(|(name, _)| !seen.outputs.contains_key(*name));
    let has = |output: &String| seen.stack.as_ref().is_some_and(|stack| stack.outputs.contains_key(output));
    let (secret, missing): (Vec<_>, Vec<_>) = missing.map(|(_, output)| output).partition(|output| has(output));
    let quoted = |outputs: Vec<&String>| outputs.iter().map(|output| format!("`{output}`")).collect::<Vec<String>>();
    let (secret, missing) = (quoted(secret), quoted(missing));
    if !secret.is_empty() {
        return Some(Finding::new(
            FindingName::SecretInInput,
            place(target),
            format!("What the stack gives as {} looks like a secret; it was given to nobody.", named(&secret)),
            "Let the template give the ARN of a secret instead, or take it out of `outputs` of the component.",
        ));
    }
    (!missing.is_empty()).then(|| {
        Finding::new(
            FindingName::OutputUnknown,
            place(target),
            format!("The stack has no output {}, which `outputs` of the component names.", named(&missing)),
            "Add it to `Outputs` of the template, or take it out of `outputs` of the component.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_template_that_was_not_read_is_not_called_none() {
        for (member, value, name, words) in [
            ("template", Value::Null, "template", "not known"),
            ("template", json!("3f9a"), "template", "3f9a"),
            ("stack", Value::Null, "id", "none"),
            ("parameters.Size", json!("2"), "parameters.Size", "2"),
        ] {
            let (called, shown) = field(member, &value);
            assert_eq!(called, name);
            assert!(shown.starts_with(words), "{member}: {shown}");
        }
    }
}
