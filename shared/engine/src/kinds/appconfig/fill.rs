//! Filling a document in: outputs of other components in the place of their names. Pure.

use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;
use windlass_domain::output::{Given, Inputs, Output};

/// An output as it stands in a document.
fn place(output: &Output) -> String {
    format!("${{{output}}}")
}

/// The document with each output's value in the place of its name.
pub(super) fn fill(bytes: &[u8], with: &BTreeMap<Output, String>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    let places = with.iter();
    let filled = places.fold(text.to_owned(), |text, (output, value)| {
        text.replace(&place(output), value)
    });
    filled.into_bytes()
}

/// The values to fill in. What is given only later stands as `0`, so that the rest can be looked at.
pub(super) fn values(inputs: &Inputs) -> BTreeMap<Output, String> {
    let inputs = inputs.iter();
    let values = inputs.map(|(output, given)| {
        let value = match given {
            Given::Known(value) => value.clone(),
            Given::Later => "0".to_owned(),
        };
        (output.clone(), value)
    });
    values.collect()
}

/// The same while nobody has been asked yet.
pub(super) fn as_if(outputs: &BTreeSet<Output>) -> BTreeMap<Output, String> {
    let later = outputs.iter().map(|output| (output.clone(), Given::Later));
    values(&later.collect())
}

/// What is wrong where an output is to be filled in and does not stand in the document `named`.
pub(super) fn missing(
    component: &ComponentName,
    named: &str,
    bytes: &[u8],
    with: &BTreeMap<Output, String>,
) -> Option<Finding> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let places = with.keys().map(place);
    let missing: Vec<String> = places.filter(|place| !text.contains(place)).collect();
    (!missing.is_empty()).then(|| {
        Finding::new(
            FindingName::BadValue,
            format!("components.{component}.fill"),
            format!("The document {named} has no {}.", missing.join(" and no ")),
            "Write it in the document where its value belongs, or remove it from `fill`.",
        )
    })
}
