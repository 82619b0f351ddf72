//! `GET /apps/{app}/deployments`: history, and whole records. For a deployment that was accepted a moment ago the
//! answer is that its execution has started, and records it next.

// The API writes no record, so the address of a 202 is answered from the execution until `Admit` has written it. A
// 202 that waits for the record would make each release wait for a cold start.

use super::access::Reader;
use super::call::ApiCall;
use super::environment::known;
use super::query::page;
use crate::access;
use crate::conductor::now;
use crate::ledger::{self, ExecutionRecord, Stored};
use crate::log;
use crate::ports::{Execution, Result};
use crate::routes::api::call::{Answered, OrRefused, Ports, Served, Unserved, answers, not_found, refused};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use windlass_domain::declaration::gate::{self, Point};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, execution_suffix};
use windlass_domain::shown::api::deployments::{
    AcceptedDeployment, AcceptedStatus, Deployments, Done, ExecutionEnd, ExecutionOutcome, HistoryEntry,
    NotYetRecorded, Record,
};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// History of one environment, newest first: one query. `environment` is required (or `execution`,
/// which asks what came of one), `limit` and
/// `after` (the `next` of the page before) may be given.
pub async fn list(
    ports: &impl Ports,
    reader: &mut Reader,
    app: &AppName,
    call: &ApiCall,
) -> Served<answers::Deployments> {
    if let Some(execution) = call.query.get("execution") {
        return Ok(Answered::Other(came_of(ports, reader, app, execution).await?));
    }
    let environment = call.query.get("environment").map(EnvironmentName::new);
    // A text that is no name was refused with the query.
    let Some(Ok(environment)) = environment else {
        return Err(refused(
            400,
            &[Finding::missing_field("?environment", "the query names no environment.", "Add `?environment=<name>`.")],
        ));
    };
    let of = EnvironmentId::new(app, &environment);
    reader.sees(ports, of).await?;
    let query = page(call, ledger::history(of), "");
    let page = ports.query_index(query).await?;
    // An environment that has left the declaration keeps its history.
    if page.items.is_empty() {
        known(ports, of).await.or_refused(404)?;
    }
    let mut deployments = Vec::new();
    for item in page.items {
        let record: Stored<Deployment> = ledger::from_item(item)?;
        deployments.push(HistoryEntry::from(record.value));
    }
    Ok(Answered::One(Deployments { deployments, next: page.next }))
}

/// Answers what came of an execution: the id of its deployment, why it was refused before it could become one, or what
/// an action did that is no deployment. All three are null while nothing is recorded. The answer also has the
/// execution's status, so that nobody waits for what cannot come any more. An operator's action answers only with its
/// execution, and the caller learns the rest here.
async fn came_of(ports: &impl Ports, reader: &mut Reader, app: &AppName, arn: &str) -> Served<ExecutionOutcome> {
    // Looked at first: what it recorded before it ended is there by then.
    let execution = ports.execution(arn).await?.filter(|execution| execution.input["app"] == app.as_str());
    let known = ledger::load(ports, &ledger::execution(arn)).await?;
    let id = known.map(|known| known.value.deployment);
    let record = match &id {
        Some(id) => find(ports, app, id).await?.map(|record| record.value),
        None => None,
    };
    let refusal = ledger::load(ports, &ledger::refusal(app, arn)).await?;
    let of_record = record.as_ref().map(|record| &record.environment);
    let of_refusal = refusal.as_ref().and_then(|refusal| refusal.value.environment.as_ref());
    let of_input = execution.as_ref().and_then(environment_of);
    if let Some(environment) = of_record.or(of_refusal).or(of_input.as_ref()) {
        reader.sees(ports, EnvironmentId::new(app, environment)).await?;
    }
    let deployment = record.map(|record| record.id);
    let done: Option<Stored<ExecutionRecord>> = match &execution {
        Some(_) => ledger::load(ports, &ledger::done(arn)).await?,
        None => None,
    };
    if let (None, None, None, None) = (&deployment, &refusal, &done, &execution) {
        return Err(unknown_execution(app, arn));
    }
    Ok(ExecutionOutcome {
        deployment,
        refusal: refusal.map(|refusal| refusal.value),
        done: done.map(|done| Done { cause: done.value.cause }),
        execution: execution.map(|Execution { status, error, cause, .. }| ExecutionEnd { status, error, cause }),
    })
}

/// Returns the environment that an execution's input names.
fn environment_of(execution: &Execution) -> Option<EnvironmentName> {
    EnvironmentName::deserialize(&execution.input["environment"]).ok()
}

/// Answers that an execution is none of this application, or none at all.
fn unknown_execution(app: &AppName, arn: &str) -> Unserved {
    let path = "?execution";
    let is_one = arn.starts_with("arn:") && arn.contains(":execution:");
    if !is_one {
        let finding = Finding::bad_value(
            path,
            format!("`{arn}` is not the ARN of an execution."),
            "Take `execution` as it was answered when it was started, such as \
             `arn:aws:states:<region>:<account>:execution:<machine>:<name>`.",
        );
        return refused(400, &[finding]);
    }
    not_found(
        path,
        format!("no execution `{arn}` for application `{app}` is known."),
        "Take it as it was answered when it was started. One that was started a moment ago may not be known yet: ask \
         again within seconds.",
    )
}

