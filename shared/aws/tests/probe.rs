//! Probes: the addresses that are reached, by which way, and those that are never reached.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use aws_config::SdkConfig;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use windlass_aws::{Aws, Settings};
use windlass_engine::config::Config;
use windlass_engine::ports::{Get, ProbeAnswer, ProbeApi, Probed};

/// A server on this machine.
struct Site {
    address: String,
    /// The paths that were asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Makes a server that answers a path like this: status line, headers and body. `None` leaves the question open.
    fn new(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(vec![]));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut open = vec![];
            for connection in listener.incoming() {
                let mut connection = connection.expect("a connection");
                let path = path_of(&connection);
                kept.lock().expect("unpoisoned").push(path.clone());
                match answer(&path) {
                    // The probe may have read enough and be gone.
                    Some(text) => drop(connection.write_all(text.as_bytes())),
                    None => open.push(connection),
                }
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("unpoisoned").clone()
    }
}

/// Returns the path, and behind it the headers that are a shop's own.
fn path_of(connection: &TcpStream) -> String {
    let mut lines = BufReader::new(connection).lines();
    let first = lines.next().expect("a request").expect("text");
    let mut path = first.split(' ').nth(1).expect("a path").to_owned();
    for line in lines {
        let line = line.expect("text");
        if line.is_empty() {
            break;
        }
        if line.starts_with("x-shop-") {
            path = format!("{path} {line}");
        }
    }
    path
}

#[allow(clippy::unnecessary_wraps, reason = "a site may answer nothing")]
fn ok(body: &str) -> Option<String> {
    Some(format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[allow(clippy::unnecessary_wraps, reason = "a site may answer nothing")]
fn to(place: &str) -> Option<String> {
    Some(format!("HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"))
}

/// Makes an AWS with this endpoint of a local cloud.
fn aws(endpoint: Option<&str>) -> Aws {
    let config = Config { local_endpoint: endpoint.map(str::to_owned), ..Config::default() };
    let settings = Settings { config, ..Settings::default() };
    Aws::new(SdkConfig::builder().build(), settings)
}

async fn probed(aws: &Aws, url: &str) -> Probed {
    aws.probe(&Get::plain(url, 10_000, 1000)).await.expect("probed")
}

fn answered(probed: Probed) -> ProbeAnswer {
    let Probed::Answer(answer) = probed else {
        panic!("no answer: {probed:?}");
    };
    answer
}

fn forbidden(probed: Probed) -> String {
    let Probed::Forbidden(why) = probed else {
        panic!("it was to be forbidden: {probed:?}");
    };
    why
}

#[tokio::test]
async fn the_local_cloud_is_probed_at_its_port_by_any_of_its_names() {
    let site = Site::new(|_| ok("well"));
    let aws = aws(Some(&site.address));
    let port = site.address.rsplit(':').next().expect("a port");
    for host in ["127.0.0.1", "localhost", "d1.cloudfront.localhost"] {
        let answer = answered(probed(&aws, &format!("http://{host}:{port}/health?a=1")).await);
        assert_eq!((answer.status, &answer.body[..]), (200, &b"well"[..]));
        assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
    }
    assert_eq!(site.asked(), ["/health?a=1"; 3]);
}

#[tokio::test]
async fn this_machine_is_never_probed_whatever_its_address_is_called() {
    let site = Site::new(|_| ok("secret"));
    let port = site.address.rsplit(':').next().expect("a port");
    let elsewhere = Site::new(|_| ok("the local cloud"));
    for endpoint in [None, Some(elsewhere.address.as_str())] {
        let aws = aws(endpoint);
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0.0.0.0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
        ] {
            let why = forbidden(probed(&aws, &format!("http://{host}:{port}/")).await);
            assert!(why.contains("never probed"), "{host}: {why}");
        }
    }
    assert_eq!(site.asked(), [""; 0]);
}

#[tokio::test]
async fn redirects_are_followed_and_each_is_checked() {
    let secret = Site::new(|_| ok("secret"));
    let secret_place = secret.address.clone();
    let site = Site::new(move |path| match path {
        "/a" => to("b?c=1"),
        "/b?c=1" => to("/end"),
        "/end" => ok("arrived"),
        "/loopback" => to(&secret_place),
        "/metadata" => to("http://169.254.169.254/latest/meta-data/"),
        "/private" => to("//10.0.0.7/"),
        "/file" => to("file:///etc/passwd"),
        _ => to(path),
    });
    let aws = aws(Some(&site.address));
    let probe = async |path: &str| probed(&aws, &format!("{}{path}", site.address)).await;
    assert_eq!(&answered(probe("/a").await).body[..], b"arrived");
    for (path, why) in [
        ("/loopback", "a loopback address"),
        ("/metadata", "a link-local address"),
        ("/private", "a private address"),
        ("/file", "not http or https"),
    ] {
        let reason = forbidden(probe(path).await);
        assert!(reason.contains(why), "{path}: {reason}");
    }
    assert_eq!(secret.asked(), [""; 0], "nothing was sent to it");
    let Probed::NoAnswer(why) = probe("/circle").await else {
        panic!("a circle has no end");
    };
    assert!(why.contains("more than 5 redirects"), "{why}");
    let rounds = site.asked().iter().filter(|path| *path == "/circle").count();
    assert_eq!(rounds, 6);
}

#[tokio::test]
async fn headers_go_to_the_host_that_they_are_declared_for() {
    // This is another name of the same host, whose port stands in the path.
    let site = Site::new(|path| match path.split_once(' ') {
        Some((path, "x-shop-test: new")) => match path.split_once('?') {
            Some((_, port)) => to(&format!("//localhost:{port}/end")),
            None => to(&path.replace("/here/", "/there?")),
        },
        _ => ok("arrived"),
    });
    let aws = aws(Some(&site.address));
    let port = site.address.rsplit(':').next().expect("a port");
    let asked = format!("{}/here/{port}", site.address);
    let headers = [("x-shop-test".to_owned(), "new".to_owned())].into();
    let get = Get { headers: &headers, ..Get::plain(&asked, 10_000, 1000) };
    let probed = aws.probe(&get).await.expect("probed");
    assert_eq!(&answered(probed).body[..], b"arrived");
    let hops = [format!("/here/{port} x-shop-test: new"), format!("/there?{port} x-shop-test: new"), "/end".to_owned()];
    assert_eq!(site.asked(), hops);
}

#[tokio::test]
async fn no_more_than_the_limit_is_kept_of_a_body() {
    let site = Site::new(|_| ok(&"x".repeat(200_000)));
    let aws = aws(Some(&site.address));
    let answer = answered(probed(&aws, &site.address).await);
    assert_eq!((answer.status, answer.body.len()), (200, 1000));
}

#[tokio::test]
async fn silence_is_no_answer_when_the_time_is_up() {
    let site = Site::new(|_| None);
    let aws = aws(Some(&site.address));
    let probed = aws.probe(&Get::plain(&site.address, 50, 1000)).await.expect("probed");
    let reason = format!("{}: no answer within 50 ms", site.address);
    assert_eq!(probed, Probed::NoAnswer(reason));
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let probed = self::aws(Some(&closed)).probe(&Get::plain(&closed, 10_000, 1000)).await;
    assert!(matches!(probed, Ok(Probed::NoAnswer(_))), "{probed:?}");
}
