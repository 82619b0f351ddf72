//! `GET /apps/{app}/deployments`: history, and whole records. For a deployment that was accepted a moment ago the
//! answer is that its execution has started, and records it next.

use super::call::Call;
use super::environment::known;
use super::query::page;
use crate::conductor::now;
use crate::ledger::{self, ExecutionRecord, Stored};
use crate::log;
use crate::ports::{Execution, Item, Result};
use crate::routes::api::call::{OrRefused, Ports, Reply, Served, problem};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use windlass_domain::declaration::gate::{self, Point};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, execution_suffix};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// History of one environment, newest first: one query. `environment` is required (or `execution`,
/// which asks what came of one), `limit` and
/// `after` (the `next` of the page before) may be given.
pub async fn list(ports: &impl Ports, app: &AppName, call: &Call) -> Served {
    if let Some(execution) = call.query.get("execution") {
        return Ok(came_of(ports, app, execution).await?);
    }
    let environment = call.query.get("environment").map(EnvironmentName::new);
    // A text that is no name was refused with the query.
    let Some(Ok(environment)) = environment else {
        return Ok(problem(
            400,
            &[Finding::new(
                FindingName::MissingField,
                "?environment",
                "the query names no environment.",
                "Add `?environment=<name>`.",
            )],
        ));
    };
    let of = EnvironmentId::new(app, &environment);
    let query = page(call, ledger::history(of), "");
    let page = ports.query_index(query).await?;
    // An environment that has left the declaration keeps its history.
    if page.items.is_empty() {
        known(ports, of).await.or_refused(404)?;
    }
    let deployments: Vec<Value> = page.items.into_iter().map(summary).collect::<Result<_>>()?;
    Ok(Reply::json(200, json!({ "deployments": deployments, "next": page.next })))
}

/// Answers what came of an execution: the id of its deployment, why it was refused before it could become one, or what
/// an action did that is no deployment. All three are null while nothing is recorded. The answer also has the
/// execution's status, so that nobody waits for what cannot come any more. An operator's action answers only with its
/// execution, and the caller learns the rest here.
async fn came_of(ports: &impl Ports, app: &AppName, arn: &str) -> Result<Reply> {
    // Looked at first: what it recorded before it ended is there by then.
    let execution = ports.execution(arn).await?;
    let execution = execution.filter(|execution| execution.input["app"] == app.as_str());
    let known = ledger::load(ports, &ledger::execution(arn)).await?;
    let id = known.map(|known| known.value.deployment);
    let deployment = match &id {
        Some(id) => find(ports, app, id).await?.map(|record| record.value.id),
        None => None,
    };
    let refusal = ledger::load(ports, &ledger::refusal(app, arn)).await?;
    let done: Option<Stored<ExecutionRecord>> = match &execution {
        Some(_) => ledger::load(ports, &ledger::done(arn)).await?,
        None => None,
    };
    if let (None, None, None, None) = (&deployment, &refusal, &done, &execution) {
        return Ok(unknown_execution(app, arn));
    }
    Ok(Reply::json(
        200,
        json!({
            "deployment": deployment,
            "refusal": refusal.map(|refusal| refusal.value),
            "done": done.map(|done| json!({ "cause": done.value.cause })),
            "execution": execution.map(|execution| json!({
                "status": execution.status, "error": execution.error, "cause": execution.cause,
            })),
        }),
    ))
}

/// Answers that an execution is none of this application, or none at all.
fn unknown_execution(app: &AppName, arn: &str) -> Reply {
    let path = "?execution";
    let is_one = arn.starts_with("arn:") && arn.contains(":execution:");
    if !is_one {
        let finding = Finding::new(
            FindingName::BadValue,
            path,
            format!("`{arn}` is not the ARN of an execution."),
            "Take `execution` as it was answered when it was started, such as \
             `arn:aws:states:<region>:<account>:execution:<machine>:<name>`.",
        );
        return problem(400, &[finding]);
    }
    let finding = Finding::new(
        FindingName::UnknownName,
        path,
        format!("no execution `{arn}` for application `{app}` is known."),
        "Take it as it was answered when it was started. One that was started a moment ago may not be known yet: ask \
         again within seconds.",
    );
    problem(404, &[finding])
}

/// Returns what a table of deployments shows.
fn summary(mut item: Item) -> Result<Value> {
    ledger::unpack(&mut item.body)?;
    let release = item.body.get("release").cloned().unwrap_or_default();
    // A rollback also takes components back to what was found of them, which belongs to no release.
    let found = item.body.get("found").cloned().unwrap_or_default();
    let components = release["components"].as_object();
    let components = components.into_iter().flatten().flat_map(parts);
    let found = found.as_array().into_iter().flatten();
    let found = found.filter_map(|name| name.as_str().map(str::to_owned));
    let mut components: Vec<String> = components.chain(found).collect();
    components.sort_unstable();
    let mut summary: Map<String, Value> = item
        .body
        .into_iter()
        .filter(|(name, _)| {
            let shown = [
                "id",
                "environment",
                "action",
                "snapshot",
                "status",
                "accepted",
                "requester",
                "reason",
                "started",
                "ending",
            ];
            shown.contains(&name.as_str())
        })
        .collect();
    summary.insert("version".into(), release["version"].clone());
    summary.insert("git".into(), release["git"].clone());
    summary.insert("components".into(), json!(components));
    Ok(Value::Object(summary))
}

