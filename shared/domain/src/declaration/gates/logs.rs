//! Counts of lines in CloudWatch Logs.

use super::sort::in_region;
use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::{FindingName, repeated};
use crate::text::name::{AppName, EnvironmentName};
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shortest window. A line that arrives late is counted again by the looks that follow within the window.
const SHORTEST_WINDOW: Span = Span::seconds(5 * 60);

/// The longest window.
const LONGEST_WINDOW: Span = Span::seconds(3600);

/// The most log groups that one query reads (Amazon CloudWatch Logs API Reference, StartQuery, `logGroupNames`).
const MOST_GROUPS: usize = 50;

/// Amazon CloudWatch Logs API Reference, StartQuery, `logGroupNames`.
const GROUP: TextForm = TextForm {
    accepts: |text| {
        let also = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
        (1..=512).contains(&text.len()) && text.chars().all(also)
    },
    words: "a log group's name such as `/aws/lambda/shop-api-prod`",
};

/// A query may have 10,000 characters (Amazon CloudWatch Logs API Reference, StartQuery, `queryString`); a filter
/// needs few of them.
const FILTER: TextForm = TextForm {
    accepts: |text| text.len() <= 1024 && is_condition(text),
    words: "what stands behind `filter` in a query of Logs Insights, such as `@message like /ERROR/`, whole, without a comment, and without another command behind a `|`",
};

/// A count of lines in CloudWatch Logs. Windlass counts with a query of Logs Insights about once a minute. Each query
/// scans all lines of the log groups from the last `window`. AWS bills the data that a query scans (0.005 USD per GB in
/// most regions).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// The log groups, such as `/aws/lambda/shop-api-{environment}`. Each group must exist, and have the tags
    /// `windlass:app` and `windlass:environment` with the names of this application and environment.
    #[schemars(extend("minItems" = 1, "maxItems" = MOST_GROUPS))]
    pub groups: Vec<Text>,
    /// The condition that a line must match to be counted, such as `@message like /ERROR/`. Write what would follow the
    /// word `filter` in a query of Logs Insights.
    pub filter: Text,
    /// The time over which Windlass counts lines, from `5m` to `1h`.
    #[serde(default = "Span::of_seconds::<300>")]
    pub window: Span,
    /// The highest healthy number of lines in a window.
    pub at_most: u64,
    /// The AWS region of the groups, if it differs from the region of the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
}

/// A count of lines in CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogsGate {
    /// The log groups.
    pub groups: Vec<String>,
    /// The text behind `filter` in a query of Logs Insights.
    pub filter: String,
    /// The time over which lines are counted.
    pub window: Span,
    /// The highest healthy number of lines in a window.
    pub at_most: u64,
    /// The region that the groups are in; the environment's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The application that the groups' tags must name.
    #[serde(skip)]
    pub app: AppName,
    /// The environment that the groups' tags must name.
    #[serde(skip)]
    pub environment: EnvironmentName,
}

impl Sort for LogsGate {
    fn sort(&self) -> &'static str {
        "logs"
    }

    /// Returns a name such as `/aws/lambda/shop-api-prod @message like /ERROR/`.
    fn name(&self) -> String {
        format!("{} {}{}", self.groups.join(", "), self.filter, in_region(self.region.as_ref()))
    }

    fn threshold(&self) -> String {
        let lines = count(self.at_most, "line");
        format!("at most {lines} in {}", self.window)
    }

    fn limit(&self) -> Option<f64> {
        u32::try_from(self.at_most).ok().map(f64::from)
    }

    fn period(&self) -> Span {
        self.window
    }
}

