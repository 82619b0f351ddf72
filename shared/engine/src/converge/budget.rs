/// The time that one invocation may take. A deployer's timeout is at most 60 s, and the last call that is begun must
/// fit in as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// No change and no waiting begins after this many milliseconds.
    pub work_ms: u64,
    /// The time that it waits for the target altogether, in milliseconds. The machine does any longer waiting.
    pub wait_ms: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { work_ms: 45_000, wait_ms: 20_000 }
    }
}
