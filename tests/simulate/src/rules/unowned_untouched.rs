use crate::outcome::Outcome;

/// "A deployer changes only the fields it declares as its own and leaves everything else as the
/// user's infrastructure code set it" (rule 9).
///
/// Safety: shape: What is not owned is untouched.
pub fn unowned_untouched(outcome: &Outcome<'_>) -> Result<(), String> {
    let now = crate::unowned::unowned(outcome.world);
    for (what, before) in &outcome.unowned {
        let after = now.get(what);
        if after != Some(before) {
            return Err(format!("{what} was {before} and is {after:?}"));
        }
    }
    crate::unowned::foreign_shape(outcome.world)
}
