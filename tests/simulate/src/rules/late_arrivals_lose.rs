use crate::outcome::Outcome;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;

/// "Late, duplicated and reordered arrivals never win" (rule 6): of two releases that arrived one after the other, the
/// earlier one does not go live over the later one, whenever their events came. Compared is when they arrived in the
/// world, and not the order that the ledger gives them: that order was what was wrong (decision 0180).
///
/// Safety: newer wins: Of two arrivals the earlier one does not go live over the later one, however late its event
/// comes.
pub fn late_arrivals_lose(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut live: Vec<(Time, Rc<Deployment>)> = Vec::new();
    for happening in &outcome.happened {
        let Some(record) = outcome.went_live(&happening.what) else {
            continue;
        };
        let mut arrivals = outcome.arrivals();
        let Some((arrived, _)) = arrivals.find(|(_, arrival)| arrival.became(&record)) else {
            continue;
        };
        let is_over = |(at, other): &&(Time, Rc<Deployment>)| {
            let mut parts = record.release.parts();
            *at > arrived && parts.any(|part| other.release.parts().any(|other| other == part))
        };
        if let Some((_, newer)) = live.iter().find(is_over) {
            return Err(format!(
                "{} went live over {}, which arrived after it",
                record.release.version, newer.release.version
            ));
        }
        live.push((arrived, record));
    }
    Ok(())
}
