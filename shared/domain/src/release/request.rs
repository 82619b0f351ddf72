//! Requests: every route, and the Step Functions console, hands one to the release machine.

use crate::release::PinnedRelease;
use crate::release::action::ActionName;
use crate::release::claims::Claims;
use crate::release::identity::DeploymentId;
use crate::release::manifest::Manifest;
use crate::release::may_lose::ResourceOf;
use crate::text::digest::{Digest, DigestBeginning};
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The route by which a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A manifest or an artifact in the artifacts bucket.
    S3,
    /// An image push.
    Ecr,
    /// The HTTP API, which the command line also uses.
    Api,
    /// The HTTP API by the claims of a CI job's token, without credentials of AWS.
    Ci,
    /// An operator's StartExecution, which is the default where nothing is said.
    Console,
    /// Windlass itself: recovery, and what its looks ask for.
    Windlass,
}

crate::text::name::displayed!(Route, Serialize::serialize);

/// The person or service that asks, and the route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requester {
    /// The route.
    pub route: Route,
    /// The principal as AWS names it (an ARN, another account, a service, or the execution that was started), if it is
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub principal: Option<String>,
    /// The claims of the CI job that asks, where the route is `ci`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Box<Claims>>,
}

impl Requester {
    /// Makes the one who asks by a route, without claims.
    pub fn new(route: Route, principal: Option<String>) -> Self {
        Self { route, principal, claims: None }
    }

    /// Makes the CI job that asks; `None` where its token is no job's.
    pub fn job(claims: Option<Box<Claims>>) -> Self {
        Self { route: Route::Ci, principal: None, claims }
    }

    /// Returns who asks, where that is known: the principal, or the CI job.
    pub fn named(&self) -> Option<String> {
        self.principal.clone().or_else(|| self.claims.as_ref().map(ToString::to_string))
    }
}

/// Writes who asks, for a person: the principal or the CI job, or else what came by the route.
impl fmt::Display for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named() {
            Some(named) => f.write_str(&named),
            None => f.write_str(match self.route {
                Route::S3 => "an upload",
                Route::Ecr => "a push",
                Route::Api => "the API",
                Route::Ci => "a job of CI",
                Route::Console => "the console",
                Route::Windlass => "Windlass",
            }),
        }
    }
}

