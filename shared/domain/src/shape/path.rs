//! The path of a place in a document tells the fields that lead there, such as `components.shop.alias` or `across[0]`.

/// Returns a path one step further.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Returns the field that a path ends with.
pub(crate) fn last(path: &str) -> &str {
    let path = path.split('[').next().unwrap_or_default();
    path.rsplit('.').next().unwrap_or_default()
}

/// Returns whether a path is another one, or within it.
pub(super) fn is_within(path: &str, outer: &str) -> bool {
    let rest = path.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Returns the JSON pointer of a path.
pub(super) fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}