/// The whole record: the deployment, its plan, its steps, its judgements, the second look at it if a
/// recovery has ended it. Of one that was accepted
/// and is not recorded yet, that it is.
pub async fn get(ports: &impl Ports, reader: &mut Reader, app: &AppName, id: &str) -> Served<answers::Deployment> {
    let id = DeploymentId(id.to_owned());
    let Some(record) = find(ports, app, &id).await? else {
        return Ok(Answered::Other(or_unknown(ports, reader, app, &id).await?));
    };
    reader.sees(ports, record.value.environment_id()).await?;
    let now = now(ports, &record.value).await?;
    let needs = if record.value.asks() && record.value.ending.is_none() {
        access::rules(ports, &record.value.app).await?.approvals_needed(&record.value.environment)
    } else {
        None
    };
    let (steps, judgements) = (Vec::new(), Vec::new());
    let mut whole = Record { deployment: record.value, plan: None, now, second_look: None, needs, steps, judgements };
    for item in ledger::load_all(ports, &ledger::all_of_deployment(&id)).await? {
        match item.key.sk.split('#').next() {
            Some("plan") => whole.plan = Some(read(item)?),
            Some("second_look") => whole.second_look = Some(read(item)?),
            Some("step") => whole.steps.push(read(item)?),
            Some("judgement") => whole.judgements.push(read(item)?),
            _ => {}
        }
    }
    fit(&mut whole.judgements);
    Ok(Answered::One(whole))
}

fn read<T: DeserializeOwned>(item: Stored<Value>) -> Result<T> {
    let key = item.key;
    T::deserialize(item.value).map_err(|error| Fault::internal(format!("{} {}: {error}", key.pk, key.sk)))
}

/// Leaves out points of the trails of many waves with many gates, so that an answer stays small.
fn fit(judgements: &mut [Judgement]) {
    let trails = judgements.iter_mut().flat_map(|judged| judged.trails.values_mut());
    let trails: Vec<&mut Vec<Point>> = trails.collect();
    let most = gate::most_of_each(trails.len());
    for trail in trails.into_iter().filter(|trail| trail.len() > most) {
        gate::thin(trail, most);
    }
}

/// A deployment of this application, by its id in a path, which is named on every line of the log
/// from here on. One of another application is not found: an id is no right.
pub async fn find(ports: &impl Ports, app: &AppName, id: &DeploymentId) -> Result<Option<Stored<Deployment>>> {
    log::name_deployment(id);
    let record = ledger::load(ports, &ledger::deployment(id)).await?;
    Ok(record.filter(|record| record.value.app == *app))
}

/// Answers what is known of a deployment without a record. The name of its execution ends with the deployment's id, so
/// the execution is found among the newest; its input names the application.
async fn or_unknown(
    ports: &impl Ports,
    reader: &mut Reader,
    app: &AppName,
    id: &DeploymentId,
) -> Served<NotYetRecorded> {
    let suffix = execution_suffix(id.as_str());
    let newest = ports.newest().await?;
    let named = newest.iter().find(|arn| arn.ends_with(&suffix));
    let execution = match named {
        Some(arn) => ports.execution(arn).await?,
        None => None,
    };
    let of_app = |execution: &Execution| execution.input["app"] == app.as_str();
    let execution = execution.filter(of_app);
    if let Some(environment) = execution.as_ref().and_then(environment_of) {
        reader.sees(ports, EnvironmentId::new(app, &environment)).await?;
    }
    match execution {
        Some(execution) if !execution.has_ended() => Ok(accepted(app, id, execution)),
        Some(execution) => Err(died(ports, app, id, &execution).await?),
        None => Err(unknown(app, id)),
    }
}

/// Returns an answer of the form of a whole record, with what is known by now.
fn accepted(app: &AppName, id: &DeploymentId, execution: Execution) -> NotYetRecorded {
    let deployment = AcceptedDeployment {
        id: id.clone(),
        app: app.clone(),
        environment: environment_of(&execution),
        status: AcceptedStatus::Accepted,
        accepted: execution.started,
        executions: vec![execution.arn],
        ending: None,
    };
    NotYetRecorded { deployment, plan: None, steps: Vec::new(), judgements: Vec::new() }
}

/// It became no deployment: what was wrong, if `Admit` refused it.
async fn died(ports: &impl Ports, app: &AppName, id: &DeploymentId, execution: &Execution) -> Result<Unserved> {
    let refusal = ledger::load(ports, &ledger::refusal(app, &execution.arn)).await?;
    let findings = refusal.map(|refusal| refusal.value.findings);
    let died = Finding::new(
        FindingName::UnknownName,
        "id",
        format!("the execution {} ended {} before it had recorded deployment {id}.", execution.arn, execution.status),
        "Send the same request again.",
    );
    Ok(refused(404, &findings.unwrap_or_else(|| vec![died])))
}

/// Answers that there is no such deployment.
fn unknown(app: &AppName, id: &DeploymentId) -> Unserved {
    not_found("id", format!("application `{app}` has no deployment {id}."), "Take an id from the history.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::text::time::Time;

    #[test]
    fn the_trails_of_many_waves_are_thinned_out_and_those_of_few_stay() {
        let points: Vec<Value> =
            (0..60_u64).map(|minute| json!({"at": minute * 60_000, "value": 0.5, "verdict": "pass"})).collect();
        let judged = json!({"wave": 0, "changed": 0, "started": 0, "until": 0, "verdict": "pass", "decides": true,
            "polls": 1, "looked": 0, "pace_s": 60, "measurements": [], "trails": {"a": points, "b": points, "c": [], "d": [], "e": []}});
        let judged: Judgement = serde_json::from_value(judged).expect("a judgement");
        for (waves, wanted) in [(1, 60), (20, 60), (50, 24), (500, 4)] {
            let mut judgements = vec![judged.clone(); waves];
            fit(&mut judgements);
            for judged in &judgements {
                let trail = &judged.trails["b"];
                assert_eq!(trail.len(), wanted, "{waves}");
                assert_eq!((trail[0].at, trail[wanted - 1].at), (Time(0), Time(59 * 60_000)));
            }
        }
    }
}
