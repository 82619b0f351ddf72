//! Starting a deployment through the HTTP API.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{Patience, follow};
use crate::output::Output;
use crate::windlass::Windlass;
use clap::Args;
use serde_json::{Map, Value, json};
use windlass_domain::manifest::Manifest;
use windlass_domain::name::AppName;

/// What may be wished of a deployment; each needs a reason.
#[derive(Debug, Clone, Default, Args)]
pub struct Wishes {
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Deploy it once more although it was deployed, or undone, before; lifts the veto.
    #[arg(long, requires = "reason")]
    again: bool,
    /// Deploy it although a newer release is there.
    #[arg(long, requires = "reason")]
    allow_older: bool,
    /// Deploy it although a gate is red before anything has changed.
    #[arg(long, requires = "reason")]
    accept_red: bool,
}

impl Wishes {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.reason.is_some()
    }
}

/// A request to start a deployment.
pub struct Start(Map<String, Value>);

impl Start {
    /// Of a release that has its manifest here.
    ///
    /// # Errors
    /// Where the manifest cannot be written, which cannot be.
    pub fn of_manifest(manifest: &Manifest) -> Result<Self, Failure> {
        match serde_json::to_value(manifest) {
            Ok(Value::Object(body)) => Ok(Self(body)),
            _ => Err(Failure::broken("the manifest cannot be written")),
        }
    }

    /// Of a release that is recorded already.
    pub fn of_version(version: &str) -> Self {
        Self(Map::from_iter([("version".to_owned(), version.into())]))
    }

    /// Where to; its Git ref decides where nothing is said.
    pub fn environment(&mut self, environment: Option<&str>) {
        if let Some(environment) = environment {
            self.0.insert("environment".into(), environment.into());
        }
    }

    /// How.
    pub fn wishes(&mut self, wishes: &Wishes) {
        if let Some(reason) = &wishes.reason {
            self.0.insert("reason".into(), reason.as_str().into());
        }
        let flags = [
            ("again", wishes.again),
            ("allow_older", wishes.allow_older),
            ("accept_red", wishes.accept_red),
        ];
        for (name, wished) in flags.into_iter().filter(|(_, wished)| *wished) {
            self.0.insert(name.into(), json!(wished));
        }
    }

    /// Starts it, and with patience watches it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub async fn send(
        self,
        windlass: &Windlass,
        app: &AppName,
        patience: Option<&Patience>,
        output: Output,
    ) -> Result<Exit, Failure> {
        let body = Value::Object(self.0);
        let path = ["apps", app.as_str(), "releases"];
        let begun = windlass.send("POST", &path, &[], Some(&body)).await?;
        let id = begun.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| Failure::broken("the answer names no deployment"))?;
        let Some(patience) = patience else {
            output.result(&begun, &format!("{app} deployment {id} is started"));
            return Ok(Exit::Good);
        };
        let waiting = patience.begin();
        waiting.until_known(windlass, app, id).await?;
        follow(windlass, app, id, &waiting, output).await
    }
}
