use super::Knowledge;
use super::files::Goal;
use super::left::LeftList;
use super::lists::Lists;
use super::rules::Rules;
use super::state::State;
use super::target::Target;
use crate::config::Configured;
use crate::ports::{Answered, Clock, Objects};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::fault::Fault;
use windlass_domain::step::Step;

/// Reads what a step's lists say; `home` are the ports at the deployer's own place.
pub async fn load<P: Objects + Clock + Configured>(home: &P, step: &Step) -> Answered<Knowledge> {
    let target: Target = read("target", &step.target)?;
    let last = step.goals.values().last();
    let goal = last.ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
    let before: State = read("state before", &step.before["goal"])?;
    let forward: State = read("goal", goal)?;
    let lists = Lists::of(home, &target);
    let (mut written, mut staged) = (Vec::new(), BTreeMap::new());
    let handled = match forward {
        State::InPlace(_) => lists.handled(&step.deployment).await?,
        // Its switch is one call that needs to know nothing of files.
        State::Prefix(_) => Vec::new(),
    };
    for handled in handled {
        if let Some(object) = handled.object() {
            written.push((handled.path, object));
        } else if let (Some(file), Some(upload)) = (handled.file, handled.staged) {
            staged.insert(handled.path, (file, upload));
        }
    }
    let left = match &forward {
        State::InPlace(forward) => lists.left(forward.left.as_ref()).await?,
        State::Prefix(_) => LeftList::default(),
    };
    Ok(Knowledge {
        rules: Rules::new(&target.site)?,
        due: left.due,
        before: (before.clone(), goal_of(&lists, &before).await?),
        forward: (forward.clone(), goal_of(&lists, &forward).await?),
        written,
        staged,
    })
}

/// The lists of a state. A release that was never published has none yet.
pub async fn goal_of<P: Objects + Clock + Configured>(
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
