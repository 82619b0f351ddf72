//! Files of a site go: by a withdrawal, and with an undone release that brought them newly.

use super::basics::SITE;
use super::declarations;
use super::people::{is_quiet_again, person_at_distribution, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};
use windlass_machine::shop_world::NOTES;

const WEB: &[&str] = &["web"];

/// What stays reachable of the version before is withdrawn. A rollback to that version leaves it out.
pub(super) const WITHDRAWN: Scenario = Scenario {
    name: "withdrawn",
    before: &[quiet(Deed::Deploy("1.0.0-notes", WEB)), quiet(Deed::Deploy("1.1.0", WEB))],
    acts: &[next(Deed::Withdraw(NOTES)), quiet(Deed::Operate("rollback"))],
    ends: &["1.0.0-notes Succeeded", "1.1.0 Succeeded", "1.1.0 Succeeded", "1.0.0-notes Succeeded"],
    ..SITE
};

/// The same with a folder per release.
pub(super) const WITHDRAWN_FOLDER: Scenario = Scenario {
    name: "withdrawn_folder",
    declaration: declarations::SITE_BY_FOLDER,
    out_of_band: person_at_distribution,
    ..WITHDRAWN
};

/// A file of what is live is withdrawn, and a release comes meanwhile.
pub(super) const WITHDRAWN_BESIDE: Scenario = Scenario {
    name: "withdrawn_beside",
    before: &[quiet(Deed::Deploy("1.0.0-notes", WEB))],
    acts: &[next(Deed::Withdraw(NOTES)), when_in("Change", Deed::Deploy("1.1.0", WEB))],
    ends: &["1.0.0-notes Succeeded", "1.0.0-notes Succeeded", "1.1.0 Succeeded"],
    steady: false,
    ..WITHDRAWN
};

/// A rollback comes while a file is withdrawn. It goes back to the version before, and not to the one that it leaves.
pub(super) const WITHDRAWN_AND_LEFT: Scenario = Scenario {
    name: "withdrawn_and_left",
    acts: &[next(Deed::Withdraw(NOTES)), when_in("Prepare", Deed::Operate("rollback"))],
    ends: &[
        "1.0.0-notes Succeeded",
        "1.1.0 Succeeded",
        "1.1.0 RolledBack (PreemptedByOperator)",
        "1.0.0-notes Succeeded",
    ],
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..WITHDRAWN
};

/// A release that is undone has brought a file that nothing names. It goes, and comes with the release again.
pub(super) const NEW_FILES_UNDONE: Scenario = Scenario {
    name: "new_files_undone",
    before: &[quiet(Deed::Deploy("1.0.0", WEB))],
    acts: &[
        next(Deed::Deploy("1.1.0-notes", WEB)),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
        quiet(Deed::Change("the alarm is quiet", is_quiet_again)),
        quiet(Deed::Again("1.1.0-notes", WEB)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0-notes RolledBack (GateFailed)", "1.1.0-notes Succeeded"],
    ..WITHDRAWN
};

/// The same with a folder per release.
pub(super) const NEW_FILES_UNDONE_FOLDER: Scenario = Scenario {
    name: "new_files_undone_folder",
    declaration: declarations::SITE_BY_FOLDER,
    out_of_band: person_at_distribution,
    ..NEW_FILES_UNDONE
};
