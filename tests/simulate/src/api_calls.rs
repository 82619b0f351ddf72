//! Deeds that are calls of the API: who makes each, and what it says in the moment in which it is made.

use crate::access::session;
use crate::deed::Deed;
use serde::Deserialize as _;
use serde_json::{Value, json};
use windlass_domain::environment::Lock;
use windlass_domain::release::identity::DeploymentId;
use windlass_engine::routes::api::ApiCall;
use windlass_world::World;

impl Deed {
    /// Returns the role of which the caller of the API has a session, where the deed names one.
    pub fn role(&self) -> Option<&'static str> {
        match *self {
            Self::PostBy(role, ..)
            | Self::PostThrough(role, ..)
            | Self::ApproveBy(role)
            | Self::ApproveFormer(role)
            | Self::CancelAsked(role)
            | Self::StartBy(role, _)
            | Self::RollBackBy(role) => Some(role),
            _ => None,
        }
    }

    /// Returns the call of the API that it is, if it is one.
    pub fn call(&self, world: &World) -> Option<ApiCall> {
        let (method, path, body) = match *self {
            Self::Post(version, of) | Self::PostBy(_, version, of) => {
                let mut request = Self::Arrive(version, of).request(world)?;
                ("POST", "releases".to_owned(), request["manifest"].take())
            }
            Self::PostThrough(_, version, of) => {
                let mut request = Self::Arrive(version, of).request(world)?;
                let mut body = request["manifest"].take();
                body["through_hold"] = json!(true);
                body["reason"] = json!("it must go now");
                ("POST", "starts".to_owned(), body)
            }
            Self::ApproveBy(_) | Self::ApproveFormer(_) => {
                let is_former = matches!(self, Self::ApproveFormer(_));
                let plan = if is_former { newest_plan(world, |_| true) } else { asked(world) };
                let (id, hash) = plan?;
                ("POST", "approve".to_owned(), json!({"deployment": id, "hash": hash, "reason": "as planned"}))
            }
            Self::StartBy(_, version) => ("POST", "starts".to_owned(), json!({"version": version})),
            Self::RollBackBy(_) => ("POST", "rollbacks".to_owned(), json!({"reason": "as planned"})),
            Self::Hold => ("PUT", "hold".to_owned(), json!({"reason": "as planned"})),
            Self::Cancel => {
                let path = format!("deployments/{}/cancel", under_way(world)?);
                ("POST", path, json!({"reason": "as planned"}))
            }
            Self::CancelAsked(_) => {
                let (id, _) = asked(world)?;
                ("POST", format!("deployments/{id}/cancel"), json!({"reason": "as planned"}))
            }
            _ => return None,
        };
        Some(ApiCall {
            method: method.into(),
            path: format!("/apps/shop/environments/prod/{path}"),
            body: Some(body.to_string()),
            // Without a key a rollback that is asked for again walks further back.
            key: matches!(self, Self::RollBackBy(_)).then(|| "back".to_owned()),
            caller: Some(self.role().map_or_else(|| "arn:aws:iam::111111111111:role/ci".into(), session)),
            ..ApiCall::default()
        })
    }
}

/// Returns the deployment that has its turn.
fn under_way(world: &World) -> Option<DeploymentId> {
    let ledger = world.dynamodb();
    let mut locks = ledger.items.values().filter(|item| item.key.sk == "lock");
    let lock = Lock::deserialize(&locks.next()?.body).ok()?;
    Some(lock.held?.deployment)
}

/// Returns the id of the newest deployment that asks for approval, with the hash of its plan as it is shown to people;
/// `None` if no plan that asks is drawn.
pub(crate) fn asked(world: &World) -> Option<(String, String)> {
    let ids: Vec<String> = {
        let ledger = world.dynamodb();
        let asks = ledger.items.values().filter(|item| {
            let waits = item.key.sk.starts_with("waiting#");
            waits && item.body.get("asks") == Some(&Value::Bool(true))
        });
        asks.filter_map(|item| item.key.sk.strip_prefix("waiting#").map(str::to_owned)).collect()
    };
    newest_plan(world, |id| ids.iter().any(|one| one == id))
}

/// Returns the id of the newest of these deployments whose plan has a hash to be approved by, with the hash; `None` if
/// there is none.
fn newest_plan(world: &World, is_meant: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let ledger = world.dynamodb();
    let records = ledger.items.values().filter(|item| item.key.sk == "record");
    let shown = records.filter_map(|item| {
        let id = item.key.pk.strip_prefix("deployment#").filter(|id| is_meant(id))?;
        let hash = item.body.get("approval")?["hash"].as_str()?;
        let accepted = item.body.get("accepted")?.as_u64()?;
        Some((accepted, id.to_owned(), hash.to_owned()))
    });
    shown.max().map(|(_, id, hash)| (id, hash))
}
