//! Holds a call to the access files in force: what it starts, and what it shows. IAM has let it in by its path before;
//! below `/ci` API Gateway has let it in, as every job of the issuer.

use super::call::{ApiCall, Ports, Served, body, refuse_on, refused, text_of};
use crate::ports::Result;
use crate::routes::begin_anyway;
use crate::{access, ledger, overview};
use serde_json::Value;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::access::{AccessRight, Asked, Caller, Rules, no_rule};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{ApiRoute, Right, RouteName, RoutePlace};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{RefusedCall, Request, Requester, Route};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// Returns the rules in force, by which a request is allowed. One that is not is refused, whatever was started for it
/// before. The API writes only notes of what it starts, so an execution is started all the same, and `Admit` refuses
/// and records it.
pub async fn allowed(ports: &impl Ports, request: &Request) -> Served<Rules> {
    let rules = access::rules(ports, &request.app).await?;
    let findings = access::against(ports, &rules, request).await?;
    if findings.is_empty() {
        return Ok(rules);
    }
    let refused_call = request.refused.or(Some(RefusedCall::Request));
    record(ports, &Request { refused: refused_call, ..request.clone() }, "").await?;
    Err(refused(403, &findings))
}

/// Starts the execution that records a refusal. The same one again starts no second one: `body` is what of it the
/// request does not say.
async fn record(ports: &impl Ports, request: &Request, body: &str) -> Result<()> {
    let seed = format!("refused {} {} {body}", request.asked_by(), request.content());
    let execution = begin_anyway(ports, request, &seed).await?;
    tracing::info!(execution, "the rules refuse it; this execution records that");
    Ok(())
}

/// The caller, as one who sees. The rules of each application are read once for a call.
#[derive(Debug)]
pub struct Reader {
    by: Requester,
    rules: BTreeMap<AppName, Rules>,
}

impl Reader {
    /// Returns the caller of a call.
    pub fn of(call: &ApiCall) -> Self {
        Self { by: call.requester(), rules: BTreeMap::new() }
    }

    /// Refuses a call that no request of the release machine decides on, and each one of a CI job, of somebody whom the
    /// rules do not name. What would have acted is recorded; of a job only where a rule knows it, because jobs of
    /// strangers could fill the ledger. What is of a whole application is for whoever has the right in one of its
    /// environments.
    pub async fn may_call(
        &mut self,
        ports: &impl Ports,
        call: &ApiCall,
        route: &ApiRoute,
        place: &RoutePlace,
    ) -> Served<()> {
        let is_job = self.by.route == Route::Ci;
        if is_job && !route.ci {
            return Err(refused(403, &[not_served(call, &self.by)]));
        }
        let acts = match (route.name, route.right) {
            (RouteName::Cancel, _) => Some((ActionName::Recover, RefusedCall::Cancel)),
            (RouteName::Uploads, _) if !is_planned(call) => Some((ActionName::Deploy, RefusedCall::Upload)),
            (RouteName::Uploads, _) | (_, Right::See | Right::Plan) => None,
            // It is decided on when its request is read: see [`allowed`].
            _ if !is_job => return Ok(()),
            (RouteName::Act(action), _) => Some((action, RefusedCall::Request)),
            _ => Some((ActionName::Deploy, RefusedCall::Request)),
        };
        let right = acts.map_or(AccessRight::Read, |(action, _)| AccessRight::of(action));
        let cancels = route.name == RouteName::Cancel;
        let mut findings = Vec::new();
        for of in place.of().into_iter().chain(place.to()) {
            let rules = known(&mut self.rules, ports, of.app()).await?;
            let asked = Asked { cancels, ..Asked::for_right(right, &self.by, of) };
            findings.extend(rules.decide(&asked, None).err().unwrap_or_default());
        }
        if place.environment.is_none() {
            for app in place.app.iter().chain(&place.to_app) {
                findings.extend(self.against_all_of(ports, right, app).await?);
            }
        }
        if findings.is_empty() {
            return Ok(());
        }
        tracing::info!(by = %self.by, "the rules refuse the call");
        if let (Some((action, call_is)), Some(of)) = (acts, place.of())
            && (!is_job || known(&mut self.rules, ports, of.app()).await?.know(&self.by))
        {
            let request = Request {
                environment: Some(of.environment().clone()),
                deployment: (call_is == RefusedCall::Cancel).then(|| DeploymentId(place.id.clone())),
                refused: Some(call_is),
                requester: Some(self.by.clone()),
                ..Request::new(action, of.app().clone())
            };
            Box::pin(record(ports, &request, text_of(call))).await?;
        }
        Err(refused(403, &findings))
    }

