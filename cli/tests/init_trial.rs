//! A change of infrastructure code is tried before it is shown: what a program in place of `cfn-lint` finds only after
//! the change keeps it out of the patch. Where it cannot be tried, the patch is there, and a note says so.

#![allow(clippy::unwrap_used)]

use crate::copies::ANSWERS;
use crate::standin::{code, err, folder, out};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    Type: AWS::Serverless::Function\n    \
                        Properties:\n      FunctionName: shop-hello\n      CodeUri: hello/\n      AutoPublishAlias: live\n";

/// What the program answers for a finding.
const FINDING: &str = r#"[{"Rule": {"Id": "E1010"}, "Message": "no such attribute"}]"#;

/// Returns whether there is a patch, and all notes, where this script is `cfn-lint`.
fn tried(script: Option<&str>) -> (bool, Vec<String>) {
    let place = folder("trial");
    fs::write(place.join("template.yaml"), TEMPLATE).unwrap();
    let programs = folder("trial-programs");
    if let Some(script) = script {
        let program = programs.join("cfn-lint");
        // Its third argument is the file.
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut init = Command::new(env!("CARGO_BIN_EXE_windlass"));
    init.arg("init").arg("--no-account").args(&ANSWERS[..7]).current_dir(&place).env_clear();
    let made = init.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).output().unwrap();
    assert_eq!(code(&made), 0, "{}", err(&made));
    let notes =
        out(&made).lines().filter_map(|line| line.strip_prefix("yours to look at: ")).map(str::to_owned).collect();
    (place.join("windlass.patch").exists(), notes)
}

#[test]
fn what_is_found_only_after_the_change_keeps_it_out_of_the_patch() {
    let untried = |why: &str| {
        format!(
            "nobody has tried what the patch changes in `template.yaml`, because `cfn-lint` could not look: {why}. Run it \
             after `git apply`, and before you deploy"
        )
    };
    let refused = "`template.yaml` is not in the patch, because `cfn-lint` would find there what it does not find now: \
                   E1010 no such attribute. docs/integrate/cloudformation-and-sam.md of Windlass has what to change by hand";
    let script = |before: &str, after: &str| {
        format!("if grep -q windlass:app \"$3\"; then echo '{after}'; else echo '{before}'; fi")
    };
    let twice = FINDING.replace("}]", "}, {\"Rule\": {\"Id\": \"E1010\"}, \"Message\": \"no such attribute\"}]");
    let (is_shown, usual) = tried(Some(&script("[]", "[]")));
    assert!(is_shown);
    for (script, is_shown, note) in [
        (Some(script(FINDING, FINDING)), true, None),
        (Some(script(FINDING, "[]")), true, None),
        (Some(script("[]", FINDING)), false, Some(refused)),
        (Some(script(FINDING, &twice)), false, Some(refused)),
        (Some("echo no JSON".to_owned()), true, Some(untried("its answer cannot be read").as_str())),
        (None, true, Some(untried("it is not on the PATH").as_str())),
    ] {
        let (shown, mut notes) = tried(script.as_deref());
        notes.retain(|note| !usual.contains(note));
        assert_eq!((shown, notes), (is_shown, Vec::from_iter(note.map(str::to_owned))), "{script:?}");
    }
}
