//! Requests with which a new version of a function may be tried before callers get it, as far as the files of a
//! repository show them. A `GET` that API Gateway or a function's URL sends changes nothing (RFC 9110, "Safe Methods").
//! Of a test event a person alone knows that. Pure.

use crate::init::pieces::handlers::{PACKAGES, is_of_tests, root_of};
use crate::init::pieces::piece::{Piece, PieceSort, Runs};
use crate::init::pieces::stacks;
use crate::init::repository::{Repository, file_of, folder_of, join};
use serde_json::{Map, Value, json};

/// A request of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRequest {
    /// Its name, for people.
    pub name: String,
    /// The event that the function gets.
    pub payload: Value,
}

/// The form of an event that has a request of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// The form of a REST API, and of an HTTP API with the format 1.0.
    One,
    /// The form of an HTTP API with the format 2.0, and of a function's URL.
    Two,
}

/// The reason where no file says more.
const NOT_SEEN: &str = "no file shows a `GET` of API Gateway or of a function's URL";

/// Returns a request of a piece that changes nothing: the `GET` that its files show, of several the one that asks for
/// its health, else the shortest.
///
/// # Errors
/// The reason why none is known.
pub fn known(piece: &Piece, all: &[Piece], repository: &Repository) -> Result<TrialRequest, String> {
    let text = repository.text(&piece.file);
    match piece.sort {
        PieceSort::Sam => of_sam(piece, &stacks::properties(piece, text), repository),
        PieceSort::Cdk => {
            of_python(&piece.folder, repository).or_else(|| of_cdk(text)).ok_or_else(|| NOT_SEEN.to_owned())
        }
        _ => {
            let is_only =
                all.iter().filter(|it| matches!(it.runs, Runs::Function { .. } | Runs::Undecided)).count() == 1;
            let found = of_python(&piece.folder, repository);
            let found = found.or_else(|| is_only.then(|| of_terraform(repository)).flatten());
            found.ok_or_else(|| NOT_SEEN.to_owned())
        }
    }
}

/// Returns the `GET` of an event of its own; else a route of its code, where an API or its URL sends it whatever that
/// gets; else the first page of its URL (AWS SAM Developer Guide, "AWS::Serverless::Function").
fn of_sam(piece: &Piece, function: &Value, repository: &Repository) -> Result<TrialRequest, String> {
    let events = function["Events"].as_object();
    let events: Vec<&Value> = events.into_iter().flat_map(Map::values).collect();
    let of_http = events.iter().filter_map(|event| {
        let about = &event["Properties"];
        let is_one = about["PayloadFormatVersion"] == "1.0" || about["PayloadFormatVersion"] == 1.0;
        let format = match event["Type"].as_str()? {
            "HttpApi" if !is_one => Format::Two,
            "Api" | "HttpApi" => Format::One,
            _ => return None,
        };
        // Code behind an authorizer may rely on who asks.
        about["Auth"].is_null().then_some((format, about))
    });
    let of_http: Vec<(Format, &Value)> = of_http.collect();
    let gets = of_http.iter().filter_map(|(format, about)| {
        let is_get = about["Method"].as_str()?.eq_ignore_ascii_case("get");
        is_get.then_some((*format, about["Path"].as_str()?))
    });
    if let Some(request) = best(gets) {
        return Ok(request);
    }
    let has_url = function["FunctionUrlConfig"].is_object();
    let code = join(&piece.folder, function["CodeUri"].as_str().unwrap_or_default());
    let routed = of_python(&code, repository).filter(|_| has_url || !of_http.is_empty());
    if let Some(request) = routed.or_else(|| has_url.then(of_url)) {
        return Ok(request);
    }
    let sorts = events.iter().filter_map(|event| event["Type"].as_str());
    let mut sorts: Vec<&str> = sorts.filter(|sort| sort.chars().all(|c| c.is_ascii_alphanumeric())).collect();
    sorts.sort_unstable();
    sorts.dedup();
    if sorts.is_empty() {
        return Err(NOT_SEEN.to_owned());
    }
    Err(format!("none of its events ({}) is a `GET` without parameters", sorts.join(", ")))
}

/// Returns the `GET` of a function's URL, where the only function of a file has one.
fn of_cdk(text: &str) -> Option<TrialRequest> {
    let has_url = ["addFunctionUrl(", "add_function_url("].iter().any(|call| text.contains(call));
    (has_url && text.matches("Function(").count() == 1).then(of_url)
}

/// The libraries that make a request of HTTP out of an event in Python, each with the form of its events (Mangum takes
/// both; Powertools for AWS Lambda, "REST API").
const ADAPTERS: [(&str, Format); 4] = [
    ("Mangum(", Format::Two),
    ("APIGatewayHttpResolver(", Format::Two),
    ("LambdaFunctionUrlResolver(", Format::Two),
    ("APIGatewayRestResolver(", Format::One),
];

/// Returns a route that the code of a folder in Python answers.
fn of_python(folder: &str, repository: &Repository) -> Option<TrialRequest> {
    let is_own = |path: &str| root_of(repository, folder_of(path), &PACKAGES) == folder && !is_of_tests(path);
    let own: Vec<&str> = repository.ending(".py").filter(|(path, _)| is_own(path)).map(|(_, text)| text).collect();
    let adapter = ADAPTERS.iter().find(|(name, _)| own.iter().any(|text| text.contains(*name)))?;
    best(own.into_iter().flat_map(routes).map(|path| (adapter.1, path)))
}

