//! Proposes a name in place of one that is not known.

use crate::shape::suggest;

pub use crate::shape::nearest;

/// The most names that are told: a remedy is a sentence.
const TOLD: usize = 12;

/// Lists the known names. If one of them is near to this name, it comes first.
pub fn did_you_mean(name: &str, known: &[String]) -> String {
    let nearest = nearest(name, known);
    let Some((told, more @ [_, ..])) = known.split_at_checked(TOLD) else {
        return suggest(nearest, known);
    };
    let told = suggest(nearest, told);
    format!("{} and {} more.", told.trim_end_matches('.'), more.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_told_also_where_it_is_not_among_the_first() {
        let known: Vec<String> = (0..40).map(|minor| format!("1.{minor}.0")).collect();
        let told = did_you_mean("1.39.O", &known);
        assert!(told.starts_with("Did you mean `1.39.0`? Known here: `1.0.0`, `1.1.0`"), "{told}");
        assert_eq!(told.matches('`').count() / 2, 1 + TOLD);
        assert!(told.ends_with("`1.11.0` and 28 more."), "{told}");
        assert_eq!(did_you_mean("x", &known[..1]), "Known here: `1.0.0`.");
    }
}
