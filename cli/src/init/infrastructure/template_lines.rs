//! The lines of a template in YAML: how far they are indented, and which belong to which. Pure.

/// Returns the number of bytes before the text of a line.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns the end of the lines that belong to a line: those that follow it and are indented further.
pub(super) fn within(lines: &[String], at: usize) -> usize {
    let own = indent(&lines[at]);
    let is_blank = |line: &String| line.trim().is_empty() || line.trim_start().starts_with('#');
    let rest = lines[at + 1..].iter();
    let belongs = rest.take_while(|line| is_blank(line) || indent(line) > own).count();
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
