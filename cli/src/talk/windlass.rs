//! An installation of Windlass, as the command line reaches it.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::trouble::{TroubleName, next_for_credentials};
use crate::talk::installation_source::InstallationPlace;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use windlass_aws::{Api, ApiAnswer, fact_of};
use windlass_domain::document::shape::objection::{asked_for, nearest};
use windlass_domain::release::api_routes::ApiRoute;
pub use windlass_domain::release::api_routes::RouteName;
use windlass_domain::release::way_in::WayIn;
use windlass_domain::shown::api::environments::Apps;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fact, Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// The advice where an address leads to no Windlass.
const NAMED: &str = "Give `--endpoint`, or set WINDLASS_ENDPOINT, to the output `ApiUrl` of the installation's stack";

/// The reason for which a CI job that shows a token may not call a route.
const NOT_FOR_JOBS: &str = "no CI job may do this by its token alone: it releases, uploads, plans, rolls back and reads \
                            one application. Take credentials of AWS";

/// The HTTP API of an installation.
pub struct Windlass {
    api: Api,
    /// Its place, with the source of that.
    place: InstallationPlace,
    /// True if calls show the token of a CI job, in place of a signature.
    shows_token: bool,
}

impl Windlass {
    /// Opens the API, with the caller's AWS credentials, or with the token of the CI job. No call is made yet.
    ///
    /// # Errors
    /// If the place is no address, or no region is known.
    pub async fn at(place: InstallationPlace, shows_token: bool) -> Result<Self, Failure> {
        let api = if shows_token {
            Api::of_job(&place.value)
        } else {
            Api::from_env(&place.value, place.region.as_deref()).await
        };
        let api = api.map_err(|fault| unreached(fault, &place))?;
        Ok(Self { api, place, shows_token })
    }

    /// Returns whether calls show the token of a CI job, in place of a signature.
    pub const fn shows_token(&self) -> bool {
        self.shows_token
    }

    /// Refuses what a CI job may not ask for by its token.
    ///
    /// # Errors
    /// If the API has no such route below `/ci`.
    pub fn serves(&self, route: RouteName) -> Result<(), Failure> {
        if !self.shows_token || ApiRoute::named(route).is_some_and(|route| route.ci) {
            return Ok(());
        }
        Err(Failure::of(TroubleName::NotPermitted, NOT_FOR_JOBS))
    }

    /// Reads. A call that is asked to come later is sent again.
    ///
    /// # Errors
    /// No answer, or one that says no.
    pub async fn get(&self, route: RouteName, names: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.serves(route)?;
        let (method, path) = route.call(names);
        let comes_later = |failure: &Failure| failure.fact == Some(Fact::NotTaken);
        match self.again(comes_later, method, &path, query, None, None).await {
            Err(failure) => Err(self.with_meant_app(failure.of_look(), &path).await),
            answer => answer,
        }
    }

    /// Reads an answer of the API.
    ///
    /// # Errors
    /// No answer, one that says no, or one of another form: the program and Windlass are of different versions.
    pub async fn read<T: DeserializeOwned>(
        &self,
        route: RouteName,
        names: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        read(&self.get(route, names, query).await?)
    }

    /// Sends a request as an arrival does: the same content again is known by its content. A call that got no answer,
    /// or that is asked to come later, is sent again.
    ///
    /// # Errors
    /// No answer, or one that says no, with all findings.
    pub async fn send(&self, route: RouteName, names: &[&str], body: &Value) -> Result<Value, Failure> {
        self.patiently(route, names, &[], Some(body), None).await
    }

    /// Asks, as a person, for something to be done. The request has a key of its own. So the same words on another day
    /// are another request, and this one, sent again because no answer came, is the same.
    ///
    /// # Errors
    /// No answer, or one that says no, with all findings.
    pub async fn act(
        &self,
        route: RouteName,
        names: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let key = format!("{:032x}", fastrand::u128(..));
        self.patiently(route, names, query, body, Some(&key)).await
    }

