//! Large files are uploaded in parts: they are never held in memory as a whole.

/// How large a file is uploaded in one piece at most, in bytes.
const IN_ONE_PIECE: u64 = 8 * 1024 * 1024;

/// How large a part is, in bytes: 5 GB are 597 of them.
pub const PART: usize = 8 * 1024 * 1024;

/// How many parts are uploaded at the same time.
pub const AT_A_TIME: usize = 4;

/// Whether a file is uploaded in parts.
pub fn is_large(bytes: u64) -> bool {
    bytes > IN_ONE_PIECE
}
