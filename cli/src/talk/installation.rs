//! The place of an installation: an option names it, else a variable, else `windlass.toml`; or the outputs of a stack
//! that one of these names. Where nothing is named, the stack `windlass` is looked for.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output;
use crate::ground::trouble::{TroubleName, next_for_credentials};
use crate::talk::installation_source::{
    GivenOption, InstallationPart, InstallationPlace, InstallationSource, given, named,
};
use crate::talk::settings::{SettingsFile, is_stack};
use crate::talk::windlass::{Windlass, waiting};
use clap::Args;
use std::collections::BTreeMap;
use tokio::sync::OnceCell;
use windlass_aws::{Aws, InstalledPart};
use windlass_domain::text::fault::Fault;

/// The installation that a command speaks with.
#[derive(Debug, Clone, Args)]
pub struct Endpoint {
    /// The HTTP API: the output `ApiUrl` of the installation's stack.
    #[arg(long = "endpoint", value_name = "URL", env = "WINDLASS_ENDPOINT", value_parser = arguments::text)]
    address: Option<String>,
    /// The installation's stack, in the account of the credentials: its outputs have the address and the bucket that
    /// are not given. Without all of them it is `windlass`.
    #[arg(long, value_name = "NAME", env = "WINDLASS_STACK", value_parser = stack)]
    stack: Option<String>,
    #[arg(skip)]
    outputs: OnceCell<Outputs>,
    #[arg(skip)]
    by_token: OnceCell<bool>,
}

type Outputs = BTreeMap<String, String>;

/// The stack that is looked for where nothing is named.
const USUAL: &str = "windlass";

/// The message to a job that has a token: it says which of the two the API is called with.
const BY_TOKEN: &str = "calls show the token of this job, because there are no AWS credentials";
const BY_CREDENTIALS: &str = "calls are signed with AWS credentials, and do not show the token of this job";

/// The advice where a job that shows a token knows no address.
const NO_STACK_FOR_JOBS: &str = "the token of this job opens the API alone, and no stack can be looked at without AWS \
                                 credentials. Give `--endpoint`, or set WINDLASS_ENDPOINT, to the output `ApiUrl` of the \
                                 stack";

/// The source of the stack's name where no setting names one.
const UNNAMED: &str = "the usual name";

/// The reason for which a stack's outputs are not known.
enum WhyNotFound {
    /// AWS has no such stack there.
    NoStack,
    /// Nobody could look.
    NotLooked(Failure),
}

/// An installation, as AWS describes it now.
pub struct Installed {
    /// The stack's name, or ARN.
    pub stack: String,
    /// The release, by the stack's output `Version`; `None` where it has none.
    pub version: Option<String>,
    /// The parts of the stack that can stop working.
    pub parts: Vec<InstalledPart>,
    /// The number of invocations that are kept for each function, by the stack's output `ReservedConcurrency`; `None`
    /// where it has none.
    pub reserved: Option<String>,
    /// The number of invocations at a time that all functions without reserved concurrency share.
    pub unreserved: Result<u64, Fault>,
}

/// The API, or what it answers, for a command that goes on without it.
pub enum Reached<T> {
    /// It was reached.
    Found(T),
    /// It was not reached; the text is the reason.
    Unreachable(String),
}

impl<T> Reached<T> {
    /// Returns what was reached.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Unreachable(_) => None,
        }
    }
}

impl Endpoint {
    /// Opens the API, with the caller's AWS credentials, or with the token of the CI job. The API itself is not called
    /// yet.
    ///
    /// # Errors
    /// If nobody gives its address, or settings are wrong.
    pub async fn open(&self) -> Result<Windlass, Failure> {
        let shows_token = self.shows_token().await;
        let place =
            if shows_token { self.place_for_job()? } else { self.place(InstallationPart::Endpoint, None).await? };
        Windlass::at(place, shows_token).await
    }

    /// Opens the API, does work with it, and waits for that.
    ///
    /// # Errors
    /// Those of the opening and of the work.
    pub fn ask<T>(&self, work: impl AsyncFnOnce(&Windlass) -> Result<T, Failure>) -> Result<T, Failure> {
        waiting(async { work(&self.open().await?).await })
    }

