//! Tries the changes of infrastructure code before they are shown: `cfn-lint` and `terraform validate` look at copies
//! of the files before and after. What could not be tried says why, because unknown is not clean. Nothing is fetched,
//! and no program of the repository is run.

use super::infrastructure::edit::Edit;
use super::repository::{Repository, folder_of, is_terraform, join};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The changes of files that were tried together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchTrial {
    /// The changed files, by their paths from the root.
    pub paths: Vec<String>,
    /// The command that looked at them.
    pub by: &'static str,
    /// What the command finds after the change alone; else why it could not look.
    pub new: Result<Vec<String>, String>,
}

/// The longest time that a command may take for one look.
const LONGEST: Duration = Duration::from_mins(1);

/// An address at which nobody listens.
const NOBODY: &str = "http://127.0.0.1:9";

/// What a command finds.
struct Look {
    findings: Vec<String>,
    /// False where it did not come to look at everything.
    is_whole: bool,
}

/// Texts by their paths from the root.
type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// Tries the changes, those of Terraform by folders, as it reads them.
pub fn tried(repository: &Repository, edits: &[Edit]) -> Vec<PatchTrial> {
    let (terraform, templates): (Vec<&Edit>, Vec<&Edit>) = edits.iter().partition(|edit| is_terraform(&edit.path));
    let mut folders: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in terraform {
        folders.entry(folder_of(&edit.path)).or_default().push(edit);
    }
    let all: Texts<'_> = repository.texts().collect();
    let linted = templates.into_iter().map(|edit| trial("cfn-lint", &[edit], &Texts::new(), cfn_lint));
    let validated = folders
        .into_iter()
        .map(|(folder, edits)| trial("terraform validate", &edits, &all, |texts| terraform_validate(folder, texts)));
    linted.chain(validated).collect()
}

