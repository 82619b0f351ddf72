//! The origin in Git of what `windlass release` hands in: ref, commit, time, and whether it is clean.

#![allow(clippy::unwrap_used)]

use crate::cloud::{cloud, puts, site, write};
use crate::standin::{code, err, out};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// The time of the commit of [`repository`], as Git has it.
const COMMITTED: &str = "2026-11-20T16:02:05+02:00";

/// Runs `git` in a folder and returns its output.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b.example"]);
    let done = command.args(arguments).env("GIT_COMMITTER_DATE", COMMITTED).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Makes a folder with a repository of its own at tag v1.4.0.
fn repository(name: &str) -> PathBuf {
    let folder = site(name);
    let git = |arguments: &[&str]| git(&folder, arguments);
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["tag", "--annotate", "--message", "one", "v1.4.0"]);
    git(&["checkout", "--quiet", "v1.4.0"]);
    folder
}

/// Makes such a folder in which a tracked file was changed.
fn dirty(name: &str) -> PathBuf {
    let folder = repository(name);
    write(&folder, "fn.zip", "changed");
    folder
}

/// Returns the `git` of the manifest that is handed in from a folder with these options.
fn git_of_manifest(folder: &Path, options: &[&str]) -> Value {
    let cloud = cloud();
    let output = cloud.windlass(folder, &[&RELEASE[..], options].concat());
    assert_eq!(code(&output), 0, "{options:?}: {}", err(&output));
    puts(&cloud).pop().unwrap().json()["git"].clone()
}

/// Makes such a folder on the branch `main`, which has a commit more. Returns it with both commits.
fn two_commits(name: &str) -> (PathBuf, String, String) {
    let folder = repository(name);
    let tagged = git(&folder, &["rev-parse", "HEAD"]);
    git(&folder, &["checkout", "--quiet", "main"]);
    write(&folder, "notes.txt", "more");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "--message", "two"]);
    let head = git(&folder, &["rev-parse", "HEAD"]);
    (folder, tagged, head)
}

const RELEASE: [&str; 6] = ["release", "shop", "1.4.0", "web=dist", "--upload", "--look=0s"];

/// Hands a release in from a folder, with these options and variables. Returns also the number of objects that were
/// put.
fn handed_in(folder: &Path, options: &[&str], variables: &[(&str, &str)]) -> (Output, usize) {
    let cloud = cloud();
    let output = cloud.windlass_with(folder, &[&RELEASE[..], options].concat(), variables);
    (output, puts(&cloud).len())
}

#[test]
fn the_time_of_the_commit_is_the_repositorys_or_the_one_that_is_given_and_never_invented() {
    let (inside, outside) = (repository("committed"), site("outside"));
    let head = git(&inside, &["rev-parse", "HEAD"]);
    let of_head = ["--git-ref", "refs/tags/v1.4.0", "--git-commit", &head];
    let with = |of: &[&'static str]| {
        let mut options: Vec<String> = of_head.iter().map(|it| (*it).to_owned()).collect();
        options.extend(of.iter().map(|it| (*it).to_owned()));
        options
    };
    let unknown = ["--git-ref", "refs/tags/v1.4.0", "--git-commit", "9f2c111"];
    let unknown = unknown.map(str::to_owned).to_vec();
    let given = "2026-11-20T14:00:00Z";
    for (folder, options, wanted) in [
        // The commit that is checked out, and one that is named.
        (&inside, vec![], json!(COMMITTED)),
        (&inside, with(&[]), json!(COMMITTED)),
        (&inside, with(&["--git-time", given]), json!(given)),
        (&inside, unknown, json!(null)),
        (&outside, with(&[]), json!(null)),
        (&outside, with(&["--git-time", given]), json!(given)),
    ] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let origin = git_of_manifest(folder, &options);
        assert_eq!(origin["time"], wanted, "{} {options:?}", folder.display());
        assert_eq!(origin["ref"], "refs/tags/v1.4.0");
    }
}