/// Returns the paths of the routes that a file of Python decorates functions with.
fn routes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (_, rest) = line.trim_start().strip_prefix('@')?.split_once(".get(")?;
        let quote = rest.chars().next().filter(|c| "\"'".contains(*c))?;
        rest[1..].split(quote).next()
    })
}

/// Returns the `GET` of an HTTP API or of a function's URL, where the code of Terraform makes one function. Without
/// `payload_format_version` the format is 1.0 (Terraform Registry, "aws_apigatewayv2_integration").
fn of_terraform(repository: &Repository) -> Option<TrialRequest> {
    let lines: Vec<&str> = repository.ending(".tf").flat_map(|(_, text)| text.lines()).collect();
    let resources = |sort: &str| {
        let begins = format!("resource \"{sort}\"");
        lines.iter().filter(|line| line.starts_with(&begins)).count()
    };
    if resources("aws_lambda_function") != 1 {
        return None;
    }
    let values = |name: &str| {
        let found = lines.iter().filter_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='));
        found.map(|value| value.trim().trim_matches('"')).collect::<Vec<&str>>()
    };
    let is_two = values("payload_format_version").contains(&"2.0");
    let format = if is_two { Format::Two } else { Format::One };
    let routes = values("route_key").into_iter().filter_map(|route| route.strip_prefix("GET "));
    let has_url = resources("aws_lambda_function_url") > 0;
    best(routes.map(|path| (format, path))).or_else(|| has_url.then(of_url))
}

/// Returns the request of the first page of a function's URL, whose only route is the default.
fn of_url() -> TrialRequest {
    get(Format::Two, "$default", "/")
}

/// Returns the request of the best of these paths. One with a parameter is none: nobody knows a value of it.
fn best<'a>(paths: impl Iterator<Item = (Format, &'a str)>) -> Option<TrialRequest> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let whole = paths.filter(|(_, path)| path.starts_with('/') && path.chars().all(letters));
    let (format, path) = whole.min_by_key(|(_, path)| (!path.contains("health"), path.len()))?;
    Some(get(format, &format!("GET {path}"), path))
}

/// Returns a `GET` as API Gateway sends it (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
/// APIs in API Gateway", "Payload format structure"), and as a function's URL does (AWS Lambda Developer Guide,
/// "Invoking Lambda function URLs", "Request payload format").
fn get(format: Format, route: &str, path: &str) -> TrialRequest {
    let payload = match format {
        Format::One => json!({
            "version": "1.0", "resource": path, "path": path, "httpMethod": "GET",
            "headers": {"host": "localhost"}, "multiValueHeaders": {"host": ["localhost"]}, "queryStringParameters": null,
            "multiValueQueryStringParameters": null, "pathParameters": null, "stageVariables": null, "body": null,
            "isBase64Encoded": false,
            "requestContext": {
                "resourcePath": path, "httpMethod": "GET", "path": path, "stage": "test-invoke-stage",
                "protocol": "HTTP/1.1", "identity": {"sourceIp": "127.0.0.1", "userAgent": "windlass"},
            },
        }),
        Format::Two => json!({
            "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "",
            "headers": {"host": "localhost"}, "isBase64Encoded": false,
            "requestContext": {
                "routeKey": route, "stage": "$default",
                "http": {
                    "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                    "userAgent": "windlass",
                },
            },
        }),
    };
    TrialRequest { name: format!("GET {path}"), payload }
}

/// The names of folders, and ends of names of files, in which test events are kept (AWS SAM Developer Guide, "sam local
/// generate-event").
const EVENT_FOLDERS: [&str; 4] = ["event", "events", "test-events", "test_events"];
const EVENT_FILES: [&str; 2] = ["event.json", "Event.json"];

/// The longest text of a test event that is offered, in bytes: it stands in the declaration.
const LONGEST_EVENT: usize = 16 * 1024;

/// Returns the paths of the test events of a piece.
pub fn test_events(piece: &Piece, repository: &Repository) -> Vec<String> {
    let is_within = |path: &str| {
        let rest = path.strip_prefix(piece.folder.as_str());
        rest.is_some_and(|rest| piece.folder.is_empty() || rest.starts_with('/'))
    };
    let is_named = |path: &str| {
        EVENT_FOLDERS.contains(&file_of(folder_of(path))) || EVENT_FILES.iter().any(|end| path.ends_with(*end))
    };
    let found = repository.ending(".json").filter(|(path, text)| {
        is_within(path) && is_named(path) && text.len() <= LONGEST_EVENT && test_event(path, repository).is_some()
    });
    found.map(|(path, _)| path.to_owned()).collect()
}

/// Returns the request of a test event, where the file has an object.
pub fn test_event(path: &str, repository: &Repository) -> Option<TrialRequest> {
    let payload: Value = serde_json::from_str(repository.text(path)).ok()?;
    let name = file_of(path).trim_end_matches(".json").to_owned();
    payload.is_object().then_some(TrialRequest { name, payload })
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
