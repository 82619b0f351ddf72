//! Pure: fills a document in, with the outputs of other components in the place of their names.

use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::did_you_mean::nearest;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;
use windlass_domain::output::{Inputs, Output, PlannedOutput};

/// Returns the name of an output as a document has it.
fn place(output: &Output) -> String {
    format!("${{{output}}}")
}

/// Returns the document with each output's value in the place of its name.
pub(super) fn fill(bytes: &[u8], with: &BTreeMap<Output, String>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    let places = with.iter();
    let filled = places.fold(text.to_owned(), |text, (output, value)| text.replace(&place(output), value));
    filled.into_bytes()
}

/// Returns the values to fill in. A value that is given only later is `0`, so that the rest can be checked.
pub(super) fn values(inputs: &Inputs) -> BTreeMap<Output, String> {
    let inputs = inputs.iter();
    let values = inputs.map(|(output, given)| {
        let value = match given {
            PlannedOutput::Known(value) => value.clone(),
            PlannedOutput::Later => "0".to_owned(),
        };
        (output.clone(), value)
    });
    values.collect()
}

/// Returns the same values while no other component has been asked yet.
pub(super) fn as_if(outputs: &BTreeSet<Output>) -> BTreeMap<Output, String> {
    let later = outputs.iter().map(|output| (output.clone(), PlannedOutput::Later));
    values(&later.collect())
}

/// Returns a finding if an output is to be filled in and the document `named` does not have it, or has it misspelt. Of
/// the document it tells only what is nearly the name of an output.
pub(super) fn missing(
    component: &ComponentName,
    named: &str,
    bytes: &[u8],
    with: &BTreeMap<Output, String>,
) -> Option<Finding> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let wanted: Vec<String> = with.keys().map(place).collect();
    let there: BTreeSet<String> = places(text).filter(|place| !wanted.contains(place)).collect();
    let missing = wanted.iter().filter(|place| !text.contains(*place));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    let misspelt = there.iter().filter_map(|place| Some((place, nearest(place, &wanted)?)));
    let misspelt: Vec<(&String, &String)> = misspelt.collect();
    if missing.is_empty() && misspelt.is_empty() {
        return None;
    }
    let no = missing.iter().map(|place| format!("no `{place}`"));
    let odd = misspelt.iter().map(|(place, _)| format!("`{place}`, which nothing fills in,"));
    let has: Vec<String> = odd.chain(no).collect();
    let meant = misspelt.iter().map(|(place, meant)| format!("Did you mean `{meant}` by `{place}`? "));
    let meant: String = meant.collect();
    let remedy = if meant.is_empty() {
        "Write it in the document where its value belongs, or remove it from `fill`.".to_owned()
    } else {
        format!("{meant}Write what `fill` names, or remove that from `fill`.")
    };
    Some(Finding::new(
        FindingName::BadValue,
        format!("components.{component}.fill"),
        format!("The document {named} has {}.", has.join(" and ").trim_end_matches(',')),
        remedy,
    ))
}

/// Returns everything in a document that looks like a place for an output.
fn places(text: &str) -> impl Iterator<Item = String> {
    let ends = text.split("${").skip(1);
    let names = ends.filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    names.map(|name| format!("${{{name}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_the_name_of_an_output_is_told_and_nothing_else_of_a_document() {
        let flags = ComponentName::new("flags").unwrap();
        let outputs: Vec<Output> =
            ["jobs.version", "api.version"].map(|text| Output::try_from(text.to_owned()).unwrap()).to_vec();
        let with = as_if(&outputs.into_iter().collect());
        let told = |text: &str| {
            let found = missing(&flags, "1.json", text.as_bytes(), &with);
            found.map(|found| (found.reason, found.remedy))
        };
        let both = "${api.version} ${jobs.version}";
        assert_eq!(told(both), None);
        assert_eq!(told(&format!("{both} ${{env}} ${{a}} ${{not.closed")), None);
        let (reason, remedy) = told("${api.version} ${jobs.versoin} ${secret}").unwrap();
        assert_eq!(
            reason,
            "The document 1.json has `${jobs.versoin}`, which nothing fills in, and no `${jobs.version}`."
        );
        assert!(remedy.starts_with("Did you mean `${jobs.version}` by `${jobs.versoin}`? "), "{remedy}");
        // There is a second place, which is misspelt and would go live as it stands.
        let (reason, _) = told(&format!("{both} ${{job.version}}")).unwrap();
        assert_eq!(reason, "The document 1.json has `${job.version}`, which nothing fills in.");
        let (reason, remedy) = told("${api.version}").unwrap();
        assert_eq!(reason, "The document 1.json has no `${jobs.version}`.");
        assert!(remedy.starts_with("Write it in the document"), "{remedy}");
    }
}
