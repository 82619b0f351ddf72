//! The names of causes, each with its section of `docs/endings.md`: what it means, and what to do next.

use schemars::JsonSchema;

macro_rules! cause_names {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// The name of the cause of an ending, where it is neither the name of a finding nor that of a fault. Each
        /// variant's comment is its section of `docs/endings.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
        pub enum CauseName {
            $($(#[$doc])+ $name,)+
        }

        impl CauseName {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the name as an ending has it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

cause_names! {
    /// A gate of a wave was red, or its value stayed unknown for longer than the declaration allows. So everything that
    /// the deployment had changed is brought back, and the release is vetoed in this environment.
    /// Next: Compare the measured value with the threshold, which the cause has, and look at the place that it names.
    /// Then deploy a fixed release, which the veto does not concern.
    GateFailed,
    /// A pause of a wave was over, and nobody had let the deployment go on. The declaration says `then: undo`, so
    /// everything that the deployment had changed is brought back. The release is not vetoed.
    /// Next: Start the release once more with the command that the cause has, and let it go on within the pause.
    PauseRanOut,
    /// A step of the deployment failed and gave no reason.
    /// Next: Look for the error in the logs, which `windlass logs` shows, and mend what it shows. Then start the
    /// release once more with the command that the cause has.
    Failed,
    /// Everything that the release brings was found in place, so nothing was changed.
    /// Next: Nothing.
    AlreadyThere,
    /// Something newer is there or waits, or a deployment that goes first has taken its place. Nothing was changed.
    /// Next: Nothing. Where the older release is wanted all the same, ask `allow_older` with a reason.
    Superseded,
    /// The environment deploys only what a person starts, so the release is recorded and waits for that. Nothing was
    /// changed.
    /// Next: Start it with the command that the cause has.
    Recorded,
    /// The components ran already what a rollback or a restoring was to bring back, so nothing was changed.
    /// Next: Nothing. `windlass status` shows what runs, and `windlass snapshots` to what else a rollback can go.
    NothingChanged,
    /// A component that has drifted was not restored now, because something stands in the way or nothing is left to
    /// restore. The cause shows which.
    /// Next: Nothing. A later look asks for it again.
    NotRestored,
    /// A component was restored several times within a day and drifted again. It is not restored once more, and
    /// automatic deployments are held.
    /// Next: Find what changes the component each time, such as infrastructure code at each of its runs, and stop it.
    /// Then release the hold.
    KeepsDrifting,
    /// A person cancelled the deployment. Everything that it had changed is brought back. The release is not vetoed,
    /// and no arrival brings it back by itself.
    /// Next: Deploy a fixed release, or start this one once more with the command that the cause has.
    CancelledByOperator,
    /// The rollback of an operator stopped the deployment. Everything that it had changed is brought back before the
    /// rollback goes on. The release is not vetoed.
    /// Next: Look at the ending of the rollback, which the cause names. The rollback holds automatic deployments until
    /// the hold is released.
    PreemptedByOperator,
    /// A newer release stopped the deployment: it undoes an older one first, or does not wait for a drill. Everything
    /// that the deployment had changed is brought back before the newer release goes on.
    /// Next: Look at the newer deployment, which the cause names.
    PreemptedByDeploy,
    /// Somebody stopped the execution in Step Functions without naming an error. A recovery brings back everything that
    /// the deployment had changed. A named error stands in the place of this name.
    /// Next: Find out who stopped it (AWS CloudTrail shows it), then start the release once more with the command that
    /// the cause has.
    ExecutionStopped,
    /// The execution ran for longer than Step Functions lets it. A recovery brings back what the deployment had
    /// changed.
    /// Next: Look in the execution's history at the state in which it stayed, mend what is shown there, and start the
    /// release once more.
    ExecutionTimedOut,
    /// The execution ended in the middle of the deployment. A recovery brings back what the deployment had changed.
    /// Next: Look in the execution's history and in the logs at what failed, mend it, and start the release once more.
    ExecutionDied,
    /// Step Functions does not know the execution of the deployment any more. A recovery brings back what the
    /// deployment had changed.
    /// Next: Start the release once more.
    ExecutionLost,
    /// Several recoveries of the deployment died, one after the other, so Windlass starts no further one by itself. The
    /// environment stays locked.
    /// Next: Look at the last executions named `recover-…` and at the log of `conductor`: mostly an item of the ledger
    /// cannot be read, or a function fails. Mend that, then `recover`.
    RecoveriesDied,
    /// The same request was made before, so this execution changed nothing. The cause names the deployment of that
    /// request, and how it stands.
    /// Next: Look at that deployment.
    SameRequest,
    /// A recovery was asked for, and there was nothing to recover. The cause shows why.
    /// Next: Nothing. `windlass status` shows the environment.
    NothingToRecover,
    /// Another execution owns the deployment now, and ends it. This execution changed nothing after that.
    /// Next: Look at the deployment's record, which has the execution that goes on.
    TakenOver,
    /// The plan that was asked for could not be drawn. Nothing was changed.
    /// Next: Ask for the plan again. Where that fails as well, look at the fault that the cause names.
    Unplanned,
    /// The execution could not bring the deployment to its end, mostly because the ledger could not be reached for
    /// minutes. A recovery starts by itself.
    /// Next: Nothing for a deployment, unless its recovery fails as well. Ask again for what an operator asked for,
    /// such as `accept` or `hold`: done twice it is done once.
    Unsettled,
}

crate::text::name::displayed!(CauseName, std::fmt::Debug::fmt);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_shown_as_an_ending_has_it() {
        for name in CauseName::ALL {
            assert_eq!(name.to_string(), name.as_str());
        }
        assert_eq!(CauseName::ALL[0].as_str(), "GateFailed");
    }
}
