//! Prepares an outside thing: whose function says what is there, do two looks agree, and what is wanted?

use super::ask::{self, Unseen};
use super::find::find;
use super::state::{Goal, Seen, Target, Way};
use super::{External, wording};
use crate::config::Configured;
use crate::kinds::{PrepareInput, Prepared, Recorded, Stage, from_value, to_value};
use crate::ports::{Clock, ExternalLookApi, LambdaApi, OnlyLooks, PinnedFunction, Result};
use crate::trouble::{Checked, Trouble, or_findings};
use windlass_domain::declaration::kinds::external::{External as Spec, Look, Observe, ReleaseBytes, State, Subject};
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans the change of one outside thing; see [`crate::kinds::PrepareInput`].
pub async fn prepare<P>(there: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: LambdaApi + ExternalLookApi + Configured + Clock,
{
    let (function, look) = match or_findings(find(there, input, spec).await)? {
        Ok(found) => found,
        Err(findings) => return Ok(Prepared::refused(findings)),
    };
    let former: Option<Goal> = input.goal_state.map(|goal| from_value("recorded state", goal)).transpose()?;
    let bucket = &there.config().artifacts_bucket;
    let release = input.artifact.filter(|_| former.is_none()).and_then(|artifact| ReleaseBytes::of(artifact, bucket));
    let about = Subject {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        deployment: input.deployment.clone(),
        settings: spec.settings.clone(),
    };
    let asked = match &release {
        Some(release) => Observe::planning(&about, release),
        None => Observe::new(&about, former.as_ref().map(|goal| &goal.state)),
    };
    let (function, look) = (function.pinned, look.map(|look| look.pinned));
    let looks = look.as_ref().unwrap_or(&function);
    let two = two_looks(there, (looks, &asked, release.is_some()), input.path("function")).await;
    let (seen, took) = match or_findings(two)? {
        Ok(seen) => seen,
        Err(findings) => return Ok(Prepared::refused(findings)),
    };
    let owns = seen.look.owns.clone();
    let claims = vec![Claim::whole(format!("external:{owns}"))];
    let settings = spec.settings.clone();
    let target = Target { function, look, settings, owns, within_s: spec.within_s, release };
    let wanted = former.map(|goal| goal.state).or_else(|| seen.look.goal.clone()).unwrap_or_else(|| seen.state.clone());
    if !seen.look.reads_format(&wanted) {
        let finding = unread(input, &target, &wanted);
        return Ok(Prepared { claims, ..Prepared::refused(vec![finding]) });
    }
    let before = Recorded::of::<External<P, OnlyLooks>>(&target, &seen)?;
    let unchanged = unchanged(&target, &seen, &wanted).filter(|_| !input.is_check);
    let what = if input.is_check { checked(&target, &seen, took) } else { planned(&target, &seen.look, &wanted) };
    let stages = match unchanged {
        Some(_) => vec![],
        None => vec![Stage::new(to_value(&Goal { state: wanted })?, what)],
    };
    Ok(Prepared {
        target: to_value(&target)?,
        claims,
        before: to_value(&before)?,
        stages,
        unchanged,
        ..Prepared::default()
    })
}

/// Looks twice. Returns what both show, and how many milliseconds each took, if they agree and the state is known. It is
/// ready only if both say so.
async fn two_looks<P: ExternalLookApi + Clock>(
    there: &P,
    (looks, asked, is_planned): (&PinnedFunction, &Observe, bool),
    path: String,
) -> Checked<(Seen, [u64; 2])> {
    let look = async || {
        let began = there.now();
        match ask::look(there, looks, asked, is_planned).await {
            Ok(look) => Ok((look, there.now().ms_since(began))),
            Err(Unseen::Fault(fault)) => Err(Trouble::from(fault)),
            Err(Unseen::Bad(bad)) => {
                let reason = format!("{}.", wording::bad(looks, &bad));
                Err(wording::broken(path.clone(), reason).into())
            }
        }
    };
    let (first, first_ms) = look().await?;
    let (then, ms) = look().await?;
    if let Some(differ) = differing(&first, &then) {
        let reason = format!("Two looks of {} differ: {differ}.", wording::named(looks));
        return Err(wording::broken(path, reason).into());
    }
    let Some(state) = then.state.clone() else {
        let reason = format!("{}.", wording::unknown(looks, &then));
        let remedy = "Let the function say what is there, or mend what it waits for; then start the release again.";
        return Err(Finding::new(FindingName::TargetNotReady, path, reason, remedy).into());
    };
    let look = Look { ready: first.ready && then.ready, ..then };
    let says = wording::says(looks);
    Ok((Seen { now: there.now(), look, says, state, way: Way::default() }, [first_ms, ms]))
}

/// Says what differs in two looks.
fn differing(first: &Look, then: &Look) -> Option<String> {
    let words = |state: &Option<State>| state.as_ref().map_or_else(|| "unknown".to_owned(), wording::state);
    let members = [
        ("owns", first.owns.clone(), then.owns.clone(), first.owns == then.owns),
        ("state", words(&first.state), words(&then.state), first.state == then.state),
        ("goal", words(&first.goal), words(&then.goal), first.goal == then.goal),
    ];
    let differ = members.iter().filter(|(.., is_same)| !is_same);
    let differ: Vec<String> = differ.map(|(name, was, is, _)| format!("`{name}` was {was}, and then {is}")).collect();
    (!differ.is_empty()).then(|| differ.join("; "))
}

/// Returns the finding that the function does not understand the state to which a rollback goes.
fn unread(input: &PrepareInput<'_>, target: &Target, wanted: &State) -> Finding {
    Finding::new(
        FindingName::NoWayBack,
        input.path("function"),
        format!(
            "The snapshot has {} of {} in a format that {} does not read any more.",
            wording::state(wanted),
            target.owns,
            wording::named(target.looks())
        ),
        input.to_another_snapshot(),
    )
}

/// Returns why nothing is to be done, if the wanted state is there and ready.
fn unchanged(target: &Target, seen: &Seen, wanted: &State) -> Option<String> {
    let is_there = seen.state == *wanted && seen.look.ready && seen.look.failed.is_none();
    is_there.then(|| format!("{} has {} already", target.owns, wording::shown(target, wanted)))
}

/// Says what the change is, and what may come between where the outside compares nothing.
fn planned(target: &Target, look: &Look, wanted: &State) -> String {
    let unguarded = if look.guarded {
        ""
    } else {
        "; the outside compares nothing, so that what others change just before is overwritten"
    };
    format!("{} to {}{unguarded}", target.owns, wording::shown(target, wanted))
}

/// Says what a check has seen, and how long its looks took.
fn checked(target: &Target, seen: &Seen, [first, second]: [u64; 2]) -> String {
    let shown = wording::shown(target, &seen.state);
    format!("{} has {shown}; two looks took {first} ms and {second} ms", target.owns)
}
