//! The texts about a stack that changes: one function for each story. None of them shows a value of its template or of
//! its parameters.

use super::drift::Detected;
use super::state::{Change, Seen, Standing, Target, is_there_already};
use crate::kinds::noticed::plain;
use crate::kinds::whose;
use crate::ports::{ChangeSet, Stack, StackEvent, StackResource};
use serde_json::Value;
use std::collections::BTreeSet;
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
    let Some(stack) = seen.made() else { return "no stack".into() };
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
        names => format!(", beside {}, of which nothing has changed but what components may own", named(names)),
    };
    format!("CloudFormation found {what} at {at}{perhaps}")
}

/// The finding for a stack that still moves by itself.
pub(super) fn moves(target: &Target, seen: &Seen) -> Option<Finding> {
    let reason = format!("CloudFormation still works on the stack: it is {}.", status(seen));
    let remedy = way_out(seen.standing(), target.named());
    seen.standing().goes_on().then(|| Finding::new(FindingName::StackBusy, place(target), reason, remedy))
}

/// The warning that a resource is not in the stack any more, and is still there.
pub(super) fn stays(target: &Target, resource: &StackResource) -> String {
    let StackResource { logical, physical, kind, .. } = resource;
    format!(
        "{logical} of {} ({kind}) is no longer in the stack and still there as {physical}; `aws cloudformation create-change-set --change-set-type IMPORT --change-set-name import --stack-name {} --resources-to-import … --template-body …` takes it into a stack again",
        place(target),
        target.stack
    )
}

/// The warning that CloudFormation has changed resources that its change set did not name.
pub(super) fn beside(target: &Target, names: BTreeSet<String>) -> Option<String> {
    let names: Vec<String> = names.into_iter().collect();
    let what = || format!("beside the plan, CloudFormation also changed in {}: {}", place(target), named(&names));
    (!names.is_empty()).then(what)
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
    let stack = seen.made().filter(|_| seen.standing().goes_on())?;
    let now = if seen.moving.is_empty() { String::new() } else { format!(": {}", named(&seen.moving)) };
    Some(format!("{} is {}{now}", place(target), stack.status))
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
    if let Some(StackEvent { resource: StackResource { logical, kind, .. }, reason, .. }) = &seen.failed {
        let reason = reason.trim_end_matches(['.', ' ']);
        return format!("{logical} ({kind}) failed first: {reason}");
    }
    let reason = seen.stack.as_ref().map(|stack| stack.reason.trim_end_matches(['.', ' ']));
    reason.filter(|reason| !reason.is_empty()).unwrap_or("its events show no resource that failed").to_owned()
}

fn failed(target: &Target, reason: String, remedy: impl Into<Prose>) -> Finding {
    Finding::new(FindingName::ChangeFailed, place(target), reason, remedy)
}

fn by_another(target: &Target, reason: &str) -> Finding {
    let remedy = prose!("Find out who changes it (CloudTrail, events of the stack), then {}.", Redeploy::Again);
    let reason = format!("{reason} {}.", whose(&owned(target)));
    Finding::new(FindingName::TargetChangedByOther, place(target), reason, remedy)
}

/// The finding for a stack that somebody else changes meanwhile.
pub(super) fn in_the_way(target: &Target, seen: &Seen) -> Finding {
    by_another(target, &format!("Somebody else changes the stack: it is {}.", status(seen))).seen(status(seen), "")
}

/// The finding for a change set that can no longer be executed.
pub(super) fn obsolete(target: &Target, seen: &Seen) -> Finding {
    let is = seen.set.as_ref().map_or("gone", |set| set.execution.as_str());
    let why = format!("somebody else changed the stack since; it is {} now", status(seen));
    by_another(target, &format!("The change set that was planned is {is}, because {why}."))
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
    let reason = format!("CloudFormation took the change back by itself ({}): {}.", status(seen), why(seen));
    let blocked = seen.failed.as_ref().filter(|event| is_there_already(&event.reason));
    let remedy = blocked.map(|event| there_already(&target.stack, &event.resource.kind));
    let mend = || prose!("Mend what failed in the template or in the account, then {}.", Redeploy::Fixed);
    failed(target, reason, remedy.unwrap_or_else(mend))
}

