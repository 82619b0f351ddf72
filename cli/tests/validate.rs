//! `windlass validate` as CI runs it: the real program, its output and its exit status.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn windlass(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("WINDLASS_ENDPOINT")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder of its own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
    folder
}

const APP: &str = "
app: shop
version: 1.0.0
environments: {dev: {deploy: {branch: main}}, prod: {deploy: {tag: stable}, start: manual}}
components:
  web: {kind: static_site, bucket: 'shop-web-{environment}'}
  agent: {kind: ecs, cluster: 'shop-{environment}', service: agent, container: agent, repository: shop/agent}
";

#[test]
fn every_example_is_valid() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("app.yaml").exists() {
            let output = windlass(&folder, &["validate"]);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output));
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

#[test]
fn a_valid_declaration_is_shown_with_its_environments() {
    let folder = folder("valid", &[("app.yaml", APP)]);
    let output = windlass(&folder, &["validate"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(text(&output));
}

#[test]
fn the_drills_of_a_declaration_are_shown() {
    let drilled = "
app: shop
version: 1.0.0
environments:
  dev: {deploy: {branch: main}}
  staging: {deploy: {tag: release-candidate}, drill: {every: 7d}}
  prod-eu: {deploy: {tag: stable}, start: manual}
  prod-us: {start: manual, drill: {every: 30d, production: true}}
components: {web: {kind: static_site, bucket: 'shop-web-{environment}'}}
";
    let folder = folder("drilled", &[("app.yaml", drilled)]);
    let said = text(&windlass(&folder, &["validate"]));
    let first = "the first one so long after the last, or as soon as one can begin";
    for line in [
        "  dev: web (static_site)\n".to_owned(),
        format!("  staging: web (static_site); drills: every 7d, {first}\n"),
        "  prod-eu: web (static_site), started by a person; drills: never by a schedule: it is production, and \
         declares none\n"
            .to_owned(),
        format!("  prod-us: web (static_site), started by a person; drills: every 30d, {first}\n"),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    let output = windlass(&folder, &["validate", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["drills"].as_object().unwrap().len(), 3, "{report}");
    assert_eq!(report["drills"]["staging"], format!("every 7d, {first}"));
}

#[test]
fn who_can_release_without_a_right_to_an_environment_is_named_in_a_sentence() {
    let open = APP
        .replace("branch: main}", "branch: main}, sources: [api, ecr]")
        .replace("start: manual", "start: manual, sources: [s3, ecr]")
        .replace("{kind: static_site", "{on_artifact: true, kind: static_site");
    let folder = folder("open", &[("app.yaml", &open)]);
    let said = text(&windlass(&folder, &["validate"]));
    let right = "can release there, without any right to the environment";
    for line in [
        format!("\n    whoever may push an image to `shop/agent` {right}\n"),
        format!(
            "\n    whoever may upload to the artifacts bucket below `releases/shop/prod/` or `artifacts/shop/prod/web/`, or push \
             an image to `shop/agent` {right}\n"
        ),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    std::fs::write(folder.join("app.yaml"), APP).unwrap();
    assert!(!text(&windlass(&folder, &["validate"])).contains("whoever"));
}

#[test]
fn what_is_only_noted_is_shown_and_exits_well() {
    let noted = format!(
        "{APP}  api: {{kind: lambda, function: 'api-{{environment}}', alias: live, rollout: {{linear: 50}}}}\n"
    );
    let folder = folder("noted", &[("app.yaml", &noted)]);
    let output = windlass(&folder, &["validate"]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output);
    for line in [
        "shop 1.0.0 is valid.\n",
        "  warning: NothingMeasured: environments.prod.gates: `prod` has no gate",
        "  warning: NothingMeasured: components.api.rollout: In `dev` the rollout goes in a step",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let output = windlass(&folder, &["validate", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["valid"], true);
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2);
    assert_eq!(warnings[0]["path"], "components.api.rollout");
}

#[test]
fn a_mistake_in_the_command_is_one_document_too() {
    let folder = folder("mistake", &[]);
    for arguments in [&["status", "shop", "--json"][..], &["--json", "nothing"]] {
        let output = windlass(&folder, arguments);
        assert_eq!(output.status.code(), Some(2));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["exit"], 2);
        assert!(!report["error"].as_str().unwrap().is_empty(), "{report}");
    }
    assert!(text(&windlass(&folder, &["status", "shop"])).is_empty());
}

#[test]
fn a_manifest_is_checked_against_the_declaration() {
    let good = r#"{"version": "1.0.0", "git": {"ref": "refs/tags/v1.0.0"}, "components": {
        "web": {"key": "artifacts/shop/prod/web/1.zip", "version_id": "v1"}, "agent": {"image": "shop/agent:1"}}}"#;
    let bad = r#"{"version": "1.0.0", "components": {"agent": {"key": "artifacts/shop/prod/agent/1.zip", "version_id": "v1"},
        "wbe": {"key": "artifacts/shop/prod/wbe/1.zip", "version_id": "v1"}, "web": {"image": "shop/web:1"}}}"#;
    let files = [("app.yaml", APP), ("good.json", good), ("bad.json", bad)];
    let folder = folder("manifest", &files);
    let output = windlass(&folder, &["validate", "--manifest", "good.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = text(&output);
    for line in [
        "The manifest goes to prod, by its rule: only recorded, a person starts it there with \
         `windlass deploy shop prod 1.0.0`.\n",
        "  not looked at: whether deployments are held",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let output = windlass(&folder, &["validate", "--manifest", "bad.json"]);
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!(text(&output));
    std::fs::write(folder.join("app.yaml"), "app: shop").unwrap();
    let output = windlass(&folder, &["validate", "--manifest", "bad.json"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output);
    assert!(said.contains("not looked at: the manifest"), "{said}");
}

/// Validates a manifest that names the component as well. Returns the status and the findings.
fn validated(name: &str, manifest: &Value, more: &[&str]) -> (Option<i32>, Vec<String>) {
    let files = [("app.yaml", APP), ("it.json", &manifest.to_string())];
    let folder = folder(name, &files);
    let arguments = ["validate", "--json", "--manifest", "it.json"];
    let output = windlass(&folder, &[&arguments[..], more].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = report["files"][1]["findings"].as_array().unwrap().iter();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let found = found.map(|one| format!("{} {}", text(one, "name"), text(one, "path")));
    (output.status.code(), found.collect())
}

#[test]
fn what_a_release_would_refuse_before_it_uploads_is_found_in_a_manifest() {
    let manifest = |change: Value| {
        let mut whole = json!({"version": "1.4.0", "git": {"ref": "refs/tags/v1.4.0"},
            "components": {"web": {"key": "artifacts/shop/prod/web/1.zip", "version_id": "v1"}}});
        for (name, value) in change.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
    };
    let table: [(Value, &[&str], &[&str]); 10] = [
        (json!({}), &[], &[]),
        (json!({"version": "1.5.0"}), &[], &["VersionNotOfTag version"]),
        (json!({"git": {"ref": "refs/heads/x"}}), &[], &["NoEnvironment git.ref"]),
        (json!({"git": null}), &[], &["NoEnvironment git.ref"]),
        (json!({"git": null}), &["--environment", "prod"], &[]),
        (json!({}), &["--environment", "dve"], &["UnknownName environment"]),
        (json!({"declaration": "0.9.0"}), &[], &["Older declaration"]),
        (json!({"declaration": "9.9.9"}), &[], &["NoDeclaration declaration"]),
        (json!({"git": {"ref": "refs/tags/v1.4.0", "dirty": true}}), &[], &["BadValue git.dirty"]),
        (json!({"git": {"ref": "refs/tags/v1.4.0", "dirty": true}}), &["--dirty"], &[]),
    ];
    for (change, more, wanted) in table {
        let (code, found) = validated("would", &manifest(change.clone()), more);
        assert_eq!(found, wanted, "{change}");
        assert_eq!(code, Some(if wanted.is_empty() { 0 } else { 3 }), "{change}");
    }
}

/// A part of one file that cannot be read hides nothing of the other file, nor of the same one.
#[test]
fn a_mistake_of_form_hides_nothing_else() {
    let misspelt = APP.replace("bucket:", "buckett:").replace("shop/agent", "shop/agent, after: [wep]");
    let manifest = json!({"version": "1.4.0", "sequence": "one", "git": {"ref": "refs/heads/main"},
        "components": {"web": {"key": "artifacts/shop/prod/web/1.zip", "sha256": "abc"}}});
    let files = [("app.yaml", misspelt.as_str()), ("m.json", &manifest.to_string())];
    let folder = folder("hides", &files);
    let output = windlass(&folder, &["validate", "--json", "--manifest", "m.json"]);
    let document: Value = serde_json::from_str(&text(&output)).unwrap();
    let of_file = |at: usize| -> Vec<String> {
        let findings = document["files"][at]["findings"].as_array().unwrap();
        findings.iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect()
    };
    let mut of_first = of_file(0);
    of_first.sort();
    let wanted = ["components.agent.after", "components.web.bucket", "components.web.buckett"];
    assert_eq!(of_first, wanted);
    assert_eq!(of_file(1), ["components.web.sha256", "sequence"]);
    // A good declaration beside the same manifest, with a component that the declaration does not have.
    let mut manifest = manifest;
    manifest["components"]["wep"] = json!({"key": "artifacts/shop/prod/wep/1.zip", "version_id": "v1"});
    let (_, found) = validated("hides-manifest", &manifest, &[]);
    for wanted in ["components.web.sha256", "sequence", "components.wep"] {
        assert!(found.iter().any(|one| one.contains(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn findings_as_json_name_file_path_and_remedy() {
    let broken = APP.replace("bucket", "buckt");
    let folder = folder("broken", &[("shop.yaml", &broken)]);
    let output = windlass(&folder, &["validate", "shop.yaml", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["valid"], false);
    assert_eq!(report["files"][0]["file"], "shop.yaml");
    let findings = report["files"][0]["findings"].as_array().unwrap();
    let mut paths: Vec<&str> = findings.iter().map(|f| f["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["components.web.bucket", "components.web.buckt"]);
    let said = text(&windlass(&folder, &["validate", "shop.yaml"]));
    assert!(said.contains("\n  pages: docs/findings.md#"), "{said}");
    assert!(said.contains("docs/findings.md#unknownfield"), "{said}");
}

#[test]
fn a_local_endpoint_may_be_probed_only_where_it_is_named() {
    let local = format!("{APP}gates: {{probes: [{{url: 'http://localhost:4566/health'}}]}}\n");
    let folder = folder("local", &[("app.yaml", &local)]);
    assert_eq!(windlass(&folder, &["validate"]).status.code(), Some(3));
    let endpoint = ["validate", "--local-endpoint", "http://localhost:4566"];
    assert_eq!(windlass(&folder, &endpoint).status.code(), Some(0));
    let other = ["validate", "--local-endpoint", "http://localhost:4567"];
    assert_eq!(windlass(&folder, &other).status.code(), Some(3));
}

#[test]
fn each_file_that_cannot_be_read_is_reported_with_what_it_is() {
    let folder = folder("unread", &[("app.yaml", APP)]);
    std::fs::create_dir_all(folder.join("dist")).unwrap();
    std::fs::write(folder.join("bin"), [0xff, 0xfe, 0]).unwrap();
    let long = "v".repeat(300);
    // Without content, but as long as one with it.
    let large = std::fs::File::create(folder.join("large")).unwrap();
    large.set_len(1 << 40).unwrap();
    for (file, why) in [
        ("large", "`large` has more than 16777216 bytes"),
        #[cfg(unix)]
        ("/dev/zero", "`/dev/zero` has more than 16777216 bytes"),
        ("nowhere", "there is no file `nowhere`"),
        ("dist", "`dist` is a folder, and a file is needed"),
        ("bin", "`bin` is no text in UTF-8"),
        (&long, "cannot be read: "),
    ] {
        let said = |arguments: &[&str]| {
            let output = windlass(&folder, arguments);
            assert_eq!(output.status.code(), Some(2));
            String::from_utf8(output.stderr).unwrap()
        };
        let declaration = said(&["validate", file]);
        assert!(declaration.contains(why), "{declaration}");
        let mends = |named| if file == "bin" { "Save it as UTF-8." } else { named };
        assert!(declaration.contains(mends("as the argument")), "{declaration}");
        let manifest = said(&["validate", "--manifest", file]);
        assert!(manifest.contains(why), "{manifest}");
        assert!(manifest.contains(mends("with `--manifest`")), "{manifest}");
        let both = said(&["validate", file, "--manifest", file]);
        assert_eq!(both.matches(why).count(), 2, "{both}");
    }
}

#[test]
fn an_installation_that_does_not_answer_is_reported_once() {
    let folder = folder("unanswered", &[("app.yaml", APP)]);
    let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["validate", "--endpoint", "http://127.0.0.1:9"])
        .current_dir(&folder)
        .env_remove("AWS_ENDPOINT_URL")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output);
    assert_eq!(said.matches("not looked at").count(), 1, "{said}");
    assert!(said.contains("what runs there, and whether its version"), "{said}");
}

#[test]
fn what_cannot_be_done_is_a_matter_of_usage() {
    let folder = folder("usage", &[]);
    let output = windlass(&folder, &["validate", "nowhere.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nowhere.yaml"));
    assert_eq!(windlass(&folder, &["valdate"]).status.code(), Some(2));
    let help = windlass(&folder, &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help).contains("Exit status:"));
}

#[test]
fn an_access_file_is_checked_as_its_upload_would_be() {
    let ids = "repository_owner_id: '8472', repository_id: '990134'";
    let of = |ids: &str, release: &str| {
        format!(
            "app: shop\nversion: 1\nwho: {{ci: [{{issuer: github, claims: {{{ids}}}}}]}}\n\
             environments: {{prod: {{release: [{release}]}}}}\n"
        )
    };
    let place = folder("access_file/access/apps", &[]);
    let all = "version: 1\nwho: {leads: ['arn:aws:iam::111111111111:role/leads']}\n";
    std::fs::write(place.join("../all.yaml"), all).unwrap();
    for (name, file, ends, said) in [
        ("shop", of(ids, "ci"), 0, "The access file of shop, version 1, is valid."),
        ("shop", of(ids, "ci, leads"), 0, "The access file of shop, version 1, is valid."),
        ("shop", of(ids, "ci, nobody"), 3, "environments.prod.release[1]: "),
        ("shop", of("repository_owner_id: write-me, repository_id: write-me", "ci"), 3, "2 findings"),
        ("shop", of("repository_id: '990134'", "ci"), 3, "claims.repository_owner_id: MissingField"),
        ("bank", of(ids, "ci"), 3, "1 finding"),
    ] {
        std::fs::write(place.join(format!("{name}.yaml")), &file).unwrap();
        let output = windlass(&place.join("../.."), &["validate", &format!("access/apps/{name}.yaml")]);
        assert!(text(&output).contains(said), "{said}: {}", text(&output));
        assert_eq!(output.status.code(), Some(ends), "{file}");
    }
    let output = windlass(&place.join("../.."), &["validate", "access/all.yaml", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["valid"], &report["access"]), (&json!(true), &json!("all applications")));
}
