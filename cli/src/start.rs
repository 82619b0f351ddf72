//! Starting a deployment through the HTTP API.

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{Patience, Waiting, Wanted, follow};
use crate::output::Output;
use crate::record::Record;
use crate::windlass::Windlass;
use clap::Args;
use serde_json::{Map, Value, json};
use std::time::Duration;
use windlass_domain::deployment::Status;
use windlass_domain::manifest::Manifest;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Span;

/// What may be wished of a deployment; each needs a reason.
#[derive(Debug, Clone, Default, Args)]
pub struct Wishes {
    /// Why; it is recorded. Each wish needs it: `--again`, `--allow-older`, `--accept-red`, `--through-hold`.
    #[arg(long, value_name = "TEXT", value_parser = arguments::text)]
    reason: Option<String>,
    /// Deploy it once more although it was deployed, or undone, before; lifts the veto.
    #[arg(long, requires = "reason")]
    again: bool,
    /// Deploy it although a newer release is there.
    #[arg(long, requires = "reason")]
    pub allow_older: bool,
    /// Deploy it although a gate is red before anything has changed; it is judged, and undoes the release where it stays red.
    #[arg(long, requires = "reason")]
    accept_red: bool,
    /// Deploy it although deployments are held, and where only a person starts them.
    #[arg(long, requires = "reason")]
    pub through_hold: bool,
}

impl Wishes {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.reason.is_some()
    }
}

/// A request to start a deployment.
pub struct Start {
    environment: EnvironmentName,
    body: Map<String, Value>,
    by: By,
}

impl Start {
    /// Of a release that has its manifest here.
    ///
    /// # Errors
    /// Where the manifest cannot be written, which cannot be.
    pub fn of_manifest(environment: EnvironmentName, manifest: &Manifest) -> Result<Self, Failure> {
        match serde_json::to_value(manifest) {
            Ok(Value::Object(body)) => Ok(Self {
                environment,
                body,
                by: By::Arrival,
            }),
            _ => Err(Failure::broken("the manifest cannot be written")),
        }
    }

    /// Of a release that is recorded already.
    pub fn of_version(environment: EnvironmentName, version: &str) -> Self {
        Self {
            environment,
            body: Map::from_iter([("version".to_owned(), version.into())]),
            by: By::Person,
        }
    }

    /// How.
    pub fn wishes(&mut self, wishes: &Wishes) {
        if let Some(reason) = &wishes.reason {
            self.body.insert("reason".into(), reason.as_str().into());
        }
        let flags = [
            ("again", wishes.again),
            ("allow_older", wishes.allow_older),
            ("accept_red", wishes.accept_red),
            ("through_hold", wishes.through_hold),
        ];
        for (name, wished) in flags.into_iter().filter(|(_, wished)| *wished) {
            self.body.insert(name.into(), json!(wished));
        }
    }

    /// Starts it, and watches it: until it has ended, or until it is known that it was not refused at once.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub async fn send(
        self,
        windlass: &Windlass,
        app: &AppName,
        looking: &Looking,
        output: Output,
    ) -> Result<Exit, Failure> {
        let body = Value::Object(self.body);
        let environment = self.environment.as_str();
        let path = [
            "apps",
            app.as_str(),
            "environments",
            environment,
            "releases",
        ];
        let begun = match self.by {
            By::Person => windlass.act("POST", &path, &[], Some(&body)).await?,
            By::Arrival => windlass.send(&path, &body).await?,
        };
        let id = begun.get("id").and_then(Value::as_str);
        let id =
            id.ok_or_else(|| Failure::not_understood("the answer", "it names no deployment"))?;
        looking.follow(windlass, app, id, &begun, output).await
    }
}

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// A person's: each is one of its own.
    Person,
    /// What arrives: the same content is the same.
    Arrival,
}

/// How long it is looked at.
#[derive(Debug, Clone, Args)]
pub struct Looking {
    /// Watch it until it has ended.
    #[arg(long)]
    pub watch: bool,
    /// Without `--watch`: how long to look whether it is refused at once; `0s` does not look.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = Span::parse)]
    pub look: Span,
    /// How patiently it is watched.
    #[command(flatten)]
    pub patience: Patience,
}

impl Looking {
    /// The time to look for a refusal.
    pub fn begin(&self) -> Waiting {
        self.patience
            .begin_at_most(Duration::from_millis(self.look.as_ms()))
    }

    /// Watches a deployment that was handed in.
    ///
    /// # Errors
    /// Where Windlass does not answer, or it became no deployment.
    pub async fn follow(
        &self,
        windlass: &Windlass,
        app: &AppName,
        id: &str,
        begun: &Value,
        output: Output,
    ) -> Result<Exit, Failure> {
        if self.watch {
            let waiting = self.patience.begin();
            waiting.until_known(windlass, app, id).await?;
            return follow(windlass, app, id, &waiting, Wanted::Runs, output).await;
        }
        let handed_in = |stands: &str| {
            let words = format!(
                "handed in: deployment {id} {stands}; `windlass watch {app} {id}` tells how it ends"
            );
            output.result(begun, &words);
            Ok(Exit::Good)
        };
        if self.look.as_ms() == 0 {
            return handed_in("was not looked at");
        }
        let waiting = self.begin();
        loop {
            let path = ["apps", app.as_str(), "deployments", id];
            let (record, unseen) = match windlass.get(&path, &[]).await {
                Ok(answer) => (Record::read(&answer)?, None),
                // It was started a moment ago: it may be there at the next look.
                Err(failure) if failure.exit == Exit::Rejected => (None, None),
                Err(failure) => (None, Some(failure.message)),
            };
            let status = record.map(|record| record.deployment.status);
            match status {
                Some(Status::Ended) => {
                    return follow(windlass, app, id, &waiting, Wanted::Runs, output).await;
                }
                Some(Status::Running | Status::Recovering) => return handed_in("is under way"),
                Some(Status::Waiting) | None => {}
            }
            if !waiting.goes_on().await {
                let unseen = unseen.map(|why| format!("could not be seen: {why}"));
                return handed_in(match (&unseen, status) {
                    (Some(unseen), _) => unseen,
                    (None, Some(_)) => "waits for its turn",
                    (None, None) => "is not recorded yet",
                });
            }
        }
    }
}