    async fn patiently(
        &self,
        route: RouteName,
        names: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Value, Failure> {
        self.serves(route)?;
        let (method, path) = route.call(names);
        match self.again(|failure| failure.passes, method, &path, query, body, key).await {
            Err(failure) => {
                let failure = self.with_meant_app(failure, &path).await.asked_for(asked(route, names, body));
                Err(perhaps_done(failure, &path))
            }
            answer => answer,
        }
    }

    /// Calls, and calls again a few times, each time after a longer pause, if what failed may pass.
    async fn again(
        &self,
        passes: impl Fn(&Failure) -> bool,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Value, Failure> {
        let mut tried = 0;
        loop {
            match self.call(method, path, query, body, key).await {
                Err(failure) if passes(&failure) && tried < AGAIN => {
                    tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tried)).await;
                    tried += 1;
                }
                answer => return answer,
            }
        }
    }

    /// Names the application that was meant, where the caller may list them, and the command that declares it.
    async fn with_meant_app(&self, mut failure: Failure, path: &[&str]) -> Failure {
        let is_unknown = |finding: &&mut Finding| finding.name == FindingName::NoDeclaration && finding.path == "app";
        let (Some(finding), ["apps", app, ..]) = (failure.findings.iter_mut().find(is_unknown), path) else {
            return failure;
        };
        if self.serves(RouteName::Apps).is_err() {
            return failure;
        }
        let (method, path) = RouteName::Apps.call(&[]);
        let known = self.call(method, &path, &[("limit", "100")], None, None);
        let known = known.await.and_then(|known| read::<Apps>(&known));
        let known: Vec<String> =
            known.into_iter().flat_map(|page| page.apps).map(|known| known.app.to_string()).collect();
        let meant = asked_for(nearest(app, &known));
        finding.remedy = format!(
            "{meant}`windlass apps` lists what is declared; `windlass declare app.yaml` declares an application."
        )
        .into();
        failure
    }

    async fn call(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Value, Failure> {
        let mut query = query.to_vec();
        let words = WayIn::CommandLine.to_string();
        query.push(("words", &words));
        let answer = self.api.call(method, path, &query, body, key).await;
        let answer = answer.map_err(|fault| unreached(fault, &self.place))?;
        accepted(answer).map_err(|failure| match failure.name {
            Some(TroubleName::NotPermitted | TroubleName::CredentialsNotTaken) if self.shows_token => {
                let message = format!("{NOT_TAKEN} {}", self.place.value);
                Failure { message, ..failure }.with_next(&source(&self.place)).with_next(TAKEN)
            }
            _ if failure.is_everywhere => failure.with_next(&source(&self.place)),
            _ => failure,
        })
    }
}

/// The message where API Gateway lets no job in, before the address.
const NOT_TAKEN: &str = "API Gateway did not take the token of this job, whose audience must be";

/// The advice where API Gateway lets no job in.
const TAKEN: &str = "That must be the output `ApiUrl` letter by letter, and the issuer of the token the stack's \
                     parameter `CiIssuer`";

/// Returns what a call asks for, for a person: `shop prod 1.4.0`, or `shop prod rollback`.
fn asked(route: RouteName, names: &[&str], body: Option<&Value>) -> String {
    let version = body.and_then(|body| body.get("version")?.as_str()).map(str::to_owned);
    let what = version.or_else(|| match route {
        RouteName::Act(action) | RouteName::ActOnApp(action) => Some(action.to_string()),
        RouteName::Cancel => Some("cancel".to_owned()),
        _ => None,
    });
    names.iter().map(|name| (*name).to_owned()).chain(what).collect::<Vec<String>>().join(" ")
}

/// Reads an answer of the API, or a part of one.
///
/// # Errors
/// If it has another form: the program and Windlass are of different versions.
pub fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| Failure::not_understood("the answer", error))
}

/// The source of the address.
fn source(place: &InstallationPlace) -> String {
    format!("The address {} is from {}", place.value, place.from)
}

/// Makes the failure of a call without an answer, with the source of the address where that may be wrong.
fn unreached(fault: Fault, place: &InstallationPlace) -> Failure {
    // A caller without credentials has not called it.
    let is_elsewhere = fault.name == FaultName::Unavailable || fault.fact == Some(Fact::NoAddress);
    let failure = Failure::from(fault);
    if is_elsewhere { failure.with_next(NAMED).with_next(&source(place)) } else { failure }
}

/// The number of times that a call is sent again, and the pause before the first time; each next is twice as long.
const AGAIN: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(400);

