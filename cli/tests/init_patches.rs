//! The patch of `windlass init` leaves code that can be read, however that is written: it is applied, and the result is
//! parsed. Where a part cannot be changed there is a note in its place.

#![allow(clippy::unwrap_used)]

use crate::init_seeds::{facts_of, proposed};
use hcl_edit::structure::Body;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use windlass_cli::init::import::sam_tags::without_tags;
use windlass_cli::init::repository::Repository;
use windlass_cli::init::{files, pieces, repository_walk};
use windlass_domain::document::syntax;

type Files = BTreeMap<String, String>;

/// Returns the files that `init` makes of a repository, and its notes.
fn made(repository: Repository, answers: &[(&str, &str)]) -> (Files, String) {
    let facts = facts_of(repository);
    let application = proposed(&facts, answers);
    let (all, notes) = files::all(&application, &facts);
    let all = all.into_iter().map(|file| (file.path, file.text));
    (all.collect(), notes.join("\n"))
}

fn repository(files: &[(&str, &str)]) -> Repository {
    let files = files.iter();
    Repository {
        name: "shop".to_owned(),
        github: Some("example/shop".to_owned()),
        files: files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        ..Repository::default()
    }
}

/// Returns the files after the patch, all of which can be read.
fn applied(before: &Files, made: &Files) -> Files {
    let place =
        std::env::temp_dir().join(format!("windlass-applied-{}-{:?}", std::process::id(), std::thread::current().id()));
    let _ = fs::remove_dir_all(&place);
    for (path, text) in before {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    if let Some(patch) = made.get("windlass.patch") {
        fs::write(place.join("windlass.patch"), patch).unwrap();
        let git = Command::new("git").args(["apply", "windlass.patch"]).current_dir(&place).output().unwrap();
        assert!(git.status.success(), "{git:?}\n{patch}");
    }
    let after: Files =
        before.keys().map(|path| (path.clone(), fs::read_to_string(place.join(path)).unwrap())).collect();
    fs::remove_dir_all(&place).unwrap();
    for (path, text) in &after {
        let extension = Path::new(path).extension().and_then(OsStr::to_str);
        if extension == Some("tf") {
            let read: Result<Body, _> = text.parse();
            assert!(read.is_ok(), "{path}: {}\n{text}", read.unwrap_err());
        } else if matches!(extension, Some("yaml" | "yml")) {
            let read = syntax::yaml_with_tags(path, &without_tags(text), 1 << 20);
            assert!(read.is_ok(), "{}\n{text}", read.unwrap_err().written());
        }
    }
    after
}

const SAM: &str = "Transform: AWS::Serverless-2016-10-31\nResources:\n";

#[test]
fn a_template_can_be_read_after_its_patch_however_it_is_written() {
    const PROPERTIES: &str = "FunctionName: shop-pre, CodeUri: pre/";
    let forms = [
        format!("  Pre:\n    Type: AWS::Serverless::Function\n    Properties: {{{PROPERTIES}}}\n"),
        format!("  Pre:\n    Type: AWS::Serverless::Function\n    Properties: {{{PROPERTIES}, # why\n      Handler: a.b}}\n"),
        format!("  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      {{{PROPERTIES}}}\n"),
        format!("  Pre: {{Type: 'AWS::Serverless::Function', Properties: {{{PROPERTIES}}}}}\n"),
        format!("  Pre:\n    {{Type: 'AWS::Serverless::Function', Properties: {{{PROPERTIES}}}}}\n"),
        "    Pre: # why\n        Type: AWS::Serverless::Function\n        Properties: # why\n            CodeUri: pre/\n".to_owned(),
        "  Pre:\n    Properties:\n      CodeUri: pre/\n      Tags: {team: web}\n    Type: AWS::Serverless::Function\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags:\n# old\n        team: web\n#      x: y\n      CodeUri: pre/\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags:\n          team: web\n      CodeUri: pre/\n# end\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags: !If [A, {a: b}, {c: d}]\n      CodeUri: pre/\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags:\n        Fn::If: [A, {a: b}, {c: d}]\n      CodeUri: pre/\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: pre/\n      Description: |\n        a\n\n        Tags:\n      Layers: [\n        a,\n      ]\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: pre/\n      Layers: [\n        a\n    ]\n      AutoPublishAlias: live\n".to_owned(),
        "  \"Pre\":\n    \"Type\": AWS::Serverless::Function\n    \"Properties\":\n      CodeUri: pre/\n".to_owned(),
        "  Pre:\n    Type: AWS::Serverless::Function\n    Properties: &own\n      CodeUri: pre/\n  Other:\n    Type: A::B::C\n    Properties: *own\n".to_owned(),
    ];
    for form in forms {
        for end in ["\n", "\r\n"] {
            let text = format!("{SAM}{form}Outputs:\n  A:\n    Value: b\n").replace('\n', end);
            let code = repository(&[("template.yaml", &text)]);
            let before = code.files.clone();
            let (made, notes) = made(code, &[("pre.function", "shop-pre")]);
            let after = &applied(&before, &made)["template.yaml"];
            let read = syntax::yaml_with_tags("it", &without_tags(after), 1 << 20).unwrap();
            let is_tagged = read["Resources"]["Pre"]["Properties"]["Tags"]["windlass:app"] == "shop";
            assert!(is_tagged || notes.contains("`Pre`") || notes.contains("could not be"), "{after}\n{notes}");
            assert!(read["Outputs"]["A"]["Value"] == "b", "{after}");
        }
    }
}

#[test]
fn globals_that_say_nothing_else_go_with_what_publishes() {
    let text = "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function:\n    AutoPublishAlias: live\nResources:\n  Pre:\n    \
                Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: pre/\n";
    let code = repository(&[("template.yaml", text)]);
    let before = code.files.clone();
    let (made, _) = made(code, &[("pre.function", "shop-pre")]);
    let after = &applied(&before, &made)["template.yaml"];
    assert!(!after.contains("Globals"), "{after}");
}

#[test]
fn code_of_terraform_can_be_read_after_its_patch_however_it_is_written() {
    let site = [
        "resource \"aws_s3_bucket\" \"web\" { bucket = \"shop-web\" }\n\nlocals {\n  a = 1\n}\n",
        "resource \"aws_s3_bucket\" \"web\" { bucket = \"shop-web\" } # why\n",
        "resource \"aws_s3_bucket\" \"web\" {\n    bucket = \"shop-web\"\n    tags = local.tags # why\n}\n",
        "resource \"aws_s3_bucket\" \"web\" {\n  bucket=\"shop-web\"\n  tags={ a = \"b\" }\n    } # end\n",
        "resource \"aws_s3_bucket\" \"web\" {\n\tbucket = \"shop-web\"\n\ttags = merge(local.tags, {\n\t\ta = \"}\"\n\t})\n}\n",
        "resource \"aws_s3_bucket\" \"web\" {\n  bucket = \"shop-web\"\n\n  lifecycle { prevent_destroy = true }\n}\n",
        "resource \"aws_s3_bucket\" \"web\" {\n  bucket = \"shop-web\"\n  count = 2\n  policy = <<EOT\n{\n}\nEOT\n}\n",
        "resource \"aws_s3_bucket\" \"web\" {\n  bucket = \"shop-web\"\n\n  tags = { # why\n    a = \"b\"\n  }\n}",
    ];
    for form in site {
        for end in ["\n", "\r\n"] {
            let text = form.replace('\n', end);
            let code = repository(&[
                ("main.tf", &text),
                ("package.json", "{\"dependencies\": {\"vite\": \"7\"}}"),
                ("index.html", ""),
            ]);
            let before = code.files.clone();
            let (made, notes) = made(code, &[("web.bucket", "shop-web"), ("web.distribution", "none")]);
            let after = &applied(&before, &made)["main.tf"];
            let read: Body = after.parse().unwrap();
            let blocks = read.get_blocks("resource");
            let bucket = blocks.into_iter().find(|it| it.has_exact_labels(&["aws_s3_bucket", "web"]));
            let is_tagged = bucket.unwrap().body.has_attribute("tags") && after.contains("windlass:app");
            assert!(is_tagged, "{after}\n{notes}");
        }
    }
    let functions = [
        "  lifecycle { create_before_destroy = true }\n",
        "  lifecycle { ignore_changes = [tags] } # why\n",
        "  lifecycle {\n    ignore_changes = [\n      tags, # why\n      publish\n    ]\n  }\n",
        "  lifecycle {\n    ignore_changes=[\"tags\"]\n  }\n",
        "    lifecycle\t{\n        prevent_destroy = true\n    }\n",
        "  environment {\n    variables = { lifecycle = \"{\" }\n  }\n",
        "  for_each = toset([\"a\"])\n",
        "  publish = var.publish\n",
    ];
    for form in functions {
        let text = format!("resource \"aws_lambda_function\" \"api\" {{\n  function_name = \"shop-api\"\n{form}}}\n");
        let code = repository(&[
            ("main.tf", &text),
            ("api/requirements.txt", "fastapi\n"),
            ("api/main.py", "handler = Mangum(FastAPI())"),
        ]);
        let before = code.files.clone();
        let (made, notes) = made(code, &[("api.function", "shop-api")]);
        let after = &applied(&before, &made)["main.tf"];
        let read: Body = after.parse().unwrap();
        let function = read.get_blocks("resource").next().unwrap();
        let lifecycle = function.body.get_blocks("lifecycle").next().unwrap();
        let ignored = lifecycle.body.get_attribute("ignore_changes").unwrap();
        let ignored = ignored.value.as_array().unwrap();
        assert!(ignored.len() >= 6, "{after}\n{notes}");
        let is_each = form.contains("for_each");
        assert_eq!(after.contains("aws_lambda_alias"), !is_each, "{after}");
        let is_noted = is_each || form.contains("tags");
        assert_eq!(notes.contains("aws_lambda_function.api"), is_noted, "{notes}");
    }
}

#[test]
fn a_service_whose_tags_terraform_leaves_alone_is_tagged_by_the_script() {
    let answers = [
        ("shop.cluster", "main"),
        ("shop.service", "shop"),
        ("shop.container", "app"),
        ("shop.repository", "shop/app"),
    ];
    for (ignored, is_left) in [("tags, tags_all", true), ("desired_count", false)] {
        let text = format!(
            "resource \"aws_ecs_service\" \"main\" {{\n  name = \"shop\"\n  lifecycle {{\n    ignore_changes = [{ignored}]\n  \
             }}\n}}\n"
        );
        let code = repository(&[("main.tf", &text), ("shop/Dockerfile", "FROM scratch\n")]);
        let (made, _) = made(code, &answers);
        let is_tagged = made.get("windlass.patch").is_some_and(|patch| patch.contains("windlass:app"));
        assert_eq!((is_tagged, made.contains_key("windlass-targets.sh")), (!is_left, is_left), "{ignored}");
    }
}

/// Returns the code after the patch, and whether a script has what the target of the one function or site needs.
fn patched(text: &str, others: &[(&str, &str)], answers: &[(&str, &str)]) -> (String, bool, String) {
    let files: Vec<_> = [("main.tf", text)].into_iter().chain(others.iter().copied()).collect();
    let code = repository(&files);
    let before = code.files.clone();
    let (made, notes) = made(code, answers);
    (applied(&before, &made)["main.tf"].clone(), made.contains_key("windlass-targets.sh"), notes)
}

const API: [(&str, &str); 2] = [("api/requirements.txt", "fastapi\n"), ("api/main.py", "handler = Mangum(FastAPI())")];
const WEB: [(&str, &str); 2] = [("package.json", "{\"dependencies\": {\"vite\": \"7\"}}"), ("index.html", "")];

fn resource(sort: &str, id: &str, inner: &str) -> String {
    format!("resource \"{sort}\" \"{id}\" {{\n{inner}\n}}\n")
}

#[test]
fn a_resource_is_changed_only_where_its_name_is_the_targets_or_may_be() {
    // Another line of the function, and whether it is changed.
    for (inner, is_changed) in [
        ("  function_name = \"shop-api\"", true),
        ("  function_name = local.name", true),
        ("  function_name = \"${local.app}-api\"", true),
        ("  function_name = \"billing-prod\"", false),
        ("  function_name = \"${local.app}-billing\"", false),
        ("  function_name = each.key\n  for_each = local.all", false),
        ("  function_name = local.name\n  tags = { \"windlass:app\" = \"billing\" }", false),
    ] {
        let text = resource("aws_lambda_function", "it", inner);
        let (after, has_script, notes) = patched(&text, &API, &[("api.function", "shop-api")]);
        assert_eq!((after != text, has_script), (is_changed, !is_changed), "{inner}: {after}\n{notes}");
    }
    // Where nothing says which of two it is, neither is.
    let two = ["a", "b"].map(|id| resource("aws_lambda_function", id, &format!("  function_name = local.{id}")));
    let (after, has_script, _) = patched(&two.concat(), &API, &[("api.function", "shop-api")]);
    assert_eq!((after, has_script), (two.concat(), true));
}

#[test]
fn a_distribution_is_changed_only_where_the_sites_bucket_may_be_its_origin() {
    let bucket = resource("aws_s3_bucket", "web", "  bucket = \"shop-web\"");
    let other = resource("aws_s3_bucket", "docs", "  bucket = \"shop-docs\"");
    for (domain, is_changed) in [
        ("aws_s3_bucket.web.bucket_regional_domain_name", true),
        ("\"${aws_s3_bucket.web.id}.s3.amazonaws.com\"", true),
        ("\"shop-web.s3.eu-west-1.amazonaws.com\"", true),
        ("local.domain", true),
        ("aws_s3_bucket.docs.bucket_regional_domain_name", false),
        ("\"shop-docs.s3.eu-west-1.amazonaws.com\"", false),
        ("aws_lb.api.dns_name", false),
    ] {
        let origin = format!("  origin {{\n    domain_name = {domain}\n  }}");
        let distribution = resource("aws_cloudfront_distribution", "it", &origin);
        let text = format!("{bucket}{other}{distribution}");
        let answers = [("web.bucket", "shop-web"), ("web.distribution", "E1PRODUCTION"), ("web.url", "none")];
        let (after, ..) = patched(&text, &WEB, &answers);
        assert_eq!(!after.ends_with(&distribution), is_changed, "{after}");
        assert!(after.contains(&other) && !after.contains(&bucket), "{after}");
    }
}

#[test]
fn every_repository_of_the_tests_can_be_read_after_its_patch() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repositories");
    let all = fs::read_dir(&root).unwrap().chain(fs::read_dir(root.join("seeds")).unwrap());
    let mut patched = 0;
    for entry in all {
        let mut code = repository_walk::read(&entry.unwrap().path()).unwrap();
        code.above = None;
        if pieces::find(&code).pieces.is_empty() {
            continue;
        }
        let before = code.files.clone();
        let (made, _) = made(code, &[]);
        patched += u8::from(made.contains_key("windlass.patch"));
        applied(&before, &made);
    }
    assert!(patched >= 2);
}
