//! `windlass ui`: serves pages on loopback that show what the API answers, and offer eight acts with the same effect as
//! the verbs, with the rights of the person who started it.

mod acting;
pub mod acts;
pub mod board;
pub mod deployment;
mod documents;
mod effects;
pub mod environment;
pub mod figures;
pub mod guard;
pub mod http;
pub mod lines;
pub mod logs;
pub mod parts;
pub mod report;
pub mod server;
pub mod waves;
mod way_back;

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::VerbOutput;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::waiting;
use crate::ui::guard::{Doorway, Guard};
use crate::ui::server::Server;
use clap::Args;
use serde_json::json;
use std::net::Ipv4Addr;
use std::process::Command;
use tokio::net::TcpListener;
use tokio::task::LocalSet;
/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Ui {
    /// The port on this machine; a free one if not given.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Open the address in the browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Ui {
    /// Serves until the program is ended.
    ///
    /// # Errors
    /// If the installation is not known, or the port is taken.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        waiting(async {
            let windlass = self.endpoint.open().await?;
            // Loopback alone: no other machine gets an answer.
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await;
            let taken = |error| Failure::usage(format!("port {} cannot be listened on: {error}", self.port));
            let listener = listener.map_err(taken)?;
            let port = listener.local_addr().map_err(taken)?.port();
            let guard = Guard::new(port)?;
            let address = guard.address();
            let words = format!(
                "{address}\nThis address is for you alone: whoever has it acts with your AWS credentials. Ctrl-C ends it."
            );
            output.result(&json!({ "address": address }), &words);
            let way = self.open.then(|| open(&guard, output)).flatten();
            let server = Server::new(windlass, self.endpoint.clone(), guard, way);
            LocalSet::new().run_until(server.serve(listener)).await
        })
    }
}

/// Opens the address by a file that leads there and that its owner alone may read: whoever is on this machine sees the
/// arguments of a program. On a machine without a browser it prints that; the pages are served all the same.
fn open(guard: &Guard, output: VerbOutput) -> Option<Doorway> {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let way = Doorway::to(guard).inspect_err(|why| {
        output.announce(&format!("the address cannot be opened: {why}. Open it yourself."));
    });
    let way = way.ok()?;
    let mut opened = Command::new(program);
    if let Err(why) = opened.args(before).arg(way.path()).spawn() {
        output.announce(&format!("`{program}` could not be started: {why}"));
    }
    Some(way)
}
