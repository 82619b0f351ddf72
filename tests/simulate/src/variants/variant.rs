//! A broken variant of the product: the edits that break it, and the scenarios in which a rule must catch it.

use crate::schedule::What;

/// An edit replaces a piece of code in a file by another one, however its lines are broken there. `VARIANT` in the new
/// text asks whether the variant is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The file.
    pub file: &'static str,
    /// The code that it replaces; it is there once.
    pub find: &'static str,
    /// The new code.
    pub replace: &'static str,
}

/// A broken variant.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The description of what is broken.
    pub what: &'static str,
    /// The edits that break it.
    pub edits: &'static [Edit],
    /// The scenarios in which it is looked for.
    pub scenarios: &'static [&'static str],
    /// The mishaps with which it is looked for, if it is not caught without one.
    pub mishaps: &'static [What],
}