/// Adds that the request may have been carried out although no answer came, and where that is seen.
fn perhaps_done(failure: Failure, path: &[&str]) -> Failure {
    let is_perhaps_done = failure.passes && !matches!(failure.fact, Some(Fact::NotTaken | Fact::Unconnected(_)));
    match path {
        ["apps", app, "environments", environment, ..] if is_perhaps_done => failure
            .with_next(&format!("It may have been done all the same: `windlass status {app} {environment}` shows it")),
        _ => failure,
    }
}

/// Returns the body of a good answer, or the failure that another answer means.
fn accepted(answer: ApiAnswer) -> Result<Value, Failure> {
    // Who asks too often is no sign of a dead API.
    let is_answered = answer.status != 429;
    let fact = (!is_answered).then_some(Fact::NotTaken);
    understood(answer).map_err(|failure| Failure { fact, is_answered, ..failure })
}

fn understood(answer: ApiAnswer) -> Result<Value, Failure> {
    let body = &answer.body;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if (200..300).contains(&answer.status) && body.is_object() {
        return Ok(answer.body);
    }
    // API Gateway's own refusals have a `message` and no findings; what else answers there may say anything.
    let said = text("detail").or(text("message"));
    let Some(said) = said.filter(|_| answer.status >= 400) else {
        return Err(nobody(&answer, "no answer of Windlass's"));
    };
    let said = &*windlass_domain::text::foreign::with_log(said);
    let findings: Vec<Finding> =
        body.get("findings").and_then(|findings| serde_json::from_value(findings.clone()).ok()).unwrap_or_default();
    let passes = passes(answer.status);
    let failure = |name, message: String| Failure { passes, ..Failure::of(name, message) };
    if said.contains("Credential should be scoped to a valid region") {
        return Err(Failure {
            is_everywhere: true,
            ..failure(TroubleName::NotAWindlass, format!("{OTHER_REGION} ({said})"))
        });
    }
    Err(match answer.status {
        400..500 if !findings.is_empty() => {
            let message = match (Exit::of_findings(&findings), findings.len()) {
                (Exit::Held, _) => "Windlass did not let it through:".to_owned(),
                _ if findings.iter().all(is_of_the_unknown) => "Windlass does not know it:".to_owned(),
                (_, 1) => "Windlass refused it:".to_owned(),
                (_, found) => format!("Windlass refused it, {}:", count(found, "finding")),
            };
            Failure { passes, ..Failure::rejected(message, findings) }
        }
        status @ (401 | 403) => match next_for_credentials(fact_of(None, Some(said)).as_ref()) {
            Some(next) => Failure {
                is_everywhere: true,
                ..failure(
                    TroubleName::CredentialsNotTaken,
                    format!("AWS did not take the credentials ({status}: {said})"),
                )
            }
            .with_next(next),
            None => failure(
                TroubleName::NotPermitted,
                format!(
                    "Windlass did not let the caller in ({status}: {said}): `execute-api:Invoke` on this path is needed"
                ),
            ),
        },
        // Windlass has no route that answers so: something else is at this address.
        404 => nobody(&answer, said),
        status => {
            let name = if passes { TroubleName::NoAnswer } else { TroubleName::WentWrong };
            Failure { findings, ..failure(name, format!("Windlass answered {status}: {said}")) }
        }
    })
}

/// The advice where the call was signed for another region.
const OTHER_REGION: &str =
    "the call was signed for another region than the API's: set AWS_REGION to the region of the installation";

/// Returns whether the finding is that there is no such thing. The status says less: 404 is also the answer of a
/// deployment that became none, with all that its release was refused for.
fn is_of_the_unknown(finding: &Finding) -> bool {
    matches!(finding.name, FindingName::NoDeclaration | FindingName::UnknownName)
}

fn passes(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

/// Makes the failure that something else than Windlass is at this address.
fn nobody(answer: &ApiAnswer, said: &str) -> Failure {
    Failure {
        passes: passes(answer.status),
        is_everywhere: true,
        ..Failure::of(TroubleName::NotAWindlass, format!("no Windlass answered there ({}: {said})", answer.status))
    }
    .with_next(NAMED)
    .with_next("Where it is that, `windlass doctor` looks at Windlass itself")
}

/// Runs work that waits for answers. Everything runs on this one thread.
///
/// # Errors
/// Those of what it does.
pub fn waiting<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::broken(format!("the program cannot wait for answers: {error}")))?
        .block_on(work)
}

#[cfg(test)]
#[path = "windlass_tests.rs"]
mod tests;
