//! The differences of a look that the outbox sends: the new ones, and those that are gone.

use crate::deployment::hourly_look::{Difference, HourlyLook};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call;
use crate::text::name::ComponentName;
use crate::text::prose::Prose;

/// Says for a person what a look found that was not reported before; `None` if all differences are known.
pub fn found(before: Option<&HourlyLook>, after: &HourlyLook) -> Option<Prose> {
    let new = after.components.iter().filter_map(|(name, now)| {
        let difference = now.difference.as_ref()?;
        let is_same = |known: &Difference| known.mark == difference.mark;
        let known = difference.told || of(before, name).is_some_and(is_same);
        (!known).then_some((name, difference))
    });
    let new: Vec<(&ComponentName, &Difference)> = new.collect();
    let (app, environment) = (&after.app, &after.environment);
    let names = in_words(new.iter().map(|(name, _)| *name))?;
    let mut lines = vec![prose!("{} {} has DRIFTED: {}, not as Windlass left it.", app, environment, names)];
    lines.extend(new.iter().map(|(name, it)| prose!("  {}: {}", name, it.in_words())));
    let is_restored = |name: &ComponentName| after.components.get(name).is_some_and(|one| one.to_restore().is_some());
    let (restored, left): (Vec<&ComponentName>, Vec<&ComponentName>) =
        new.into_iter().map(|(name, _)| name).partition(|name| is_restored(name));
    lines.extend(in_words(restored.into_iter()).map(|names| {
        let next = format!("Windlass restores {names} by itself, unless something stands in the way");
        prose!("  {}", Prose::next(next))
    }));
    if !left.is_empty() {
        let of = after.environment_id();
        let next = prose!(
            "compare it again by {}; bring back what is recorded by {}, or bring the change as a release",
            call::observed(of),
            call::operators(ActionName::Restore, of)
        );
        lines.push(prose!("  {}", Prose::next(next)));
    }
    Some(Prose::join(lines, "\n"))
}

/// Says what differed and does not differ any more.
pub fn gone(before: Option<&HourlyLook>, after: &HourlyLook) -> Option<Prose> {
    let former = before?.components.iter();
    let gone = former.filter(|(name, former)| former.difference.is_some() && of(Some(after), name).is_none());
    let (app, environment) = (&after.app, &after.environment);
    let lines: Vec<String> = gone
        .map(|(name, _)| {
            if after.components.contains_key(name) {
                return format!("The drift of {name} in {app} {environment} is gone: it is as recorded.");
            }
            format!(
                "{name} in {app} {environment}, which had drifted, is not looked at any more: nothing is recorded of it, it \
                 is not declared, or it is declared `heal: off`."
            )
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n").into())
}

fn of<'a>(look: Option<&'a HourlyLook>, name: &ComponentName) -> Option<&'a Difference> {
    look?.components.get(name)?.difference.as_ref()
}

fn in_words<'a>(names: impl Iterator<Item = &'a ComponentName>) -> Option<String> {
    let names: Vec<&str> = names.map(ComponentName::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

impl Difference {
    /// Says in a line what differs, since when, and who made it.
    pub fn in_words(&self) -> String {
        let mut parts = self.both.words();
        parts.extend(self.both.reason.clone());
        let (from, to) = (self.not_before, self.seen_at);
        let who = self.who.as_ref().map(|who| format!("; {who}"));
        format!("{}; it began between {from} and {to}{}", parts.join("; "), who.unwrap_or_default())
    }
}
