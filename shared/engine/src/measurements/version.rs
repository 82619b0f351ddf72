//! Which version of a Lambda function a step brought. Pure.

use crate::kinds::lambda::{Back, Goal, Observed, candidate};
use serde::Deserialize;
use serde_json::Value;
use windlass_domain::step::Step;

/// Reads it from what was seen last, when the goal was reached: the version that was published ahead of
/// the alias's first move, or that has the share of a canary step, else the one that the alias points to; `$LATEST` for a function without an
/// alias, which is live at once. The error is a sentence.
pub fn version(step: &Step, wave: u32) -> Result<String, String> {
    let goal = step.goals.range(..=wave).next_back().map(|(_, goal)| goal);
    let goal = read("the goal", goal)?;
    let seen = step.seen.as_ref().and_then(|seen| seen.get("goal"));
    let Back { back: seen } = read("what was seen", seen)?;
    Ok(match goal {
        Goal::Release(wanted) if wanted.is_ahead() => {
            let found = candidate(&seen, &wanted).ok_or("no version has the release's code")?;
            found.version.clone()
        }
        Goal::Release(wanted) if wanted.percent < 100 => with_share(&seen)?,
        _ => match seen.alias {
            Some(alias) => alias.traffic.version,
            None => "$LATEST".to_owned(),
        },
    })
}

fn with_share(seen: &Observed) -> Result<String, String> {
    let alias = seen.alias.as_ref().ok_or("no alias was seen")?;
    let share = alias.traffic.weights.first();
    let (version, _) = share.ok_or_else(|| format!("no version has a share of {}", alias.name))?;
    Ok(version.clone())
}

fn read<'v, T: Deserialize<'v>>(what: &str, value: Option<&'v Value>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("{what} is not recorded"))?;
    T::deserialize(value).map_err(|error| format!("{what} cannot be read: {error}"))
}
