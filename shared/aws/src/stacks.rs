//! The outputs and the resources of a CloudFormation stack, by which the command line finds an installation by its
//! name. Two operations of AWS's Query protocol, signed by the same code as the API's calls: the SDK's client would
//! compile and carry all operations of the service.

use crate::json_services::endpoint;
use crate::web::{self, Fetched};
use crate::{api, error, settings};
use aws_config::SdkConfig;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::Result;

/// The service's name in its address and in a signature.
const SERVICE: &str = "cloudformation";

/// The version of its API (AWS CloudFormation API Reference, "DescribeStacks").
const VERSION: &str = "2010-05-15";

/// The time that an answer may take: it is one small read.
const ANSWER: Duration = Duration::from_secs(15);

/// The largest answer, in bytes: a template has at most 200 outputs of 1,024 bytes each, and 200 parameters (AWS
/// CloudFormation User Guide, "CloudFormation quotas").
const LARGEST_ANSWER: u64 = 4 * 1024 * 1024;

/// Returns the outputs of a stack of this name, or ARN, in the account of a person's credentials; `None` where there is
/// none. `region` is used where the environment names none.
///
/// # Errors `BadInput` if no region is known or an endpoint is none, `AccessDenied` without credentials or the right
///   `cloudformation:DescribeStacks`, `Unavailable` without an answer.
pub async fn stack_outputs(name: &str, region: Option<&str>) -> Result<Option<BTreeMap<String, String>>> {
    outputs(&settings::sdk_config_of_a_person(region).await?, name).await
}

async fn outputs(home: &SdkConfig, name: &str) -> Result<Option<BTreeMap<String, String>>> {
    let asked = [("Action", "DescribeStacks"), ("StackName", name)];
    let body = asked_of(home, &asked, name).await?;
    Ok(body.map(|body| pairs(&body)))
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Its name in the template.
    pub(crate) name: String,
    /// Its name, or ARN, in AWS.
    pub(crate) id: String,
    /// Its type.
    pub(crate) sort: String,
}

/// Returns all resources of a stack of this name, or ARN; `None` where there is no such stack.
pub(crate) async fn resources(home: &SdkConfig, name: &str) -> Result<Option<Vec<Resource>>> {
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let mut asked = vec![("Action", "ListStackResources"), ("StackName", name)];
        asked.extend(next.as_deref().map(|next| ("NextToken", next)));
        let Some(body) = asked_of(home, &asked, name).await? else { return Ok(None) };
        all.extend(members(&body).into_iter().filter_map(resource));
        next = text_of(&body, b"NextToken").filter(|next| !next.is_empty());
        if next.is_none() {
            return Ok(Some(all));
        }
    }
}

/// Reads a resource; `None` if it has no id, because then it was never made.
fn resource(mut member: BTreeMap<String, String>) -> Option<Resource> {
    let mut text = |name: &str| member.remove(name).filter(|text| !text.is_empty());
    Some(Resource { name: text("LogicalResourceId")?, id: text("PhysicalResourceId")?, sort: text("ResourceType")? })
}

/// Returns the answer to a call; `None` where there is no such stack.
async fn asked_of(home: &SdkConfig, asked: &[(&str, &str)], name: &str) -> Result<Option<String>> {
    let operation = asked.first().map_or("", |(_, operation)| *operation);
    let what = format!("{operation} {name}");
    let address = |endpoint: &str| address(endpoint, asked);
    let answer = sent(home, SERVICE, address, &what).await?;
    let body = String::from_utf8_lossy(&answer.body);
    if (200..300).contains(&answer.status) {
        return Ok(Some(body.into_owned()));
    }
    refused(&what, answer.status, &body)
}

