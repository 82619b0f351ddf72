//! The tags of a function in the lines of a template in YAML, in blocks and within braces. Pure.

/// Returns the indentation of the first member below a line.
pub fn child(lines: &[String], at: usize) -> Option<usize> {
    let first = first(lines, at)?;
    Some(indent(&lines[first]))
}

fn first(lines: &[String], at: usize) -> Option<usize> {
    let is_text = |at: &usize| {
        let line = lines[*at].trim_start();
        !line.is_empty() && !line.starts_with('#')
    };
    (at + 1..within(lines, at)).find(is_text)
}

/// Returns the line of a member below a line.
fn member(lines: &[String], at: usize, name: &str) -> Option<usize> {
    let inward = child(lines, at)?;
    (at + 1..within(lines, at))
        .find(|at| indent(&lines[*at]) == inward && lines[*at].trim_start().starts_with(&format!("{name}:")))
}

/// Adds the tags of a function whose lines begin there. Returns `false` where that cannot be done by lines.
pub fn add(lines: &mut Vec<String>, begin: usize, app: &str, environment: &str) -> bool {
    let end = within(lines, begin);
    if lines[begin..end].iter().any(|line| line.contains("windlass:app")) {
        return true;
    }
    let tags = [format!("\"windlass:app\": {app}"), format!("\"windlass:environment\": {environment}")];
    let Some(at) = member(lines, begin, "Properties") else {
        return false;
    };
    if !is_head(&lines[at], "Properties:") {
        let has_tags = lines[at..within(lines, at)].iter().any(|line| line.contains("Tags"));
        return !has_tags && within_braces(&mut lines[at], &format!("Tags: {{{}}}", tags.join(", ")));
    }
    let Some(inward) = child(lines, at) else {
        return false;
    };
    let Some(known) = member(lines, at, "Tags") else {
        let indented = " ".repeat(inward);
        let tags = tags.map(|tag| format!("{indented}  {tag}"));
        let head = std::iter::once(format!("{indented}Tags:"));
        lines.splice(at + 1..=at, head.chain(tags));
        return true;
    };
    if !is_head(&lines[known], "Tags:") {
        return within_braces(&mut lines[known], &tags.join(", "));
    }
    // A list, and a function of CloudFormation, have no further members.
    let others = ["-", "Fn::", "Ref:", "\"Fn::", "!"];
    let first = first(lines, known).filter(|at| !others.iter().any(|it| lines[*at].trim_start().starts_with(it)));
    let Some(first) = first else {
        return false;
    };
    let indented = " ".repeat(indent(&lines[first]));
    let tags = tags.map(|tag| format!("{indented}{tag}"));
    lines.splice(known + 1..=known, tags);
    true
}

/// Adds members to the map in braces that stands behind the key of a line.
fn within_braces(line: &mut String, members: &str) -> bool {
    let Some((key, rest)) = line.split_once(':') else {
        return false;
    };
    let Some(rest) = rest.trim_start().strip_prefix('{') else {
        return false;
    };
    let between = if rest.trim_start().starts_with('}') { "" } else { ", " };
    *line = format!("{key}: {{{members}{between}{rest}");
    true
}

/// Returns the number of bytes before the text of a line.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns the end of the lines that belong to a line: those that follow it and are indented further.
pub(super) fn within(lines: &[String], at: usize) -> usize {
    let own = indent(&lines[at]);
    let is_blank = |line: &String| line.trim().is_empty() || line.trim_start().starts_with('#');
    let belongs = lines[at + 1..].iter().take_while(|line| is_blank(line) || indent(line) > own).count();
    let mut end = at + 1 + belongs;
    // A comment that is not indented further belongs to what follows.
    while end > at + 1
        && is_blank(&lines[end - 1])
        && (lines[end - 1].trim().is_empty() || indent(&lines[end - 1]) <= own)
    {
        end -= 1;
    }
    end
}

/// Returns whether a line is a key with nothing behind it but a comment.
pub(super) fn is_head(line: &str, key: &str) -> bool {
    let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}
