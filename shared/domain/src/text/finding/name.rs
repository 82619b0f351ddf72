//! The names of findings, each with its section of a page: what it means, and what to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a finding. Each variant's comment is in its section of `docs/findings.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum FindingName {
    /// The document is not well-formed YAML or JSON, names the same key twice, or uses aliases that multiply it.
    /// Next: Mend the syntax at the line and column that the path gives: mostly indentation, a quote or a comma.
    NotWellFormed,
    /// A field is not known at this place, or means nothing for this action. Misspelt fields are refused, because
    /// ignoring one could deploy something else than what its author meant.
    /// Next: Write the field that the remedy suggests, or remove it. An editor that uses `docs/app.schema.json` shows
    /// the fields while you type.
    UnknownField,
    /// Something that is required is not there: a field, the value for one environment, a threshold, a reason, or the
    /// `repository` of a function that is to take an image.
    /// Next: Write the field at the path that is given; the remedy says what it is for.
    MissingField,
    /// A value has the wrong type or form, is not among those that are known, or is not what the target has, such as
    /// the deployment strategy of a service. Names of AWS resources are checked against AWS's own rules before anything
    /// is asked of AWS. An image must be of the repository that its component declares.
    /// Next: Write a value of the form that the remedy gives. A text that looks like a number, such as `1.10`, must be
    /// in quotes.
    BadValue,
    /// Two things that must differ are the same, or one thing is said twice: two components on one target, one target
    /// in two environments, an alarm named twice, a manifest's component with both `key` and `image`.
    /// Next: Remove one of the two, or make them differ, for example with `{environment}` in the target's name.
    Duplicate,
    /// A name refers to something that the declaration does not define: a component in `after`, an environment, or a
    /// placeholder such as `{host}` that has no value.
    /// Next: Correct the name, or define it: a component under `components`, an environment under `environments`, a
    /// value under the environment's `vars`.
    UnknownName,
    /// The order given by `after` leads back to where it began, so that no component could be the first.
    /// Next: Remove one of the `after` entries on the way that the reason shows.
    Cycle,
    /// A Git ref or an image tag matches the rules of two environments, so it is not clear where it goes. Where two
    /// rules can be seen to overlap, the declaration itself is refused.
    /// Next: Make the rules differ, or name the environment in the request.
    AmbiguousRef,
    /// A Git ref or an image tag matches no environment's rule, and the request names no environment.
    /// Next: Name the environment in the request, or add a rule to the declaration. Nothing is wrong if such refs are
    /// not meant to be deployed.
    NoEnvironment,
    /// The content of the declaration changed, but its `version` is not higher than that of the declaration in force.
    /// The former declaration stays in force.
    /// Next: Raise `version` in `app.yaml` and upload it again.
    VersionNotHigher,
    /// This version text was used before with other bytes. A version means the same bytes for ever, so that a record or
    /// a rollback can be trusted.
    /// Next: Give the new bytes a new version.
    VersionReused,
    /// The release is of a Git tag that is another version than the release says, and goes to an environment that
    /// deploys tags. There the tag is the version, because it gives the order of releases.
    /// Next: Write the tag's version, without its `v`, as the release's version.
    VersionNotOfTag,
    /// No declaration is known for this application, or not the version that the manifest names.
    /// Next: Upload `apps/<app>/app.yaml` first. If an upload was refused, its findings are beside it, in
    /// `app.yaml.findings.json`.
    NoDeclaration,
    /// The body has a member that only the path for operators takes: a wish (`through_hold`, `preempt`, `accept_red`,
    /// `allow_older`, `again`, `may_lose`), or the bare `version` of a release that is recorded. Whoever may only
    /// release calls neither. Nothing was started. Where an access file is in force its rights decide on both in place
    /// of the path, but for wishes where the file leaves `operate` to IAM.
    /// Next: Send the same body to the path that the remedy names, by a role that may call it, such as one with
    /// `OperatorPolicyArn`; or leave the member out.
    OperatorsPath,
    /// An upload lies below the prefix of one environment in the artifacts bucket, or of plans, and was to release into
    /// another one. What a role of CI may upload releases into the environment of that role, whatever ref it names.
    /// Next: Upload it below the prefix of the environment that is meant, by a role that may; or promote the release
    /// that is recorded, by its version.
    OtherPrefix,
    /// The artifact, or the recorded version of it, does not exist or is no longer there. A rollback needs the bytes of
    /// the release that it goes back to.
    /// Next: Upload the artifact before the manifest. For a rollback, name a snapshot whose bytes still exist, and
    /// check the bucket's lifecycle rules and the repository's lifecycle policy.
    ArtifactMissing,
    /// The artifact's bytes do not have the digest that was pinned. They changed after they were hashed, or were
    /// damaged on the way.
    /// Next: Upload the artifact and its manifest again. If nobody changed them knowingly, find out who wrote them.
    DigestMismatch,
    /// The release that the way in pinned is not what the request names, or what the declaration in force and the
    /// ledger make of it now. Something was changed in between, or the input was written by hand.
    /// Next: Send the request again, or upload it again: then it is pinned anew. In an input at the console leave
    /// `pinned` out.
    NotAsPinned,
    /// The archive is refused before anything of it is written: path traversal, a link, a duplicate, a size beyond the
    /// limits, an entry that is not what the central directory says, or a page that names a file which is not there. A
    /// function's archive is refused where Lambda cannot run it: a name with a backslash, an encrypted file, or no file
    /// at the handler's place that Lambda may read or run.
    /// Next: Build the archive again from regular files with relative paths, and upload it as a new version.
    BadArchive,
    /// A file of the folder or archive must not be published: the history of a source-control system, a file of
    /// environment variables or credentials, a private key, a store of keys. `docs/app.md` has the names. A private key
    /// is known by its content as well. Nothing was published.
    /// Next: Take the file out of what is packed, or name it in `exclude` of the component. If it was published before,
    /// change every secret in it. Only what is meant for everybody belongs into `publish`.
    FileRefused,
    /// Files of an archive are not published: the leavings of a desktop, an editor or Python, and what the declaration
    /// excludes. A warning, with their number.
    /// Next: Nothing has to be done. To publish one of them all the same, name it in `publish` of the component.
    FilesLeftOut,
    /// A pattern of `publish` does nothing: no rule refuses or leaves out a file of that name in what is released. A
    /// warning.
    /// Next: Take the pattern out of `publish`, or correct it. Every other file goes by itself.
    NothingToPublish,
    /// The release has a file that an operator has withdrawn here, byte for byte. What goes back leaves it out.
    /// Next: Take the file out of what is packed, or name it in `exclude` of the component (`docs/withdraw.md`).
    Withdrawn,
    /// The target, or something that it needs, does not exist in this account and region.
    /// Next: Create it with your infrastructure code, or correct its name, region or role in the declaration.
    TargetMissing,
    /// AWS refuses Windlass a call that this deployment needs. Nothing was changed.
    /// Next: Grant the call that the reason names to the role that it names, or tag the target with `windlass:app` and
    /// `windlass:environment`.
    NoPermission,
    /// The target belongs to another component or application, or lacks the tags `windlass:app` and
    /// `windlass:environment` that make it ours. Or a task definition names a family or a role that is not the
    /// service's, or was registered for another application or environment.
    /// Next: Correct the target's name in the declaration, or tag a target that has no tags for this application and
    /// environment. Where its owner has given it up for good, `remove` lets go of it (`docs/let-go.md`). In a task
    /// definition, write the family and the roles that the remedy names.
    TargetNotOurs,
    /// The target is a function, a bucket or something else of an installation of Windlass itself. No release changes
    /// that, whatever tags it carries.
    /// Next: Name the target of your own application in the declaration. An installation is upgraded by its stack alone
    /// (`docs/upgrade.md`).
    PartOfWindlass,
    /// Somebody else's change of the same resource is under way, and AWS makes one at a time: a deployment of AppConfig
    /// in the same environment, of whichever profile, or one of CodeDeploy in the same group. An operator does not
    /// accept what a deployment of CodeDeploy still moves.
    /// Next: Wait until it is over, or stop it; then start the input that the remedy gives. Order components of one
    /// release that share such a resource with `after`.
    TargetBusy,
    /// The target is in a state in which it must not be changed, for example while another deployment of the service is
    /// under way. Or AWS could not change it for a reason that is not the release's, such as no free addresses in its
    /// subnets: the release is not vetoed.
    /// Next: Wait until the target is steady, or mend it; then start the input that the remedy gives.
    TargetNotReady,
    /// The release is more than can be served within AWS's limits: the plan has so many changes that AWS would end the
    /// execution in the middle, because its history would be too long; it is declared to be watched, or a rollout to be
    /// waited for, for longer than an execution can, or than AWS keeps what ran before; or artifacts were uploaded
    /// without a SHA-256 checksum of the whole object and are too large to be read for it.
    /// Next: Release the components in several manifests, or give their rollouts fewer steps. Write the largest time
    /// that the remedy gives. Upload large artifacts in one piece with `--checksum-algorithm SHA256`.
    TooLarge,
    /// The target was changed by someone else between the time it was observed and the first change, or while the
    /// deployment was under way.
    /// Next: Find out who changes it (AWS CloudTrail shows it), let only Windlass change the fields that it owns, and
    /// deploy again.
    TargetChangedByOther,
    /// A gate cannot be measured: the alarm or metric is missing or unreadable, or the time of watching is shorter than
    /// the metric's period. What cannot be measured is never healthy.
    /// Next: Create the alarm or metric, grant its reading, or watch at least as long as the period.
    GateNotMeasurable,
    /// A gate is red before anything has changed, so that it could not judge this release.
    /// Next: Mend what is red first, or deploy with `accept_red` and a reason.
    GateAlreadyRed,
    /// Measuring a gate is billed by what is read, and much is read for this one. This is noted and stops nothing.
    /// Next: Let it read less, as the finding says, or accept what it costs.
    GateCosts,
    /// Nothing is measured where it would matter: releases are promoted to an environment without a gate, or are
    /// watched for a time (`bake`) in which no gate decides, or a rollout goes in steps that only pass the time. This
    /// is noted and stops nothing.
    /// Next: Declare `gates`, for the whole release or of a component, such as alarms or probes; or leave out the
    /// steps.
    NothingMeasured,
    /// A component runs that the declaration no longer has, or runs where the declaration no longer has it. Windlass
    /// leaves what is there as it is and deploys it no more. This is noted by the deployment that goes first without
    /// it, and stops nothing.
    /// Next: Declare it again if that was not meant; else remove it with your infrastructure code.
    NoLongerDeclared,
    /// Deployments into this environment are held: by a person or by a rollback; or by the clock, in a freeze or
    /// outside of the windows of the access file. This release is recorded and not deployed.
    /// Next: Start this release by its version with `through_hold` and a reason; or when the environment may move
    /// again: once the hold is released, or at the moment that the reason names. The remedy has the inputs.
    Held,
    /// This release failed here before and was undone by itself, so it is not deployed again by itself. A release that
    /// a person stopped or cancelled is not vetoed.
    /// Next: Deploy a fixed release, which the veto does not concern, or ask `again` with a reason.
    Vetoed,
    /// A person stopped or cancelled this release here, so it is not deployed again by an arrival, such as a late event
    /// or a job that runs once more.
    /// Next: Start the input that the remedy gives, or deploy the next release.
    Stopped,
    /// This idempotency key was used before, for the same action in the same environment, with another content. A key
    /// stands for one request, so that asking twice is once.
    /// Next: Send a new key with each new request, and the same one only to repeat the same request.
    KeyReused,
    /// A newer release, or a newer declaration than the release pins, is there already. A late or reordered arrival
    /// never replaces it.
    /// Next: Use a rollback to go back, or `allow_older` with a reason.
    Older,
    /// `preempt` was asked while a rollback is under way, which no release stops. Nothing was changed, and nobody
    /// waits.
    /// Next: Wait until the rollback has ended, then start the input that the remedy gives.
    RollbackUnderWay,
    /// `remove`, `rename` or `hand_over` was asked for what the declaration in force still has, and where it runs: its
    /// next release would take all of it again.
    /// Next: Take it out of the declaration and upload that; then ask again. To remove a whole application needs no
    /// such upload.
    StillDeclared,
    /// `remove`, `rename` or `hand_over` was asked while a deployment is under way in the environment or waits for it,
    /// or while a drill has not come back. Nothing more is let go of or moved then. A removal of more than 90 resources
    /// goes in parts: what it has freed before stays free.
    /// Next: Wait until it has ended, or cancel it, and ask again.
    StillBusy,
    /// `rename` or `hand_over` was asked, and the new owner has a component of that name already. Nothing was moved.
    /// Next: Write another name in `to_component`, or let go of what is recorded of that one.
    AlreadyRuns,
    /// The environment does not accept releases from this source.
    /// Next: Use a source that the environment names in `sources`, or add this one to the declaration.
    SourceNotAccepted,
    /// The rules of an access file do not name the one who asks. Nothing was changed.
    /// Next: Do what the finding names: use a way in that may, or ask somebody who may. Those who keep
    /// `access/apps/<app>.yaml` change its rules.
    NotAllowed,
    /// The body of a release names another Git ref, or another commit, than the token of the CI job that sends it. What
    /// a job releases is what its token names, never what it says itself.
    /// Next: Leave `ref` and `commit` out of the body: they are taken from the token. Or release in a job of the branch
    /// or the tag that is meant.
    RefDiffers,
    /// The input of an execution says who asks, and Windlass did not start that execution: whoever starts one may write
    /// anything there. It is refused where an access file is in force.
    /// Next: Leave `requester` out of an input that is written by hand: then the console asks. Or use the API or the
    /// command line.
    NotVouched,
    /// An approval was given of what asks for none: a deployment that has ended, whose time for that is over, that goes
    /// on already or that a newer release replaces, a plan that is not drawn yet, or one in whose place another one is
    /// drawn. Nothing was changed.
    /// Next: Look at the deployment's plan as it is now (`windlass status`), and approve that one by its hash.
    NotAsked,
    /// The plan of a deployment was not approved by as many people as the access file wants, within the time that it
    /// gives them. Nothing was changed.
    /// Next: Release it again, and have it approved in time. `approve.expires` of the access file says how long that
    /// may take.
    ApprovalExpired,
    /// A release needs approval, and whoever has asked for it, or for what it promotes, is nobody of `people` of the
    /// access files: so nobody knows who may not approve it. Nothing was changed.
    /// Next: Add the one who asks to `people`, and release it again. Where nobody has to be kept from approving, write
    /// `not_requester: false` under `approve`.
    RequesterUnknown,
    /// A rule of the access file takes releases only from another environment, and no snapshot there has shown that
    /// all of this one is good: all its bytes in one snapshot, judged good by measurements, not vetoed, and live for
    /// the time. Nothing was changed.
    /// Next: Do what the finding says is left, in the environment before; then ask again. No wish passes this.
    NotVerified,
    /// The declaration has `sources` or `start`, and an access file is in force, which decides in their place.
    /// Next: Leave them out of the declaration; write who may release into the access file.
    OverruledByAccessFile,
    /// Nobody may roll back by the console of Step Functions, and the API may be out of reach in an incident.
    /// Next: Name `console` in `roll_back` of the access file; or keep credentials at hand that may write the file.
    NoWayInAtTheConsole,
    /// The environment is locked, because a deployment could not be restored, and a person must look at it. Nothing is
    /// deployed until then.
    /// Next: Read the record of the deployment that holds the lock, then ask `recover` to try again, or `accept` to
    /// make what is there the truth.
    NeedsOperator,
    /// A rollback was asked where no older snapshot that passed exists, or not the one that it names.
    /// Next: List the snapshots (`windlass snapshots`) and name one; or deploy a known good release by its version.
    NothingToGoBackTo,
    /// A rollback cannot bring a component back: the declaration has it no longer, or calls it otherwise; its target is
    /// another one since; or what it ran then is not recorded. So nothing was changed at all.
    /// Next: Declare it as it was, and roll back again; or name a later snapshot; or deploy with `allow_older` and
    /// `through_hold`.
    NoWayBack,
    /// A change may stay although all else is undone: nothing was there before to come back to, or its template keeps
    /// what holds data. A warning.
    /// Next: Make something to come back to with your infrastructure code, or let it change `after` all others. What a
    /// template keeps, delete yourself once nobody needs its data.
    MayStay,
    /// The release removes or replaces what holds data, such as a table or a bucket, or makes such a thing whose data
    /// its undo would delete. Nothing was changed.
    /// Next: Leave it in the template as it is, or write `DeletionPolicy: Retain` at a new one. To lose it all the
    /// same, name it in `may_lose` with a reason.
    WouldLoseData,
    /// A stack could not be planned as a whole, so that something might change that nobody has seen: a nested stack
    /// without a change set, or a template that runs code before anybody may release it. Nothing was changed.
    /// Next: Do what the remedy says, or let somebody plan it who may release.
    NotPlannedWhole,
    /// The release of a stack changes or removes what another component owns, such as the code of a function. Nothing
    /// was changed.
    /// Next: Take the field that the reason names out of the change, or the other component out of the declaration.
    OwnedElsewhere,
    /// The stack is in a state in which CloudFormation changes it no further, or somebody else's change of it is under
    /// way. Nothing was changed.
    /// Next: Wait, or do what the remedy names; then start the release again.
    StackBusy,
    /// A parameter changes whose former value CloudFormation shows nobody (`NoEcho`), so that no undo could bring it
    /// back; or everybody is shown one that looks like a secret, which would be recorded. Nothing was changed.
    /// Next: Keep the value in Secrets Manager or the Parameter Store, and write a dynamic reference into the template.
    ParameterSecret,
    /// A tag of an image repository may be moved, so that a release of it is not surely the image that was built. A
    /// warning.
    /// Next: Release the image by its digest, or make the tags of the repository immutable.
    MayMove,
    /// A function that is called as a task may run for longer than its answer is waited for. What it does then is never
    /// known, so that a person is asked, or a repeatable one is called again. A warning.
    /// Next: Give the function a timeout of at most the task's `limit`, and of at most 12 minutes.
    MayOutlast,
    /// A task that is `irreversible` was run, or will be, or a stack loses data: what came before must not run after
    /// it. So no undo brings anything back then, and a rollback past it names it in `across`. In the plan of a release
    /// it is a warning.
    /// Next: Deploy a fix forward; after an undo that stopped there `accept` what is there first.
    Irreversible,
    /// A component takes an output of another one, which was never released here or is not as Windlass left it.
    /// Next: Name the other component in the same release, so that it gives what is taken.
    OutputUnknown,
    /// A component was not looked at, or a gate not measured: what it is called is given by another component, which
    /// has never given it and changes in the same release. It is looked at when that has changed, before its own
    /// change. Or the alarm or the log group of a gate is not there yet, and a stack of the release may make it. A gate
    /// of the whole release counts then once all of that has changed. Or a check found that it is not there yet, and
    /// that a release makes it; or another component touches its target, and nothing looks at it behind that. A
    /// warning.
    /// Next: Nothing has to be done: what is wrong then undoes all of the release. Release the other component alone to
    /// see it before.
    NotLookedAt,
    /// A rollback leaves a component alone that is no longer declared, and of which nothing is to be taken back as far
    /// as is recorded. A warning.
    /// Next: Nobody has looked at its target, so see yourself that it is what you want.
    LeftAlone,
    /// `accept` was asked where no deployment needs an operator: the environment is not locked for a person to look at,
    /// so there is nothing to make the truth.
    /// Next: Nothing has to be done. `windlass status` shows what runs and who holds the lock.
    NothingToAccept,
    /// `accept` was asked, and what runs of a component could not be seen: the look failed, or came too soon after a
    /// change of the deployment to be sure to show it. Nothing was recorded, because the next deployment would go on
    /// from it; the environment stays locked.
    /// Next: Mend what the finding names, such as a permission to read the target, and `accept` again. A target that is
    /// gone for good is no obstacle: it is recorded as not running.
    TargetNotSeen,
    /// The deployment cannot be cancelled: it has ended, or it is being undone already.
    /// Next: Wait for its ending; start a rollback to go back from one that succeeded.
    NothingToCancel,
    /// A drill was asked for while a deployment is under way or waits in the environment, or another drill is. A drill
    /// goes only where nothing else does, so that it keeps nothing waiting. Nothing was changed.
    /// Next: Wait until the deployment that the reason names has ended, then drill again.
    NotIdle,
    /// `pause`, `continue` or `skip_bake` was asked, and the deployment watches nothing: it has ended, waits for its
    /// turn, changes something, or is being undone. A person steers only what is watched.
    /// Next: Look how it stands (`windlass status`). While it changes something, ask again once the wave is watched;
    /// `cancel` stops a deployment at any time.
    NotWatched,
    /// `skip_bake` was asked while a gate of the wave is red. That does not pass, whoever asks: the release is undone.
    /// Next: Look at the gate that the reason names, and release a fix. To keep what is red there is no way but another
    /// release with `accept_red`.
    GateIsRed,
    /// `pause` or `skip_bake` was asked for a wave in which AWS goes on with a component by itself: ECS, CodeDeploy or
    /// AppConfig times it. Only a pause of Windlass's can be paused there, or skipped. Nothing was changed.
    /// Next: Wait for a later wave that AWS does not time, or cancel the deployment. Declare `pause` of the service, so
    /// that ECS waits for Windlass before the next releases go on.
    TimedByAws,
    /// The component failed while it was changed, and the deployment was undone.
    /// Next: Look where the reason points, such as a stopped task's reason or a log; then deploy a fixed release.
    ChangeFailed,
    /// For some time visitors get files of two releases: because files keep their names although their content changes,
    /// so that pages which were opened before get the new ones; or because so much of a site is changed in place that
    /// it takes a while.
    /// Next: Let the bundler write a hash of the content into the names of scripts and styles. For a large site use the
    /// mode `prefix`, which goes live by one change.
    MixedReleases,
    /// The function of a component of the kind `external` does not keep to the protocol: two looks differ, what it says
    /// cannot be read or has a member that nobody knows, or it names another outside thing than before. A look of it is
    /// not believed then.
    /// Next: Mend the function, try it with `examples/external/kit.py`, publish it, and start the release again.
    PromiseBroken,
    /// The request needs something that the target does not have, such as an alias for a canary.
    /// Next: Add what is missing to the target and name it in the declaration, or do without.
    NotSupported,
    /// A value looks like a secret, and the reason says by what: by the name of its member, by its form (a key of AWS,
    /// a token, a webhook, a private key), by a `name=value` within it, or by an address with a password. Secrets never
    /// pass through Windlass: inputs are recorded and shown. The value is not repeated anywhere; what else is wrong
    /// with the document is shown once no secret is in it, because it could repeat it.
    /// Next: Remove it and revoke it if it was real. Keep it in Secrets Manager or an SSM parameter that the target
    /// itself reads, and write the ARN. If it is none, give the member another name, or the value another form.
    SecretInInput,
    /// The deployment could not wait for its turn, because a function failed, and was refused. Nothing was changed.
    /// Next: Look for the error in the log of `conductor`, mend what it shows, then start this release again.
    CouldNotWait,
    /// Something that must be known before a deployment begins could not be asked, such as an alarm while CloudWatch
    /// does not answer, so it could not be planned. Nothing was changed.
    /// Next: Mend what the reason names, or wait until AWS answers again; then start the input that the remedy gives.
    CouldNotPrepare,
    /// The deployment waited longer for its turn than is allowed, and was refused before it changed anything.
    /// Next: Look at the deployment that holds the environment, then start this release again.
    WaitedTooLong,
    /// More is wrong than is listed at once: a refusal has at most 100 findings, and this is the last of them.
    /// Next: Mend what is listed, and send it again: then the rest is listed.
    MoreFindings,
}

crate::text::name::displayed!(FindingName, std::fmt::Debug::fmt);
