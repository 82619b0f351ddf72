//! Pure: how long the writes of a switch may take, so that all of them end within the time for which it
//! is recorded as an open call. It begins to send 10 s before the end of that time at the latest.

use crate::kinds::site::plan::Op;

/// No write begins after this many milliseconds, but for one that S3 has throttled, which is made again
/// after a pause of up to 0.4 s.
pub const SENDING_MS: u64 = 5_000;

/// How long a write takes at most.
const WITHIN_MS: u64 = 4_000;

/// How long a write of a large file takes at most, which S3 copies or puts together.
const LARGE_WITHIN_MS: u64 = 24_000;

/// How much longer a switch may take that has such a write, in seconds.
const LARGE_LONGER_S: u64 = 20;

/// About how many writes a switch makes in a second: what S3 answers one function in a minute, with its
/// looks and notes.
const WRITES_PER_S: usize = 500;

/// About how many seconds it takes to make so many writes, during which visitors meet files of two releases.
pub fn about_s(writes: usize) -> u64 {
    u64::try_from(writes.div_ceil(WRITES_PER_S)).unwrap_or(u64::MAX)
}

/// The ops that one call sends of all that are left: those at the begin that take about as long. So a
/// large file makes no other call longer, whose answer may be lost and is then waited for.
pub fn one_call(left: &[Op]) -> &[Op] {
    let slow = left.first().is_some_and(Op::is_slow);
    let end = left.iter().position(|op| op.is_slow() != slow);
    &left[..end.unwrap_or(left.len())]
}

/// How many seconds longer than usual it may take to do the ops of one call.
pub fn takes_longer_s(ops: &[Op]) -> u64 {
    if ops.iter().any(Op::is_slow) {
        LARGE_LONGER_S
    } else {
        0
    }
}

/// After how many milliseconds the write of an op is given up.
pub fn within_ms(op: &Op) -> u64 {
    if op.is_slow() {
        LARGE_WITHIN_MS
    } else {
        WITHIN_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::files::Object;
    use crate::kinds::site::pace::Pace;
    use crate::kinds::site::plan::What;
    use crate::ports::Replaces;

    fn op(bytes: u64) -> Op {
        let object = Object {
            etag: String::new(),
            bytes,
            version_id: None,
            file: None,
            ours: true,
            copy_of: None,
        };
        Op {
            path: String::new(),
            what: What::Restore(object),
            replaces: Replaces::Nothing,
            additive: false,
            stage: 0,
        }
    }

    #[test]
    fn a_call_takes_longer_only_for_what_it_sends() {
        const MIB: u64 = 1024 * 1024;
        // The sizes of what is left, in MiB; how many of them one call sends; how much longer it may take.
        let table: [(&[u64], usize, u64); 6] = [
            (&[], 0, 0),
            (&[1, 1, 1], 3, 0),
            (&[1, 1, 9, 1], 2, 0),
            (&[9, 9, 1], 2, 20),
            (&[9], 1, 20),
            (&[1, 9], 1, 0),
        ];
        for (sizes, sent, longer_s) in table {
            let left: Vec<Op> = sizes.iter().map(|mib| op(mib * MIB)).collect();
            let call = one_call(&left);
            assert_eq!(
                (call.len(), takes_longer_s(call)),
                (sent, longer_s),
                "{sizes:?}"
            );
        }
    }

    #[test]
    fn how_long_two_releases_are_met() {
        let table = [(0, 0), (1, 1), (500, 1), (501, 2), (32_000, 64)];
        for (writes, seconds) in table {
            assert_eq!(about_s(writes), seconds, "{writes}");
        }
    }

    #[test]
    fn every_write_ends_in_the_time_of_its_open_call() {
        let last_begins = SENDING_MS + Pace::pause_ms(2);
        assert!(last_begins + WITHIN_MS <= 10_000);
        assert!(last_begins + LARGE_WITHIN_MS <= 10_000 + LARGE_LONGER_S * 1000);
    }
}