impl ResolveGate for LogsGate {
    type Written = Logs;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, logs: &Logs) -> Self {
        let path = &at.path;
        if logs.window < SHORTEST_WINDOW || logs.window > LONGEST_WINDOW {
            scope.bad_value(
                &join(path, "window"),
                format!("`{}` is not between {SHORTEST_WINDOW} and {LONGEST_WINDOW}.", logs.window),
                format!("Write a time such as `{SHORTEST_WINDOW}`, at most `{LONGEST_WINDOW}`."),
            );
        }
        let groups = logs.groups.iter().enumerate();
        let groups = groups
            .map(|(i, group)| scope.text_or(&format!("{path}.groups[{i}]"), group, &GROUP, group_meant))
            .collect::<Vec<_>>();
        let is_again =
            |(i, group): &(usize, &String)| !group.is_empty() && groups.iter().take(*i).any(|one| one == *group);
        for (i, group) in groups.iter().enumerate().filter(is_again) {
            let reason = format!("`{}` is named twice.", repeated(group));
            scope.find(FindingName::Duplicate, &format!("{path}.groups[{i}]"), reason, "Remove one of the two.");
        }
        Self {
            groups,
            filter: scope.text_or(&join(path, "filter"), &logs.filter, &FILTER, meant),
            window: logs.window,
            at_most: logs.at_most,
            region: scope.maybe(&join(path, "region"), logs.region.as_ref(), &aws_name::REGION),
            app: scope.app.clone(),
            environment: scope.name.clone(),
        }
    }
}

/// Returns whether a text is one condition, as far as that is sure. No other command follows, such as in `@message like
/// /x/ | limit 1`. It is no filter pattern of CloudWatch Logs, such as `{ $.level = "error" }` or `?ERROR`. And it has
/// an operator or calls a function (Amazon CloudWatch Logs User Guide, "filter" and "Filter pattern syntax"). Nothing
/// is open at its end, and the word `filter` does not stand before it.
fn is_condition(filter: &str) -> bool {
    let Some(bare) = outside_quotes(filter) else { return false };
    let is_pattern = bare.trim_start().starts_with(['{', '?', '[', '%']) || bare.contains("$.") || bare.contains("&&");
    let is_operator = |word: &str| word.eq_ignore_ascii_case("like") || word.eq_ignore_ascii_case("in");
    let compares = bare.contains(['=', '<', '>', '(']) || bare.split(|c: char| !c.is_alphanumeric()).any(is_operator);
    let is_whole = is_closed(&bare) && !awaits_operand(&bare) && condition_of_command(filter).is_none();
    compares && is_whole && !is_pattern && !bare.contains(['|', '\n', '\r', '#'])
}

/// Returns whether each bracket has its other one.
fn is_closed(bare: &str) -> bool {
    let mut open = Vec::new();
    let fits = bare.chars().all(|c| match c {
        '(' | '[' => {
            open.push(c);
            true
        }
        ')' => open.pop() == Some('('),
        ']' => open.pop() == Some('['),
        _ => true,
    });
    fits && open.is_empty()
}

/// Returns whether an operator stands at the end, with nothing behind it.
fn awaits_operand(bare: &str) -> bool {
    let bare = bare.trim_end();
    let last = bare.rsplit(|c: char| c.is_whitespace() || "()[]=<>,".contains(c)).next().unwrap_or_default();
    let is_word = ["like", "in", "and", "or", "not"].iter().any(|word| last.eq_ignore_ascii_case(word));
    bare.ends_with(['=', '<', '>', '~', ',']) || is_word
}

/// Returns the condition behind the word `filter`; `None` where that is not the command. A field may have that name.
fn condition_of_command(filter: &str) -> Option<&str> {
    let (word, rest) = filter.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let mut words = rest.split_whitespace().skip_while(|word| word.eq_ignore_ascii_case("not"));
    let is_operator = |word: &str| ["like", "in"].iter().any(|operator| word.eq_ignore_ascii_case(operator));
    let is_field =
        rest.starts_with(['=', '!', '<', '>', '+', '-', '*', '/', '%']) || words.next().is_some_and(is_operator);
    (word.eq_ignore_ascii_case("filter") && !is_field && !rest.is_empty()).then_some(rest)
}

/// Returns the name in a log group's ARN.
fn group_meant(arn: &str) -> Option<String> {
    arn.split_once(":log-group:").map(|(_, name)| name.trim_end_matches(":*").to_owned())
}