    /// Returns whether calls show the token of a CI job: it has one, and no AWS credentials. In a job it is shown once
    /// which of the two is taken.
    pub async fn shows_token(&self) -> bool {
        let known = self.by_token.get_or_init(|| async {
            let by_token = windlass_aws::shows_job_token().await;
            if windlass_aws::has_job_token() {
                output::aside(if by_token { BY_TOKEN } else { BY_CREDENTIALS });
            }
            by_token
        });
        *known.await
    }

    /// Returns the API's address, which must be given: nobody looks at a stack without AWS credentials.
    fn place_for_job(&self) -> Result<InstallationPlace, Failure> {
        match self.named(InstallationPart::Endpoint, None, &SettingsFile::here()?) {
            Some(InstallationSource::Value { value, from }) => Ok(InstallationPlace { value, from, region: None }),
            _ => Err(Failure::of(TroubleName::CredentialsNotTaken, NO_STACK_FOR_JOBS)),
        }
    }

    /// Returns the options that were typed and name the installation, as words of a command: another command needs them
    /// to reach the same one. That command finds a variable and the settings by itself.
    pub fn typed(&self) -> Vec<String> {
        let address = given(self.address.as_deref(), "--endpoint", "WINDLASS_ENDPOINT");
        let stack = given(self.stack.as_deref(), "--stack", "WINDLASS_STACK");
        let typed = [(address, "--endpoint", &self.address), (stack, "--stack", &self.stack)];
        let typed = typed.into_iter().filter_map(|(given, option, value)| {
            let value = given.filter(GivenOption::is_option).and(value.as_ref())?;
            Some(format!("{option}={value}"))
        });
        typed.collect()
    }

    /// Opens the API, where one is named; returns why not, where its stack could not be looked at.
    ///
    /// # Errors
    /// Settings that are wrong.
    pub async fn open_if_named(&self) -> Result<Reached<Windlass>, Failure> {
        if !self.is_named()? {
            return Ok(Reached::Unreachable(String::new()));
        }
        match self.open().await {
            Err(failure) if failure.exit == Exit::Unreachable => {
                Ok(Reached::Unreachable(format!(": {}", failure.message)))
            }
            opened => opened.map(Reached::Found),
        }
    }

    /// Opens the API, whoever names it; returns why not, where nothing gives its address or nobody could look for it.
    ///
    /// # Errors
    /// Settings that are wrong, and an answer that is not Windlass's.
    pub async fn open_or_why(&self) -> Result<Reached<Windlass>, Failure> {
        SettingsFile::here()?;
        match self.open().await {
            Err(failure) if [Exit::Unreachable, Exit::Usage].contains(&failure.exit) => {
                Ok(Reached::Unreachable(failure.message))
            }
            opened => opened.map(Reached::Found),
        }
    }

    /// Returns the artifacts bucket; `given` is the text of the option or the variable.
    ///
    /// # Errors
    /// If nobody gives its name, or settings are wrong.
    pub async fn bucket(&self, given: Option<&str>) -> Result<InstallationPlace, Failure> {
        self.place(InstallationPart::Bucket, given).await
    }

    /// Returns whether an option, a variable or the settings name an installation, or its stack was found.
    ///
    /// # Errors
    /// Settings that are wrong.
    pub fn is_named(&self) -> Result<bool, Failure> {
        let named = self.named(InstallationPart::Endpoint, None, &SettingsFile::here()?);
        Ok(named.is_some() || self.outputs.initialized())
    }

    /// Returns whether the bucket is known without another look at a stack.
    ///
    /// # Errors
    /// Settings that are wrong.
    pub fn knows_bucket(&self, given: Option<&str>) -> Result<bool, Failure> {
        let named = self.named(InstallationPart::Bucket, given, &SettingsFile::here()?);
        Ok(matches!(named, Some(InstallationSource::Value { .. })) || self.outputs.initialized())
    }

