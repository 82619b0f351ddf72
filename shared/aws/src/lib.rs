//! The engine's ports on AWS. The only crate that names an AWS SDK.
//!
//! One adapter per port. An adapter decides nothing: it builds the request, maps the answer into the port's words, and
//! maps every error to a [`Fault`] in one place (`error.rs`).
//!
//! [`Fault`]: windlass_domain::text::fault::Fault

mod account_resources;
mod account_services;
mod api;
mod appconfig;
mod change_sets;
mod clients;
mod clock;
mod cloudformation;
mod cloudfront;
mod cloudwatch;
mod codedeploy;
mod document;
mod dynamodb;
mod ecr;
mod ecs;
mod ecs_tasks;
mod error;
mod external;
mod function_document;
mod iam;
mod installation;
mod invocations;
mod json_services;
mod lambda;
mod limits;
mod log_lines;
mod log_places;
mod origin_path;
mod probe;
mod run_token;
mod s3;
mod service_rollouts;
mod settings;
mod stacks;
mod sts;
mod ways_out;
mod web;

pub use account_resources::{AccountDistribution, AccountResources, account_resources};
pub use account_services::{AccountBalancer, AccountService, service};
pub use api::{Api, ApiAnswer, shows_job_token};
use aws_config::SdkConfig;
use clients::Clients;
pub use error::fact_of;
pub use installation::{InstalledPart, InstalledPartSort};
pub use invocations::{InvocationCause, answer_of, call_of, changes_from_stream, each_message, woken};
pub use log_lines::{LogLine, LogLines};
pub use log_places::{LogPlace, LogPlaces, Streams};
pub use run_token::{has_job_token, subject_of_run};
pub use settings::Settings;
pub use stacks::stack_outputs;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
pub use web::put_signed;
use windlass_domain::declaration::resolved::Place;
use windlass_engine::config::{Config, Configured};
use windlass_engine::ports::{Result, TargetPorts};

/// AWS behind the engine's ports, at one place. Cloning gives another handle on the same clients.
#[derive(Clone)]
pub struct Aws {
    shared: Rc<Shared>,
    clients: Rc<Clients>,
    /// True if it works on targets. It writes many objects at a time there, and makes fewer calls when S3 asks to slow
    /// down, so it must learn of each throttle.
    on_targets: bool,
    /// The time that each of its writes of objects may take, where these writes are switching changes.
    once: Option<Duration>,
}

impl TargetPorts for Aws {}

struct Shared {
    settings: Settings,
    /// The function's own credentials and region, from which other places are reached.
    home: SdkConfig,
    home_clients: Rc<Clients>,
    /// The clients by place. So a warm function assumes a role once an hour and not once a call.
    places: RefCell<HashMap<Place, Rc<Clients>>>,
}

impl Aws {
    /// Makes AWS from this function's environment. It reads environment variables only; no call is made before a port
    /// is used.
    pub async fn from_env() -> Result<Self> {
        Ok(Self::new(settings::sdk_config(settings::http_client()).await, Settings::from_env()?))
    }

    /// Like [`Aws::from_env`], for a function whose calls may wait for minutes without a byte of an answer: its
    /// connections are kept alive.
    pub async fn for_long_calls() -> Result<Self> {
        let http = settings::http_client_of_long_calls()?;
        Ok(Self::new(settings::sdk_config(http).await, Settings::from_env()?))
    }

    /// Makes AWS for a program that a person or a CI job runs, with their credentials. An object's bytes may take an
    /// hour, because nobody's timeout ends it. Only the ports that need no setting serve. `region` is used where the
    /// environment names none.
    ///
    /// # Errors
    /// `BadInput` if no region is known or an endpoint is none, `AccessDenied` without credentials.
    pub async fn for_people(region: Option<&str>) -> Result<Self> {
        let home = settings::sdk_config_of_a_person(region).await?;
        api::region(&home)?;
        // The services' own texts for this fault name every provider of credentials, and say nothing to do.
        api::credentials(&home).await?;
        let clients = Clients::patient(home.clone());
        Ok(Self::with(home, Settings::default(), clients))
    }

    /// Makes AWS with given settings.
    pub fn new(home: SdkConfig, settings: Settings) -> Self {
        let clients = Clients::new(home.clone());
        Self::with(home, settings, clients)
    }

    fn with(home: SdkConfig, settings: Settings, clients: Clients) -> Self {
        let clients = Rc::new(clients);
        Self {
            shared: Rc::new(Shared { settings, home, home_clients: Rc::clone(&clients), places: RefCell::default() }),
            clients,
            on_targets: false,
            once: None,
        }
    }

    fn settings(&self) -> &Settings {
        &self.shared.settings
    }
}

impl Configured for Aws {
    fn config(&self) -> &Config {
        &self.shared.settings.config
    }
}
