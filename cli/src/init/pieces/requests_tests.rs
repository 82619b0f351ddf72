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
        (
            "      Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {Authorizer: Own}}}}\n",
            Err(GUARDED),
        ),
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

#[test]
fn what_a_template_says_of_all_its_functions_and_of_their_apis_counts_as_well() {
    const GET: &str = "      Events: {A: {Type: Api, Properties: {Path: /a, Method: get}}}\n";
    const HTTP: &str = "      Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: get}}}\n";
    const PROXIED: &str = "      Events:\n        \
                           A: {Type: Api, Properties: {Path: \"/{proxy+}\", Method: any}}\n        \
                           B: {Type: Api, Properties: {Path: /b, Method: get, Auth: {Authorizer: Own}}}\n";
    const REST: &str = "app = APIGatewayRestResolver()\n@app.get(\"/ping\")\n";
    let own_api = |sort: &str, member: &str, api: &str, auth: &str| {
        format!(
            "      Events: {{A: {{Type: {sort}, Properties: {{Path: /a, Method: get, {member}: {api}}}}}}}\n  \
             Own:\n    Type: AWS::Serverless::{sort}\n    Properties: {{Auth: {{{auth}}}}}\n"
        )
    };
    let rest = own_api("Api", "RestApiId", "!Ref Own", "DefaultAuthorizer: AWS_IAM");
    let http = own_api("HttpApi", "ApiId", "{Ref: Own}", "DefaultAuthorizer: Jwt");
    let open = own_api("HttpApi", "ApiId", "!Ref Own", "Authorizers: {Jwt: {}}");
    let url = |member: &str| format!("      FunctionUrlConfig: {{{member}}}\n");
    let (with_iam, silent, parameter) =
        (url("AuthType: AWS_IAM"), url("InvokeMode: BUFFERED"), url("AuthType: !Ref A"));
    let table: [(&str, &str, Result<&str, &str>); 14] = [
        ("Api: {Auth: {DefaultAuthorizer: Own}}", GET, Err(GUARDED)),
        ("HttpApi: {Auth: {DefaultAuthorizer: Own}}", HTTP, Err(GUARDED)),
        // An API of the other sort is not asked.
        ("HttpApi: {Auth: {DefaultAuthorizer: Own}}", GET, Ok("GET /a 1.0")),
        ("Api: {Auth: {Authorizers: {Own: {}}}}", GET, Ok("GET /a 1.0")),
        ("Function: {}", &rest, Err(GUARDED)),
        ("Function: {}", &http, Err(GUARDED)),
        ("Function: {}", &open, Ok("GET /a 2.0")),
        ("Function: {}", PROXIED, Err(GUARDED)),
        ("Function: {}", &with_iam, Err(GUARDED)),
        ("Function: {}", &parameter, Err(GUARDED)),
        ("Function: {FunctionUrlConfig: {AuthType: AWS_IAM}}", "", Err(GUARDED)),
        ("Function: {FunctionUrlConfig: {AuthType: NONE}}", &with_iam, Err(GUARDED)),
        // The members of both are taken together.
        ("Function: {FunctionUrlConfig: {AuthType: NONE}}", &silent, Ok("GET /ping 1.0")),
        ("Function: {FunctionUrlConfig: {AuthType: NONE}}", "", Ok("GET /ping 1.0")),
    ];
    for (common, own, wanted) in table {
        let template = format!("Globals:\n  {common}\n{}", sam(own));
        let found = shown(&[("template.yaml", &template), ("api/app.py", REST)]);
        assert_eq!(found.as_deref().map_err(String::as_str), wanted, "{common}: {own}");
    }
    // The code is where `Globals` says it is.
    let url = sam(&url("AuthType: NONE")).replace("      CodeUri: api/\n", "");
    let common = format!("Globals: {{Function: {{CodeUri: api/}}}}\n{url}");
    for (template, wanted) in [(&common, "GET /ping 1.0"), (&url, "GET / 2.0")] {
        let found = shown(&[("template.yaml", template), ("api/app.py", REST)]);
        assert_eq!(found.as_deref(), Ok(wanted), "{template}");
    }
}

/// The files of a repository, by their paths.
type Written<'a> = &'a [(&'a str, &'a str)];