/// Returns the condition that was probably meant by a filter pattern of CloudWatch Logs.
fn meant(filter: &str) -> Option<String> {
    let filter = filter.trim();
    if let Some(condition) = condition_of_command(filter) {
        return Some(condition.to_owned());
    }
    if let Some(within) = filter.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let meant = within.trim().replace("$.", "").replace("&&", "and").replace("||", "or");
        return means_the_same(&meant).then_some(meant);
    }
    let terms = terms(filter)?;
    let is_plain =
        |term: &&str| !term.is_empty() && term.chars().all(|c| c.is_ascii_alphanumeric() || "_ ".contains(c));
    let words: Vec<&str> = terms.iter().map(|(_, term)| *term).filter(is_plain).collect();
    if words.is_empty() || words.len() < terms.len() {
        return None;
    }
    match terms.iter().filter(|(is_alternative, _)| *is_alternative).count() {
        0 => Some(words.iter().map(|word| format!("@message like /{word}/")).collect::<Vec<_>>().join(" and ")),
        alternatives if alternatives == terms.len() => Some(format!("@message like /{}/", words.join("|"))),
        _ => None,
    }
}

/// Returns whether the rest of a pattern of JSON is a condition, and means the same as one. In such a pattern `*` in a
/// text is anything, `[0]` a place in a list, a word without quotes a text, and `IS` and `EXISTS` are operators.
fn means_the_same(rest: &str) -> bool {
    let is_operator = |word: &str| word.eq_ignore_ascii_case("is") || word.eq_ignore_ascii_case("exists");
    let bare = outside_quotes(rest).unwrap_or_default();
    let mut right = rest.split(['=', '<', '>']).skip(1);
    is_condition(rest)
        && !rest.contains(['*', '['])
        && !bare.split(|c: char| !c.is_alphanumeric()).any(is_operator)
        && !right.any(|value| value.trim_start().starts_with(char::is_alphabetic))
}

/// Cuts a filter pattern into its terms, each with whether it is one of several alternatives, such as `?ERROR`. A blank
/// is within a term only where that is quoted. `None` where a quote does not end.
fn terms(filter: &str) -> Option<Vec<(bool, &str)>> {
    let mut terms = Vec::new();
    let mut rest = filter;
    while !rest.is_empty() {
        let (is_alternative, term) = rest.strip_prefix('?').map_or((false, rest), |term| (true, term));
        let quote = term.chars().next().filter(|first| matches!(first, '"' | '\'' | '%'));
        let (term, behind) = match quote {
            Some(quote) => term.get(1..)?.split_once(quote)?,
            None => term.split_once(' ').unwrap_or((term, "")),
        };
        terms.push((is_alternative, term));
        rest = behind.trim_start();
    }
    Some(terms)
}

/// Returns what stands outside quotes and regular expressions, with `"` in place of each; `None` where one of them does
/// not end: it may hide another command. A slash begins a regular expression where an operator of these stands before
/// it, and divides elsewhere.
fn outside_quotes(filter: &str) -> Option<String> {
    let (mut bare, mut within) = (String::new(), None);
    let mut characters = filter.char_indices();
    while let Some((at, c)) = characters.next() {
        match (within, c) {
            (Some(end), '\\') => {
                let escaped = characters.next().map(|(_, c)| c);
                // No page of AWS says whether a quotation mark can be escaped.
                if end != '/' && escaped == within && filter.contains('|') {
                    return None;
                }
            }
            (Some(end), c) if c == end => within = None,
            (Some(_), _) => {}
            (None, c) => {
                let begins = matches!(c, '"' | '\'' | '`') || (c == '/' && awaits_expression(&filter[..at]));
                within = begins.then_some(c);
                bare.push(if begins { '"' } else { c });
            }
        }
    }
    within.is_none().then_some(bare)
}

