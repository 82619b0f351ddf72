//! The environment's name in infrastructure code: the variable that keeps it, or the name itself. Pure.

use crate::init::application::Application;

/// Returns an expression of the environment's name: of a variable that keeps it, else the name of the only one.
pub(super) fn environment_expression(
    application: &Application,
    variables: &[&str],
    written: impl Fn(&str) -> String,
    literal: impl Fn(&str) -> String,
) -> Option<String> {
    let usual = ["environment", "env", "stage", "environmentname", "stagename", "envname"];
    let is_usual = |name: &&&str| usual.contains(&name.to_ascii_lowercase().replace('_', "").as_str());
    if let Some(variable) = variables.iter().find(is_usual) {
        return Some(written(variable));
    }
    match application.environments.as_slice() {
        [only] => Some(literal(&only.name)),
        _ => None,
    }
}
