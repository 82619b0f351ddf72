use super::Knowledge;
use super::files::Goal;
use super::lists::Lists;
use super::rules::Rules;
use super::state::State;
use super::target::Target;
use crate::config::Configured;
use crate::ports::{Answered, Objects};
use serde::de::DeserializeOwned;
use serde_json::Value;
use windlass_domain::fault::Fault;
use windlass_domain::step::Step;

/// Reads what a step's lists say; `home` are the ports at the deployer's own place.
pub async fn load<P: Objects + Configured>(home: &P, step: &Step) -> Answered<Knowledge> {
    let target: Target = read("target", &step.target)?;
    let last = step.goals.values().last();
    let goal = last.ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
    let before: State = read("state before", &step.before)?;
    let forward: State = read("goal", goal)?;
    let lists = Lists::of(home, &target);
    let handled = lists.handled(&step.deployment).await?;
    Ok(Knowledge {
        rules: Rules::new(&target.site)?,
        before: (before.clone(), goal_of(&lists, &before).await?),
        forward: (forward.clone(), goal_of(&lists, &forward).await?),
        written: handled
            .into_iter()
            .filter_map(|it| Some((it.path.clone(), it.object()?)))
            .collect(),
    })
}

/// The lists of a state. A release that was never published has none yet.
pub async fn goal_of<P: Objects + Configured>(
    lists: &Lists<'_, P>,
    state: &State,
) -> Answered<Goal> {
    Ok(match state {
        State::InPlace(state) => match (&state.objects, &state.release) {
            (Some(list), _) => Goal::Recorded(lists.objects(list).await?),
            (None, Some(release)) => {
                Goal::Release(lists.release(release).await?.unwrap_or_default())
            }
            (None, None) => Goal::Release([].into()),
        },
        State::Prefix(_) => Goal::Release([].into()),
    })
}

/// A value of a step as a type of this kind.
pub fn read<T: DeserializeOwned>(what: &str, value: &Value) -> Answered<T> {
    T::deserialize(value)
        .map_err(|error| Fault::internal(format!("the {what} of a site cannot be read: {error}")))
}