/// Returns what to do with a resource that a stack was to make and that is there already.
pub(super) fn there_already(stack: &str, kind: &str) -> Prose {
    let import = "aws cloudformation create-change-set --change-set-type IMPORT --change-set-name import";
    prose!(
        "An undo may have left it behind, or it is somebody else's. Once nobody needs what is in it, delete it: {}. Or take it into the stack, which needs the tags `windlass:app` and `windlass:environment` if that makes it: {}. Then {}.",
        run!("aws cloudcontrol delete-resource --type-name {kind} --identifier …"),
        run!("{import} --stack-name {stack} --resources-to-import … --template-body …"),
        Redeploy::Again
    )
}

/// The finding for a way back that CloudFormation has taken back by itself.
pub(super) fn not_taken_back(target: &Target, seen: &Seen) -> Finding {
    let reason = format!("The former template could not be brought back ({}): {}.", status(seen), why(seen));
    failed(target, reason, "Mend what failed, then start `recover`.")
}

/// The finding for a stack that is complete with something else than was planned.
pub(super) fn otherwise(target: &Target, seen: &Seen) -> Finding {
    let is = status(seen);
    let reason = format!("The stack is {is}, with another template or other parameters than were planned.");
    failed(target, reason, prose!("Find out who changed it (CloudTrail, UpdateStack), then {}.", Redeploy::Again))
}

/// The finding for a stack out of which CloudFormation does not come by itself.
pub(super) fn stuck(target: &Target, seen: &Seen) -> Finding {
    let reason = format!("The stack stays {}: {}.", status(seen), why(seen));
    failed(target, reason, way_out(seen.standing(), target.named()))
}

/// Returns the way out of a status in which a stack takes no change.
pub(super) fn way_out(standing: Standing, stack: &str) -> Prose {
    match standing {
        Standing::StuckBack => prose!(
            "Mend what the events of the stack name. This goes back without it, then start `recover`: {}. Each step is in docs/runbooks/stack-rollback-failed.md.",
            run!("aws cloudformation continue-update-rollback --stack-name {stack} --resources-to-skip …")
        ),
        Standing::Unmade => prose!("Delete it: {}. It was never made whole, so that nothing uses it.", deletion(stack)),
        // It may have run for years, and stopped at its data.
        Standing::Undeleted => prose!(
            "Somebody began to delete it, and it takes nothing else any more. This ends that, and keeps the resources that are named, such as a bucket with objects: {}.",
            run!("aws cloudformation delete-stack --stack-name {stack} --retain-resources …")
        ),
        Standing::Stuck => {
            prose!("Take the update back: {}.", run!("aws cloudformation rollback-stack --stack-name {stack}"))
        }
        Standing::Review => prose!(
            "It is the place of somebody's change set: execute that, or delete it with its stack: {}.",
            deletion(stack)
        ),
        _ => prose!("Wait until it is complete, then {}.", Redeploy::Again),
    }
}

fn deletion(stack: &str) -> NextStep {
    run!("aws cloudformation delete-stack --stack-name {stack}")
}

/// The finding for a change that takes longer than it may.
pub(super) fn late(target: &Target, seen: &Seen) -> Finding {
    let reason = format!("The stack is still {} after {}.", status(seen), Span::seconds(target.within_s));
    let remedy = "Look at the events of the stack for what it waits for. If it usually takes longer, raise `within`.";
    failed(target, reason, remedy)
}