#[test]
fn a_ref_that_is_named_has_its_commit_and_one_that_is_not_there_that_of_what_is_checked_out() {
    let (inside, outside) = (repository("named"), site("named-outside"));
    let head = git(&inside, &["rev-parse", "HEAD"]);
    let commit = |folder, reference| {
        let origin = git_of_manifest(folder, &["--git-ref", reference]);
        origin["commit"].clone()
    };
    assert_eq!(commit(&inside, "refs/tags/v1.4.0"), json!(head));
    assert_eq!(commit(&inside, "refs/heads/main"), json!(head));
    // As the first release by the command of `init`, before there is a tag.
    git(&inside, &["tag", "--delete", "v1.4.0"]);
    assert_eq!(commit(&inside, "refs/tags/v1.4.0"), json!(head));
    assert_eq!(commit(&outside, "refs/tags/v1.4.0"), json!(null));
}

#[test]
fn a_commit_that_is_not_checked_out_is_refused_with_both_whoever_names_it() {
    let (folder, tagged, head) = two_commits("elsewhere");
    let of = |event, reference| {
        let known = [("GITHUB_EVENT_NAME", event), ("GITHUB_REF", reference)];
        [&known[..], &[("GITHUB_SHA", tagged.as_str())]].concat()
    };
    let gitlab = vec![("CI_COMMIT_TAG", "v1.4.0"), ("CI_COMMIT_SHA", &tagged)];
    let by_option = vec!["--git-ref", "refs/tags/v1.4.0"];
    for (options, variables) in [
        (by_option, vec![]),
        (vec![], of("push", "refs/heads/main")),
        (vec![], of("workflow_run", "refs/heads/main")),
        (vec![], of("pull_request", "refs/pull/7/merge")),
        (vec![], of("pull_request_target", "refs/heads/main")),
        (vec![], gitlab),
    ] {
        let (refused, put) = handed_in(&folder, &options, &variables);
        let said = err(&refused);
        assert_eq!((code(&refused), put), (3, 0), "{variables:?}: {said}");
        let both = said.contains(&format!("`{tagged}` would be recorded"))
            && said.contains(&format!("`{head}` is checked out"));
        assert!(both && said.contains("git.commit"), "{said}");
        // A person who knows says which was built, and what.
        let reference = "refs/heads/main";
        let given = ["--git-ref", reference, "--git-commit", &tagged];
        let (taken, put) = handed_in(&folder, &given, &variables);
        assert_eq!((code(&taken), put), (0, 2), "{}", err(&taken));
    }
    let (taken, put) = handed_in(&folder, &[], &of("push", "refs/heads/main")[..2]);
    assert_eq!((code(&taken), put), (0, 2), "{}", err(&taken));
    // What is in no commit at all is shown as well.
    write(&folder, "fn.zip", "changed");
    let given = ["--git-ref", "refs/tags/v1.4.0", "--git-commit", &tagged];
    let (refused, put) = handed_in(&folder, &given, &[]);
    assert_eq!((code(&refused), put), (3, 0), "{}", err(&refused));
    assert!(err(&refused).contains("git.dirty"), "{}", err(&refused));
}

#[test]
fn the_object_of_an_annotated_tag_is_its_commit() {
    let folder = repository("annotated");
    let object = git(&folder, &["rev-parse", "v1.4.0"]);
    assert_ne!(object, git(&folder, &["rev-parse", "HEAD"]));
    let variables = [("GITHUB_REF", "refs/tags/v1.4.0"), ("GITHUB_SHA", &object)];
    let (taken, put) = handed_in(&folder, &[], &variables);
    assert_eq!((code(&taken), put), (0, 2), "{}", err(&taken));
}

#[test]
fn of_several_tags_the_one_of_the_version_that_was_typed_counts() {
    let folder = repository("tags");
    for tag in ["v1.4.0-rc.1", "v1.3.9", "1.5.0", "latest"] {
        git(&folder, &["tag", "--annotate", "--message", tag, tag]);
    }
    assert_eq!(git_of_manifest(&folder, &[])["ref"], "refs/tags/v1.4.0");
    let candidate = ["release", "shop", "1.5.0", "web=dist", "--upload", "--look=0s"];
    let cloud = cloud();
    let output = cloud.windlass(&folder, &candidate);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let manifest = puts(&cloud).pop().unwrap().json();
    assert_eq!(manifest["git"]["ref"], "refs/tags/1.5.0");
}

