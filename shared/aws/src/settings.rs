//! The settings in the function's environment.

use crate::{limits, web};
use aws_config::SdkConfig;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::pool::{Client, ConnectionPool, DriverSpawner, Partition, PartitionId};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::time::Duration;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::config::Config;
use windlass_engine::ports::Result;

/// The names of the resources that the installation's template made. A missing name is a fault only when something
/// needs it: each function is given just the names that its role covers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `WINDLASS_TABLE`: the ledger's table.
    pub table: Option<String>,
    /// `WINDLASS_STATE_MACHINE_ARN`: the release machine.
    pub state_machine: Option<String>,
    /// `WINDLASS_EVENT_BUS`: the bus that Windlass's events go to.
    pub event_bus: Option<String>,
    /// `WINDLASS_TOPIC_ARN`: the topic for people.
    pub topic: Option<String>,
    /// `WINDLASS_RUNNER`: the function that makes calls which take long.
    pub runner: Option<String>,
    /// The engine's configuration: `WINDLASS_ARTIFACTS_BUCKET`, `WINDLASS_IN_VPC` (`true` or `false`),
    /// `WINDLASS_TASK_ROLES` (ARNs with wildcards, between commas), `WINDLASS_DEPLOYERS` (`kind=ARN`, between commas),
    /// `WINDLASS_PLACE_ROLE`, `WINDLASS_LINKS`, `AWS_REGION` (which Lambda sets), `AWS_ENDPOINT_URL`, and the account
    /// of `WINDLASS_STATE_MACHINE_ARN`.
    pub config: Config,
}

impl Settings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads an environment that is given as a function of names. An empty value counts as none, because a template
    /// cannot leave a variable out conditionally within a map.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let in_vpc = match given("WINDLASS_IN_VPC").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad_in_vpc()),
        };
        let state_machine = given("WINDLASS_STATE_MACHINE_ARN");
        Ok(Self {
            table: given("WINDLASS_TABLE"),
            event_bus: given("WINDLASS_EVENT_BUS"),
            topic: given("WINDLASS_TOPIC_ARN"),
            runner: given("WINDLASS_RUNNER"),
            config: Config {
                account: account(state_machine.as_deref()).to_owned(),
                artifacts_bucket: given("WINDLASS_ARTIFACTS_BUCKET").unwrap_or_default(),
                stack: stack(state_machine.as_deref()),
                region: given("AWS_REGION").unwrap_or_default(),
                in_vpc,
                local_endpoint: given("AWS_ENDPOINT_URL"),
                task_roles: listed(given("WINDLASS_TASK_ROLES").as_deref()),
                deployers: listed(given("WINDLASS_DEPLOYERS").as_deref())
                    .iter()
                    .filter_map(|one| one.split_once('='))
                    .map(|(kind, role)| (kind.to_owned(), role.to_owned()))
                    .collect(),
                place_role: given("WINDLASS_PLACE_ROLE").unwrap_or_default(),
                links: given("WINDLASS_LINKS").unwrap_or_default(),
            },
            state_machine,
        })
    }

    pub(crate) fn table(&self) -> Result<&str> {
        needed(self.table.as_deref(), "WINDLASS_TABLE")
    }

    pub(crate) fn state_machine(&self) -> Result<&str> {
        needed(self.state_machine.as_deref(), "WINDLASS_STATE_MACHINE_ARN")
    }

    pub(crate) fn event_bus(&self) -> Result<&str> {
        needed(self.event_bus.as_deref(), "WINDLASS_EVENT_BUS")
    }

    pub(crate) fn topic(&self) -> Result<&str> {
        needed(self.topic.as_deref(), "WINDLASS_TOPIC_ARN")
    }

    pub(crate) fn runner(&self) -> Result<&str> {
        needed(self.runner.as_deref(), "WINDLASS_RUNNER")
    }
}

/// Returns the account of an ARN; empty where there is none (AWS General Reference, "Amazon Resource Names").
fn account(arn: Option<&str>) -> &str {
    arn.unwrap_or_default().split(':').nth(4).unwrap_or_default()
}

/// Returns the name of the stack, which the release machine's name begins with (`template.yaml`).
fn stack(machine: Option<&str>) -> String {
    let name = machine.and_then(|arn| arn.rsplit(':').next());
    name.and_then(|name| name.strip_suffix("-release")).unwrap_or_default().to_owned()
}

/// Returns the items between commas.
fn listed(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn bad_in_vpc() -> Fault {
    Fault::new(FaultName::BadInput, "the environment variable WINDLASS_IN_VPC must be `true` or `false`")
}

fn needed<'a>(value: Option<&'a str>, variable: &str) -> Result<&'a str> {
    value.ok_or_else(|| {
        Fault::internal(format!(
            "the environment variable {variable} is not set; deploy the template again, which sets it"
        ))
    })
}

/// The HTTP client of all services: one pool of connections, and the root certificates are read once. Left to
/// themselves, the SDK's clients would each make their own.
pub(crate) fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(web::tls_provider()).build_https()
}

/// The time after which TCP asks whether a silent connection is still there. What lies between forgets one that is
/// silent for 350 s (Amazon VPC User Guide, "Troubleshoot NAT gateways"; User Guide for Network Load Balancers,
/// "Connection idle timeout").
const ASKED_AFTER: Duration = Duration::from_mins(1);

