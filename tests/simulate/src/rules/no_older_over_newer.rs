use crate::outcome::Outcome;
use std::collections::BTreeMap;

/// "A late, duplicated or reordered arrival never replaces a newer release" (rule 6).
pub fn no_older_over_newer(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut newest = BTreeMap::new();
    for (component, order) in outcome.marks_before() {
        newest.insert(component, order);
    }
    for happening in &outcome.happened {
        let Some(record) = outcome.went_live(&happening.what) else {
            continue;
        };
        for component in record.release.components.keys() {
            let former = newest.insert(component.clone(), record.order.clone());
            if let Some(former) = former
                && !record.allow_older
                && former.is_newer_than(&record.order)
            {
                return Err(format!(
                    "deployment {} of {} replaced the newer {} in {component}",
                    record.id, record.release.version, former.id
                ));
            }
        }
    }
    Ok(())
}
