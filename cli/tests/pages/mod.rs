//! An API with the same answers as in the browser's test, the running program, and a plain client of its pages.

use crate::standin::{Call, Reply, StandIn, reply};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

pub const GOING: &str = "3b1c0d9a4b5e6f72";
pub const FAILED: &str = "2a1c0d9a4b5e6f71";

/// Returns the API's answers, by path; `moves` has the deployment that is under way, at several moments.
pub fn answers() -> Value {
    serde_json::from_str(include_str!("../browser/answers.json")).unwrap()
}

pub fn api() -> StandIn {
    api_with(answers())
}

pub fn api_with(answers: Value) -> StandIn {
    StandIn::new(answering(answers))
}

/// Returns the same answers, for a stand-in that answers more than this.
pub fn answering(answers: Value) -> impl FnMut(&Call) -> Reply + Send + 'static {
    move |call: &Call| {
        if call.method != "GET" {
            let begun = json!({"id": "aa1c0d9a4b5e6f71", "version": "1.5.0", "execution": "arn:one", "status": "url"});
            return reply(202, &begun);
        }
        let path = call.path.trim_start_matches("/stage");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if query.contains("execution=") {
            return reply(200, &json!({"deployment": GOING, "refusal": null, "done": null, "execution": null}));
        }
        if let Some(id) = path.strip_prefix("/apps/shop/deployments/") {
            let record = answers.get(path).cloned().unwrap_or_else(|| answers["moves"][3].clone());
            let mut record = record;
            record["deployment"]["id"] = id.into();
            return reply(200, &record);
        }
        let path = if path.ends_with("/deployments") { format!("{path}?environment=prod") } else { path.to_owned() };
        let Some(mut answer) = answers.get(&path).cloned() else {
            return reply(404, &json!({"message": "Not Found"}));
        };
        if query.contains("observe=true") {
            answer["observed"] = answers["observed"].clone();
        }
        reply(200, &answer)
    }
}

/// `windlass ui`, until the test is over.
pub struct Ui {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// The path that everything is below, with a slash at its end.
    pub base: String,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub location: String,
    pub body: String,
}

impl Answer {
    /// Returns the token that the form sends along.
    pub fn token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Ui {
    pub fn start(api: &StandIn) -> Self {
        let endpoint = format!("{}/stage", api.url);
        Self::started(api, &[], &[("WINDLASS_ENDPOINT", &endpoint)])
    }

    /// Starts it with these options and variables; the stand-in is AWS as well.
    pub fn started(api: &StandIn, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .arg("ui")
            .args(options)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &api.url)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap();
        let (host, path) = address.split_once('/').unwrap();
        Self { host: host.to_owned(), base: format!("/{path}"), child }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_path(&format!("{}{path}", self.base))
    }

    pub fn get_path(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host))
    }

    /// Returns the document of a page, as a program gets it.
    pub fn document(&self, path: &str) -> (u16, Value) {
        let (base, host) = (&self.base, &self.host);
        let answer =
            self.raw(&format!("GET {base}{path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n"));
        assert!(answer.head.contains("content-type: application/json\r\n"), "{path}: {}", answer.head);
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    pub fn post(&self, path: &str, form: &str) -> Answer {
        let (host, base, length) = (&self.host, &self.base, form.len());
        self.raw(&format!(
            "POST {base}{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: {length}\r\n\r\n{form}"
        ))
    }

    pub fn raw(&self, text: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let location = head.lines().find_map(|line| line.strip_prefix("location: "));
        Answer {
            status,
            head: head.to_owned(),
            location: location.unwrap_or_default().to_owned(),
            body: body.to_owned(),
        }
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Replaces each text of every answer by one that would end an attribute, an element, or a script.
pub fn hostile(value: &Value) -> Value {
    const KEPT: [&str; 13] = [
        "id",
        "app",
        "environment",
        "deployment",
        "action",
        "status",
        "verdict",
        "outcome",
        "ending",
        "state",
        "becomes",
        "drift",
        "next",
    ];
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let is_kept = KEPT.contains(&name.as_str()) && value.is_string();
                (name.clone(), if is_kept { value.clone() } else { hostile(value) })
            })
            .collect(),
        Value::Array(all) => all.iter().map(hostile).collect(),
        Value::String(text) => {
            // Names, hashes and versions of declarations have a form that the domain checks.
            let has_form = text.len() < 12 && !text.contains(' ')
                || text.len() == 64
                || text == "before-windlass"
                || text == "static_site"
                || text == "TargetNotReady"
                || text.starts_with("refs/")
                || text == "needs_operator"
                || text == "3HL4";
            if has_form { value.clone() } else { json!(format!("{text}{HOSTILE}")) }
        }
        other => other.clone(),
    }
}

const HOSTILE: &str = "'\"></script></style><script>alert(1)</script><img src=x onerror=alert(1)>";
