use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::request::ActionName;

/// "A late, duplicated or reordered arrival never replaces a newer release" (rule 6).
pub fn no_older_over_newer(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut newest = BTreeMap::new();
    for (component, order) in outcome.marks_before() {
        newest.insert(component, order);
    }
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let Some(after) = outcome.read::<Deployment>(change.after.as_ref(), "record") else {
            continue;
        };
        let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
        let is_settled = |record: &Deployment| {
            let ended = record.ending.as_ref();
            ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
        };
        if after.action != ActionName::Deploy
            || !is_settled(&after)
            || before.as_deref().is_some_and(is_settled)
        {
            continue;
        }
        for component in after.release.components.keys() {
            let former = newest.insert(component.clone(), after.order.clone());
            if let Some(former) = former
                && !after.allow_older
                && former.is_newer_than(&after.order)
            {
                return Err(format!(
                    "deployment {} of {} replaced the newer {} in {component}",
                    after.id, after.release.version, former.id
                ));
            }
        }
    }
    Ok(())
}
