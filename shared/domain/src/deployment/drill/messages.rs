//! The words about a drill.

use crate::deployment::drill::{Drill, DrillDeployment, DrillOutcome, DrillSummary, Drills, SnapshotVersion};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::{input, operators};
use crate::release::identity::EnvironmentId;
use crate::text::count::{agree, count};
use crate::text::next_step::NextStep;
use crate::text::prose::Prose;

/// The outcome of a drill, with what its sentences need.
pub(super) enum OutcomeText {
    Proved,
    RedBack(Vec<String>),
    NothingChanged,
    /// Nothing had to be changed, because sites differ only by so many files, which stay there.
    OnlyKeptFiles(usize),
    Refused(Prose),
    FailedThere(Prose),
    OvertakenThere(Prose),
    OvertakenBack,
    StuckThere(Prose),
    NeedsOperator,
    Restored,
    LeftThere,
    Accepted(String),
}

/// Returns the sentences of an ending.
pub(super) fn cause(of: EnvironmentId<'_>, drill: &Drill, said: OutcomeText) -> Prose {
    let (app, environment) = (of.app(), of.environment());
    let at = format!("{app} {environment}");
    let (from, to) = (standing(drill.from.as_ref()), standing(drill.to.as_ref()));
    let id = &drill.id;
    match said {
        OutcomeText::Proved => prose!(
            "{} proved its way back: from {} to {} {}, and back {}; {}.",
            at,
            &from,
            to,
            took(Some(&drill.there)),
            took(drill.back.as_ref()),
            gates(drill)
        ),
        OutcomeText::RedBack(red) => prose!(
            "{} came back to {}, which runs, but not every gate passed on the way back: {}.\n  {}",
            at,
            &from,
            red.join("; "),
            Prose::next(prose!(
                "{} is live with this; look at it, and go back with {} where it is not well.",
                &from,
                operators(ActionName::Rollback, of)
            ))
        ),
        OutcomeText::NothingChanged => prose!(
            "{} runs {}, and drill {} proved nothing: the targets had not to be changed on one of its ways, so they \
             were not as recorded when it began, or somebody changed them meanwhile.",
            at,
            &from,
            id
        ),
        OutcomeText::OnlyKeptFiles(files) => prose!(
            "{} runs {}, and drill {} proved nothing, because nothing had to be changed: the site of {} differs only \
             by {}, which {} there. A release that changes a page can be drilled.",
            at,
            &from,
            id,
            to,
            count(files, "file"),
            agree(files, "stays", "stay")
        ),
        OutcomeText::Refused(why) => prose!("{} was not drilled: {}. Nothing was changed.", at, why.bare()),
        OutcomeText::FailedThere(why) => prose!(
            "{} did not get to {}: {}. What the drill had changed was undone, and {} runs.\n  {}",
            at,
            to,
            why.bare(),
            &from,
            Prose::next(prose!(
                "a rollback would meet the same; mend it, and drill again with {}.",
                operators(ActionName::Drill, of)
            ))
        ),
        OutcomeText::OvertakenThere(why) => prose!(
            "Drill {} of {} gave way: {}. What it had changed was undone, and {} ran again.",
            id,
            at,
            why.bare(),
            &from
        ),
        OutcomeText::OvertakenBack => prose!(
            "Drill {} of {} had gone to {}, and did not come back to {}: somebody brought something else meanwhile, \
             which stays.\n  {}",
            id,
            at,
            to,
            &from,
            Prose::next(prose!("see what runs; start {} to have {} back.", back_to(of, drill), &from))
        ),
        OutcomeText::StuckThere(why) => prose!(
            "{} RUNS {} and NOT {}: the drill could not come back in {}, at last because: {}.\n  {}",
            at,
            to,
            &from,
            count(drill.tries, "try"),
            why.bare(),
            Prose::next(prose!(
                "mend that, then start {} to have {} back; a release may be deployed at once.",
                back_to(of, drill),
                &from
            ))
        ),
        OutcomeText::NeedsOperator => prose!(
            "{} NEEDS AN OPERATOR: drill {} from {} to {} could not be undone. Its deployment's record shows what is \
             where.\n  {}",
            at,
            id,
            &from,
            to,
            Prose::next(prose!(
                "mend that, then start {}, or {} to take what is there.",
                operators(ActionName::Recover, of),
                operators(ActionName::Accept, of)
            ))
        ),
        OutcomeText::Restored => prose!(
            "{} runs {} again: drill {} had needed an operator, and a recovery has ended it since. It proved nothing.",
            at,
            &from,
            id
        ),
        OutcomeText::LeftThere => prose!(
            "{} RUNS {} and NOT {}: drill {} had needed an operator, and a recovery has ended it since.\n  {}",
            at,
            to,
            &from,
            id,
            Prose::next(prose!("start {} to have {} back.", back_to(of, drill), &from))
        ),
        OutcomeText::Accepted(resolved) => prose!(
            "{} runs what drill {} had left, which was {}. It had needed an operator, and proved nothing.",
            at,
            id,
            resolved
        ),
    }
}