/// The input of the release machine. Unknown fields are refused.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The action.
    pub action: ActionName,
    /// The application.
    pub app: AppName,
    /// The environment; if absent, the declaration's Git rules choose it.
    pub environment: Option<EnvironmentName>,
    /// The reason, in up to 1024 characters. Required for everything but `deploy` and `check`, and for `again`,
    /// `allow_older`, `accept_red`, `through_hold`, `preempt`, `may_lose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = 1024))]
    #[serde(deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// `deploy`: the release, in full.
    pub manifest: Option<Manifest>,
    /// `deploy`: the manifest's place in the artifacts bucket.
    pub manifest_object: Option<ObjectRef>,
    /// `deploy`: a single artifact in the artifacts bucket.
    pub artifact_object: Option<ArtifactObject>,
    /// `deploy`: an image that was pushed.
    pub image_push: Option<ImagePush>,
    /// `deploy`: the version of a release that is recorded already (promotion), as the history lists it. For an image
    /// push also its tag, if one push alone has it.
    #[schemars(extend("pattern" = r"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,140}$"))]
    pub version: Option<String>,
    /// `deploy`: the environment whose present snapshot is deployed, with all its components (promotion).
    pub from: Option<EnvironmentName>,
    /// `deploy`: the release as its way in has pinned it, in the place of `manifest`, or beside what else names it. The
    /// ways in fill it in.
    pub pinned: Option<Box<PinnedRelease>>,
    /// `rollback`: the number of the snapshot to go back to; the newest suitable one if absent. `deploy` of `from`: the
    /// number of the snapshot there; the present one if absent.
    pub snapshot: Option<u64>,
    /// `rollback`: the irreversible components that it may go back across, by name. Each must be one that it does
    /// cross.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = 500))]
    pub across: BTreeSet<ComponentName>,
    /// `drill`: the drill under way that is to come back, by its id. Windlass starts this by itself.
    pub drill: Option<DeploymentId>,
    /// `recover`, `pause`, `continue`, `skip_bake`: the deployment; the one that holds the lock if absent. `approve`:
    /// the deployment that waits for it.
    pub deployment: Option<DeploymentId>,
    /// `approve`: the first 16 digits of the hash of the plan, or more, up to all 64.
    pub hash: Option<DigestBeginning>,
    /// `rollback`, `restore`, `remove`, `rename`, `hand_over`: the component; all of the environment if absent.
    /// `deploy` of a `version`: the component; all of the release if absent. `withdraw`: the site.
    pub component: Option<ComponentName>,
    /// `withdraw`: a glob over the paths of the site's files, such as `backup/**`.
    #[schemars(extend("maxLength" = 1024))]
    pub pattern: Option<String>,
    /// `remove` or `rename` of the whole application: its name again, and no environment.
    pub confirm: Option<AppName>,
    /// `rename` of an application, `hand_over`: the new application; for a `hand_over` the same one if absent.
    pub to_app: Option<AppName>,
    /// `rename` of an environment, `hand_over`: the new environment; for a `hand_over` the one of the same name if
    /// absent.
    pub to_environment: Option<EnvironmentName>,
    /// `rename` of a component, `hand_over` of one: its new name; for a `hand_over` the same one if absent.
    pub to_component: Option<ComponentName>,
    /// `pause`: the longest time, such as `2h`; as long as the declaration says if absent.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub pause_for: Option<Span>,
    /// Deploy a release once more that was deployed or vetoed before; lifts the veto.
    #[serde(default)]
    pub again: bool,
    /// Deploy a release that is older than the present one.
    #[serde(default)]
    pub allow_older: bool,
    /// Deploy although a gate is red before anything has changed. If it stays red, the release is undone.
    #[serde(default)]
    pub accept_red: bool,
    /// Deploy although automatic deployments are held, and also if only a person starts deployments there.
    #[serde(default)]
    pub through_hold: bool,
    /// Stop the deployment under way, have it undone, and deploy this as the next. Nothing stops a rollback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
    /// `deploy`, `rollback`: the resources whose data it may lose, such as `infra.Messages`: each a component, and the
    /// resource's name in its template.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("maxItems" = 200))]
    pub may_lose: BTreeSet<ResourceOf>,
    /// `deploy`, `rollback`, `drill`, `withdraw`: only plan it, without a lock and without a change. No reason is
    /// needed for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
    /// The call that the API has refused already, by the rules of an access file: its execution only records that. The
    /// body of the call need not have been read, so that nothing else has to be there.
    pub refused: Option<RefusedCall>,
    /// The time of the arrival, for an upload or a push. However late its event came, it is no newer than what was
    /// accepted since.
    pub arrived: Option<Time>,
    /// The key that makes it a request of its own, in 1 to 255 printable ASCII characters: the same key is the same
    /// request, however often it comes. Without one a `deploy` is an arrival, and the same content is the same
    /// deployment while that waits or runs. At the console the execution's ARN is the key if absent.
    #[schemars(extend("pattern" = r"^[ -~]{1,255}$"))]
    pub idempotency_key: Option<String>,
    /// The person or service that asks; an operator at the console if absent.
    pub requester: Option<Requester>,
}

impl Request {
    /// Makes a request with nothing but an action and an application.
    pub fn new(action: ActionName, app: AppName) -> Self {
        Self {
            action,
            app,
            environment: None,
            reason: None,
            manifest: None,
            manifest_object: None,
            artifact_object: None,
            image_push: None,
            version: None,
            from: None,
            pinned: None,
            snapshot: None,
            across: BTreeSet::new(),
            drill: None,
            deployment: None,
            hash: None,
            component: None,
            pattern: None,
            confirm: None,
            to_app: None,
            to_environment: None,
            to_component: None,
            pause_for: None,
            again: false,
            allow_older: false,
            accept_red: false,
            through_hold: false,
            preempt: false,
            may_lose: BTreeSet::new(),
            plan: false,
            refused: None,
            arrived: None,
            idempotency_key: None,
            requester: None,
        }
    }

