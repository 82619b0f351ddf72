use crate::document::secret::*;
use serde_json::json;
use std::time::{Duration, Instant};

/// Puts a secret together out of pieces, so that no scanner takes this file for one that has secrets.
fn of(pieces: &[&str]) -> String {
    pieces.concat()
}

/// Random letters and digits, so many of them.
fn random(length: usize) -> String {
    let seed = "q7Rw2ZtK9xVb4NcJ6mYp1LsD8fGh3QaX5eUo0iTrWnEzBkCv";
    seed.chars().cycle().take(length).collect()
}

fn hex(length: usize) -> String {
    "8f7d6e5c4b3a2910".chars().cycle().take(length).collect()
}

/// One of each sort of secret that people have: what it is, and its text.
fn secrets() -> Vec<(&'static str, String)> {
    let r = random;
    let user = "c2hvcDpodW50ZXIyLWh1bnRlcjI=";
    vec![
        ("an AWS key id", of(&["AKIA", "IOSFODNN7EXAMPLE"])),
        ("an AWS secret key", of(&["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"])),
        ("an AWS secret key of letters", r(40)),
        ("GitHub", of(&["ghp_", &r(36)])),
        ("GitHub, fine-grained", of(&["github_pat_", &r(22), "_", &r(59)])),
        ("GitLab", of(&["glpat-", &r(20)])),
        ("OpenAI", of(&["sk-", &r(20), "T3Blbk", "FJ", &r(20)])),
        ("OpenAI, of a project", of(&["sk-proj-", &r(40), "_", &r(30)])),
        ("Anthropic", of(&["sk-ant-api03-", &r(45), "-", &r(46), "AA"])),
        ("Google", of(&["AIza", &r(35)])),
        ("Google, OAuth", of(&["GOCSPX-", &r(28)])),
        ("Slack", of(&["xoxb-", "123456789012-1234567890123-", &r(24)])),
        ("Slack, app", of(&["xapp-", "1-A012345-123456-", &r(20)])),
        ("Slack's webhook", of(&["https://hooks.slack.com/", "services/T0123/B0123/", &r(24)])),
        ("a webhook of Discord", of(&["https://discord.com/api/", "webhooks/123456789/", &r(60)])),
        ("a JSON Web Token", of(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJldmEifQ.", &r(43)])),
        ("Bearer", of(&["Bearer ", &r(32)])),
        ("Bearer, in a header", of(&["authorization:bearer ", &hex(16)])),
        ("Basic", of(&["Basic ", user])),
        ("Stripe", of(&["sk_live_", &r(24)])),
        ("Stripe's webhook", of(&["whsec_", &r(32)])),
        ("SendGrid", of(&["SG.", &r(22), ".", &r(43)])),
        ("npm", of(&["npm_", &r(36)])),
        ("PyPI", of(&["pypi-", "AgEIcHlwaS5vcmc", &r(60)])),
        ("Azure", of(&["DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=", &r(86), "=="])),
        ("Twilio", of(&["SK", &hex(32)])),
        ("a private key", of(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE"])),
        ("a private key without a sort", of(&["-----BEGIN ", "PRIVATE KEY-----"])),
        ("a database", "postgres://shop:hunter2@db.example/shop".into()),
        ("a cache", "redis://:hunter2@cache.example:6379/0".into()),
    ]
}

/// The names that are given to secrets, with the value of one.
const NAMED: [(&str, &str); 24] = [
    ("DB_PASSWORD", "hunter2"),
    ("db_pass", "hunter2"),
    ("dbpass", "correcthorse"),
    ("pass", "hunter2"),
    ("pwd", "hunter2"),
    ("auth", "shop:hunter2"),
    ("basicAuth", "hunter2hunter2"),
    ("bearer", "8f7d6e5c"),
    ("cookie", "session=8f7d6e5c"),
    ("session_cookie", "8f7d6e5c"),
    ("dsn", "shop:hunter2@tcp(db:3306)/shop"),
    ("SENTRY_DSN", "https://8f7d6e5c4b3a@o1.ingest.sentry.example/7"),
    ("webhook", "https://shop.example/hooks/8f7d6e5c4b3a"),
    ("webhookUrl", "https://shop.example/hooks?k=8f7d6e5c4b3a"),
    ("token", "8f7d"),
    ("github-token", "x"),
    ("secret", "hunter2"),
    ("client_secret", "2f1c1d1e-9a4b-4e6f-8070-1f0c2d9a4b5e"),
    ("apiKey", "8f7d6e5c"),
    ("signing-key", "8f7d6e5c"),
    ("secrets", "8f7d6e5c"),
    ("password", "${DB_PASSWORD:-hunter2}"),
    ("jwt", "8f7d6e5c"),
    ("smtp_pass2", "hunter2"),
];

#[test]
fn a_secret_is_known_by_its_form_wherever_it_stands() {
    for (what, secret) in secrets() {
        for text in [
            secret.clone(),
            format!("key={secret}"),
            format!("Rolled back, because {secret} was in it."),
            format!(r#"{{"any": ["{}"]}}"#, secret.replace('\n', "\\n")),
        ] {
            let finding = finding("here", "value", &text);
            assert!(finding.is_some(), "{what}: {text}");
            let said = finding.map(|finding| finding.written());
            assert!(said.is_some_and(|said| !said.contains(&secret)), "{what}");
        }
    }
}

#[test]
fn a_secret_is_known_by_its_name() {
    for (name, text) in NAMED {
        let found = finding("here", name, text).unwrap_or_else(|| panic!("{name}: {text}"));
        let reason = &found.reason;
        assert!(reason.written().contains(&format!("`{name}`")), "{reason:?}");
        assert!(!reason.written().contains(text), "{reason:?}");
    }
}

#[test]
fn a_secret_is_known_by_a_name_within_a_text() {
    for text in [
        "back, because password=hunter2 was in it",
        "https://shop.example/?a=b&api_key=8f7d",
        "https://shop.example/?api%5Fkey=8f7d",
        "https://shop.example/#access_token=8f7d",
        "https://shop.example/?q=gh%70_16C7e42F292c6912E7710c838347Ae178B4a",
        "Server=db;User=shop;Password=hunter2",
        "grant_type=password&client_secret=8f7d",
        "X-Api-Key: 8f7d6e5c",
        "db:\n  user: shop\n  password: \"hunter2\"\n",
        r#"{"user": {"password": "hunter2"}}"#,
        r#"["{\"password\": \"hunter2\"}"]"#,
    ] {
        assert!(finding("here", "text", text).is_some(), "{text}");
    }
}

#[test]
fn a_refusal_names_the_member_the_sign_and_how_to_go_on() {
    let said = |name: &str, text: &str| finding("vars.x", name, text).map(|f| f.written());
    let token = of(&["glpat-", &random(20)]);
    let found = said("deploy", &token).unwrap();
    assert_eq!(
        found,
        "SecretInInput: vars.x: The value of `deploy` looks like a secret, a key of GitLab; it is not repeated here. \
         Remedy: Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM parameter, and write \
         the ARN. If it is none, give the member another name, or the value another form."
    );
    for (name, text, sign) in [
        ("auth", "shop:hunter2", "looks like a secret by its name;"),
        ("db", "mysql://a:hunter2@db/", "looks like a secret, an address with a password;"),
        ("query", "a=b&token=hunter2", "looks like a secret by a name within it;"),
    ] {
        let found = said(name, text).unwrap();
        assert!(found.contains(sign), "{found}");
    }
}

#[test]
fn what_only_speaks_of_secrets_is_none() {
    for (name, text) in [
        ("tokenUrl", "login.shop.example/oauth2/token"),
        ("secret", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-a1b2c3"),
        ("secret", "ssm:/shop/db"),
        ("secret", "shop/db-password"),
        ("passwordMinLength", "12"),
        ("maxTokens", "4096"),
        ("token", "true"),
        ("token", "{token_arn}"),
        ("token", "${{ secrets.NPM_TOKEN }}"),
        ("password", "{{resolve:secretsmanager:shop/db:SecretString:password}}"),
        ("password", "${DB_PASSWORD}"),
        ("password", "${DB_PASSWORD:?is not set}"),
        ("password", "$DB_PASSWORD"),
        ("password", "<your password>"),
        ("password", "changeme"),
        ("authorization", "Bearer {{resolve:secretsmanager:${Secret}:SecretString:token}}"),
        ("token", "{% $states.input.token %}"),
        ("task_token.$", "$$.Task.Token"),
        ("token.actions.githubusercontent.com:aud", "sts.amazonaws.com"),
        ("password", "********"),
        ("id-token", "write"),
        ("secrets", "db-password"),
        ("secret_name", "shop/db"),
        ("commit", "9f2c1ab"),
        ("image", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/token:1"),
        ("token", "shop/token:1.4.0"),
        ("principal", "arn:aws:sts::111111111111:assumed-role/secrets-reader/eva"),
        ("reason", "the API's token expired; ASIAN prices were wrong"),
        ("reason", "highp_precision_shader is back"),
        ("reason", "the password: it was changed; the token: expired."),
        ("reason", "Basic auth is off, Bearer authentication is on"),
        ("reason", "basic tier2024 is back"),
        ("command", "deploy --parameter-overrides TokenSecret=shop-github"),
        ("requirement", "mypy-boto3-secretsmanager==1.43.0"),
        ("class", "sk-folding-cube-animation-2"),
        ("url", "https://shop.example/token/password?page=2&token_type=bearer"),
        ("url", "https://shop.example:8080/@eva"),
        ("url", "postgres://{user}:{password}@db.example/shop"),
        ("log", "http://shop.example:8080 is called, mail eva@shop.example"),
        ("body", r#"{"tokenType": "Bearer"}"#),
        ("body", "{not JSON}"),
        ("files", "assets/**/*.{js,css}"),
        ("auth", "aws_iam"),
        ("auth", "oauth2"),
        ("auth", "/oauth/authorize"),
        ("auth", "shop/auth:9f2c1ab"),
        ("authorization", "session-cookie"),
        ("cookie", "lax"),
        ("webhook", "https://shop.example/hooks/deploy"),
        ("bypass", "a7b8c9"),
        ("certificate", "-----BEGIN CERTIFICATE-----"),
        ("path", "/src/Components/WebShopFrontend/Assets2/Index"),
    ] {
        assert_eq!(finding("here", name, text), None, "{name} {text}");
    }
}

/// Safety: secrets: Digests, commits, identifiers, ARNs and version ids are not taken for secrets.
#[test]
fn what_only_looks_random_is_none() {
    for text in [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
        "9f2c1ab4d5e6f708192a3b4c5d6e7f8091a2b3c4",
        "900150983cd24fb0d6963f7d28e17f72",
        "2f1c1d1e-9a4b-4e6f-8070-1f0c2d9a4b5e",
        "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod:41",
        "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/shop/6d0ecf831eec9f09",
        "arn:aws:acm:us-east-1:111111111111:certificate/2f1c1d1e-9a4b-4e6f-8070-1f0c2d9a4b5e",
        "3HL4kqtJvjVBH40Nrjfkd",
        "L4kqtJlcpXroDTDmpUMLUo8dQ3aXyZ01",
        "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo",
        "Root=1-5e1b4151-5ac6c58f1b5d1a9c2f3b4e6a",
        "ecs-svc/9223370564341623665",
        "E2QWRUHAPOMQZL",
        "1.4.0-rc.1+9f2c1ab",
        "2026-11-28T07:39:53.123456Z",
    ] {
        assert_eq!(finding("here", "value", text), None, "{text}");
    }
}

#[test]
fn a_document_is_looked_through_as_a_whole() {
    let token = of(&["ghp_", &random(36)]);
    let paths =
        |document: Value| -> Vec<String> { findings(&document).into_iter().map(|finding| finding.path).collect() };
    let values = json!({
        "environments": {"dev": {}, "secret-dev": {}},
        "values": {
            "bucket": {"dev": "shop", "secret-dev": "shop-2"},
            "password": {"dev": "hunter2", "secret-dev": "arn:aws:x"},
            "list": ["fine", token],
            "pin": {"password": 12_345_678, "max_tokens": 12_345_678},
            "environment": [
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "LOG_LEVEL", "value": "debug"},
                {"name": "DB_PASSWORD", "valueFrom": "arn:aws:x"},
            ],
        },
    });
    assert_eq!(
        paths(values),
        ["values.environment[0].value", "values.list[1]", "values.password.dev", "values.pin.password"]
    );
    let name = paths(json!({"vars": {token.as_str(): 1}}));
    assert_eq!(name, ["vars"]);
    assert_eq!(paths(json!(token)), ["the document"]);
}

#[test]
fn what_another_program_answers_is_shown_unless_it_may_be_a_secret() {
    let token = of(&["ghp_", &random(36)]);
    for (name, value, shown) in [
        ("status", json!("broken"), true),
        ("count", json!(7), true),
        ("token", json!(null), true),
        ("hasToken", json!(false), true),
        ("token", json!(123_456), false),
        ("token", json!("true"), false),
        ("answer", json!({"user": {"password": "hunter2"}}), false),
        ("answer", json!(["fine", token]), false),
    ] {
        assert_eq!(may_be_shown(name, &value), shown, "{name} {value}");
    }
}

/// Each look is linear: a text in which patterns begin over and over takes no longer than any other of its length. One
/// that is not takes minutes for it.
#[test]
fn a_large_text_is_looked_through_in_seconds() {
    let begin = Instant::now();
    for piece in ["-eyJ", "-----BEGIN ", "sk-", "://a:", "Bearer ", "a=", "{\"a\":", "A/"] {
        let text = piece.repeat(300_000 / piece.len());
        assert_eq!(finding("here", "value", &text), None, "{piece}");
    }
    assert!(begin.elapsed() < Duration::from_mins(1));
}