/// The HTTP client of a function whose calls may wait for minutes without a byte of an answer. AWS Lambda asks its
/// callers to keep such a connection alive (API Reference, Invoke), and the client of all others has no way to do so.
///
/// # Errors
/// `Internal` if it cannot be made.
pub(crate) fn http_client_of_long_calls() -> Result<SharedHttpClient> {
    let here = PartitionId::from_index(0);
    let spawner = DriverSpawner::from_fn(|driver| drop(tokio::spawn(driver)));
    let pool = ConnectionPool::builder()
        .tls_provider(web::tls_provider())
        .tcp_keepalive(ASKED_AFTER)
        .partitions([Partition::new(here, spawner)])
        .build_https()
        .map_err(|error| no_client(&error))?;
    Client::from_partition(&pool, here).map(SharedHttpClient::new).map_err(|error| no_client(&error))
}

fn no_client(error: &dyn std::error::Error) -> Fault {
    Fault::internal(format!("the HTTP client cannot be made: {error}"))
}

/// Returns region, credentials and endpoint of a function, from its environment alone, for calls by this client. It has
/// no files of a person's, and a search for them would only make its start longer.
pub(crate) async fn sdk_config(http: SharedHttpClient) -> SdkConfig {
    let nothing = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "").build();
    load(nothing, None, http).await
}

/// Returns region, credentials and endpoint from the environment and the files of a person or a CI job. `region` is
/// used where no variable names one: a person's file of settings goes before their profile.
///
/// # Errors
/// `BadInput` if a variable names an endpoint that is no address.
pub(crate) async fn sdk_config_of_a_person(region: Option<&str>) -> Result<SdkConfig> {
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    endpoints_are_addresses(variables)?;
    let is_named = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let region = region.filter(|_| !is_named);
    Ok(load(EnvConfigFiles::default(), region, http_client()).await)
}

/// Refuses an endpoint that is no address of an HTTP server. The SDK would pass over it, and call AWS itself in place
/// of the intended local cloud (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
fn endpoints_are_addresses(variables: impl Iterator<Item = (String, String)>) -> Result<()> {
    let wrong = variables.filter(|(name, value)| {
        let is_one = name == "AWS_ENDPOINT_URL" || name.starts_with("AWS_ENDPOINT_URL_");
        is_one && !value.is_empty() && web::http_address(value).is_none()
    });
    let mut wrong: Vec<String> = wrong
        .map(|(name, value)| format!("{name} is `{value}`, which is no address such as `http://localhost:4566`"))
        .collect();
    wrong.sort();
    match wrong.as_slice() {
        [] => Ok(()),
        _ => Err(Fault::new(FaultName::BadInput, wrong.join("; "))),
    }
}

/// Loads the configuration with Windlass's limits.
async fn load(files: EnvConfigFiles, region: Option<&str>, http: SharedHttpClient) -> SdkConfig {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(region) = region {
        loader = loader.region(aws_config::Region::new(region.to_owned()));
    }
    loader
        .profile_files(files)
        .http_client(http)
        .retry_config(limits::attempts())
        .timeout_config(limits::ordinary())
        .load()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Aws;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_async::rt::sleep::TokioSleep;
    use aws_smithy_async::time::SystemTimeSource;
    use tokio::io::AsyncReadExt as _;
    use windlass_engine::ports::{LambdaInvokeApi as _, OneCall};

    /// Returns the milliseconds until TCP asks whether the other side of our connection to a port is still there;
    /// `None` while another timer runs, or none (Linux, "proc_net_tcp": the timer's sort, and hundredths of a second).
    fn asks_in_ms(port: u16) -> Option<u64> {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
        let to = format!(":{port:04X}");
        let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let ours = lines.find(|columns| columns.get(2).is_some_and(|remote| remote.ends_with(&to)))?;
        let ticks = ours.get(5)?.strip_prefix("02:")?;
        u64::from_str_radix(ticks, 16).ok().map(|ticks| ticks * 10)
    }

    #[tokio::test]
    async fn a_call_that_waits_for_minutes_keeps_its_connection_alive() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKIA", "secret", None, None, "test",
            )))
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .endpoint_url(format!("http://127.0.0.1:{port}"))
            .http_client(http_client_of_long_calls().expect("a client"))
            .build();
        let aws = Aws::new(config, Settings::default());
        let call = OneCall {
            name: "shop-jobs".into(),
            version: "7".into(),
            payload: serde_json::Value::Null,
            wants_log: false,
            within_s: 600,
        };
        let silence = async {
            let (mut connection, _) = listener.accept().await.expect("a connection");
            let read = connection.read(&mut [0; 1024]).await;
            assert!(read.is_ok_and(|read| read > 0), "the call has come");
            // Until the call is acknowledged its own timer goes first.
            loop {
                if let Some(ms) = asks_in_ms(port) {
                    break ms;
                }
                tokio::task::yield_now().await;
            }
        };
        let asked = tokio::select! {
            answered = aws.call_once(&call) => Err(format!("{answered:?}")),
            asks = tokio::time::timeout(Duration::from_secs(10), silence) => asks.map_err(|it| it.to_string()),
        };
        assert!(asked.as_ref().is_ok_and(|ms| *ms <= 60_000), "{asked:?}");
        // Which function makes such calls, no type says.
        assert!(include_str!("../../../functions/run-task/main.rs").contains("Aws::for_long_calls"));
    }
}
