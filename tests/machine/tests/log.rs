//! The log lines of the ways in. Every line that belongs to a deployment names it, and a line from before it is known
//! says what arrived.

use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Once;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use windlass_engine::log;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_engine::routes::intake;
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

const RELEASES: &str = "/apps/shop/environments/prod/releases";

thread_local! {
    /// The lines of an invocation in this thread, while one is listened to.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.as_mut().unwrap().extend_from_slice(bytes));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns the answer of an invocation, and the lines that it writes.
fn logged<T>(invocation: impl FnOnce() -> T) -> (T, Vec<Value>) {
    // One listener for all threads: while only one thread has a listener, `tracing` asks the thread that comes to a line
    // first whether anybody listens, and keeps a no for all of them.
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(|| Lines);
        let here = dynamic_filter_fn(|_, _| LINES.with_borrow(Option::is_some));
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(here));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LINES.set(Some(Vec::new()));
    let answer = {
        let _entered = log::part("invocation").entered();
        invocation()
    };
    let text = String::from_utf8(LINES.take().unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (answer, lines.collect())
}

fn said<'a>(lines: &'a [Value], message: &str) -> &'a Value {
    let mut said = lines.iter().filter(|line| line["message"] == message);
    said.next_back().unwrap()
}

#[test]
fn a_call_about_a_deployment_names_it() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = shop.release("1.0.0", &["api"])["manifest"].clone();
    let call = |shop: &Shop<'_>, method: &str, path: &str, body: Option<&Value>| {
        let call = ApiCall {
            method: method.into(),
            path: path.into(),
            query: BTreeMap::new(),
            body: body.map(Value::to_string),
            key: None,
            caller: None,
            claims: None,
        };
        logged(|| run(api::handle(shop.world(), call)))
    };
    let (reply, lines) = call(&shop, "POST", RELEASES, Some(&body));
    let id = reply.body["id"].clone();
    let last = said(&lines, "the call is answered");
    assert_eq!((&last["span"]["deployment"], &last["status"]), (&id, &json!(202)));
    assert_eq!(last["span"]["app"], "shop");
    shop.region.step();
    let one = format!("deployments/{}", id.as_str().unwrap());
    let here = format!("/apps/shop/environments/prod/{one}/cancel");
    for (method, path) in [("GET", format!("/apps/shop/{one}")), ("POST", here)] {
        let (_, lines) = call(&shop, method, &path, None);
        assert!(!lines.is_empty());
        for line in lines {
            assert_eq!(line["span"]["deployment"], id, "{method} {path}: {line}");
        }
    }
}

#[test]
fn a_secret_in_the_address_of_a_call_is_neither_logged_nor_repeated() {
    let program = Program::release().unwrap();
    let shop = Shop::new(&program, FUNCTIONS);
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    for (path, query) in [
        (format!("/apps/shop/releases/{token}"), vec![]),
        (format!("/{token}"), vec![]),
        ("/apps".to_owned(), vec![(token, "1")]),
        ("/apps/shop/stats".to_owned(), vec![("days", token)]),
    ] {
        let query = query.iter();
        let call = ApiCall {
            method: "GET".into(),
            path,
            query: query.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..ApiCall::default()
        };
        let (reply, lines) = logged(|| run(api::handle(shop.world(), call)));
        assert_eq!((reply.status, &reply.body["title"]), (400, &json!("SecretInInput")));
        said(&lines, "a call with a secret in its address is refused");
        let text = format!("{} {lines:?}", reply.body);
        assert!(!text.contains(token), "{text}");
    }
}

#[test]
fn an_arrival_says_what_it_is_until_its_deployment_is_known() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut manifest = shop.release("1.0.0", &["api"])["manifest"].clone();
    manifest["git"] = json!({"ref": "refs/heads/main"});
    let key = "releases/shop/prod/1.0.0.json";
    let mut objects = shop.world().s3();
    objects.upload("artifacts", key, manifest.to_string());
    drop(objects);
    let arrives = |bucket: &str, key: &str| {
        json!({
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "111111111111",
            "region": "eu-west-1",
            "detail": {"bucket": {"name": bucket}, "object": {"key": key, "sequencer": "1"}}
        })
    };
    let (served, lines) = logged(|| run(intake::handle(shop.world(), arrives("other", key))));
    served.unwrap();
    let dropped = said(&lines, "an object of another bucket is dropped");
    assert_eq!(dropped["span"]["about"], key);
    let (served, lines) = logged(|| run(intake::handle(shop.world(), arrives("artifacts", key))));
    served.unwrap();
    shop.region.step();
    let started = said(&lines, "started");
    let arn = started["execution"].as_str().unwrap();
    let id = shop.deployment(arn).id;
    assert_eq!(started["span"]["deployment"], id.as_str());
    assert_eq!(started["span"]["about"], key);
    assert_eq!(started["span"]["app"], "shop");
}
