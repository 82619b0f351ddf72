//! Pure: how many calls to S3 are under way at once. More while S3 answers, half as many when it
//! asks to slow down (Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3
//! performance").

/// How many calls may be under way, and what was answered since that was last lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many calls may be under way.
    pub limit: usize,
    /// Answers since the limit was last lowered: those of one round were sent before it was, and
    /// lower it once.
    since_lowered: usize,
    /// Answers since it was last raised.
    since_raised: usize,
}

/// With how many it begins.
const FIRST: usize = 32;
/// The most: one function's processor is busy with them.
const MOST: usize = 128;
/// The fewest.
const FEWEST: usize = 2;
/// How many more after a round without a refusal.
const MORE: usize = 4;

impl Default for Pace {
    fn default() -> Self {
        Self {
            limit: FIRST,
            since_lowered: FIRST,
            since_raised: 0,
        }
    }
}

impl Pace {
    /// After a call that was answered.
    pub fn answered(mut self) -> Self {
        self.since_lowered += 1;
        self.since_raised += 1;
        if self.since_raised >= self.limit {
            self.limit = MOST.min(self.limit + MORE);
            self.since_raised = 0;
        }
        self
    }

    /// After a call that S3 asked to make later.
    pub fn throttled(mut self) -> Self {
        self.since_raised = 0;
        self.since_lowered += 1;
        if self.since_lowered > self.limit {
            self.limit = FEWEST.max(self.limit / 2);
            self.since_lowered = 0;
        }
        self
    }

    /// How long to wait at most before such a call is made again for the `nth` time, in milliseconds.
    pub fn pause_ms(nth: u32) -> u64 {
        100 << nth.min(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` for answered, `t` for throttled, each so many times.
    fn after(script: &[(char, usize)]) -> usize {
        let mut pace = Pace::default();
        for (what, times) in script {
            for _ in 0..*times {
                pace = match what {
                    'a' => pace.answered(),
                    _ => pace.throttled(),
                };
            }
        }
        pace.limit
    }

    #[test]
    fn more_while_answered_and_half_when_throttled() {
        let table: [(&[(char, usize)], usize); 9] = [
            (&[], 32),
            (&[('a', 31)], 32),
            (&[('a', 32)], 36),
            (&[('a', 32 + 36)], 40),
            (&[('a', 10_000)], 128),
            (&[('t', 1)], 16),
            // A round was sent before the limit fell: its refusals lower it once.
            (&[('t', 17)], 16),
            (&[('t', 18)], 8),
            (&[('t', 10_000)], 2),
        ];
        for (script, limit) in table {
            assert_eq!(after(script), limit, "{script:?}");
        }
        assert_eq!(after(&[('t', 10_000), ('a', 2)]), 6, "it recovers");
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u64> = (0..8).map(Pace::pause_ms).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 3200, 3200]);
    }
}
