//! A sample of `make fuzz`. An input is made from its number and the text of its target, and both change what it is. So
//! no number of a failed input is kept: the failure becomes a test of its own, beside what is mended. One such test is
//! about a recovery that names another environment's deployment, which the target `operators` looks for:
//! `shared/engine/tests/conductor/takeovers.rs::what_is_not_there_is_not_recovered`.

use windlass_fuzz::play::play;
use windlass_fuzz::targets::TARGETS;

/// The number of inputs with which each target is tried.
const INPUTS: u64 = 300;

/// Safety: hostile input: Hostile input of each sort is refused with named findings, in bounded memory and time.
///
/// Safety: tenancy: A caller of one application changes, starts and sees nothing of another's, and an operator of one
/// environment nothing of another one, whatever path, field or id is given.
#[test]
fn hostile_input_is_refused_by_name_in_bounded_memory_and_time() {
    for target in TARGETS {
        let seen = play(target, 0..INPUTS);
        let some: Vec<_> = seen.broken.iter().take(3).collect();
        assert!(some.is_empty(), "{}: {some:?}", target.name);
        assert!(seen.taken > 0, "nothing was taken by {}", target.name);
        assert!(!seen.findings.is_empty(), "nothing was refused by {}", target.name);
    }
}

#[test]
fn the_shares_are_a_whole() {
    let shares: u64 = TARGETS.iter().map(|target| target.share).sum();
    assert_eq!(shares, 1000);
}
