//! A part of HTTP/1.1, as much as the runtime API needs: a request with a length, and an answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The time that a process may take to say something before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Listens on this machine.
pub(crate) struct Server {
    address: String,
    requests: Receiver<Request>,
}

/// A request that is open until it is answered.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: String,
    connection: TcpStream,
}

impl Server {
    /// Starts to listen.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            let read = listener.incoming().filter_map(|connection| request(connection.ok()?));
            for request in read {
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Self { address, requests }
    }

    /// Returns host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the next request.
    pub(crate) fn next(&self) -> Request {
        let next = self.requests.recv_timeout(PATIENCE);
        next.expect("the process says something in time")
    }
}

impl Request {
    /// Answers, and closes the connection, so that each request has one of its own.
    pub(crate) fn answer(mut self, status: &str, headers: &[(&str, &str)], body: &str) {
        let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
        let length = body.len().to_string();
        for (name, value) in headers.iter().chain(&[("content-length", length.as_str())]) {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        answer.push_str(body);
        let sent = self.connection.write_all(answer.as_bytes());
        sent.expect("the process takes the answer");
    }
}

fn request(connection: TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, body: String::from_utf8(body).ok()?, connection })
}