    /// Returns who asks: somebody at the console if the input names nobody.
    pub fn asked_by(&self) -> Requester {
        self.requester.clone().unwrap_or_else(|| Requester::new(Route::Console, None))
    }

    /// Returns the digest of the content as it was sent: everything but the key, who asks, and when it arrived. The
    /// same key with another content is another request by mistake, and is refused. What its release was pinned to is
    /// no part of it: the same request is the same even if a tag has moved since.
    pub fn content(&self) -> Digest {
        let manifest = self.manifest_digest();
        let content = Self {
            manifest: None,
            pinned: None,
            idempotency_key: None,
            requester: None,
            arrived: None,
            ..self.clone()
        };
        // A request has no map whose keys are not text, so it can be written.
        Digest::of(serde_json::to_string(&(content, manifest)).unwrap_or_default().as_bytes())
    }

    /// Returns whether a person, or CI on a person's behalf, names the environment. An arrival leaves it to the
    /// declaration's rules.
    pub fn names_environment(&self) -> bool {
        let route = self.asked_by().route;
        self.environment.is_some() && matches!(route, Route::Console | Route::Api | Route::Ci)
    }

    /// Returns whether it wishes for something that overrides what would stop a release.
    pub fn has_wishes(&self) -> bool {
        self.wishes().next().is_some()
    }

    /// Returns these wishes by the names of their members.
    pub(crate) fn wishes(&self) -> impl Iterator<Item = &'static str> {
        let wishes = [
            ("again", self.again),
            ("allow_older", self.allow_older),
            ("accept_red", self.accept_red),
            ("through_hold", self.through_hold),
            ("preempt", self.preempt),
            ("may_lose", !self.may_lose.is_empty()),
        ];
        wishes.into_iter().filter(|(_, wished)| *wished).map(|(name, _)| name)
    }

    /// Returns the version of the release that it names, where it says that itself.
    pub fn release_version(&self) -> Option<&str> {
        let manifest = self.manifest.as_ref().map(|manifest| &manifest.version);
        let pinned = self.pinned.as_ref().map(|pinned| &pinned.release.version);
        manifest.or(self.version.as_ref()).or(pinned).map(String::as_str)
    }

    /// Returns the object in the artifacts bucket that it is about, if any: a manifest or an artifact.
    pub fn upload(&self) -> Option<&ObjectRef> {
        let artifact = || Some(&self.artifact_object.as_ref()?.object);
        self.manifest_object.as_ref().or_else(artifact)
    }
}

/// A call of the API that was refused by the rules of an access file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedCall {
    /// The call that makes the request.
    Request,
    /// The call for the addresses of uploads. It needs the right of the `deploy` that stands in its place.
    Upload,
    /// The call that makes the request, at the path that takes none of its wishes.
    Wishes,
    /// The call that cancels the `deployment`. It needs the right of the `recover` that stands in its place.
    Cancel,
}

/// An object in the artifacts bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectRef {
    /// The key.
    pub key: String,
    /// The version id; the current version if absent (S3 events of some clouds lack it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A single artifact in the artifacts bucket that is a release of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactObject {
    /// The component it is for.
    pub component: ComponentName,
    /// The object.
    pub object: ObjectRef,
}

/// An image push as ECR reports it (Amazon ECR User Guide, "Amazon ECR events and EventBridge").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImagePush {
    /// The repository's name.
    pub repository: String,
    /// The pushed manifest's digest.
    pub digest: Digest,
    /// The tag that was pushed.
    pub tag: String,
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
