//! `windlass logs`: the real program against an API and a CloudWatch Logs on this machine.

#![allow(clippy::unwrap_used)]

use crate::pages::Ui;
use crate::records::{ID, ended, history, watched};
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

/// A record of a deployment that published version 42 of a function, set a service to a task definition, and wrote a
/// site.
pub fn record(is_over: bool) -> Value {
    let mut record = watched();
    let sample = record["steps"][0].clone();
    let step = |component: &str, kind: &str, target: Value, change: Value, made: Value| {
        let mut step = sample.clone();
        step["component"] = component.into();
        step["kind"] = kind.into();
        step["target"] = target;
        step["changes"][0]["change"] = change;
        step["changes"][0]["made"] = made;
        step
    };
    let service = json!({"app": "shop", "environment": "prod", "cluster": "shop-prod", "service": "agent", "containers": ["agent"],
        "family": "agent", "base": {"registered": "arn:agent:17"}, "strategy": "rolling", "bakes_s": 0, "steady_within_s": 600});
    let publish = json!({"publish": {"code": "c", "keep": false}});
    let update = json!({"from": "arn:agent:17", "to": "arn:aws:ecs:eu-west-1:1:task-definition/agent:18"});
    record["steps"] = json!([
        step("agent", "ecs", service, update, Value::Null),
        step("api", "lambda", json!({"function": "shop-api-prod", "alias": "live"}), publish, json!("42")),
        step("web", "static_site", json!({}), json!({}), Value::Null),
    ]);
    let own = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:shop-prod-1.4.0";
    record["deployment"]["executions"] = json!([own]);
    if is_over {
        record = ended(record, "RolledBack", "GateFailed");
    }
    record
}

const NOON: u64 = 1_763_640_000_000;

#[test]
fn a_deployment_that_changed_nothing_has_a_next_step() {
    let mut record = ended(watched(), "NothingToDo", "AlreadyThere");
    record["steps"] = json!([]);
    let api = StandIn::new(move |_: &Call| reply(200, &record));
    let output = api.windlass(&folder("nothing"), &["logs", "shop", ID]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    for words in [
        "the deployment changed nothing; no log lines from",
        "next: `windlass status shop prod` names the deployment that brought what runs",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

pub fn event(id: &str, second: u64, stream: &str, message: &str) -> Value {
    json!({"eventId": id, "timestamp": NOON + second * 1000, "logStreamName": stream, "message": message})
}

fn denied(action: &str) -> Reply {
    let message = format!("User ann is not authorized to perform: {action}");
    reply(400, &json!({"__type": "AccessDeniedException", "message": message}))
}

/// Answers a call of one of AWS's services; `None` for a call of Windlass's API.
fn of_aws(call: &Call) -> Option<Reply> {
    let target = call.headers.get("x-amz-target").map(String::as_str);
    let page = |events: Value| reply(200, &json!({"events": events}));
    Some(match target {
        None if call.path.starts_with("/2015-03-31/functions/shop-api-prod/configuration") => {
            reply(200, &json!({"LoggingConfig": {"LogGroup": "/shop/api"}}))
        }
        Some("Logs_20140328.FilterLogEvents") => match call.json()["logGroupName"].as_str().unwrap() {
            "/shop/api" => page(json!([
                event("1", 5, "2025/11/20/[41]aa", "the former one"),
                event("2", 6, "2025/11/20/[42]bb", "KeyError: 'total'\n"),
            ])),
            group => {
                assert_eq!(group, "/shop/agent");
                assert_eq!(call.json()["logStreamNamePrefix"], "agent/agent/");
                page(json!([
                    event("3", 4, "agent/agent/0former", "the former task"),
                    event("4", 7, "agent/agent/1new", "started"),
                ]))
            }
        },
        Some(target) if target.ends_with(".ListTasks") => {
            let arns = if call.json()["desiredStatus"] == "STOPPED" {
                json!([])
            } else {
                json!(["arn:aws:ecs:eu-west-1:1:task/shop-prod/0former", "arn:aws:ecs:eu-west-1:1:task/shop-prod/1new"])
            };
            reply(200, &json!({"taskArns": arns}))
        }
        Some(target) if target.ends_with(".DescribeTasks") => {
            let task = |id: &str, revision: u32| {
                json!({"taskArn": format!("arn:aws:ecs:eu-west-1:1:task/shop-prod/{id}"),
                "taskDefinitionArn": format!("arn:aws:ecs:eu-west-1:1:task-definition/agent:{revision}"), "lastStatus": "RUNNING", "containers": []})
            };
            reply(200, &json!({"tasks": [task("0former", 17), task("1new", 18)], "failures": []}))
        }
        Some(target) if target.ends_with(".DescribeTaskDefinition") => {
            let logs = json!({"logDriver": "awslogs", "options": {"awslogs-group": "/shop/agent", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "agent"}});
            let definition = json!({"taskDefinitionArn": "arn:aws:ecs:eu-west-1:1:task-definition/agent:18", "family": "agent",
                "containerDefinitions": [{"name": "agent", "image": "shop/agent", "logConfiguration": logs}]});
            reply(200, &json!({"taskDefinition": definition, "tags": []}))
        }
        Some(target) => panic!("{target}"),
        None => return None,
    })
}

pub fn serving(record: Value, mut aws: impl FnMut(&Call) -> Option<Reply> + Send + 'static) -> StandIn {
    StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?") {
            return reply(200, &history(true));
        }
        if call.path.ends_with(ID) {
            return reply(200, &record);
        }
        aws(call).or_else(|| of_aws(call)).unwrap()
    })
}