fn trial(
    by: &'static str,
    edits: &[&Edit],
    beside: &Texts<'_>,
    look: impl Fn(&Texts<'_>) -> Result<Look, String>,
) -> PatchTrial {
    let with = |text: fn(&Edit) -> &str| {
        let mut texts = beside.clone();
        texts.extend(edits.iter().map(|edit| (edit.path.as_str(), text(edit))));
        look(&texts)
    };
    let new = with(|edit| &edit.before).and_then(|before| {
        let new = added(before.findings, with(|edit| &edit.after)?.findings);
        let is_known = before.is_whole || !new.is_empty();
        is_known.then_some(new).ok_or_else(|| "what it finds already keeps it from looking at the rest".to_owned())
    });
    PatchTrial { paths: edits.iter().map(|edit| edit.path.clone()).collect(), by, new }
}

/// Returns what is found more often after a change than before. A place says nothing, because lines move.
fn added(mut before: Vec<String>, after: Vec<String>) -> Vec<String> {
    let is_new = |finding: &String| {
        let known = before.iter().position(|known| known == finding);
        known.map(|at| before.swap_remove(at)).is_none()
    };
    after.into_iter().filter(is_new).collect()
}

fn cfn_lint(texts: &Texts<'_>) -> Result<Look, String> {
    let copies = tempfile::tempdir().map_err(|error| error.to_string())?;
    put(copies.path(), texts)?;
    let own = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new("cfn-lint");
    command.args(["--format", "json"]).args(texts.keys().map(|path| format!("./{path}"))).current_dir(copies.path());
    let file = own.path().join("answer");
    run(command, &file)?;
    let answer = answer(&file)?;
    let findings = answer.as_array().ok_or_else(unreadable)?;
    let findings: Vec<String> =
        findings.iter().map(|it| format!("{} {}", text(&it["Rule"]["Id"]), text(&it["Message"]))).collect();
    // A template that cannot be read or transformed has findings of this group alone.
    let is_whole = !findings.iter().any(|finding| finding.starts_with("E00"));
    Ok(Look { findings, is_whole })
}

/// Looks at a folder of Terraform. Its own providers are programs of the folder, and so never run: those that the person
/// keeps for all folders are (Terraform documentation, "CLI Configuration", "Provider Plugin Cache").
fn terraform_validate(folder: &str, texts: &Texts<'_>) -> Result<Look, String> {
    let usual = env::home_dir().map(|home| home.join(".terraform.d/plugin-cache"));
    let kept = env::var_os("TF_PLUGIN_CACHE_DIR").map(PathBuf::from).or(usual).filter(|kept| kept.is_dir());
    // Terraform is started in another folder, and so needs the whole path.
    let kept =
        kept.and_then(|kept| fs::canonicalize(kept).ok()).ok_or("no providers are kept in TF_PLUGIN_CACHE_DIR")?;
    // Seen before the whole repository is copied.
    if !is_on_path("terraform") {
        return Err(not_found());
    }
    let copies = tempfile::tempdir().map_err(|error| error.to_string())?;
    put(copies.path(), texts)?;
    // Beside the copies, because a repository may have files of these names.
    let own = tempfile::tempdir().map_err(|error| error.to_string())?;
    put(own.path(), &Texts::from([("settings", "")]))?;
    let terraform = |words: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(words).current_dir(copies.path().join(folder)).env("CHECKPOINT_DISABLE", "1");
        // The person's own settings name folders that it would write into, such as TF_DATA_DIR and TF_PLUGIN_CACHE_DIR,
        // and further arguments (Terraform documentation, "Environment Variables").
        for name in env::vars_os().map(|(name, _)| name).filter(|name| name.as_encoded_bytes().starts_with(b"TF_")) {
            command.env_remove(name);
        }
        command.env("TF_CLI_CONFIG_FILE", own.path().join("settings"));
        // No module is fetched: nobody listens there.
        command.env("HTTPS_PROXY", NOBODY).env("HTTP_PROXY", NOBODY).env("NO_PROXY", "");
        command.env("GIT_ALLOW_PROTOCOL", "none");
        command
    };
    let mut ready = terraform(&["init", "-backend=false", "-input=false"]);
    let mut kept_at = OsString::from("-plugin-dir=");
    kept_at.push(&kept);
    ready.arg(kept_at);
    let file = own.path().join("answer");
    if !run(ready, &file)? {
        return Err("its providers and modules are not all on this machine".to_owned());
    }
    run(terraform(&["validate", "-json"]), &file)?;
    let answer = answer(&file)?;
    let findings = answer["diagnostics"].as_array().ok_or_else(unreadable)?;
    let findings = findings.iter().map(|it| format!("{}: {}", text(&it["summary"]), text(&it["detail"])));
    Ok(Look { findings: findings.collect(), is_whole: answer["valid"] == true })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn unreadable() -> String {
    "its answer cannot be read".to_owned()
}

fn not_found() -> String {
    "it is not on the PATH".to_owned()
}

fn is_on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|folders| env::split_paths(&folders).any(|folder| folder.join(program).is_file()))
}

/// Writes texts below a folder. No path leads out of it.
fn put(root: &Path, texts: &Texts<'_>) -> Result<(), String> {
    for (path, text) in texts {
        let path = root.join(join("", path));
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Runs a command, whose answer goes into a file. Returns whether it ended well.
fn run(mut command: Command, file: &Path) -> Result<bool, String> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => not_found(),
        _ => error.to_string(),
    };
    let into = File::create(file).map_err(|error| error.to_string())?;
    let mut child = command.stdin(Stdio::null()).stdout(into).stderr(Stdio::null()).spawn().map_err(failed)?;
    let end = Instant::now() + LONGEST;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status.success());
        }
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it did not end within {} s", LONGEST.as_secs()));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn answer(file: &Path) -> Result<Value, String> {
    let answer = fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&answer).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_more_often_is_new() {
        for (before, after, new) in
            [("a", "a", ""), ("a b", "b a", ""), ("a", "", ""), ("", "a", "a"), ("a", "a a b", "a b")]
        {
            let all = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(added(all(before), all(after)), all(new), "{before} {after}");
        }
    }
}