/// Returns the JSON document that a service of AWS answers to a GET of this path.
pub(crate) async fn read(home: &SdkConfig, service: &str, path: &[&str], what: &str) -> Result<Value> {
    let address = |endpoint: &str| {
        let mut url = Url::parse(endpoint).map_err(|error| format!("{endpoint}: {error}"))?;
        url.path_segments_mut().map_err(|()| format!("{endpoint}: it has no path"))?.pop_if_empty().extend(path);
        Ok(url)
    };
    let answer = sent(home, service, address, what).await?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        return Ok(body);
    }
    let said = body["Message"].as_str().or(body["message"].as_str()).unwrap_or("no reason");
    let message = format!("{what}: AWS answered {}: {said}", answer.status);
    Err(Fault::new(error::name_of(None, Some(answer.status)), message).with_fact(error::fact_of(None, Some(said))))
}

async fn sent(
    home: &SdkConfig,
    service: &str,
    address: impl FnOnce(&str) -> Result<Url, String>,
    what: &str,
) -> Result<Fetched> {
    let region = api::region(home)?;
    let what = format!("{what} in {region}");
    let url = address(&endpoint(home, service, &region))
        .map_err(|why| Fault::new(FaultName::BadInput, format!("{what}: {why}")))?;
    let credentials = api::credentials(home).await?;
    let request = api::signed("GET", &url, String::new(), (service, &region), credentials)?;
    web::answer(request, &url, &what, (ANSWER, LARGEST_ANSWER)).await
}

fn address(endpoint: &str, asked: &[(&str, &str)]) -> Result<Url, String> {
    let mut url = Url::parse(endpoint).map_err(|error| format!("{endpoint}: {error}"))?;
    url.query_pairs_mut().extend_pairs(asked).append_pair("Version", VERSION);
    Ok(url)
}

/// Turns an error into a fault, or into `None` where there is no such stack. CloudFormation answers then that the input
/// is not valid (AWS CloudFormation API Reference, "DescribeStacks").
fn refused<T>(what: &str, status: u16, body: &str) -> Result<Option<T>> {
    let code = text_of(body, b"Code");
    let message = text_of(body, b"Message").unwrap_or_default();
    if code.as_deref() == Some("ValidationError") && message.contains("does not exist") {
        return Ok(None);
    }
    let name = error::name_of(code.as_deref(), Some(status));
    let fact = error::fact_of(code.as_deref(), Some(&message));
    let code = code.unwrap_or_else(|| format!("HTTP status {status}"));
    Err(Fault::new(name, format!("{what}: AWS answered {code}: {message}")).with_fact(fact))
}

/// Returns the text between the first tags of this name.
pub(crate) fn text_of(body: &str, tag: &[u8]) -> Option<String> {
    texts(body).into_iter().find(|(name, _)| name == tag).map(|(_, text)| text)
}

/// Reads the keys and values of the outputs.
fn pairs(body: &str) -> BTreeMap<String, String> {
    let (mut pairs, mut key) = (BTreeMap::new(), None);
    for (name, text) in texts(body) {
        match name.as_slice() {
            b"OutputKey" => key = Some(text),
            b"OutputValue" => pairs.extend(key.take().map(|key| (key, text))),
            _ => {}
        }
    }
    pairs
}

/// Reads each `member` of a list, by its innermost tags.
fn members(body: &str) -> Vec<BTreeMap<String, String>> {
    body.split("</member>")
        .filter_map(|part| part.rsplit_once("<member>"))
        .map(|(_, member)| {
            texts(member).into_iter().map(|(name, text)| (String::from_utf8_lossy(&name).into_owned(), text)).collect()
        })
        .collect()
}