/// Returns the parts that a release brings of a component: all of it, or each container of which it has an image.
fn parts((name, artifact): (&String, &Value)) -> Vec<String> {
    match artifact["containers"].as_object() {
        Some(containers) => containers.keys().map(|one| format!("{name}/{one}")).collect(),
        None => vec![name.clone()],
    }
}

/// The whole record: the deployment, its plan, its steps, its judgements, the second look at it if a
/// recovery has ended it. Of one that was accepted
/// and is not recorded yet, that it is.
pub async fn get(ports: &impl Ports, app: &AppName, id: &str) -> Served {
    let id = DeploymentId(id.to_owned());
    let Some(record) = find(ports, app, &id).await? else {
        return Ok(or_unknown(ports, app, &id).await?);
    };
    let mut whole = json!({ "deployment": record.value, "plan": null });
    if let Some(now) = now(ports, &record.value).await? {
        whole["now"] = json!(now);
    }
    let (mut steps, mut judgements) = (Vec::new(), Vec::new());
    let items = ledger::load_all(ports, &ledger::all_of_deployment(&id)).await?;
    for item in items {
        match item.key.sk.split('#').next() {
            Some("plan") => whole["plan"] = item.value,
            Some("second_look") => whole["second_look"] = item.value,
            Some("step") => steps.push(item.value),
            Some("judgement") => judgements.push(item.value),
            _ => {}
        }
    }
    whole["steps"] = Value::Array(steps);
    fit(&mut judgements);
    whole["judgements"] = Value::Array(judgements);
    Ok(Reply::json(200, whole))
}

/// Leaves out points of the trails of many waves with many gates, so that an answer stays small. A trail that cannot be
/// read as points stays as it is.
fn fit(judgements: &mut [Value]) {
    let trails = judgements
        .iter_mut()
        .filter_map(|judged| judged.get_mut("trails")?.as_object_mut())
        .flat_map(|trails| trails.values_mut());
    let trails: Vec<&mut Value> = trails.collect();
    let most = gate::most_of_each(trails.len());
    for trail in trails {
        if trail.as_array().is_some_and(|points| points.len() > most)
            && let Ok(mut points) = Vec::<Point>::deserialize(&*trail)
        {
            gate::thin(&mut points, most);
            *trail = json!(points);
        }
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
async fn or_unknown(ports: &impl Ports, app: &AppName, id: &DeploymentId) -> Result<Reply> {
    let suffix = execution_suffix(id.as_str());
    let newest = ports.newest().await?;
    let named = newest.iter().find(|arn| arn.ends_with(&suffix));
    let execution = match named {
        Some(arn) => ports.execution(arn).await?,
        None => None,
    };
    let of_app = |execution: &Execution| execution.input["app"] == app.as_str();
    match execution.filter(of_app) {
        Some(execution) if execution.status == "RUNNING" => Ok(accepted(app, id, &execution)),
        Some(execution) => died(ports, app, id, &execution).await,
        None => Ok(unknown(app, id)),
    }
}

/// Returns an answer of the form of a whole record, with what is known by now.
fn accepted(app: &AppName, id: &DeploymentId, execution: &Execution) -> Reply {
    let deployment = json!({
        "id": id,
        "app": app,
        "environment": execution.input["environment"],
        "status": "accepted",
        "accepted": execution.started,
        "executions": [execution.arn],
        "ending": null,
    });
    Reply::json(202, json!({ "deployment": deployment, "plan": null, "steps": [], "judgements": [] }))
}

/// It became no deployment: what was wrong, if `Admit` refused it.
async fn died(ports: &impl Ports, app: &AppName, id: &DeploymentId, execution: &Execution) -> Result<Reply> {
    let key = ledger::refusal(app, &execution.arn);
    let refusal = ledger::load(ports, &key).await?;
    let findings = refusal.map(|refusal| refusal.value.findings);
    let died = Finding::new(
        FindingName::UnknownName,
        "id",
        format!("the execution {} ended {} before it had recorded deployment {id}.", execution.arn, execution.status),
        "Send the same request again.",
    );
    Ok(problem(404, &findings.unwrap_or_else(|| vec![died])))
}

/// Answers that there is no such deployment.
fn unknown(app: &AppName, id: &DeploymentId) -> Reply {
    let finding = Finding::new(
        FindingName::UnknownName,
        "id",
        format!("application `{app}` has no deployment {id}."),
        "Take an id from the history.",
    );
    problem(404, &[finding])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trails_of_many_waves_are_thinned_out_and_those_of_few_stay() {
        let points: Vec<Value> =
            (0..60_u64).map(|minute| json!({"at": minute * 60_000, "value": 0.5, "verdict": "pass"})).collect();
        for (waves, wanted) in [(1, 60), (20, 60), (50, 24), (500, 4)] {
            let judged =
                json!({"wave": 0, "trails": {"a": points, "b": points, "c": [], "d": [], "e": "what is no trail"}});
            let mut judgements = vec![judged; waves];
            fit(&mut judgements);
            for judged in &judgements {
                let trail = judged["trails"]["b"].as_array().expect("points");
                assert_eq!(trail.len(), wanted, "{waves}");
                assert_eq!(trail[0]["at"], 0);
                assert_eq!(trail[wanted - 1]["at"], 59 * 60_000);
            }
            let old = json!({"wave": 0});
            let mut none = vec![old.clone()];
            fit(&mut none);
            assert_eq!(none, [old]);
        }
    }
}
