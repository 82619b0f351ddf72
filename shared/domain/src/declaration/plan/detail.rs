//! The details of a planned change: the fate of each resource of a component that is made of many, such as a stack.
//! They have names alone, and never the value of a property.

use crate::text::foreign;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most details that a plan lists of one change. Those beyond are counted.
pub const MOST_DETAILS: usize = 200;

/// The fate of one resource of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeDetail {
    /// Its name within the component, such as its logical id in a template.
    #[serde(deserialize_with = "foreign::one")]
    pub logical: String,
    /// Its type, such as `AWS::DynamoDB::Table`.
    #[serde(deserialize_with = "foreign::one")]
    pub kind: String,
    /// The thing that is done with it.
    pub action: DetailAction,
    /// The names of the properties for which that is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// True if it holds data, which is lost where it is removed or replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_data: bool,
}

/// The thing that is done with a resource; what matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetailAction {
    /// It is removed.
    Remove,
    /// Another one takes its place, or may do so.
    Replace,
    /// It is changed and stays what it is.
    Change,
    /// It is made.
    Add,
    /// It is there, and becomes one of the component's.
    Import,
}

crate::text::name::displayed!(DetailAction, Serialize::serialize);

impl DetailAction {
    /// Returns whether the resource that was there is gone then.
    pub const fn ends_it(self) -> bool {
        matches!(self, Self::Remove | Self::Replace)
    }
}

impl ChangeDetail {
    /// Returns the line that shows it, such as `replace Messages (AWS::DynamoDB::Table, holds data): KeySchema`.
    pub fn line(&self) -> String {
        let Self { logical, kind, action, .. } = self;
        let data = if self.holds_data { ", holds data" } else { "" };
        let because = if self.properties.is_empty() { "" } else { ": " };
        format!("{action} {logical} ({kind}{data}){because}{}", self.properties.join(", "))
    }

    /// Returns whether data is lost by it, unless its owner keeps that.
    pub const fn ends_data(&self) -> bool {
        self.holds_data && self.action.ends_it()
    }
}

/// Sorts details by what matters first, and cuts them to [`MOST_DETAILS`]. Returns the number of those that are left
/// out.
pub fn cut(details: &mut Vec<ChangeDetail>) -> u32 {
    details.sort_by(|one, other| {
        let key = |it: &ChangeDetail| (!it.ends_data(), it.action, !it.holds_data);
        key(one).cmp(&key(other)).then_with(|| one.logical.cmp(&other.logical))
    });
    let left = details.len().saturating_sub(MOST_DETAILS);
    details.truncate(MOST_DETAILS);
    u32::try_from(left).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(action: DetailAction, logical: &str, holds_data: bool) -> ChangeDetail {
        let (kind, properties) = ("AWS::DynamoDB::Table".to_owned(), vec![]);
        ChangeDetail { logical: logical.to_owned(), kind, action, properties, holds_data }
    }

    #[test]
    fn a_detail_is_a_line() {
        let table = [
            (&["KeySchema"][..], true, "replace Messages (AWS::DynamoDB::Table, holds data): KeySchema"),
            (&["Code", "Role"], false, "replace Messages (AWS::DynamoDB::Table): Code, Role"),
            (&[], false, "replace Messages (AWS::DynamoDB::Table)"),
        ];
        for (properties, holds_data, line) in table {
            let properties = properties.iter().map(|name| (*name).to_owned()).collect();
            let shown = ChangeDetail { properties, ..detail(DetailAction::Replace, "Messages", holds_data) };
            assert_eq!(shown.line(), line);
        }
    }

    #[test]
    fn what_is_lost_or_replaced_comes_first() {
        use DetailAction::{Add, Change, Import, Remove, Replace};
        let mut details = vec![
            detail(Import, "A", false),
            detail(Add, "B", false),
            detail(Change, "C", false),
            detail(Change, "D", true),
            detail(Replace, "E", false),
            detail(Remove, "G", false),
            detail(Remove, "F", false),
            detail(Replace, "H", true),
            detail(Remove, "I", true),
        ];
        assert_eq!(cut(&mut details), 0);
        let order: String = details.iter().map(|one| one.logical.as_str()).collect();
        assert_eq!(order, "IHFGEDCBA");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let one = |n: usize| detail(DetailAction::Add, &format!("R{n:03}"), false);
        for (number, left) in [(0, 0), (MOST_DETAILS, 0), (MOST_DETAILS + 1, 1), (500, 300)] {
            let mut details: Vec<ChangeDetail> = (0..number).map(one).collect();
            assert_eq!((cut(&mut details), details.len()), (left, number.min(MOST_DETAILS)), "{number}");
        }
    }
}