/// Returns each innermost tag with its text, in their order.
pub(crate) fn texts(body: &str) -> Vec<(Vec<u8>, String)> {
    let mut reader = Reader::from_str(body);
    let (mut found, mut open, mut text) = (Vec::new(), None, String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                open = Some(tag.local_name().as_ref().to_vec());
                text.clear();
            }
            Ok(Event::Text(part)) => text.push_str(&part.decode().unwrap_or_default()),
            Ok(Event::GeneralRef(entity)) => text.extend(letter(&entity)),
            Ok(Event::End(_)) => {
                let text = text.trim().to_owned();
                found.extend(open.take().map(|open| (open, text)));
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// Returns the letter that an entity stands for.
fn letter(entity: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(letter)) = entity.resolve_char_ref() {
        return Some(letter);
    }
    let name = entity.decode().ok()?;
    quick_xml::escape::resolve_predefined_entity(&name)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::fault::Fact;

    #[test]
    fn outputs_are_read_of_the_answer_as_the_reference_shows_it() {
        let body = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
            <DescribeStacksResult><Stacks><member><StackName>windlass</StackName><Parameters><member>\
            <ParameterKey>AlertEmail</ParameterKey><ParameterValue/></member></Parameters><Outputs>\
            <member><OutputKey>ApiUrl</OutputKey><Description>The &lt;API&gt;</Description>\
            <OutputValue>https://a.example/?x=1&amp;y=&#50;</OutputValue></member>\
            <member><OutputValue>lost</OutputValue></member>\
            <member>\n <OutputKey>ArtifactsBucket</OutputKey>\n <OutputValue>windlass-a</OutputValue></member>\
            </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";
        let wanted = [("ApiUrl", "https://a.example/?x=1&y=2"), ("ArtifactsBucket", "windlass-a")];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(pairs(body), BTreeMap::from(wanted));
        assert_eq!(pairs("{}"), BTreeMap::new());
        assert_eq!(pairs("<a><OutputKey>b"), BTreeMap::new());
    }

    #[test]
    fn resources_are_read_of_the_answer_as_the_reference_shows_it() {
        let body = "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>\
            <member><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LogicalResourceId>Ledger</LogicalResourceId>\
            <DriftInformation><StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation>\
            <PhysicalResourceId>w-ledger</PhysicalResourceId><ResourceType>AWS::DynamoDB::Table</ResourceType></member>\
            <member><LogicalResourceId>Never</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType></member>\
            </StackResourceSummaries><NextToken>more</NextToken></ListStackResourcesResult></ListStackResourcesResponse>";
        let found: Vec<Resource> = members(body).into_iter().filter_map(resource).collect();
        let ledger = Resource { name: "Ledger".into(), id: "w-ledger".into(), sort: "AWS::DynamoDB::Table".into() };
        assert_eq!(found, [ledger]);
        assert_eq!(text_of(body, b"NextToken").as_deref(), Some("more"));
    }

    #[test]
    fn a_stack_that_is_not_there_is_no_fault_and_everything_else_is() {
        let refusal = |status: u16, code: &str, message: &str| {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            );
            refused::<()>("DescribeStacks a", status, &body)
        };
        assert_eq!(refusal(400, "ValidationError", "Stack with id windlass does not exist").unwrap(), None);
        let name = |answered: Result<Option<()>>| answered.unwrap_err().name;
        assert_eq!(name(refusal(400, "ValidationError", "1 validation error")), FaultName::Refused);
        let denied = refusal(403, "AccessDenied", "User: a is not authorized").unwrap_err();
        assert_eq!((denied.name, &denied.fact), (FaultName::AccessDenied, &None));
        let expired = refusal(403, "ExpiredToken", "no").unwrap_err();
        assert_eq!(expired.fact, Some(Fact::ExpiredCredentials));
        assert!(denied.message.contains("AWS answered AccessDenied: User: a"), "{denied}");
        assert_eq!(name(refusal(400, "Throttling", "Rate exceeded")), FaultName::Throttled);
        let nothing = refused::<()>("DescribeStacks a", 502, "<html>").unwrap_err();
        assert_eq!(nothing.name, FaultName::Unavailable);
        assert!(nothing.message.contains("HTTP status 502"), "{nothing}");
    }

    #[test]
    fn a_name_is_one_value_of_the_query_whatever_is_in_it() {
        let asked = [("Action", "DescribeStacks"), ("StackName", "a&b c")];
        let url = address("http://127.0.0.1:4566", &asked).unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/?Action=DescribeStacks&StackName=a%26b+c&Version=2010-05-15");
    }
}
