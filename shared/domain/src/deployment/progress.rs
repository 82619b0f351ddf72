//! The progress of work that takes several invocations, and how long the rest of it takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The progress of additive work, such as the upload of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Files that are done.
    pub files_done: u64,
    /// Files altogether.
    pub files_total: u64,
    /// Bytes that are done.
    pub bytes_done: u64,
    /// Bytes altogether.
    pub bytes_total: u64,
    /// About how many seconds are left, at the speed so far; absent before anything was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_s: Option<u64>,
}

/// The cost of a file beside its bytes, in bytes that take as long.
const PER_FILE: u64 = 64 * 1024;

impl Progress {
    /// Returns whether more is done than there.
    pub fn is_further_than(&self, other: &Self) -> bool {
        (self.files_done, self.bytes_done) > (other.files_done, other.bytes_done)
    }

    /// Returns whether nothing is left.
    pub fn is_all(&self) -> bool {
        self.files_done >= self.files_total
    }

    /// Adds the time that is left. The work stood at `began` so many milliseconds ago.
    #[must_use]
    pub fn with_time_left(self, began: Self, elapsed_ms: u64) -> Self {
        let cost = |files: u64, bytes: u64| u128::from(files) * u128::from(PER_FILE) + u128::from(bytes);
        let done =
            cost(self.files_done.saturating_sub(began.files_done), self.bytes_done.saturating_sub(began.bytes_done));
        let left =
            cost(self.files_total.saturating_sub(self.files_done), self.bytes_total.saturating_sub(self.bytes_done));
        let left_ms = (u128::from(elapsed_ms) * left).checked_div(done);
        Self { left_s: left_ms.map(|ms| u64::try_from(ms.div_ceil(1000)).unwrap_or(u64::MAX)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left() {
        // The cost of a file beside its bytes.
        const FILE: u64 = 65_536;
        // files done, bytes done, elapsed: what is left of 100 files with 100 files' worth of bytes.
        let table = [
            (0, 0, 5_000, None),
            (50, 50 * FILE, 10_000, Some(10)),
            (10, 10 * FILE, 1_000, Some(9)),
            (100, 100 * FILE, 1_000, Some(0)),
            (99, 99 * FILE, 1_000, Some(1)),
            // A large file in the middle.
            (0, 50 * FILE, 1_000, Some(3)),
        ];
        let began = Progress { files_total: 100, bytes_total: 100 * FILE, ..Progress::default() };
        for (files_done, bytes_done, elapsed_ms, left_s) in table {
            let now = Progress { files_done, bytes_done, ..began };
            assert_eq!(now.with_time_left(began, elapsed_ms).left_s, left_s, "{files_done} files in {elapsed_ms} ms");
        }
    }
}
