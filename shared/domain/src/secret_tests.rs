use super::*;
use serde_json::json;

const GITHUB: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

#[test]
fn secrets_are_told_by_name_or_by_looks() {
    for (name, text) in [
        ("DB_PASSWORD", "hunter2"),
        ("apiKey", "8f7d6e5c"),
        ("github-token", "x"),
        ("anything", GITHUB),
        ("key", "-----BEGIN RSA PRIVATE KEY-----"),
        ("reason", "the old token ghs_16C7e42F292c was leaked"),
        ("reason", "key:AKIAIOSFODNN7EXAMPLE!"),
        ("reason", "github_pat_1A_-2b_-"),
        ("reason", "back, because password=hunter2 was in it"),
        ("url", "https://shop.example/?a=b&api_key=8f7d"),
        ("url", "https://shop.example/?api%5Fkey=8f7d"),
        ("url", "https://shop.example/#access_token=8f7d"),
        (
            "url",
            "https://shop.example/?q=gh%70_16C7e42F292c6912E7710c838347Ae178B4a",
        ),
        ("database", "postgres://shop:hunter2@db.example/shop"),
        ("database", "Server=db;User=shop;Password=hunter2"),
        ("body", r#"{"user": {"password": "hunter2"}}"#),
        ("body", r#"["{\"password\": \"hunter2\"}"]"#),
        ("body", "grant_type=password&client_secret=8f7d"),
    ] {
        let finding = finding("here", name, text);
        assert!(finding.is_some(), "{name} {text}");
        assert!(
            finding.is_some_and(|f| !f.to_string().contains(text)),
            "{name}"
        );
    }
}

#[test]
fn what_only_speaks_of_secrets_is_none() {
    for (name, text) in [
        ("tokenUrl", "login.shop.example/oauth2/token"),
        (
            "secret",
            "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-a1b2c3",
        ),
        ("secret", "ssm:/shop/db"),
        ("passwordMinLength", "12"),
        ("maxTokens", "4096"),
        ("token", "true"),
        ("token", ""),
        ("token", "{token_arn}"),
        ("secret_name", "shop/db"),
        ("host", "shop.example"),
        (
            "sha256",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        ("commit", "9f2c1ab"),
        ("version_id", "3HL4kqtJvjVBH40Nrjfkd"),
        (
            "image",
            "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/token:1",
        ),
        (
            "principal",
            "arn:aws:sts::111111111111:assumed-role/secrets-reader/eva",
        ),
        ("reason", "the API's token expired; ASIAN prices were wrong"),
        ("reason", "highp_precision_shader is back"),
        (
            "url",
            "https://shop.example/token/password?page=2&token_type=bearer",
        ),
        ("url", "https://shop.example:8080/@eva"),
        ("cache_control", "public, max-age=60"),
        ("body", r#"{"tokenType": "Bearer"}"#),
        ("body", "{not JSON}"),
        ("files", "assets/**/*.{js,css}"),
    ] {
        assert_eq!(finding("here", name, text), None, "{name} {text}");
    }
}

#[test]
fn a_document_is_looked_through_as_a_whole() {
    let paths = |document: Value| -> Vec<String> {
        let findings = findings(&document).into_iter();
        findings.map(|finding| finding.path).collect()
    };
    let values = json!({
        "environments": {"dev": {}, "secret-dev": {}},
        "values": {
            "bucket": {"dev": "shop", "secret-dev": "shop-2"},
            "password": {"dev": "hunter2", "secret-dev": "arn:aws:x"},
            "list": ["fine", GITHUB],
        },
    });
    assert_eq!(paths(values), ["values.list[1]", "values.password.dev"]);
    let name = paths(json!({"vars": {GITHUB: 1}}));
    assert_eq!(name, ["vars"]);
    assert_eq!(paths(json!(GITHUB)), ["the document"]);
}

#[test]
fn what_another_program_answers_is_told_unless_it_may_be_a_secret() {
    for (name, value, told) in [
        ("status", json!("broken"), true),
        ("count", json!(7), true),
        ("token", json!(null), true),
        ("hasToken", json!(false), true),
        ("token", json!(123_456), false),
        ("token", json!("true"), false),
        ("answer", json!({"user": {"password": "hunter2"}}), false),
        ("answer", json!(["fine", GITHUB]), false),
    ] {
        assert_eq!(may_be_told(name, &value), told, "{name} {value}");
    }
}
