//! The known word that is nearest to an unknown one was probably meant, and a remedy names it.

use crate::finding::Finding;

/// The beginning of a remedy that names what was probably meant.
const MEANT: &str = "Did you mean `";

/// Returns the known word that was probably meant.
pub fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a String> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Says what to write instead of an unknown word.
pub fn suggest(nearest: Option<&String>, known: &[String]) -> String {
    let all = known.join("`, `");
    match nearest {
        Some(nearest) => format!("{MEANT}{nearest}`? Known here: `{all}`."),
        None => format!("Known here: `{all}`."),
    }
}

/// Returns the field that was probably meant by an unknown one.
pub(crate) fn meant_by(finding: &Finding) -> Option<&str> {
    let rest = finding.remedy.strip_prefix(MEANT)?;
    rest.split('`').next()
}
