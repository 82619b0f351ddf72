use crate::kinds::site::archive::Entry;
use crate::kinds::site::files::{File, Files};
use windlass_domain::step::Progress;
use windlass_domain::time::Time;

/// How far a publish is, and since when this invocation works on it.
pub(super) struct Tally {
    progress: Progress,
    /// Where it stood when work began.
    began: Progress,
    since: Time,
}

impl Tally {
    /// Nothing is known yet.
    pub fn new(since: Time) -> Self {
        Self {
            progress: Progress::default(),
            began: Progress::default(),
            since,
        }
    }

    /// Expects the files of an archive, some of which are there already.
    pub fn expect<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>, there: &Files) {
        for entry in entries {
            self.progress.files_total += 1;
            self.progress.bytes_total += entry.bytes;
            if there.contains_key(&entry.name) {
                self.progress.files_done += 1;
                self.progress.bytes_done += entry.bytes;
            }
        }
        self.began = self.progress;
    }

    /// Expects more files, whose size does not matter.
    pub fn expect_copies(&mut self, files: usize) {
        self.progress.files_total += files as u64;
    }

    /// A file is done that nothing had to be done for.
    pub fn unchanged(&mut self, file: &File) {
        self.done(file);
        self.began.files_done += 1;
        self.began.bytes_done += file.bytes;
    }

    /// A file is done.
    pub fn done(&mut self, file: &File) {
        self.progress.files_done += 1;
        self.progress.bytes_done += file.bytes;
    }

    /// So many files are copied.
    pub fn copied(&mut self, files: usize) {
        self.progress.files_done += files as u64;
    }

    /// The progress, with the time that is left.
    pub fn progress(&self, now: Time) -> Progress {
        self.progress
            .with_time_left(self.began, now.ms_since(self.since))
    }
}
