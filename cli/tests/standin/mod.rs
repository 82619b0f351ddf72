//! A server on this machine in place of S3 and of Windlass's HTTP API. The test gives its answers, and it remembers the
//! calls.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// The path with its query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A reply to a call.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

pub fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: vec![("content-type", "application/json".into())], body: body.to_string() }
}

type Answer = dyn FnMut(&Call) -> Reply + Send;

pub struct StandIn {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl StandIn {
    /// Serves until the test's process ends.
    pub fn new(answer: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let answer: Arc<Mutex<Box<Answer>>> = Arc::new(Mutex::new(Box::new(answer)));
        let known = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, known) = (Arc::clone(&answer), Arc::clone(&known));
                std::thread::spawn(move || serve(&stream.unwrap(), &answer, &known));
            }
        });
        Self { url, calls }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Runs the program, with this server as Windlass and as S3.
    pub fn windlass(&self, folder: &Path, arguments: &[&str]) -> Output {
        self.windlass_with(folder, arguments, &[])
    }

    /// Runs the program with further variables. It sees no repository around the folders of these tests.
    pub fn windlass_with(&self, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("WINDLASS_ENDPOINT", format!("{}/stage", self.url))
            .env("WINDLASS_BUCKET", "artifacts-bucket")
            .env("GIT_CEILING_DIRECTORIES", env!("CARGO_TARGET_TMPDIR"))
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }
}

fn serve(stream: &TcpStream, answer: &Mutex<Box<Answer>>, calls: &Mutex<Vec<Call>>) {
    let Some(call) = read(stream) else { return };
    let reply = answer.lock().unwrap()(&call);
    calls.lock().unwrap().push(call.clone());
    let mut text = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = if call.method == "HEAD" { "" } else { &reply.body };
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", reply.body.len()));
    let mut stream = stream;
    let _ = stream.write_all(text.as_bytes());
}

fn read(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    // Every call of the API asks for the words of the command line.
    let is_api = path.starts_with("/stage/");
    let words = ["?words=command_line", "&words=command_line"];
    assert!(!is_api || words.iter().any(|words| path.ends_with(words)), "{path}");
    let path = words.iter().fold(path, |path, words| path.replace(words, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Call { method, path, headers, body })
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// Returns the standard output. A document for a program has no colours of ours.
pub fn out(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!text.contains("\\u001b[0m"), "{text}");
    text
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An empty folder of its own.
pub fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