pub fn logs(api: &StandIn, more: &[&str]) -> std::process::Output {
    api.windlass(&folder("logs"), &[&["logs", "shop", "prod"], more].concat())
}

#[test]
fn lines_of_the_new_version_and_of_the_new_tasks_are_printed_in_their_order() {
    let api = serving(record(true), |_| None);
    let output = logs(&api, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let lines = "2025-11-20T12:00:06Z api KeyError: 'total'\n2025-11-20T12:00:07Z agent started\n";
    assert_eq!(out(&output), lines);
    assert!(err(&output).contains("web has no log lines: a site has files"), "{}", err(&output));
    let asked = api
        .calls()
        .into_iter()
        .find(|call| call.headers.get("x-amz-target").is_some_and(|it| it.ends_with("FilterLogEvents")));
    let asked = asked.unwrap().json();
    assert_eq!((asked["startTime"].as_u64(), asked["endTime"].as_u64()), (Some(NOON + 1000), Some(NOON + 100_000)));
}

#[test]
fn one_document_has_lines_and_what_has_none() {
    let api = serving(record(true), |_| None);
    let output = logs(&api, &["1.4.0", "--json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let texts: Vec<&str> =
        document["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["KeyError: 'total'", "started"]);
    assert_eq!(document["lines"][0]["stream"], "2025/11/20/[42]bb");
    assert_eq!((&document["id"], &document["cut"], &document["unseen"]), (&json!(ID), &Value::Null, &json!([])));
    assert_eq!(document["notes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_right_that_is_missing_is_named_and_is_no_silence() {
    let api = serving(record(true), |call| {
        let target = call.headers.get("x-amz-target")?;
        let of_api = target.ends_with("FilterLogEvents") && call.json()["logGroupName"] == "/shop/api";
        of_api.then(|| denied("logs:FilterLogEvents"))
    });
    let output = logs(&api, &[]);
    assert_eq!(code(&output), 6);
    assert!(out(&output).contains("agent started"), "{}", out(&output));
    let why = err(&output);
    assert!(
        why.contains("api: the log group /shop/api") && why.contains("Allow yourself `logs:FilterLogEvents`"),
        "{why}"
    );
}

#[test]
fn a_list_that_is_cut_says_so() {
    let api = serving(record(true), |_| None);
    let output = logs(&api, &["--limit", "1"]);
    assert_eq!(code(&output), 0);
    assert_eq!(out(&output).lines().count(), 1);
    assert!(
        err(&output)
            .contains("there are more lines after 2025-11-20T12:00:06Z: go on with `--since 2025-11-20T12:00:06Z`"),
        "{}",
        err(&output)
    );
}

#[test]
fn a_log_group_that_is_not_there_and_no_line_at_all_are_reported() {
    let api = serving(record(true), |call| {
        let target = call.headers.get("x-amz-target")?;
        let gone = json!({"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."});
        target.ends_with("FilterLogEvents").then(|| reply(400, &gone))
    });
    let output = logs(&api, &[]);
    assert_eq!(code(&output), 0);
    assert_eq!(
        out(&output),
        "no log lines from 2025-11-20T12:00:01Z to 2025-11-20T12:01:40Z\n  next: `--since 1h` reads those of the last \
         hour until now\n",
        "a deployment that is over is not followed"
    );
    assert!(err(&output).contains("api: there is no log group /shop/api"), "{}", err(&output));
}

#[test]
fn a_deployment_is_followed_until_it_has_ended_and_each_line_is_printed_once() {
    let mut looks = 0;
    let api = StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?") {
            return reply(200, &history(true));
        }
        if call.path.ends_with(ID) {
            looks += 1;
            return reply(200, &record(looks > 2));
        }
        of_aws(call).unwrap()
    });
    let output = logs(&api, &["--follow", "--every", "1ms"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(out(&output).lines().count(), 2, "{}", out(&output));
    let api = serving(record(false), |_| None);
    let output = logs(&api, &["--follow", "--every", "1ms", "--timeout", "30ms"]);
    assert_eq!(code(&output), 7);
    assert!(err(&output).contains("has not ended"), "{}", err(&output));
}

/// A line that the log service gives no id is printed, once for each time that it was written.
#[test]
fn lines_without_an_id_are_each_printed_once() {
    let mut looks = 0;
    let api = StandIn::new(move |call: &Call| {
        if call.path.starts_with("/stage/apps/shop/deployments?") {
            return reply(200, &history(true));
        }
        if call.path.ends_with(ID) {
            looks += 1;
            return reply(200, &record(looks > 2));
        }
        let target = call.headers.get("x-amz-target").map(String::as_str);
        if target == Some("Logs_20140328.FilterLogEvents") {
            if call.json()["logGroupName"] != "/shop/api" {
                return reply(200, &json!({"events": []}));
            }
            let line = |second: u64, text: &str| {
                let mut line = event("", second, "2025/11/20/[42]bb", text);
                line.as_object_mut().unwrap().remove("eventId");
                line
            };
            let lines = [line(6, "started"), line(7, "tick"), line(7, "tick"), line(8, "tick")];
            return reply(200, &json!({"events": lines}));
        }
        of_aws(call).unwrap()
    });
    let output = logs(&api, &["--follow", "--every", "1ms"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let lines = "2025-11-20T12:00:06Z api started\n2025-11-20T12:00:07Z api tick\n\
        2025-11-20T12:00:07Z api tick\n2025-11-20T12:00:08Z api tick\n";
    assert_eq!(out(&output), lines);
}

/// Returns the link to a log group in the console.
fn console(group: &str) -> String {
    let group = group.replace('/', "$252F");
    format!(
        "<a href=\"https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/{group}\" rel=\"noreferrer\" target=\"_blank\">"
    )
}

#[test]
fn pages_link_each_log_group_that_was_written_into_whether_it_has_lines_or_not() {
    // Nobody has written a line since.
    let api = serving(record(true), |call| {
        let target = call.headers.get("x-amz-target")?;
        let of_lines = target.ends_with("FilterLogEvents");
        of_lines.then(|| reply(200, &json!({"events": []})))
    });
    let ui = Ui::start(&api);
    let page = ui.get(&format!("apps/shop/deployments/{ID}/logs")).body;
    for part in [
        &format!("api writes into {}/shop/api</a>", console("/shop/api")),
        &format!("agent writes into {}/shop/agent</a>", console("/shop/agent")),
        &format!("windlass logs shop {ID}</code>"),
        "web has no log lines: a site has files",
        "No lines.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = ui.get(&format!("apps/shop/deployments/{ID}")).body;
    for part in ["Log groups", &console("/shop/api"), &console("/shop/agent")] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("not all could be shown"), "{page}");
}

#[test]
fn the_page_of_lines_has_those_of_what_was_brought() {
    let api = serving(record(true), |_| None);
    let ui = Ui::started(&api, &[&format!("--endpoint={}/stage", api.url)], &[]);
    let page = ui.get(&format!("apps/shop/deployments/{ID}/logs")).body;
    let lines = "2025-11-20T12:00:06Z api KeyError: 'total'\n2025-11-20T12:00:07Z agent started\n";
    assert!(page.replace("&#39;", "'").contains(lines), "{page}");
    let typed = format!("windlass logs shop {ID} --endpoint={}/stage</code>", api.url);
    assert!(page.contains(&typed), "{typed}: {page}");
    assert!(!page.contains("the former one"), "{page}");
}

#[test]
fn a_deployments_page_asks_aws_once_for_what_writes_and_says_what_it_may_not_know() {
    let api = serving(record(false), |call| {
        let target = call.headers.get("x-amz-target")?;
        target.ends_with("DescribeTaskDefinition").then(|| denied("ecs:DescribeTaskDefinition"))
    });
    let ui = Ui::start(&api);
    let path = format!("apps/shop/deployments/{ID}");
    for _ in 0..3 {
        let page = ui.get(&path).body;
        assert!(page.contains(&console("/shop/api")), "{page}");
        assert!(page.contains("not all could be shown: "), "{page}");
    }
    let of_function = |call: &Call| call.path.starts_with("/2015-03-31/functions/");
    let asked = api.calls().into_iter().filter(of_function).count();
    assert_eq!(asked, 1, "not at every look");
    let page = ui.get(&format!("{path}/logs")).body;
    assert!(page.contains("not read</span> agent: ") && page.contains("ecs:DescribeTaskDefinition"), "{page}");
}

#[test]
fn a_component_that_the_deployment_is_not_for_is_refused() {
    let api = serving(record(true), |_| None);
    let output = logs(&api, &["--component", "apy"]);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("is not for `apy`"), "{}", err(&output));
}