fn standing(standing: Option<&SnapshotVersion>) -> String {
    standing.map_or_else(|| "what ran".to_owned(), ToString::to_string)
}

fn back_to(of: EnvironmentId<'_>, drill: &Drill) -> NextStep {
    let mut members = vec![("reason", "…".into())];
    let from = drill.from.as_ref();
    members.extend(from.map(|from| ("snapshot", from.snapshot.into())));
    input(ActionName::Rollback, of, &members)
}

fn took(deployment: Option<&DrillDeployment>) -> String {
    let ms = deployment.and_then(DrillDeployment::ms);
    ms.map_or_else(String::new, |ms| format!("in {}", lasted(ms)))
}

fn gates(drill: &Drill) -> String {
    let measured = |deployment: Option<&DrillDeployment>| {
        let ended = deployment.and_then(|deployment| deployment.ended.as_ref());
        ended.map_or(0, |ended| ended.gates)
    };
    let (there, back) = (measured(Some(&drill.there)), measured(drill.back.as_ref()));
    if there + back == 0 {
        return "no gate is declared, so only the movement is proved".to_owned();
    }
    format!("{} passed there, {back} back", count(there, "gate"))
}

/// Returns a length of time for people: `41 s`, `12 min 5 s`, `3 h 10 min`.
pub fn lasted(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, minutes) if rest == 0 => format!("{minutes} min"),
        (0, minutes) => format!("{minutes} min {rest} s"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl Drills {
    /// Says when the environment last proved its way back, what came of a later drill, and which drill is under way.
    pub fn in_words(&self) -> Prose {
        let mut words = Prose::from(self.proved.as_ref().map_or_else(
            || "never proved by a drill".to_owned(),
            |proved| format!("proved {}{}", proved.at, ways(proved)),
        ));
        if let Some(last) = self.unproved() {
            words.push(format!("; the last drill was {}, {}: ", last.outcome.was(), last.at));
            words.push(last.cause.first_line());
        }
        if let Some(drill) = &self.under_way {
            let to = standing(drill.to.as_ref());
            let where_to = match (&drill.there.ended, &drill.to) {
                (Some(_), _) => format!("came to {to}, and comes back"),
                (None, Some(_)) => format!("is on its way to {to}"),
                (None, None) => "has begun".to_owned(),
            };
            words.push(format!("; drill {} {where_to}, since {}", drill.id, drill.asked));
        }
        words
    }

    /// Says the same in a word or two, for a column.
    pub fn in_short(&self) -> String {
        match (self.unproved(), &self.proved) {
            (Some(last), _) => format!("{} {}", last.outcome, last.at),
            (None, Some(proved)) => format!("proved {}", proved.at),
            (None, None) => "never proved".to_owned(),
        }
    }

    /// Returns the last drill, if it proved nothing.
    pub fn unproved(&self) -> Option<&DrillSummary> {
        let last = self.last.as_ref();
        last.filter(|last| last.outcome != DrillOutcome::Proved)
    }
}

impl DrillOutcome {
    /// Returns the word for a drill with this outcome.
    const fn was(self) -> &'static str {
        match self {
            Self::Proved => "a proof",
            Self::Failed => "a failure",
            Self::Overtaken => "overtaken",
            Self::Refused => "refused",
        }
    }
}

/// Says between which versions the drill went, and how long both ways took.
fn ways(known: &DrillSummary) -> String {
    let (Some(from), Some(to)) = (&known.from, &known.to) else { return String::new() };
    let took = |ms: Option<u64>| ms.map_or_else(|| "?".to_owned(), lasted);
    format!(" (from {} to {}: there {}, back {})", from.version, to.version, took(known.there_ms), took(known.back_ms))
}
