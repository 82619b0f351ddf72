use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::step::Step;

/// "lets it down again under control: every component, in reverse order": an undo brings no component
/// back before those that were changed after it.
///
/// Safety: undo: An undo brings no component back before those that were changed after it.
pub fn undo_in_reverse(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut last: BTreeMap<(String, u64), (u32, &str)> = BTreeMap::new();
    for happening in &outcome.happened {
        let Event::Switched { who, component, .. } = &happening.what else {
            continue;
        };
        let Some(work) = who.work.as_ref().filter(|work| work.wave.is_none()) else {
            continue;
        };
        let partition = format!("deployment#{}", work.deployment);
        let steps: Vec<Rc<Step>> = outcome.all(&partition, &format!("step#{component}"));
        let Some(wave) = steps.first().and_then(|step| step.goals.keys().next().copied()) else {
            continue;
        };
        let undo = (work.deployment.to_string(), work.token);
        if let Some((former, other)) = last.insert(undo, (wave, component))
            && former < wave
        {
            return Err(format!("{component} of wave {wave} came back after {other} of wave {former}"));
        }
    }
    Ok(())
}
