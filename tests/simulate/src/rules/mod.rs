//! The rules of the design: each must hold after every run.

mod a_component_that_stays_refuses_no_rollback;
mod functions_come_back;
mod goes_together;
mod good_is_measured;
mod holds_and_vetoes;
mod irreversible_bars;
mod late_arrivals_lose;
mod no_older_over_newer;
mod no_secret;
mod one_ending;
mod one_name;
mod others_deployments_go_on;
mod out_of_band_changes_are_kept;
mod out_of_band_changes_are_reported;
mod pauses_are_ours;
mod plans_write_nothing;
mod rollback_brings_something_else;
mod rollback_is_possible;
mod rolled_back_to_snapshot;
mod runs_once;
mod second_look_is_made;
mod success_is_final_in_ecs;
mod switches_are_fenced;
mod targets_as_recorded;
mod test_listener_first;
mod unlocked;
mod unowned_untouched;

pub use a_component_that_stays_refuses_no_rollback::a_component_that_stays_refuses_no_rollback;
pub use called_once::is_unbegun_call;
pub use functions_come_back::functions_come_back;
pub use goes_together::goes_together;
pub use good_is_measured::good_is_measured;
pub use holds_and_vetoes::holds_and_vetoes;
pub use irreversible_bars::{has_barred, irreversible_bars};
pub use late_arrivals_lose::late_arrivals_lose;
pub use no_older_over_newer::no_older_over_newer;
pub(crate) use no_secret::has_secret;
pub use no_secret::no_secret;
pub use one_ending::one_ending;
pub use one_name::one_name;
pub use others_deployments_go_on::others_deployments_go_on;
pub use out_of_band_changes_are_kept::out_of_band_changes_are_kept;
pub use out_of_band_changes_are_reported::out_of_band_changes_are_reported;
pub use pauses_are_ours::pauses_are_ours;
pub use plans_write_nothing::plans_write_nothing;
pub use rollback_brings_something_else::rollback_brings_something_else;
pub use rollback_is_possible::rollback_is_possible;
pub use rolled_back_to_snapshot::rolled_back_to_snapshot;
pub use runs_once::{is_unknown, runs_once};
pub use second_look_is_made::{second_look_is_made, shown_as_drifted};
pub use success_is_final_in_ecs::{early_death_is_undone, success_is_final_in_ecs};
pub use switches_are_fenced::switches_are_fenced;
pub use targets_as_recorded::{changed_outside, found_changed, taken_back_after_success, targets_as_recorded};
pub use test_listener_first::test_listener_first;
pub use unlocked::unlocked;
pub use unowned_untouched::unowned_untouched;

mod arrivals_are_served;
pub use arrivals_are_served::arrivals_are_served;
mod as_pinned;
pub use as_pinned::{as_pinned, requester_is_true};
mod called_once;
mod claims_are_shown;
pub use claims_are_shown::claims_are_shown;
mod ends_as_written;
pub use ends_as_written::ends_as_written;
mod needs_operator_is_earned;
pub use needs_operator_is_earned::needs_operator_is_earned;
mod nobody_is_accused;
pub use nobody_is_accused::nobody_is_accused;
mod ends_explained;
pub use ends_explained::ends_explained;
mod nothing_missed;
pub use nothing_missed::nothing_missed;
mod stuck_as_recorded;
pub use stuck_as_recorded::stuck_as_recorded;
mod recovered_in_time;
pub use recovered_in_time::recovered_in_time;
mod repeated_is_once;
pub use repeated_is_once::repeated_is_once;
mod same_call_same_id;
pub use same_call_same_id::same_call_same_id;
mod version_is_invoked_first;
pub use version_is_invoked_first::{idle_version_is_woken, version_is_invoked_first};
mod undo_in_reverse;
pub use undo_in_reverse::undo_in_reverse;
mod unhealthy_is_undone;
pub use unhealthy_is_undone::unhealthy_is_undone;
mod waits_are_recorded;
pub use waits_are_recorded::waits_are_recorded;
mod woken_in_time;
use crate::outcome::Outcome;
pub use woken_in_time::woken_in_time;
mod lets_go_as_asked;
pub use lets_go_as_asked::lets_go_as_asked;
mod moves_whole;
pub use moves_whole::moves_whole;
mod overtakes_as_asked;
pub use overtakes_as_asked::overtakes_as_asked;
mod drift_is_reported;
pub use drift_is_reported::drift_is_reported;
mod way_back_is_reported;
pub use way_back_is_reported::way_back_is_reported;
mod healed_as_declared;
pub use healed_as_declared::healed_as_declared;
mod endings_are_counted;
pub use endings_are_counted::endings_are_counted;
mod topics_are_notified;
pub use topics_are_notified::topics_are_notified;
mod wheel_is_obeyed;
pub use wheel_is_obeyed::wheel_is_obeyed;
mod drills_come_back;
pub use drills_come_back::drills_come_back;
mod no_start_in_a_freeze;
pub use no_start_in_a_freeze::no_start_in_a_freeze;
mod files_come_and_go;
pub use files_come_and_go::{files_come_and_go, is_withdrawn_of};
mod nobody_does_what_the_file_forbids;
pub use nobody_does_what_the_file_forbids::{every_rollback_begins, nobody_does_what_the_file_forbids};
mod nothing_changes_unapproved;
pub use nothing_changes_unapproved::nothing_changes_unapproved;
mod waiting_holds_nothing;
pub use waiting_holds_nothing::waiting_holds_nothing;
mod a_promotion_is_one_verified_snapshot;
pub use a_promotion_is_one_verified_snapshot::a_promotion_is_one_verified_snapshot;
mod users_functions;
pub use users_functions::{no_change_beside_another, one_version_of_a_function, ready_when_it_ends};

