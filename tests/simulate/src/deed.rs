//! Deeds: what people, CI and the world do in a scenario.

use crate::access::{WhoMay, session};
use serde_json::{Value, json};
use std::fmt;
use windlass_machine::shop_world;
use windlass_world::World;
use windlass_world::ecr::HOST;

/// An act of a person, of CI, or of the world. Those that are calls of the API become so in `api_calls.rs`.
#[derive(Clone, Copy)]
pub enum Deed {
    /// A person asks for a release of these components.
    Deploy(&'static str, &'static [&'static str]),
    /// CI brings a release of these components by the branch's rule: nobody named the environment.
    Arrive(&'static str, &'static [&'static str]),
    /// CI brings a release by the branch's rule with its own number, which distinguishes older from newer.
    ArriveAs(&'static str, &'static [&'static str], u64),
    /// A person asks for a release of these components into another environment.
    DeployInto(&'static str, &'static str, &'static [&'static str]),
    /// A person asks for all that `staging` runs.
    Promote,
    /// A person asks for a release though it may be older, with a reason.
    Older(&'static str, &'static [&'static str]),
    /// A person asks for a release of these components with the bytes of another version, which is the last one here.
    DeployAs(&'static str, &'static [&'static str], &'static str),
    /// A person asks for a release that stops the one under way.
    Preempt(&'static str, &'static [&'static str]),
    /// Such a release with CI's number.
    PreemptAs(&'static str, &'static [&'static str], u64),
    /// Such a release, and past a hold.
    PreemptThrough(&'static str, &'static [&'static str]),
    /// A person asks for a release again, with a reason.
    Again(&'static str, &'static [&'static str]),
    /// CI uploads a release of these components: artifacts, and then the manifest.
    Upload(&'static str, &'static [&'static str]),
    /// Somebody uploads this text with this key.
    Put(&'static str, &'static str),
    /// CI pushes an image with this tag.
    Push(&'static str),
    /// CI pushes an image with this tag to this repository.
    PushTo(&'static str, &'static str),
    /// Somebody moves a tag of the service's repository to another image.
    MoveTag(&'static str),
    /// CI posts a release of these components to the API.
    Post(&'static str, &'static [&'static str]),
    /// Somebody with a session of this role posts a release of these components to the API.
    PostBy(&'static str, &'static str, &'static [&'static str]),
    /// Somebody with a session of this role posts a release of these components, which passes a hold.
    PostThrough(&'static str, &'static str, &'static [&'static str]),
    /// Somebody starts an execution for a release of these components, and claims that this role asks for it by the
    /// API.
    Forge(&'static str, &'static str, &'static [&'static str]),
    /// Somebody with a session of this role approves by the API the newest plan that asks for it, as it is shown then.
    ApproveBy(&'static str),
    /// Somebody with a session of this role approves by the API the plan that the newest release has had until then,
    /// whether or not it asks for that any more.
    ApproveFormer(&'static str),
    /// Somebody with a session of this role starts a recorded release by its version.
    StartBy(&'static str, &'static str),
    /// Somebody with a session of this role goes back by the API.
    RollBackBy(&'static str),
    /// Another access file is in force from now on.
    ReplaceAccess(&'static WhoMay),
    /// An operator writes a release of the service as a way in hands it over, with an image of this repository.
    PinByHand(&'static str, &'static str),
    /// An operator holds automatic deployments by the API.
    Hold,
    /// An operator cancels by the API the deployment that has its turn, if there is one.
    Cancel,
    /// Somebody with a session of this role cancels by the API the newest deployment that asks for approval, if there
    /// is one.
    CancelAsked(&'static str),
    /// An operator acts at the console: `rollback`, `recover`, `accept`, `hold`, `release_hold`, `pause`, `continue`,
    /// `skip_bake`.
    Operate(&'static str),
    /// An operator lets go of a component that is not declared any more.
    Remove(&'static str),
    /// An operator withdraws what matches a pattern from the site.
    Withdraw(&'static str),
    /// An operator lets go of the whole application.
    RemoveAll,
    /// An operator gives a component, by its name, another name.
    Rename(&'static str, &'static str),
    /// An operator hands a component over to the bank, where it has the other name.
    HandOver(&'static str, &'static str),
    /// An operator gives the whole application another name: it is the bank from then on.
    RenameAll,
    /// An operator goes back to the snapshot with this number, at the console.
    RollBackTo(u64),
    /// An operator goes back across what is irreversible, at the console.
    RollBackAcross(&'static [&'static str]),
    /// Somebody asks what the release of these components would do.
    Plan(&'static str, &'static [&'static str]),
    /// Somebody asks what a rollback would do.
    PlanBack,
    /// Somebody asks what a release of every component would lack.
    Check,
    /// The world changes; the text says how.
    Change(&'static str, fn(&World)),
    /// The world changes, and until the next change the deployed release is not healthy by its gates. An alarm that
    /// only AWS's own rollout watches is a `Change` where the rollout may be over before it rings.
    Ail(&'static str, fn(&World)),
    /// Somebody changes a target between deployments; the text says how. The next act comes after the next hourly look.
    Drift(&'static str, fn(&World)),
    /// Somebody changes a target back to what is recorded; the text says how.
    Mend(&'static str, fn(&World)),
    /// What the way back needs is gone; the text says how. The next act comes after a check has looked for it.
    Lose(&'static str, fn(&World)),
    /// What the way back needs is there again; the text says how. The next act comes after a check has looked for it.
    Regain(&'static str, fn(&World)),
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deploy(version, of) => write!(f, "a person deploys {version} of {of:?}"),
            Self::Arrive(version, of) => write!(f, "CI brings {version} of {of:?}"),
            Self::ArriveAs(version, of, n) => {
                write!(f, "CI brings {version} of {of:?} as number {n}")
            }
            Self::DeployInto(environment, version, of) => {
                write!(f, "a person deploys {version} of {of:?} into {environment}")
            }
            Self::Promote => f.write_str("a person promotes what staging runs"),
            Self::Older(version, of) => {
                write!(f, "a person deploys {version} of {of:?}, older or not")
            }
            Self::DeployAs(version, of, bytes) => {
                write!(f, "a person deploys {version} of {of:?} with the bytes of {bytes}")
            }
            Self::Preempt(version, of) => {
                write!(f, "a person deploys {version} of {of:?}, which overtakes")
            }
            Self::PreemptAs(version, of, n) => {
                write!(f, "a person deploys {version} of {of:?} as number {n}, which overtakes")
            }
            Self::PreemptThrough(version, of) => {
                write!(f, "a person deploys {version} of {of:?} through a hold, which overtakes")
            }
            Self::Again(version, of) => write!(f, "a person deploys {version} of {of:?} again"),
            Self::Upload(version, of) => write!(f, "CI uploads {version} of {of:?}"),
            Self::Put(key, _) => write!(f, "somebody uploads {key}"),
            Self::Push(tag) => write!(f, "CI pushes an image as {tag}"),
            Self::PushTo(repository, tag) => write!(f, "CI pushes {repository}:{tag}"),
            Self::MoveTag(tag) => write!(f, "somebody moves the tag {tag}"),
            Self::Post(version, of) => write!(f, "CI posts {version} of {of:?}"),
            Self::PostBy(role, version, of) => write!(f, "{role} posts {version} of {of:?}"),
            Self::PostThrough(role, version, of) => write!(f, "{role} posts {version} of {of:?}, through a hold"),
            Self::Forge(role, version, of) => write!(f, "somebody starts {version} of {of:?} as if {role} had asked"),
            Self::ApproveBy(role) => write!(f, "{role} approves"),
            Self::ApproveFormer(role) => write!(f, "{role} approves what was asked for"),
            Self::StartBy(role, version) => write!(f, "{role} starts the recorded {version}"),
            Self::RollBackBy(role) => write!(f, "{role} goes back"),
            Self::ReplaceAccess(file) => write!(f, "version {} of the access file is in force", file.version),
            Self::PinByHand(version, repository) => {
                write!(f, "an operator writes {version} as pinned to {repository}")
            }
            Self::Hold => f.write_str("an operator puts a hold"),
            Self::Cancel => f.write_str("an operator cancels what runs"),
            Self::CancelAsked(role) => write!(f, "{role} cancels what asks for approval"),
            Self::Operate(action) => write!(f, "an operator starts `{action}`"),
            Self::Remove(component) => write!(f, "an operator lets go of {component}"),
            Self::Withdraw(pattern) => write!(f, "an operator withdraws {pattern}"),
            Self::RemoveAll => f.write_str("an operator lets go of the application"),
            Self::Rename(was, name) => write!(f, "an operator renames {was} to {name}"),
            Self::HandOver(was, name) => {
                write!(f, "an operator hands {was} over to the bank as {name}")
            }
            Self::RenameAll => f.write_str("an operator renames the application to bank"),
            Self::RollBackTo(number) => write!(f, "an operator goes back to snapshot {number}"),
            Self::RollBackAcross(names) => write!(f, "an operator goes back across {names:?}"),
            Self::Plan(version, of) => write!(f, "somebody plans {version} of {of:?}"),
            Self::PlanBack => f.write_str("somebody plans a rollback"),
            Self::Check => f.write_str("somebody checks the environment"),
            Self::Change(what, _)
            | Self::Ail(what, _)
            | Self::Drift(what, _)
            | Self::Mend(what, _)
            | Self::Lose(what, _)
            | Self::Regain(what, _) => f.write_str(what),
        }
    }
}

impl Deed {
    /// Returns the input of the execution that it starts, if it starts one. A deed without an execution is done at
    /// once, except for calls of the API.
    pub fn request(&self, world: &World) -> Option<Value> {
        match *self {
            Self::Deploy(version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["through_hold"] = json!(true);
                request["reason"] = json!("it must go now");
                Some(request)
            }
            Self::Arrive(version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["manifest"]["git"] = json!({"ref": "refs/heads/main"});
                // Without a route it would come from a person at the console, and be a request of its own.
                request["requester"] = json!({"route": "s3"});
                if let Some(members) = request.as_object_mut() {
                    members.remove("environment");
                }
                Some(request)
            }
            Self::ArriveAs(version, of, number) => {
                let mut request = Self::Arrive(version, of).request(world)?;
                request["manifest"]["sequence"] = json!(number);
                Some(request)
            }
            Self::DeployInto(environment, version, of) => {
                Some(shop_world::release_into(world, environment, version, of))
            }
            Self::Promote => Some(json!({
                "action": "deploy", "app": "shop", "environment": "prod", "from": "staging"
            })),
            Self::Forge(role, version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["requester"] = json!({"route": "api", "principal": session(role)});
                Some(request)
            }
            Self::Older(version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["allow_older"] = json!(true);
                request["through_hold"] = json!(true);
                request["reason"] = json!("it is wanted");
                Some(request)
            }
            Self::DeployAs(version, of, bytes) => {
                let mut request = Self::Deploy(bytes, of).request(world)?;
                request["manifest"]["version"] = json!(version);
                Some(request)
            }
            Self::Preempt(version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["preempt"] = json!(true);
                request["reason"] = json!("it mends what is under way");
                Some(request)
            }
            Self::PreemptAs(version, of, number) => {
                let mut request = Self::Preempt(version, of).request(world)?;
                request["manifest"]["sequence"] = json!(number);
                Some(request)
            }
            Self::PreemptThrough(version, of) => {
                let mut request = Self::Preempt(version, of).request(world)?;
                request["through_hold"] = json!(true);
                Some(request)
            }
            Self::Again(version, of) => {
                let mut request = shop_world::release(world, version, of);
                request["again"] = json!(true);
                request["through_hold"] = json!(true);
                request["reason"] = json!("it was the network");
                Some(request)
            }
            Self::Upload(version, of) => {
                let mut request = Self::Arrive(version, of).request(world)?;
                let manifest = request["manifest"].take().to_string();
                let key = format!("releases/shop/prod/{version}.json");
                world.s3().upload("artifacts", &key, manifest);
                None
            }
            Self::Put(key, text) => {
                world.s3().upload("artifacts", key, text);
                None
            }
            Self::Push(tag) => {
                world.ecr().push("shop/agent", tag);
                None
            }
            Self::PushTo(repository, tag) => {
                world.ecr().push(repository, tag);
                None
            }
            Self::MoveTag(tag) => {
                world.ecr().move_tag("shop/agent", tag);
                None
            }
            Self::PinByHand(version, repository) => {
                let digest = world.ecr().push(repository, version);
                let image = json!({
                    "type": "image", "repository": format!("{HOST}/{repository}"), "digest": digest
                });
                let release = json!({
                    "app": "shop", "version": version, "components": {"agent": image}
                });
                Some(json!({
                    "action": "deploy", "app": "shop", "environment": "prod",
                    "pinned": {"environment": "prod", "manifest": digest, "release": release}
                }))
            }
            Self::Post(..)
            | Self::PostBy(..)
            | Self::PostThrough(..)
            | Self::ApproveBy(_)
            | Self::ApproveFormer(_)
            | Self::StartBy(..)
            | Self::RollBackBy(_)
            | Self::Hold
            | Self::Cancel
            | Self::CancelAsked(_) => None,
            Self::ReplaceAccess(file) => {
                file.put(world);
                None
            }
            Self::Operate(action) => Some(json!({
                "action": action, "app": "shop", "environment": "prod", "reason": "as planned"
            })),
            Self::Remove(component) => Some(operated("remove", "component", &json!(component))),
            Self::Withdraw(pattern) => Some(json!({
                "action": "withdraw", "app": "shop", "environment": "prod", "component": "web", "pattern": pattern,
                "reason": "as planned"
            })),
            Self::RemoveAll => Some(json!({
                "action": "remove", "app": "shop", "confirm": "shop", "reason": "as planned"
            })),
            Self::Rename(was, name) => Some(json!({
                "action": "rename", "app": "shop", "environment": "prod", "component": was, "to_component": name,
                "reason": "as planned"
            })),
            Self::HandOver(was, name) => Some(json!({
                "action": "hand_over", "app": "shop", "environment": "prod", "component": was, "to_component": name,
                "to_app": "bank", "reason": "as planned"
            })),
            Self::RenameAll => Some(json!({
                "action": "rename", "app": "shop", "to_app": "bank", "confirm": "shop", "reason": "as planned"
            })),
            Self::RollBackTo(number) => Some(operated("rollback", "snapshot", &json!(number))),
            Self::RollBackAcross(names) => Some(operated("rollback", "across", &json!(names))),
            Self::Plan(version, of) => {
                let mut request = Self::Deploy(version, of).request(world)?;
                request["plan"] = json!(true);
                Some(request)
            }
            Self::PlanBack => Some(json!({
                "action": "rollback", "app": "shop", "environment": "prod", "plan": true
            })),
            Self::Check => Some(json!({"action": "check", "app": "shop", "environment": "prod"})),
            Self::Change(_, change)
            | Self::Ail(_, change)
            | Self::Drift(_, change)
            | Self::Mend(_, change)
            | Self::Lose(_, change)
            | Self::Regain(_, change) => {
                change(world);
                None
            }
        }
    }
}

/// Makes an operator's action with a member of its own.
fn operated(action: &str, member: &str, value: &Value) -> Value {
    json!({
        "action": action, "app": "shop", "environment": "prod", "reason": "as planned", member: value
    })
}