    /// Returns the installation of the stack that is named, as AWS describes it now.
    ///
    /// # Errors
    /// If there is no such stack, or it may not be looked at, or settings are wrong.
    pub async fn parts(&self) -> Result<Installed, Failure> {
        let settings = SettingsFile::here()?;
        let (name, from) = match self.named(InstallationPart::Bucket, None, &settings) {
            Some(InstallationSource::Stack { name, from }) => (name, from),
            _ => (USUAL.to_owned(), UNNAMED.to_owned()),
        };
        let aws = self.aws().await?;
        let found = aws.installation(&name).await.map_err(|fault| unread(fault, &name, &from))?;
        let parts = found.ok_or_else(|| no_stack(&name, &from))?;
        let outputs = windlass_aws::stack_outputs(&name, region(&settings).as_deref()).await;
        let mut outputs = outputs.map_err(|fault| unread(fault, &name, &from))?.unwrap_or_default();
        let (version, reserved) = (outputs.remove("Version"), outputs.remove("ReservedConcurrency"));
        let unreserved = aws.unreserved_concurrency().await;
        Ok(Installed { stack: name, version, parts, reserved, unreserved })
    }

    /// Opens AWS with the caller's credentials, in the installation's region.
    ///
    /// # Errors
    /// Without credentials or a region, or settings are wrong.
    pub async fn aws(&self) -> Result<Aws, Failure> {
        let region = region(&SettingsFile::here()?);
        Aws::for_people(region.as_deref()).await.map_err(Failure::from)
    }

    /// Checks that all of these are named, or can be found.
    ///
    /// # Errors
    /// All that are not.
    pub async fn require(&self, needed: &[(InstallationPart, Option<&str>)]) -> Result<(), Failure> {
        let settings = SettingsFile::here()?;
        let missing = needed.iter().filter(|(what, given)| self.named(*what, *given, &settings).is_none());
        let missing: Vec<InstallationPart> = missing.map(|(what, _)| *what).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.usual(&missing, region(&settings).as_deref()).await.map(|_| ())
    }

    async fn place(&self, what: InstallationPart, given: Option<&str>) -> Result<InstallationPlace, Failure> {
        let settings = SettingsFile::here()?;
        let region = region(&settings);
        let (name, from) = match self.named(what, given, &settings) {
            Some(InstallationSource::Value { value, from }) => return Ok(InstallationPlace { value, from, region }),
            Some(InstallationSource::Stack { name, from }) => (name, from),
            None => {
                self.usual(&[what], region.as_deref()).await?;
                (USUAL.to_owned(), UNNAMED.to_owned())
            }
        };
        let outputs = self.outputs_of(&name, &from, region.as_deref()).await;
        let outputs = outputs.map_err(|unfound| match unfound {
            WhyNotFound::NoStack => no_stack(&name, &from),
            WhyNotFound::NotLooked(why) => why,
        })?;
        let value = outputs.get(what.output()).cloned().ok_or_else(|| no_windlass(&name, what, &from))?;
        Ok(InstallationPlace {
            value,
            from: format!("the output `{}` of the stack `{name}`, whose name is from {from}", what.output()),
            region,
        })
    }

    fn named(
        &self,
        what: InstallationPart,
        value: Option<&str>,
        settings: &SettingsFile,
    ) -> Option<InstallationSource> {
        let value = match what {
            InstallationPart::Endpoint => self.address.as_deref(),
            InstallationPart::Bucket => value,
        };
        let stack = given(self.stack.as_deref(), "--stack", "WINDLASS_STACK");
        named(what.setting(), what.given(value), stack, settings)
    }

    /// Returns the outputs of the usual stack, which is looked for where these are not named.
    async fn usual(&self, missing: &[InstallationPart], region: Option<&str>) -> Result<&Outputs, Failure> {
        let found = self.outputs_of(USUAL, UNNAMED, region).await;
        found.map_err(|unfound| {
            let missing: Vec<&str> = missing.iter().map(|what| what.unnamed()).collect();
            let missing = missing.join("\n  ");
            match unfound {
                WhyNotFound::NoStack => Failure::of(TroubleName::NoInstallation, format!(
                    "no installation is named, and there is no stack `{USUAL}` in the account and the region of the credentials.\n  {missing}"
                )),
                WhyNotFound::NotLooked(why) => Failure {
                    message: format!(
                        "{}\n  Nothing else names the installation.\n  {missing}",
                        why.message
                    ),
                    ..why
                },
            }
        })
    }

