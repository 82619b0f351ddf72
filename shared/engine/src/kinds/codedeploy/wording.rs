//! Sentences about a target whose callers CodeDeploy moves: one function for each story. The kinds differ in a few
//! words.

use super::deployments::MARK;
use super::sentences::{after_colon, is_stopped_by_hand, status, stop_command, why};
use super::state::{Change, Followed, PlannedGroup, Replacement, Seen};
use crate::kinds::{Next, whose};
use crate::ports::{Deployed, DeploymentWait};
use windlass_domain::prose;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::{NextStep, Redeploy};
use windlass_domain::text::prose::Prose;

/// The words of a kind.
pub(in crate::kinds) struct Words {
    /// The part of the target that Windlass owns.
    pub owned: &'static str,
    /// The sentence about a deployment that Windlass did not stop: its parts before the deployment's name, behind it,
    /// and behind what CodeDeploy says.
    pub stopped: [&'static str; 3],
    /// The remedy then; `{}` is where the step to deploy again goes.
    pub who_stopped: &'static str,
    /// The remedy where somebody else has moved callers; `{}` is where the step to deploy again goes.
    pub who_moved: &'static str,
    /// The words around somebody else's new deployment: what they did, and since when.
    pub replaced: [&'static str; 2],
}

/// A deployment of this deployment's own, and what has become of the callers.
pub(in crate::kinds) struct Story<'a> {
    pub words: &'static Words,
    /// The target.
    pub place: String,
    /// The deployment.
    pub own: &'a Followed,
    /// The thing that it was to bring, such as ` of version 2`.
    pub of: String,
    /// A sentence that says what callers get.
    pub gets: String,
    /// The end of a sentence that says what somebody else has moved.
    pub moved: String,
}

/// Says in words which change is made. `replaces` says what is replaced by what.
pub(in crate::kinds) fn what<Of>(change: &Change<Of>, replaces: impl Fn(&Replacement) -> String) -> String {
    let (deployment, again) = match change {
        Change::Of(_) => return String::new(),
        Change::Begin { way, .. } => return format!("{} by CodeDeploy", replaces(way)),
        Change::Stop { deployment, again, .. } | Change::Continue { deployment, again, .. } => (deployment, *again),
    };
    let more = if again == 0 { "" } else { " once more" };
    match change {
        Change::Continue { waiting: DeploymentWait::Ready, .. } => {
            format!("let deployment {deployment} of CodeDeploy move callers{more}")
        }
        Change::Continue { waiting: DeploymentWait::Termination, .. } => {
            format!("let deployment {deployment} of CodeDeploy end the former tasks{more}")
        }
        _ => format!("stop deployment {deployment} of CodeDeploy{more}, with its rollback"),
    }
}

/// Says in words what callers get: `runs`, with what CodeDeploy does about it, or `idle` if it does nothing. `keeps`
/// says what a deployment keeps that only waits.
pub(in crate::kinds) fn shown(
    (runs, idle): (&str, String),
    followed: Option<&Followed>,
    other: Option<&Deployed>,
    keeps: impl Fn(&Followed) -> String,
) -> String {
    let with = |of: &Deployed, what: &str| format!("{runs} (deployment {} of CodeDeploy{what})", of.id);
    match (followed, other) {
        (Some(Followed { rollback: Some(back), .. }), _) if !back.is_over() => with(back, " takes it back"),
        (Some(own), _) if own.is_ending() => with(&own.is, &format!(" {}", keeps(own))),
        (Some(own), _) if !own.is.is_over() => with(&own.is, &format!(" is {}", own.is.status)),
        (_, Some(other)) => with(other, &format!(", which is somebody else's, is {}", other.status)),
        _ => idle,
    }
}

/// Says what the target waits for. Each status and event of CodeDeploy has a sentence.
pub(in crate::kinds) fn waits_for<Of>(
    place: &str,
    seen: &Seen<Of>,
    stands: impl Fn(&Followed) -> String,
) -> Option<String> {
    let Some(own) = &seen.followed else {
        let other = seen.other.as_ref()?;
        return Some(format!(
            "deployment {} of somebody else's {} in the group; wait for it, or stop it (`{}`)",
            other.id,
            status(other, &[]),
            stop_command(other)
        ));
    };
    if let Some(back) = own.rollback.as_ref().filter(|back| !back.is_over()) {
        return Some(format!("deployment {} of CodeDeploy takes {place} back: it {}", back.id, status(back, &[])));
    }
    let said = format!("deployment {} of CodeDeploy {}", own.is.id, stands(own));
    if own.is_returning(seen.now) {
        return Some(format!("{said}, and its rollback is about to begin"));
    }
    let is_left = own.is.is_over() || own.is_ending() && own.stops.is_none() && own.ends.is_none();
    (!is_left).then_some(said)
}

impl Story<'_> {
    fn whose(&self) -> String {
        whose(self.words.owned)
    }

