use super::entry::Entry;
use super::unpack::Unpacker;
use crate::kinds::site::trouble::{Trouble, bad_archive};
use crate::ports::Objects;
use bytes::Bytes;
use rc_zip::fsm::{EntryFsm, FsmResult};

/// An entry that is being unpacked, piece by piece.
pub struct Reading<'u, 'a, P> {
    unpacker: &'u mut Unpacker<'a, P>,
    entry: &'u Entry,
    /// Absent once the entry was read to its end and found to be what the directory declares.
    machine: Option<EntryFsm>,
    /// Where the next packed byte is.
    offset: u64,
    /// Where the entry ends at the latest.
    end: u64,
    /// How far to fetch.
    reach: u64,
    /// How many bytes were unpacked.
    unpacked: u64,
}

impl<'u, 'a, P: Objects> Reading<'u, 'a, P> {
    /// Begins to read an entry.
    pub(super) fn new(unpacker: &'u mut Unpacker<'a, P>, entry: &'u Entry) -> Self {
        let (end, reach) = unpacker.bounds(entry);
        Self {
            machine: Some(EntryFsm::new(Some(super::unpack::to_library(entry)), None)),
            unpacker,
            entry,
            offset: entry.offset,
            end,
            reach,
            unpacked: 0,
        }
    }

    /// The next bytes: `most` of them unless the entry ends before, none after its end. An entry
    /// whose bytes are not what the directory declares is a finding, at its end at the latest.
    pub async fn next(&mut self, most: usize) -> Result<Bytes, Trouble> {
        let mut out = vec![0_u8; most];
        let mut done = 0;
        while done < out.len() {
            let Some(mut machine) = self.machine.take() else {
                break;
            };
            let fed = self.feed(&mut machine).await?;
            let turn = machine.process(&mut out[done..]);
            match turn.map_err(|error| self.broken(different(&error)))? {
                FsmResult::Done(_) => break,
                FsmResult::Continue((machine, outcome)) => {
                    self.machine = Some(machine);
                    done += outcome.bytes_written;
                    self.unpacked += outcome.bytes_written as u64;
                    self.check(fed || outcome.bytes_read + outcome.bytes_written > 0)?;
                }
            }
        }
        out.truncate(done);
        Ok(Bytes::from(out))
    }

    /// Gives the machine packed bytes if it wants some and there are any.
    async fn feed(&mut self, machine: &mut EntryFsm) -> Result<bool, Trouble> {
        if !machine.wants_read() || self.offset >= self.end {
            return Ok(false);
        }
        let reach = self.reach.max(self.end);
        let available = self.unpacker.packed(self.offset, reach).await?;
        let inside = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let space = machine.space();
        let count = space.len().min(available.len()).min(inside);
        space[..count].copy_from_slice(&available[..count]);
        machine.fill(count);
        self.offset += count as u64;
        Ok(count > 0)
    }

    fn check(&self, moved: bool) -> Result<(), Trouble> {
        let declared = self.entry.bytes;
        if self.unpacked > declared {
            let reason = format!("it is larger than the {declared} bytes declared");
            return Err(self.broken(reason));
        }
        if !moved {
            return Err(self.broken("its bytes end too early".to_owned()));
        }
        Ok(())
    }

    fn broken(&self, reason: String) -> Trouble {
        bad_archive(self.unpacker.archive(), &self.entry.name, reason).into()
    }
}

fn different(error: &rc_zip::Error) -> String {
    format!("its bytes are not what the directory declares: {error}")
}
