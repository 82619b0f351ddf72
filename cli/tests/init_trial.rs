//! A change of infrastructure code is tried before it is shown: what programs in place of `cfn-lint` and `terraform`
//! find only after the change keeps it out of the patch. Where it cannot be tried, the patch is there, and a note says
//! so.

#![allow(clippy::unwrap_used)]

use crate::copies::ANSWERS;
use crate::standin::{code, err, folder, out};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const TEMPLATE: (&str, &str) = (
    "template.yaml",
    "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    Type: AWS::Serverless::Function\n    \
     Properties:\n      FunctionName: shop-hello\n      CodeUri: hello/\n      AutoPublishAlias: live\n",
);
const CODE: [(&str, &str); 5] = [
    ("main.tf", "resource \"aws_lambda_function\" \"api\" {\n  function_name = \"shop-api\"\n}\n"),
    ("api/requirements.txt", "fastapi\nmangum\n"),
    ("api/main.py", "from fastapi import FastAPI\nfrom mangum import Mangum\nhandler = Mangum(FastAPI())\n"),
    // Folders with the names of the trial's own files.
    ("answer/common.py", "A = 1\n"),
    ("settings/common.py", "A = 1\n"),
];

/// What `cfn-lint` answers for a finding.
const FINDING: &str = r#"[{"Rule": {"Id": "E1010"}, "Message": "no such attribute"}]"#;

/// Settings of the person's own, which would lead a trial into folders of the person.
const OF_PERSON: [&str; 5] =
    ["TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS", "TF_CLI_ARGS_init", "TF_REATTACH_PROVIDERS"];

/// Returns whether there is a patch, and all notes, where this script is the program.
fn tried(files: &[(&str, &str)], name: &str, script: Option<&str>) -> (bool, Vec<String>) {
    let place = folder("trial");
    for (path, text) in files {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let programs = folder("trial-programs");
    if let Some(script) = script {
        let program = programs.join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut init = Command::new(env!("CARGO_BIN_EXE_windlass"));
    init.arg("init").arg("--no-account").args(&ANSWERS[..7]).current_dir(&place).env_clear();
    if files == CODE {
        init.args(["--answer", "app=shop", "--answer", "api.function=shop-api"]);
        // A relative path is from the folder of the person, and not from that of the copies.
        init.env("TF_PLUGIN_CACHE_DIR", "api").envs(OF_PERSON.map(|name| (name, "x")));
    }
    let made = init.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).output().unwrap();
    assert_eq!(code(&made), 0, "{}", err(&made));
    let notes =
        out(&made).lines().filter_map(|line| line.strip_prefix("yours to look at: ")).map(str::to_owned).collect();
    (place.join("windlass.patch").exists(), notes)
}

/// A program, whether there is a patch, and the one note that comes beside the usual ones.
type Case = (Option<String>, bool, Option<String>);

/// Holds the cases. Without the patch, the notes on what it brings are not there either, as many as these.
fn holds(files: &[(&str, &str)], name: &str, clean: &str, of_patch: usize, cases: &[Case]) {
    let (is_shown, usual) = tried(files, name, Some(clean));
    assert!(is_shown, "{usual:?}");
    for (script, is_shown, note) in cases {
        let (shown, mut notes) = tried(files, name, script.as_deref());
        let left_out = usual.iter().filter(|note| !notes.contains(note)).count();
        assert_eq!(left_out, if *is_shown { 0 } else { of_patch }, "{notes:?}");
        notes.retain(|note| !usual.contains(note));
        assert_eq!((shown, notes), (*is_shown, Vec::from_iter(note.clone())), "{script:?}");
    }
}

fn untried(by: &str, path: &str, why: &str) -> String {
    format!(
        "what the patch changes in `{path}` is not tried, because `{by}` could not look: {why}. Run it after `git \
         apply`, and before you deploy"
    )
}

fn refused(by: &str, path: &str, found: &str, page: &str) -> String {
    format!(
        "`{path}` is not in the patch, because with the change `{by}` finds what it does not find without it: {found}. \
         docs/integrate/{page}.md of Windlass shows what to change by hand"
    )
}

#[test]
fn what_cfn_lint_finds_only_after_the_change_keeps_it_out_of_the_patch() {
    // Its third argument is the file.
    let script = |before: &str, after: &str| {
        Some(format!("if grep -q windlass:app \"$3\"; then echo '{after}'; else echo '{before}'; fi"))
    };
    let twice = format!("[{0}, {0}]", FINDING.trim_matches(['[', ']']));
    let unread = FINDING.replace("E1010", "E0000");
    let refused = refused("cfn-lint", TEMPLATE.0, "E1010 no such attribute", "cloudformation-and-sam");
    let untried = |why: &str| untried("cfn-lint", TEMPLATE.0, why);
    holds(
        &[TEMPLATE],
        "cfn-lint",
        "echo '[]'",
        1,
        &[
            (script(FINDING, FINDING), true, None),
            (script(FINDING, "[]"), true, None),
            (script("[]", FINDING), false, Some(refused.clone())),
            (script(FINDING, &twice), false, Some(refused)),
            (script(&unread, &unread), true, Some(untried("what it finds already keeps it from looking at the rest"))),
            (Some("echo no JSON".to_owned()), true, Some(untried("its answer cannot be read"))),
            (None, true, Some(untried("it is not on the PATH"))),
        ],
    );
}

#[test]
fn what_terraform_finds_only_after_the_change_keeps_it_out_of_the_patch() {
    const CLEAN: &str = r#"{"valid": true, "diagnostics": []}"#;
    const FOUND: &str =
        r#"{"valid": false, "diagnostics": [{"summary": "Unsupported", "detail": "no such argument"}]}"#;
    let set = OF_PERSON.map(|name| format!("${name}")).concat();
    let script = |before: &str, after: &str| {
        format!(
            "[ -z \"{set}\" ] || exit 1\n[ $1 = init ] && case $4 in -plugin-dir=/*) exit 0 ;; *) exit 1 ;; esac\n\
             if grep -q windlass:app main.tf; then echo '{after}'; else echo '{before}'; fi"
        )
    };
    let by = "terraform validate";
    holds(
        &CODE,
        "terraform",
        &script(CLEAN, CLEAN),
        0,
        &[
            (
                Some(script(CLEAN, FOUND)),
                false,
                Some(refused(by, "main.tf", "Unsupported: no such argument", "terraform")),
            ),
            (
                Some(script(FOUND, FOUND)),
                true,
                Some(untried(by, "main.tf", "what it finds already keeps it from looking at the rest")),
            ),
            (
                Some("exit 1".to_owned()),
                true,
                Some(untried(by, "main.tf", "its providers and modules are not all on this machine")),
            ),
            (None, true, Some(untried(by, "main.tf", "it is not on the PATH"))),
        ],
    );
}