#[test]
fn on_a_branch_that_goes_nowhere_the_refusal_names_the_tag_that_is_checked_out() {
    let folder = repository("branch-with-a-tag");
    git(&folder, &["checkout", "--quiet", "-b", "topic"]);
    let (refused, put) = handed_in(&folder, &[], &[]);
    let said = err(&refused);
    assert_eq!((code(&refused), put), (3, 0), "{said}");
    assert!(said.contains("NoEnvironment git.ref"), "{said}");
    let named = "--git-ref refs/tags/v1.4.0";
    assert!(said.contains(&format!("give `{named}`")), "{said}");
    let words: Vec<&str> = named.split(' ').collect();
    let (taken, put) = handed_in(&folder, &words, &[]);
    assert_eq!((code(&taken), put), (0, 2), "{}", err(&taken));
}

#[test]
fn a_detached_tag_is_said_and_what_no_commit_names_goes_there_only_when_it_is_said() {
    let (cloud, folder) = (cloud(), dirty("dirty"));
    let output = cloud.windlass(&folder, &RELEASE);
    assert_eq!(code(&output), 3, "{}", out(&output));
    assert!(err(&output).contains("git.dirty"), "{}", err(&output));
    assert!(puts(&cloud).is_empty());
    let said = out(&output);
    assert!(said.contains("from refs/tags/v1.4.0 (HEAD is detached at this tag)"), "{said}");
    assert!(said.contains("DIRTY") && said.contains("goes to prod"), "{said}");
    let output = cloud.windlass(&folder, &[&RELEASE[..], &["--dirty"]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let manifest = puts(&cloud).pop().unwrap().json();
    assert_eq!(manifest["git"]["dirty"], true);
    let output = cloud.windlass(&folder, &[&RELEASE[..], &["--git-ref", "refs/heads/main"]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("DIRTY"), "{}", out(&output));
}

/// The configuration of a folder that somebody else has packed names programs: none of them runs.
#[test]
fn no_program_of_a_hostile_repository_runs() {
    let folder = repository("hostile");
    let ran = folder.join("ran");
    let script = folder.join("script.sh");
    let signs = "[ $# = 0 ] || cat > /dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; echo '-----BEGIN PGP SIGNATURE-----'";
    write(&folder, "script.sh", &format!("#!/bin/sh\n: > {}\n{signs}\n", ran.display()));
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let program = script.to_str().unwrap();
    write(&folder, ".git/info/attributes", "* filter=x diff=x\n");
    let set = |name: &str, to: &str| git(&folder, &["config", name, to]);
    set("gpg.program", program);
    git(&folder, &["commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", "signed"]);
    set("log.showSignature", "true");
    let hooks = folder.join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::copy(&script, hooks.join("post-index-change")).unwrap();
    let names = ["filter.x.clean", "filter.x.process", "core.fsmonitor", "diff.x.textconv"];
    for name in names.iter().chain(&["diff.external", "core.pager", "core.editor", "core.sshCommand"]) {
        set(name, program);
    }
    let runs = |what: &str, run: &dyn Fn()| {
        let _ = std::fs::remove_file(&ran);
        // A file that looks changed is compared by its contents.
        write(&folder, "fn.zip", what);
        run();
        ran.exists()
    };
    for control in [&["status"][..], &["show", "--no-patch"]] {
        let run = || {
            drop(std::process::Command::new("git").args(control).current_dir(&folder).output());
        };
        assert!(runs("control", &run), "{control:?} runs none by itself");
    }
    let said = std::cell::RefCell::<String>::default();
    let release = || *said.borrow_mut() = out(&handed_in(&folder, &["--git-ref", "refs/heads/main"], &[]).0);
    assert!(!runs("ours", &release), "{}", said.borrow());
    let has = |words: &str| assert!(said.borrow().contains(words), "{}", said.borrow());
    has("not known whether clean");
    for name in ["filter.x.clean", "filter.x.process"] {
        git(&folder, &["config", "--unset", name]);
    }
    assert!(!runs("without a filter", &release), "{}", said.borrow());
    has("DIRTY");
}