    async fn outputs_of(&self, name: &str, from: &str, region: Option<&str>) -> Result<&Outputs, WhyNotFound> {
        let found = self.outputs.get_or_try_init(|| async {
            let found = windlass_aws::stack_outputs(name, region).await;
            let not_looked = |fault| WhyNotFound::NotLooked(unread(fault, name, from));
            found.map_err(not_looked)?.ok_or(WhyNotFound::NoStack)
        });
        found.await
    }
}

fn region(settings: &SettingsFile) -> Option<String> {
    settings.value("region").map(|(region, _)| region)
}

/// A stack's name.
///
/// # Errors
/// No stack is called so.
pub fn stack(text: &str) -> Result<String, String> {
    let text = arguments::text(text)?;
    if is_stack(&text) {
        return Ok(text);
    }
    Err("it is no stack's name: write one such as `windlass`, or a stack's ARN".to_owned())
}

const ACCOUNT: &str = "Set AWS_PROFILE and AWS_REGION to the account and the region of the installation, or give `--endpoint` and `--bucket`";

fn no_stack(name: &str, from: &str) -> Failure {
    let what = format!("there is no stack `{name}` in the account and the region of the credentials");
    Failure::of(TroubleName::NotAWindlass, format!("{what} ({from})")).with_next(ACCOUNT)
}

fn no_windlass(name: &str, what: InstallationPart, from: &str) -> Failure {
    let what = format!("the stack `{name}` has no output `{}`, so that it is no Windlass", what.output());
    Failure::of(TroubleName::NotAWindlass, format!("{what} ({from})")).with_next(ACCOUNT)
}

/// Makes the failure of a look at a stack: which stack it was, with the right that is needed where that is the reason.
fn unread(fault: Fault, name: &str, from: &str) -> Failure {
    let failure = Failure::from(fault);
    let next = next_for_credentials(failure.fact.as_ref()).or_else(|| {
        let is_refused = failure.name == Some(TroubleName::NotPermitted);
        is_refused
            .then_some("`cloudformation:DescribeStacks` on the stack is needed; or give `--endpoint` and `--bucket`")
    });
    let message = format!("{}\n  So the stack `{name}` ({from}) was not looked at.", failure.message);
    let failure = Failure { message, ..failure };
    next.into_iter().fold(failure, Failure::with_next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::fault::{Fact, FaultName};

    #[test]
    fn a_stack_that_was_not_looked_at_has_its_next_step_by_the_fact_and_not_by_the_words() {
        let nonsense = "no AWS credentials: AccessDenied: security token expired";
        let right = Some("`cloudformation:DescribeStacks` on the stack is needed");
        for (name, fact, next) in [
            (FaultName::AccessDenied, None, right),
            (FaultName::AccessDenied, Some(Fact::NoCredentials), None),
            (FaultName::AccessDenied, Some(Fact::ExpiredCredentials), Some("Sign in again")),
            (FaultName::Refused, Some(Fact::WrongClock), Some("Set the clock")),
            (FaultName::Unavailable, None, None),
        ] {
            for said in [nonsense, "x"] {
                let failure = unread(Fault::new(name, said).with_fact(fact.clone()), "w", "here");
                let (_, added) = failure.message.split_once("was not looked at.").unwrap();
                assert!(added.trim_start().starts_with(next.unwrap_or_default()), "{name} {fact:?}: {added}");
                assert_eq!(added.is_empty(), next.is_none(), "{name} {fact:?}: {added}");
            }
        }
    }

    #[test]
    fn a_stack_is_called_as_cloudformation_takes_it() {
        for good in ["windlass", "w-1", "arn:aws:cloudformation:eu-west-1:1:stack/a/b"] {
            assert!(stack(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "1", "a b", "a_b"] {
            assert!(stack(bad).is_err(), "{bad}");
        }
    }
}