    /// Says what came of the rollback, and what callers get.
    fn since(&self) -> String {
        let own = self.own;
        let mut events = own.lifecycle.events.iter();
        let back = match &own.rollback {
            Some(back) => format!("Its rollback {} {}.", back.id, status(back, &[])),
            None if events.any(|event| event.name == "AllowTraffic" && event.status == "Pending") => {
                "No caller was moved.".to_owned()
            }
            None => format!("CodeDeploy began no rollback{}.", after_colon(&own.is.rollback_words)),
        };
        format!("{back} {}", self.gets)
    }

    /// The finding that our own deployment has failed, or was stopped. `troubles` says why tasks of it stopped.
    pub(in crate::kinds) fn taken_back(&self, troubles: &str) -> Finding {
        let Self { own, of, place, words, .. } = self;
        let (code, said) = own.is.error.clone().unwrap_or_default();
        let (id, said, since) = (&own.is.id, after_colon(&said), self.since());
        if is_stopped_by_hand(&own.is) {
            let [before, behind, then] = words.stopped;
            return Finding::new(
                FindingName::TargetChangedByOther,
                place,
                format!("{before} {id}{of} of CodeDeploy{behind}{said}.{then} {since} {}.", self.whose()),
                Prose::filled(words.who_stopped, [Redeploy::Again.into()]),
            );
        }
        let (why, remedy) = why(&code, &own.lifecycle.events);
        let failed = status(&own.is, &[]);
        let reason = format!("Deployment {id}{of} of CodeDeploy {failed}, because {why}{said}.{troubles} {since}");
        Finding::new(FindingName::ChangeFailed, place, reason, remedy)
    }

    /// The finding that our own deployment is over, and that callers get what it cannot have left.
    pub(in crate::kinds) fn moved_since(&self) -> Finding {
        let (id, of, ended) = (&self.own.is.id, &self.of, status(&self.own.is, &[]));
        let (moved, whose) = (&self.moved, self.whose());
        Finding::new(
            FindingName::TargetChangedByOther,
            &self.place,
            format!("Deployment {id}{of} of CodeDeploy {ended}, and somebody else has moved {moved}. {whose}."),
            Prose::filled(self.words.who_moved, [Redeploy::Again.into()]),
        )
    }
}

/// Decides about somebody else's deployment in the group. It is theirs if they have begun it since this one has begun
/// something there.
pub(in crate::kinds) fn beside<Change>(
    (words, place, group): (&Words, &str, Option<&PlannedGroup>),
    other: &Deployed,
    is_since: bool,
) -> Next<Change> {
    if is_since {
        return Next::Theirs(replaced(words, place, other));
    }
    Next::Failed(busy(place, &group.map(PlannedGroup::named).unwrap_or_default(), other))
}

/// The finding that somebody else has begun a deployment since this one has.
pub(in crate::kinds) fn replaced(words: &Words, place: &str, other: &Deployed) -> Finding {
    let [created, since] = words.replaced;
    Finding::new(
        FindingName::TargetChangedByOther,
        place,
        format!(
            "Somebody else {created} deployment {} of CodeDeploy in the same group {since}: it {}. {}.",
            other.id,
            status(other, &[]),
            whose(words.owned)
        ),
        "Find out who created it (CloudTrail, CreateDeployment). Once it is over, `accept` keeps what it has brought, and `recover` goes back over it.",
    )
}

/// The finding that a deployment is under way in the group that is not this one's.
pub(in crate::kinds) fn busy(place: &str, group: &str, other: &Deployed) -> Finding {
    let whose = if other.description.starts_with(MARK) {
        format!("was created by an earlier one ({})", other.description)
    } else {
        "is somebody else's".to_owned()
    };
    Finding::new(
        FindingName::TargetBusy,
        place,
        format!(
            "CodeDeploy makes one deployment at a time in {group}, and {} {whose}: it {}.",
            other.id,
            status(other, &[])
        ),
        prose!("Wait until it is over, or stop it ({}), and {}.", NextStep::run(stop_command(other)), Redeploy::Again),
    )
}
