//! Compares a new version with the former one, by the results of their calls in the same time. Pure.

use statrs::stats_tests::Alternative;
use statrs::stats_tests::fisher::{FishersExactTestError, fishers_exact};
use std::fmt;

/// The probability with which a look may say that the new version is worse if it is not. A deployment is looked at up
/// to about a hundred times. So all its looks together are wrong about at most 1 % of good releases (Bonferroni's
/// inequality, which does not ask how looks depend on each other). `make comparisons` measures it on generated traffic.
pub const WRONG_AT_MOST: f64 = 0.000_1;

/// The calls that a version got, and those of them that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// The calls that failed; at most all.
    pub failed: u64,
    /// All calls.
    pub all: u64,
}

/// A comparison of two versions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ComparisonResult {
    /// One of them got fewer calls than required.
    TooFew,
    /// Nothing says that the new one is worse. If it is not, it would look at least this bad with this probability.
    NoWorse(f64),
    /// The new one is worse. If it were not, it would look this bad with this probability.
    Worse(f64),
}

impl Calls {
    const fn succeeded(self) -> u64 {
        self.all.saturating_sub(self.failed)
    }
}

/// Writes it such as `2 of 500`.
impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.failed, self.all)
    }
}

/// Compares the new version with the former one, if each got at least so many calls. The test is Fisher's exact one,
/// one-sided: it takes the failures of both together, and computes the probability that so few of them are the
/// former's.
///
/// # Errors
/// The test's own error, if the sums are none that calls can have.
pub fn compare(new: Calls, former: Calls, at_least: u64) -> Result<ComparisonResult, FishersExactTestError> {
    if new.all.min(former.all) < at_least.max(1) {
        return Ok(ComparisonResult::TooFew);
    }
    // The former's failures come first: the test adds up as many terms as there are of them.
    let table = [former.failed, former.succeeded(), new.failed, new.succeeded()];
    let probability = fishers_exact(&table, Alternative::Less)?;
    Ok(if probability < WRONG_AT_MOST {
        ComparisonResult::Worse(probability)
    } else {
        ComparisonResult::NoWorse(probability)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(failed: u64, all: u64) -> Calls {
        Calls { failed, all }
    }

    #[test]
    fn a_version_is_worse_where_chance_does_not_explain_it() {
        // Computed with whole numbers: the sum of C(a, i) · C(b, k - i) / C(a + b, k) for i up to the former's
        // failures.
        let table = [
            ((1, 10), (0, 90), 0.1),
            ((3, 10), (0, 90), 0.000_742_115_027_829_313_5),
            ((5, 500), (0, 5_000), 6.096_974_129_521_176e-6),
            ((10, 500), (50, 4_500), 0.071_855_152_893_550_59),
            ((20, 1_000), (90, 9_000), 0.005_888_809_854_032_008),
            ((40, 1_000), (90, 9_000), 3.574_582_104_096_61e-11),
            ((150, 10_000), (100, 10_000), 0.000_881_341_479_492_202_3),
            ((200, 10_000), (100, 10_000), 3.102_531_092_655_247_3e-9),
        ];
        for ((failed, all), (former_failed, former_all), probability) in table {
            let new = calls(failed, all);
            let former = calls(former_failed, former_all);
            let compared = compare(new, former, 10).expect("calls");
            let found = match compared {
                ComparisonResult::Worse(found) if probability < WRONG_AT_MOST => found,
                ComparisonResult::NoWorse(found) if probability >= WRONG_AT_MOST => found,
                other => panic!("{new} beside {former}: {other:?}"),
            };
            assert!((found / probability - 1.0).abs() < 1e-4, "{new} beside {former}: {found}");
        }
    }

    #[test]
    fn a_version_that_fails_less_is_not_worse() {
        for (new, former) in [
            (calls(0, 500), calls(50, 4_500)),
            (calls(0, 10), calls(0, 10)),
            (calls(10, 10), calls(10, 10)),
            (calls(1, 10_000), calls(10_000, 10_000)),
        ] {
            let compared = compare(new, former, 10);
            let is_well = matches!(compared, Ok(ComparisonResult::NoWorse(p)) if p > 0.99);
            assert!(is_well, "{new} beside {former}: {compared:?}");
        }
    }

    #[test]
    fn nothing_is_said_of_few_calls() {
        for (new, former, at_least) in
            [(calls(9, 9), calls(0, 5_000), 10), (calls(9, 5_000), calls(0, 9), 10), (calls(0, 0), calls(0, 0), 0)]
        {
            assert_eq!(compare(new, former, at_least).ok(), Some(ComparisonResult::TooFew));
        }
    }

    /// Each has a million failures, as a busy API in an hour of an outage.
    #[test]
    fn many_failures_are_compared_as_well() {
        let many = calls(1_000_000, 50_000_000);
        let compared = compare(many, many, 10);
        let is_even = matches!(compared, Ok(ComparisonResult::NoWorse(p)) if (p - 0.5).abs() < 0.01);
        assert!(is_even, "{compared:?}");
    }
}
