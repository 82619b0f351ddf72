//! The texts that a task of ECS and a call have in common. Each has its own words for an end.

use super::once::{Direction, Target};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::foreign::{self, OF_A_LOG};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::prose::Prose;

/// A finding about the component.
pub(super) fn finding<How>(
    target: &Target<How>,
    name: FindingName,
    reason: String,
    remedy: impl Into<Prose>,
) -> Finding {
    Finding::new(name, format!("task {}", target.component), reason, remedy)
}

/// Returns the text with a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Adds the page of a log, if that is known.
pub(super) fn with_log(text: String, log: Option<&String>) -> String {
    match log {
        Some(log) => format!("{text}, log {log}"),
        None => text,
    }
}

/// The last lines of a log, if they are shown.
pub(super) fn last_lines(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("{OF_A_LOG}{}", foreign::line(line)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!(" The last lines of its log:{lines}") }
}

/// Says how a run ended, with the page and the last lines of its log.
pub(super) fn noted(text: String, log: Option<&String>, lines: &[String]) -> String {
    let (text, lines) = (with_log(text, log), last_lines(lines));
    let stop = if lines.is_empty() { "" } else { "." };
    format!("{text}{stop}{lines}")
}

/// The finding for a run that has failed. `look` says where to look.
pub(super) fn failed<How>(target: &Target<How>, direction: Direction, reason: String, look: &str) -> Finding {
    let then = match direction {
        Direction::Forward => prose!("then {}.", Redeploy::Fixed),
        Direction::Undo => "take back by hand what is left, then `accept`.".into(),
    };
    finding(target, FindingName::ChangeFailed, reason, prose!("{}, {}", look, then))
}

/// The finding for an irreversible run that has begun: nothing that came before may run after it.
pub(super) fn irreversible<How>(target: &Target<How>, ended: &str, look: &str) -> Finding {
    let accept = operators(ActionName::Accept, EnvironmentId::new(&target.app, &target.environment));
    finding(
        target,
        FindingName::Irreversible,
        format!(
            "{} is irreversible and has begun ({ended}): what came before must not run after it, so nothing is brought back.",
            target.component
        ),
        prose!("{}. Start {} to take what is there, then deploy a fix forward.", look, accept),
    )
}
