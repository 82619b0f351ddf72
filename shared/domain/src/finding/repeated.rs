//! Values that findings repeat.

use crate::truncate::truncate;

/// The longest value that a finding repeats, in bytes: long enough to be recognised.
const LONGEST_VALUE: usize = 200;

/// Returns a value as a finding repeats it between backticks.
pub(crate) fn repeated(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    truncate(value, LONGEST_VALUE)
}