#[test]
fn nothing_is_known_where_infrastructure_code_has_an_authorizer() {
    const REST: &str =
        "app = APIGatewayRestResolver()\n@app.get(\"/ping\")\ndef lambda_handler(event, context):\n    pass\n";
    const PLAIN: &str = "def handler(event, context):\n    return {}\n";
    const ROUTE: &str = "resource \"aws_lambda_function\" \"api\" {\n}\n  route_key = \"GET /orders\"\n";
    const URL: &str = "resource \"aws_lambda_function\" \"api\" {\n}\nresource \"aws_lambda_function_url\" \"api\" {\n";
    const STACK: &str =
        "const api = new lambda.Function(this, 'A', {functionName: 'a', code: lambda.Code.fromAsset('../api')});\n";
    let terraform =
        |code: &str, of: &str, line: &str| shown(&[("api/index.py", code), ("main.tf", &format!("{of}  {line}\n"))]);
    for (code, of, line, wanted) in [
        (PLAIN, ROUTE, "authorizer_id = aws_apigatewayv2_authorizer.own.id", Err(GUARDED)),
        (PLAIN, ROUTE, "authorization_type = \"JWT\"", Err(GUARDED)),
        (PLAIN, ROUTE, "authorization_type = \"NONE\"", Ok("GET /orders 1.0")),
        (PLAIN, ROUTE, "# authorization_type = \"JWT\"", Ok("GET /orders 1.0")),
        (PLAIN, URL, "authorization_type = \"AWS_IAM\"", Err(GUARDED)),
        (PLAIN, URL, "authorization_type = var.authorization", Err(GUARDED)),
        (PLAIN, URL, "authorization_type = \"NONE\"", Ok("GET / 2.0")),
        // Code that routes by itself is behind it as well.
        (REST, "", "authorization = \"COGNITO_USER_POOLS\"", Err(GUARDED)),
        (REST, "", "authorization = \"NONE\"", Ok("GET /ping 1.0")),
    ] {
        let found = terraform(code, of, line);
        assert_eq!(found.as_deref().map_err(String::as_str), wanted, "{of}{line}");
    }
    let cdk = |code: &str, more: &str, beside: &str| {
        let stack = format!("{STACK}{more}\n");
        shown(&[
            ("infra/cdk.json", "{}"),
            ("infra/lib/a.ts", &stack),
            ("infra/lib/b.ts", beside),
            ("api/index.py", code),
        ])
    };
    let open = "api.addFunctionUrl({authType: lambda.FunctionUrlAuthType.NONE});";
    for (code, more, beside, wanted) in [
        (PLAIN, open, "", Ok("GET / 2.0")),
        (PLAIN, "api.addFunctionUrl({authType: lambda.FunctionUrlAuthType.AWS_IAM});", "", Err(GUARDED)),
        // Without a word a URL has IAM.
        (PLAIN, "api.addFunctionUrl();", "", Err(GUARDED)),
        (REST, "", "new apigateway.LambdaRestApi(this, 'B', {handler});", Ok("GET /ping 1.0")),
        (REST, "resource.addMethod('GET', integration, {authorizer});", "", Err(GUARDED)),
        (REST, "", "new HttpApi(this, 'B', {defaultAuthorizer: own});", Err(GUARDED)),
        (REST, "", "{authorizationType: apigateway.AuthorizationType.IAM}", Err(GUARDED)),
    ] {
        let found = cdk(code, more, beside);
        assert_eq!(found.as_deref().map_err(String::as_str), wanted, "{more} {beside}");
    }
}

/// FastAPI and Powertools put a prefix before the routes of a router, which may be in another file.
#[test]
fn with_a_prefix_only_routes_of_the_app_itself_are_known() {
    const APP: &str = "app = FastAPI(title=\"shop\")\nhandler = Mangum(app)\n";
    const ROUTER: &str = "router = APIRouter()\n@router.get(\"/ping\")\n";
    const PREFIXED: &str = "router = APIRouter(\n    prefix=\"/v1\",\n)\n@router.get(\"/ping\")\n";
    let included = format!("{APP}app.include_router(router, prefix=\"/v1\")\n");
    let whole = format!("{included}@app.get(\"/the/health\")\n");
    let mounted = format!("{APP}inner = FastAPI()\n@inner.get(\"/ping\")\napp.mount(\"/v1\", inner)\n");
    let table: [(&str, &str, Result<&str, &str>); 5] = [
        (APP, ROUTER, Ok("GET /ping 2.0")),
        (APP, PREFIXED, Err(NO_ROUTE)),
        (&included, ROUTER, Err(NO_ROUTE)),
        (&whole, ROUTER, Ok("GET /the/health 2.0")),
        (&mounted, "", Err(NO_ROUTE)),
    ];
    for (app, router, wanted) in table {
        // The first page of a URL is no known path of code that routes by itself.
        let url = "resource \"aws_lambda_function\" \"api\" {\n}\nresource \"aws_lambda_function_url\" \"api\" {\n}\n";
        let files = [("api/requirements.txt", ""), ("api/main.py", app), ("api/routes.py", router), ("main.tf", url)];
        assert_eq!(shown(&files).as_deref().map_err(String::as_str), wanted, "{app}{router}");
    }
}

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
    let with_url = stack(".addFunctionUrl({authType: lambda.FunctionUrlAuthType.NONE})");
    let without = stack("");
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
    let request = TrialRequest { name: "get".to_owned(), payload: json!({"a": 1}), expect: None };
    assert_eq!(test_event("api/events/get.json", &repository), Some(request));
}