/// A rule. Its error is the reason why it does not hold.
pub type Rule = fn(&Outcome<'_>) -> Result<(), String>;

/// All rules by name.
pub const RULES: [(&str, Rule); 67] = [
    ("one_ending", one_ending),
    ("targets_as_recorded", targets_as_recorded),
    ("no_older_over_newer", no_older_over_newer),
    ("switches_are_fenced", switches_are_fenced),
    ("rollback_is_possible", rollback_is_possible),
    ("unlocked", unlocked),
    ("holds_and_vetoes", holds_and_vetoes),
    ("unowned_untouched", unowned_untouched),
    ("no_secret", no_secret),
    ("ends_as_written", ends_as_written),
    ("ends_explained", ends_explained),
    ("repeated_is_once", repeated_is_once),
    ("undo_in_reverse", undo_in_reverse),
    ("woken_in_time", woken_in_time),
    ("out_of_band_changes_are_kept", out_of_band_changes_are_kept),
    ("out_of_band_changes_are_reported", out_of_band_changes_are_reported),
    ("nothing_missed", nothing_missed),
    ("second_look_is_made", second_look_is_made),
    ("arrivals_are_served", arrivals_are_served),
    ("late_arrivals_lose", late_arrivals_lose),
    ("same_call_same_id", same_call_same_id),
    ("recovered_in_time", recovered_in_time),
    ("unhealthy_is_undone", unhealthy_is_undone),
    ("version_is_invoked_first", version_is_invoked_first),
    ("idle_version_is_woken", idle_version_is_woken),
    ("needs_operator_is_earned", needs_operator_is_earned),
    ("nobody_is_accused", nobody_is_accused),
    ("stuck_as_recorded", stuck_as_recorded),
    ("claims_are_shown", claims_are_shown),
    ("rolled_back_to_snapshot", rolled_back_to_snapshot),
    ("one_name", one_name),
    ("pauses_are_ours", pauses_are_ours),
    ("test_listener_first", test_listener_first),
    ("goes_together", goes_together),
    ("good_is_measured", good_is_measured),
    ("success_is_final_in_ecs", success_is_final_in_ecs),
    ("early_death_is_undone", early_death_is_undone),
    ("plans_write_nothing", plans_write_nothing),
    ("waits_are_recorded", waits_are_recorded),
    ("others_deployments_go_on", others_deployments_go_on),
    ("endings_are_counted", endings_are_counted),
    ("topics_are_notified", topics_are_notified),
    ("wheel_is_obeyed", wheel_is_obeyed),
    ("runs_once", runs_once),
    ("overtakes_as_asked", overtakes_as_asked),
    ("lets_go_as_asked", lets_go_as_asked),
    ("irreversible_bars", irreversible_bars),
    ("moves_whole", moves_whole),
    ("drift_is_reported", drift_is_reported),
    ("way_back_is_reported", way_back_is_reported),
    ("healed_as_declared", healed_as_declared),
    ("drills_come_back", drills_come_back),
    ("files_come_and_go", files_come_and_go),
    ("as_pinned", as_pinned),
    ("functions_come_back", functions_come_back),
    ("a_component_that_stays_refuses_no_rollback", a_component_that_stays_refuses_no_rollback),
    ("rollback_brings_something_else", rollback_brings_something_else),
    ("requester_is_true", requester_is_true),
    ("nobody_does_what_the_file_forbids", nobody_does_what_the_file_forbids),
    ("every_rollback_begins", every_rollback_begins),
    ("no_start_in_a_freeze", no_start_in_a_freeze),
    ("nothing_changes_unapproved", nothing_changes_unapproved),
    ("waiting_holds_nothing", waiting_holds_nothing),
    ("a_promotion_is_one_verified_snapshot", a_promotion_is_one_verified_snapshot),
    ("no_change_beside_another", no_change_beside_another),
    ("one_version_of_a_function", one_version_of_a_function),
    ("ready_when_it_ends", ready_when_it_ends),
];

/// The rule on a copy of the world in which the same is asked for again (`play.rs`).
pub const PLANNING_AGAIN: &str = "planning_again_plans_nothing";

/// The rule on a copy of the world in which an operator recovers (`operator_actions.rs`).
pub const RECOVERED: &str = "recover_goes_back";

/// The rule on a copy of the world in which an operator accepts (`operator_actions.rs`).
pub const ACCEPTED: &str = "accept_records_what_runs";

/// The rule on executions that have ended (`redrives.rs`).
pub const REDRIVEN: &str = "redriven_changes_nothing";

/// Returns the names of everything that a schedule can break. A panic is none of them: it may be the simulation's own.
pub fn names() -> impl Iterator<Item = &'static str> {
    let rules = RULES.iter().map(|(name, _)| *name);
    rules.chain([PLANNING_AGAIN, RECOVERED, ACCEPTED, REDRIVEN])
}

/// The rules that must hold even if AWS does what is assumed not to happen: the change is reported then.
pub const BEYOND: [&str; 4] = ["one_ending", "targets_as_recorded", "unlocked", "second_look_is_made"];