/// Returns whether a text ends with an operator behind which a regular expression stands.
fn awaits_expression(before: &str) -> bool {
    let before = before.trim_end();
    let is_word = |word: &str| {
        let rest = before.len().checked_sub(word.len()).and_then(|at| before.split_at_checked(at));
        rest.is_some_and(|(rest, end)| end.eq_ignore_ascii_case(word) && rest.ends_with(char::is_whitespace))
    };
    before.ends_with("=~") || is_word("like")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_command() {
        for (filter, is_one) in [
            ("@message like /ERROR|FATAL/", true),
            (r"@message like /a\/b|c/", true),
            ("@message like \"a | b\"", true),
            ("level = 'error' and status >= 500", true),
            ("`a|b` = 1", true),
            ("", false),
            (" ", false),
            ("@message =~/a|b/ and @message NOT LIKE /c|d/", true),
            ("@duration / 1 > 0", true),
            ("@message like /x/ | limit 1", false),
            ("@duration / 1 > 0 | stats count(*) / 1", false),
            ("alike /1 | limit 1 | fields a /1", false),
            ("like /1 | limit 1 | fields a /1", false),
            ("a = 'x | limit 1", false),
            ("@message like /x", false),
            (r#"@message like "\"level\":\"error\"""#, true),
            (r#"a = "x\" | limit 1 | fields b = "y\""#, false),
            ("a = 1 # | limit 1", false),
            ("level = 'error' | stats count(*)", false),
            ("level = 'error'\nand x = 1", false),
            ("(range>3000 and accountId=123456789012)", true),
            ("ispresent(@initDuration)", true),
            ("not isempty (x)", true),
            ("isIpv4InSubnet(srcAddr, '10.0.0.0/8') or strcontains(@message, '{')", true),
            ("status in [500, 503]", true),
            ("`$.level` not IN [\"?a\"]", true),
            ("@message=~/{ $.a && b }/", true),
            ("a.b.0 <= 1.5e3", true),
            ("@message like /%[ERROR]%/", true),
            ("level = 'like'", true),
            ("'a = b'", false),
            ("unlike and inner", false),
            ("%ERR[0-9]%", false),
            ("[ip, user, status = 500]", false),
            ("a = 1 && b = 2", false),
            ("filter @message like /ERROR/", false),
            ("FILTER (a = 1)", false),
            ("filter = 'x' and a = 1", true),
            ("filter not like /x/", true),
            ("(@message like /ERROR/", false),
            ("@message like /ERROR/)", false),
            ("status in [500)", false),
            ("a = '(' and (b = 1 or c in [1, 2])", true),
            ("@message = ", false),
            ("@message like", false),
            ("a = 1 and", false),
            ("a = b.like and c = 'or'", true),
            ("@message =~ ", false),
        ] {
            assert_eq!((FILTER.accepts)(filter), is_one, "{filter}");
        }
    }

    #[test]
    fn a_filter_pattern_is_no_filter_and_is_answered_with_what_was_meant() {
        for (filter, wanted) in [
            ("ERROR", Some("@message like /ERROR/")),
            ("\"disk full\"", Some("@message like /disk full/")),
            ("'ERROR'", Some("@message like /ERROR/")),
            ("?ERROR ?FATAL", Some("@message like /ERROR|FATAL/")),
            ("?\"disk full\" ?FATAL", Some("@message like /disk full|FATAL/")),
            ("%ERROR%", Some("@message like /ERROR/")),
            ("ERROR  timeout", Some("@message like /ERROR/ and @message like /timeout/")),
            ("\"disk full\" sda", Some("@message like /disk full/ and @message like /sda/")),
            ("ERROR ?FATAL", None),
            ("\"disk full", None),
            ("{ $.level = \"error\" }", Some("level = \"error\"")),
            ("{$.a.b = 1 && $.c != 2 || $.d > 3}", Some("a.b = 1 and c != 2 or d > 3")),
            ("{ $.errorCode = \"*Unauthorized*\" }", None),
            ("{ $.x IS NULL }", None),
            ("{ $.status = 500 && $.user NOT EXISTS }", None),
            ("{ $.status = 500 && $.user is null }", None),
            ("{ $.status = 500 && $.retried IS TRUE }", None),
            ("{ $.status = \"it is\" }", Some("status = \"it is\"")),
            ("{ $.items[0].code = 5 }", None),
            ("{ $.level = error }", None),
            ("ERROR -timeout", None),
            ("%ERR[0-9]%", None),
            ("[ip, user]", None),
            ("filter @message like /ERROR/", Some("@message like /ERROR/")),
            ("?", None),
        ] {
            assert!(!(FILTER.accepts)(filter), "{filter}");
            assert_eq!(meant(filter).as_deref(), wanted, "{filter}");
        }
    }

    #[test]
    fn a_group_is_named_as_aws_does() {
        for (group, is_one) in [
            ("/aws/lambda/shop-api_1.2#3", true),
            ("", false),
            ("arn:aws:logs:eu-west-1:111111111111:log-group:x", false),
            ("shop api", false),
        ] {
            assert_eq!((GROUP.accepts)(group), is_one, "{group}");
        }
    }
}
