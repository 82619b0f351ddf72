//! Values that findings repeat.

use crate::cut::cut;

/// A value as a finding repeats it: long enough to be known again, in bytes.
const LONGEST_VALUE: usize = 200;

/// A value as a finding repeats it between backticks.
pub(crate) fn repeated(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    cut(value, LONGEST_VALUE)
}