/// The finding for a stack that could not be deleted, not even without what cannot be.
pub(super) fn undeleted(target: &Target, seen: &Seen) -> Finding {
    let stuck = if seen.stuck.is_empty() { "no resource in particular".to_owned() } else { named(&seen.stuck) };
    let reason = format!("The stack that this release made cannot be deleted, because of {stuck}: {}.", why(seen));
    let delete = deletion(target.named());
    failed(target, reason, prose!("Mend what its events name, and delete it: {}; then start `recover`.", delete))
}

/// The finding for a stack that is protected from deletion.
pub(super) fn protected(target: &Target) -> Finding {
    let (ends, stack) = ("--no-enable-termination-protection", target.named());
    let unprotect = run!("aws cloudformation update-termination-protection {ends} --stack-name {stack}");
    let reason = "The stack that this release made is protected from deletion since.".to_owned();
    failed(target, reason, prose!("Let go of that, then start `recover`: {}.", unprotect))
}

/// The finding for an undo of what has lost data: the former template would make it anew, and empty.
pub(super) fn irreversible(target: &Target) -> Finding {
    let reason = "The release has lost data in the stack, as was said before it began. The former template would make what held it anew, and empty.".into();
    failed(target, reason, prose!("Look at what is there: `accept` it, or {}.", Redeploy::Fixed))
}

/// The finding for a change set that could not be made.
pub(super) fn no_change_set(target: &Target, set: &ChangeSet) -> Finding {
    let reason =
        format!("The change set that leads back could not be made: {}.", set.reason.trim_end_matches(['.', ' ']));
    let delete = run!("aws cloudformation delete-change-set --change-set-name {}", set.id);
    let mend = "Mend what CloudFormation names, and delete that change set, so that another one is made";
    failed(target, reason, prose!("{}: {}. Then start `recover`.", mend, delete))
}

/// The finding for a way back that would change what the way forward did not.
pub(super) fn touches_more(target: &Target, seen: &Seen) -> Finding {
    stopped(target, &seen.beside, ("also change", "the release did not touch"), "that is right")
}

/// The finding for a way back that would lose data.
pub(super) fn loses_data(target: &Target, seen: &Seen) -> Finding {
    stopped(target, &seen.loses, ("lose the data in", "it removes or replaces"), "that data may be lost")
}

/// The finding for a way back that does something to these resources, and is executed only on a condition.
fn stopped(target: &Target, names: &[String], (does, which): (&str, &str), condition: &str) -> Finding {
    let (all, names) = (count(names.len(), "resource"), named(names));
    let would = format!("Going back to the former template would {does} {all}, which {which}: {names}.");
    let execute = format!("execute it if {condition}, then start `recover`, or `accept` what is there");
    let remedy = format!("Look at the change set in CloudFormation; {execute}.");
    failed(target, format!("{would} Nothing was executed."), remedy)
}

/// The warning about a stack that works with another role, or with none. CloudFormation keeps the role of the last
/// change, and takes none away.
pub(super) fn role_stays(target: &Target, stack: &Stack) -> Option<Finding> {
    let role = stack.role.as_deref();
    let now = role.map_or_else(|| "without a role".to_owned(), |role| format!("with the role {role}"));
    let gets = format!("The release gives it the role {}, and it keeps that when the release is undone.", target.role);
    let remedy = "Nothing, if everybody who changes the stack may pass that role. Else name the stack's own in `role`.";
    let found = || Finding::new(FindingName::MayStay, place(target), format!("The stack works {now}. {gets}"), remedy);
    (role != Some(target.role.as_str())).then(found)
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
        let reason = format!("What the stack gives as {} looks like a secret; it was given to nobody.", named(&secret));
        let remedy = "Let the template give the ARN of a secret instead, or take it out of `outputs` of the component.";
        return Some(Finding::new(FindingName::SecretInInput, place(target), reason, remedy));
    }
    let reason = format!("The stack has no output {}, which `outputs` of the component names.", named(&missing));
    let remedy = "Add it to `Outputs` of the template, or take it out of `outputs` of the component.";
    (!missing.is_empty()).then(|| Finding::new(FindingName::OutputUnknown, place(target), reason, remedy))
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
