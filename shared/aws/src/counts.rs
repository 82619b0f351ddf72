//! Counts and sizes as AWS's answers give them: with a sign, though none is below zero.

/// Returns a count, or 0 for a number that is none.
pub(crate) fn count(told: i32) -> u32 {
    u32::try_from(told).unwrap_or(0)
}

/// Returns a size in bytes, or 0 where the answer gives none.
pub(crate) fn size(told: Option<i64>) -> u64 {
    told.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
}
