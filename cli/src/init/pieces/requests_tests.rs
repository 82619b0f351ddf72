use super::*;
use crate::init::pieces::{Pieces, find};

fn repository(files: &[(&str, &str)]) -> Repository {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Repository { files: files.collect(), ..Repository::default() }
}

/// Returns the name of the request of the first piece with the version of its format, or why none is known.
fn shown(files: &[(&str, &str)]) -> Result<String, String> {
    let repository = repository(files);
    let Pieces { pieces, .. } = find(&repository);
    let request = known(&pieces[0], &pieces, &repository)?;
    Ok(format!("{} {}", request.name, request.payload["version"].as_str().unwrap()))
}

/// Returns a template of SAM with these members of its one function.
fn sam(own: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Function\n    \
         Properties:\n      CodeUri: api/\n{own}"
    )
}

#[test]
fn of_a_template_the_get_of_its_events_is_known_and_nothing_else() {
    const OTHERS: &str = "is a `GET` without parameters";
    for (own, wanted) in [
        ("      Events: {A: {Type: HttpApi, Properties: {Path: /orders, Method: get}}}\n", Ok("GET /orders 2.0")),
        ("      Events: {A: {Type: Api, Properties: {Path: /orders, Method: GET}}}\n", Ok("GET /orders 1.0")),
        (
            "      Events: {A: {Type: HttpApi, Properties: {Path: /o, Method: GET, PayloadFormatVersion: \"1.0\"}}}\n",
            Ok("GET /o 1.0"),
        ),
        (
            "      Events:\n        A: {Type: Api, Properties: {Path: /a, Method: get}}\n        \
             B: {Type: Api, Properties: {Path: /the/health, Method: get}}\n",
            Ok("GET /the/health 1.0"),
        ),
        ("      FunctionUrlConfig: {AuthType: NONE}\n", Ok("GET / 2.0")),
        ("      Events: {A: {Type: Api, Properties: {Path: /orders, Method: post}}}\n", Err(OTHERS)),
        ("      Events: {A: {Type: Api, Properties: {Path: \"/orders/{id}\", Method: get}}}\n", Err(OTHERS)),
        ("      Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {Authorizer: Own}}}}\n", Err(OTHERS)),
        (
            "      Events: {A: {Type: SQS, Properties: {Queue: a}}, B: {Type: Schedule, Properties: {Schedule: b}}}\n",
            Err("none of its events (SQS, Schedule) is a `GET`"),
        ),
        ("", Err(NOT_SEEN)),
    ] {
        let found = shown(&[("template.yaml", &sam(own))]);
        match wanted {
            Ok(wanted) => assert_eq!(found.as_deref(), Ok(wanted), "{own}"),
            Err(why) => assert!(found.as_ref().is_err_and(|it| it.contains(why)), "{own}: {found:?}"),
        }
    }
}

/// The files of a repository, by their paths.
type Written<'a> = &'a [(&'a str, &'a str)];

#[test]
fn of_code_a_get_is_known_where_an_adapter_or_infrastructure_code_shows_it() {
    const MANGUM: &str =
        "@app.get(\"/orders/{id}\")\n@app.get('/ping')\n@app.post(\"/health\")\nhandler = Mangum(FastAPI())\n";
    const REST: &str =
        "app = APIGatewayRestResolver()\n@app.get(\"/ping\")\ndef lambda_handler(event, context):\n    pass\n";
    const PLAIN: &str = "def handler(event, context):\n    return {}\n";
    const ONE: &str = "resource \"aws_lambda_function\" \"api\" {\n}\n";
    const URL: &str = "resource \"aws_lambda_function_url\" \"api\" {\n}\n";
    const ROUTE: &str = "  route_key = \"GET /orders\"\n  route_key = \"POST /a\"\n";
    const TWO: &str = "  payload_format_version = \"2.0\"\n";
    let stack = |more: &str| {
        format!("new lambda.Function(this, 'A', {{functionName: 'a', code: lambda.Code.fromAsset('../api')}}){more};")
    };
    let (with_url, without) = (stack(".addFunctionUrl()"), stack(""));
    let proxied = sam("      Events: {A: {Type: Api, Properties: {Path: \"/{proxy+}\", Method: any}}}\n");
    let addressed = sam("      FunctionUrlConfig: {AuthType: NONE}\n");
    let queued = sam("      Events: {A: {Type: SQS, Properties: {Queue: a}}}\n");
    let two = format!("{with_url}\n{without}");
    let table: [(Written, Option<&str>); 16] = [
        (&[("api/requirements.txt", ""), ("api/src/main.py", MANGUM)], Some("GET /ping 2.0")),
        (&[("api/index.py", REST)], Some("GET /ping 1.0")),
        (&[("api/requirements.txt", ""), ("api/main.py", "handler = Mangum(FastAPI())\n")], None),
        (&[("api/requirements.txt", ""), ("api/main.py", "FastAPI()\n@app.get(\"/ping\")\n")], None),
        (&[("api/index.py", PLAIN)], None),
        (&[("api/index.py", PLAIN), ("main.tf", &[ONE, URL].concat())], Some("GET / 2.0")),
        (&[("api/index.py", PLAIN), ("main.tf", &[ONE, ROUTE].concat())], Some("GET /orders 1.0")),
        (&[("api/index.py", PLAIN), ("main.tf", &[ONE, ROUTE, TWO, URL].concat())], Some("GET /orders 2.0")),
        // With two functions nobody knows which of them gets it.
        (&[("api/index.py", PLAIN), ("main.tf", &[ONE, ONE, URL].concat())], None),
        (&[("api/index.py", PLAIN), ("jobs/index.py", PLAIN), ("main.tf", &[ONE, URL].concat())], None),
        // An API or a URL of SAM sends code with an adapter whatever it gets; a queue does not.
        (&[("template.yaml", &addressed), ("api/app.py", MANGUM)], Some("GET /ping 2.0")),
        (&[("template.yaml", &proxied), ("api/app.py", REST)], Some("GET /ping 1.0")),
        (&[("template.yaml", &queued), ("api/app.py", REST)], None),
        (&[("infra/cdk.json", "{}"), ("infra/lib/a.ts", &with_url)], Some("GET / 2.0")),
        (&[("infra/cdk.json", "{}"), ("infra/lib/a.ts", &without)], None),
        (&[("infra/cdk.json", "{}"), ("infra/lib/a.ts", &two)], None),
    ];
    for (files, wanted) in table {
        let found = shown(files);
        assert_eq!(found.as_deref().ok(), wanted, "{files:?}: {found:?}");
    }
}

#[test]
fn a_test_event_is_an_object_in_a_file_that_is_named_so_within_the_piece() {
    let long = format!("{{\"a\": \"{}\"}}", "b".repeat(LONGEST_EVENT));
    let repository = repository(&[
        ("api/index.py", "def handler(event, context):\n    pass\n"),
        ("api/events/get.json", "{\"a\": 1}"),
        ("api/events/list.json", "[1]"),
        ("api/events/long.json", &long),
        ("api/events/none.json", "{"),
        ("api/sqs-event.json", "{}"),
        ("api/package.json", "{}"),
        ("apis/events/get.json", "{}"),
    ]);
    let Pieces { pieces, .. } = find(&repository);
    let found = test_events(&pieces[0], &repository);
    assert_eq!(found, ["api/events/get.json", "api/sqs-event.json"]);
    let request = TrialRequest { name: "get".to_owned(), payload: json!({"a": 1}) };
    assert_eq!(test_event("api/events/get.json", &repository), Some(request));
}
