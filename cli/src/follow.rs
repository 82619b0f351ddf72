//! Watching a deployment until it has ended.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, error};
use crate::record::Record;
use crate::story::Printed;
use crate::windlass::Windlass;
use clap::Args;
use serde_json::Value;
use std::time::{Duration, Instant};
use windlass_domain::name::AppName;
use windlass_domain::time::Span;

/// How long Step Functions may take to tell of an execution that it has started.
const KNOWN: Duration = Duration::from_mins(1);

/// How patiently it is watched.
#[derive(Debug, Clone, Args)]
pub struct Patience {
    /// How long to wait for the ending, such as `30m`; the deployment itself goes on.
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = Span::parse)]
    timeout: Span,
    /// How long to wait between two looks.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = Span::parse, hide = true)]
    every: Span,
}

/// A time to wait that ends.
pub struct Waiting {
    until: Instant,
    every: Duration,
}

impl Patience {
    /// Begins to wait.
    pub fn begin(&self) -> Waiting {
        Waiting {
            until: Instant::now() + Duration::from_millis(self.timeout.as_ms()),
            every: Duration::from_millis(self.every.as_ms()),
        }
    }
}

impl Waiting {
    /// Waits for the next look; `false` once the time is over.
    pub async fn goes_on(&self) -> bool {
        tokio::time::sleep(self.every).await;
        Instant::now() < self.until
    }
}

impl Waiting {
    /// Waits until a deployment that was started a moment ago is known, at most [`KNOWN`].
    ///
    /// # Errors
    /// Where it gets none.
    pub async fn until_known(
        &self,
        windlass: &Windlass,
        app: &AppName,
        id: &str,
    ) -> Result<(), Failure> {
        let until = Instant::now() + KNOWN;
        let path = ["apps", app.as_str(), "deployments", id];
        loop {
            match windlass.get(&path, &[]).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.exit != Exit::Rejected && !failure.passes => {
                    return Err(failure);
                }
                Err(failure) if Instant::now() > until => return Err(failure),
                Err(_) => {}
            }
            if !self.goes_on().await {
                return Ok(());
            }
        }
    }
}

/// Watches a deployment: prints what is new at each look, and with `--json` the whole record at the
/// end. An answer that does not come is no end: the next look may get one.
///
/// # Errors
/// A deployment that is not there, a caller who is not let in, and no answer until the time is over.
pub async fn follow(
    windlass: &Windlass,
    app: &AppName,
    id: &str,
    waiting: &Waiting,
    output: Output,
) -> Result<Exit, Failure> {
    let mut printed = Printed::default();
    let mut last = Value::Null;
    let mut troubled = String::new();
    loop {
        let path = ["apps", app.as_str(), "deployments", id];
        match windlass.get(&path, &[]).await {
            Ok(answer) => {
                let record = Record::read(&answer)?;
                last = answer;
                if let Some(exit) = record.and_then(|record| told(&mut printed, &record, output)) {
                    output.only_json(&last);
                    return Ok(exit);
                }
            }
            Err(failure) if !failure.passes => return Err(failure),
            Err(failure) => tell_once(&mut troubled, &failure),
        }
        if !waiting.goes_on().await {
            error(&format!(
                "{app} deployment {id} is still under way; it goes on"
            ));
            output.only_json(&last);
            return Ok(Exit::TimedOut);
        }
    }
}

/// Prints what is new; answers how the program ends if the deployment has ended.
fn told(printed: &mut Printed, record: &Record, output: Output) -> Option<Exit> {
    for line in printed.fresh(record) {
        output.progress(&line);
    }
    record.exit()
}

/// Says that looking fails, when it begins to.
fn tell_once(troubled: &mut String, failure: &Failure) {
    if *troubled != failure.message {
        troubled.clone_from(&failure.message);
        error(&format!("{troubled}; looking again"));
    }
}