    /// Refuses to show what is of an environment that the caller may not read.
    pub async fn sees(&mut self, ports: &impl Ports, of: EnvironmentId<'_>) -> Served<()> {
        refuse_on(403, &self.against(ports, AccessRight::Read, of).await?)
    }

    /// Returns whether the caller may read an environment.
    ///
    /// # Errors
    /// As [`access::rules`].
    pub async fn may_read(&mut self, ports: &impl Ports, of: EnvironmentId<'_>) -> Result<bool> {
        Ok(self.against(ports, AccessRight::Read, of).await?.is_empty())
    }

    /// Returns those of an application's environments that the caller may read; `None` if it may read none of them.
    ///
    /// # Errors
    /// As [`access::rules`].
    pub async fn readable(
        &mut self,
        ports: &impl Ports,
        app: &AppName,
        names: Vec<EnvironmentName>,
    ) -> Result<Option<Vec<EnvironmentName>>> {
        let (mut readable, is_nothing_there) = (Vec::new(), names.is_empty());
        for name in names {
            if self.may_read(ports, EnvironmentId::new(app, &name)).await? {
                readable.push(name);
            }
        }
        Ok((is_nothing_there || !readable.is_empty()).then_some(readable))
    }

    async fn against(&mut self, ports: &impl Ports, right: AccessRight, of: EnvironmentId<'_>) -> Result<Vec<Finding>> {
        let rules = known(&mut self.rules, ports, of.app()).await?;
        Ok(rules.decide(&Asked::for_right(right, &self.by, of), None).err().unwrap_or_default())
    }

    /// Returns the findings on each environment of an application if the caller has the right in none of them.
    async fn against_all_of(&mut self, ports: &impl Ports, right: AccessRight, app: &AppName) -> Result<Vec<Finding>> {
        let rules = known(&mut self.rules, ports, app).await?;
        if !rules.rule_on(&self.by) {
            return Ok(Vec::new());
        }
        let is_job = self.by.route == Route::Ci;
        let mut names: BTreeSet<EnvironmentName> = rules.environments().cloned().collect();
        // Where the file names no environment, a job has no right.
        if !is_job {
            let declared = ledger::load(ports, &ledger::declaration_in_force(app)).await?;
            names.extend(overview::names(ports, app, declared.as_ref()).await?);
        }
        let mut findings = Vec::new();
        for name in &names {
            let against = self.against(ports, right, EnvironmentId::new(app, name)).await?;
            if against.is_empty() {
                return Ok(against);
            }
            findings.extend(against);
        }
        if is_job && findings.is_empty() {
            findings.push(no_rule(app, &self.by));
        }
        // A stranger does not learn how many there are.
        findings.dedup();
        Ok(findings)
    }
}

/// Returns whether what is uploaded is only planned, by the same member that the key is chosen by.
fn is_planned(call: &ApiCall) -> bool {
    body(call).is_ok_and(|body| body.get("plan") == Some(&Value::Bool(true)))
}

/// Makes the finding that no CI job may call a path.
fn not_served(call: &ApiCall, by: &Requester) -> Finding {
    let you = Caller::of(by).to_string();
    Finding::new(
        FindingName::NotAllowed,
        format!("{} {}", call.method, call.path),
        "no rule gives this to a job that shows a token: a job releases, uploads, plans, rolls back and reads.",
        "Call the same path without `/ci`, with credentials of AWS.",
    )
    .seen(you, "nobody")
}

/// Returns the rules of an application, which are read if they are not known yet.
async fn known<'a>(rules: &'a mut BTreeMap<AppName, Rules>, ports: &impl Ports, app: &AppName) -> Result<&'a Rules> {
    let known: &Rules = match rules.entry(app.clone()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(access::rules(ports, app).await?),
    };
    Ok(known)
}
