//! Measures how often a comparison is wrong, on generated traffic. `make comparisons` prints it of many deployments,
//! and each test run looks at some. Windlass promises that it takes at most 1 % of good releases for worse ones over
//! all looks of a deployment, and that it misses at most 5 % of those that double the error rate. The declared minimum
//! of samples must be that at which the former version has a hundred failures.

use fastrand::Rng;
use windlass_domain::declaration::comparison::{Calls, ComparisonResult, compare};

/// The number of times that a deployment is looked at.
const LOOKS: u32 = 100;

/// The failures of the former version among as many calls as are asked for.
const FAILURES: f64 = 100.0;

/// A deployment's traffic.
struct Traffic {
    /// The share of calls that fail.
    rate: f64,
    /// The number of calls that the former version gets for each one of the new version.
    former: u64,
}

impl Traffic {
    /// Returns the calls that each version must have got.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some thousands
    fn samples(&self) -> u64 {
        (FAILURES / self.rate).ceil() as u64
    }

    /// Returns whether any look takes the new version for worse. It looks whenever there are calls, so that no minimum
    /// spares any.
    fn alarms(&self, random: &mut Rng) -> bool {
        let (mut new, mut former) = (Calls::default(), Calls::default());
        let calls = self.samples() / u64::from(LOOKS);
        (0..LOOKS).any(|_| {
            more(&mut new, calls, self.rate, random);
            more(&mut former, calls * self.former, self.rate, random);
            is_worse(new, former, 1)
        })
    }

    /// Returns whether a version with twice the failures passes the first look that has enough calls.
    fn misses(&self, random: &mut Rng) -> bool {
        let (mut new, mut former) = (Calls::default(), Calls::default());
        more(&mut new, self.samples(), 2.0 * self.rate, random);
        more(&mut former, self.samples() * self.former, self.rate, random);
        !is_worse(new, former, self.samples())
    }
}

fn is_worse(new: Calls, former: Calls, at_least: u64) -> bool {
    matches!(compare(new, former, at_least), Ok(ComparisonResult::Worse(_)))
}

/// Adds so many calls, of which each fails with this probability: it draws the number of calls up to the next failure.
fn more(calls: &mut Calls, count: u64, rate: f64, random: &mut Rng) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates
    let mut up_to_next = || ((1.0 - random.f64()).ln() / (1.0 - rate).ln()) as u64 + 1;
    let mut at = up_to_next();
    while at <= count {
        calls.failed += 1;
        at = at.saturating_add(up_to_next());
    }
    calls.all += count;
}

/// Returns the share of so many deployments for which it is true.
fn share(deployments: u32, mut is_so: impl FnMut() -> bool) -> f64 {
    let so: u32 = (0..deployments).map(|_| u32::from(is_so())).sum();
    f64::from(so) / f64::from(deployments)
}

#[test]
fn few_good_releases_are_taken_for_worse_and_few_worse_ones_are_missed() {
    let asked = std::env::var("DEPLOYMENTS");
    let deployments: u32 = asked.map_or(300, |count| count.parse().expect("a number"));
    println!("\n{deployments} deployments of each sort, {LOOKS} looks at each\n");
    println!("| calls that fail | traffic of the new version | `samples` | false alarms | doubled rate missed |");
    println!("| --- | --- | --- | --- | --- |");
    let mut random = Rng::with_seed(1);
    for rate in [0.001, 0.01, 0.05] {
        for former in [9, 1] {
            let traffic = Traffic { rate, former };
            let alarms = share(deployments, || traffic.alarms(&mut random));
            let missed = share(deployments, || traffic.misses(&mut random));
            println!(
                "| {:.1} % | {} % | {} | {:.2} % | {:.2} % |",
                100.0 * rate,
                100 / (former + 1),
                traffic.samples(),
                100.0 * alarms,
                100.0 * missed
            );
            assert!(alarms <= 0.01, "{alarms} of good releases are taken for worse");
            assert!(missed <= 0.05, "{missed} of worse releases are missed");
        }
    }
}
