use crate::outcome::Outcome;
use crate::place::Place;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;

/// "A late, duplicated or reordered arrival never replaces a newer release" (rule 6): newer is the one with the higher
/// number of CI if both have one, otherwise the one that arrived later.
///
/// Safety: newer wins: No older release goes live over a newer one.
pub fn no_older_over_newer(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut newest: BTreeMap<String, (Place, Rc<Deployment>)> = BTreeMap::new();
    for happening in &outcome.happened {
        let Some(record) = outcome.went_live(&happening.what) else {
            continue;
        };
        let place = Place::of(outcome, &record);
        for component in record.release.parts() {
            let former = newest.insert(component.to_string(), (place, Rc::clone(&record)));
            if let Some((former, other)) = former
                && !record.allow_older
                && former.is_after(place)
            {
                return Err(format!(
                    "deployment {} of {} replaced the newer {} in {component}",
                    record.id, record.release.version, other.release.version
                ));
            }
        }
    }
    Ok(())
}
