//! Blocks of Terraform's language in a file, by their lines. What cannot be changed by lines is left as it is.

use super::hcl_lines::{HclLine, read};

/// A block `resource "sort" "id" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The resource's sort, such as `aws_lambda_function`.
    pub sort: String,
    /// Its id.
    pub id: String,
    /// The lines, the first and the last included. One that stands on a single line is taken apart.
    pub lines: Vec<String>,
    /// The number of its first line in the file.
    pub at: usize,
    /// The number of its lines in the file.
    pub length: usize,
}

/// Returns all resources of a file; none where its braces do not match.
pub fn resources(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(state) = read(&lines) else {
        return Vec::new();
    };
    let mut blocks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if state[at].depth != Some(0) {
            continue;
        }
        let code = line[..state[at].code].trim_start();
        let mut words = code.strip_prefix("resource").unwrap_or_default().split('"');
        let (Some(sort), Some(id)) = (words.nth(1), words.nth(1)) else {
            continue;
        };
        let Some(more) = state[at..].iter().position(|line| line.after == Some(0)) else {
            continue;
        };
        let own: Vec<String> = lines[at..=at + more].iter().map(|line| (*line).to_owned()).collect();
        blocks.push(Block {
            sort: sort.to_owned(),
            id: id.to_owned(),
            lines: if more == 0 { apart(line, code) } else { own },
            at,
            length: more + 1,
        });
    }
    blocks
}

/// Puts a block on one line onto lines of its own. It has one attribute at most (HCL Native Syntax Specification,
/// "Structural Elements").
fn apart(line: &str, code: &str) -> Vec<String> {
    let indent = &line[..line.len() - line.trim_start().len()];
    let comment = &line[indent.len() + code.len()..];
    let (head, rest) = code.split_once('{').unwrap_or((code, ""));
    let inner = rest.trim_end();
    let inner = inner.strip_suffix('}').unwrap_or(inner).trim();
    let mut lines = vec![format!("{indent}{head}{{{comment}")];
    if !inner.is_empty() {
        lines.push(format!("{indent}  {inner}"));
    }
    lines.push(format!("{indent}}}"));
    lines
}

/// Returns the names of all variables of a file.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("variable ")).filter_map(|rest| rest.split('"').nth(1))
}

/// Returns the value of an attribute, where a line begins it.
fn value<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    let rest = code.trim_start().strip_prefix(name)?.trim_start();
    let rest = rest.strip_prefix('=')?;
    (!rest.starts_with('=')).then(|| rest.trim())
}

impl Block {
    fn state(&self) -> Vec<HclLine> {
        read(&self.lines).unwrap_or_default()
    }

    fn code(&self, at: usize, state: &[HclLine]) -> &str {
        &self.lines[at][..state[at].code]
    }

    /// Returns the first and the last line of an attribute of the block itself, or of a block within it.
    fn member(&self, name: &str, depth: usize, range: (usize, usize)) -> Option<(usize, usize)> {
        let state = self.state();
        let is_it = |at: &usize| state[*at].depth == Some(depth) && value(self.code(*at, &state), name).is_some();
        let first = (range.0..range.1.min(state.len())).find(is_it)?;
        let more = state[first..].iter().position(|line| line.after == Some(depth))?;
        Some((first, first + more))
    }

    fn own(&self, name: &str) -> Option<(usize, usize)> {
        self.member(name, 1, (1, self.lines.len()))
    }

    /// Returns the expression of an attribute of the block itself; its first line where it has several.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (at, _) = self.own(name)?;
        value(self.code(at, &self.state()), name).map(str::trim)
    }

    /// Returns the text of an attribute, as it stands between its quotes.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.strip_prefix('"')?.split('"').next()
    }

    /// Puts lines before its end.
    pub fn put(&mut self, lines: &[String]) {
        let end = self.lines.len() - 1;
        self.lines.splice(end..end, lines.iter().cloned());
    }

    /// Adds members, each a key and its value, to the attribute `tags`, whatever form it has. Returns `false` where
    /// that cannot be done by lines.
    pub fn tag(&mut self, members: &[[String; 2]]) -> bool {
        let inline = members.iter().map(|[key, value]| format!("{key} = {value}"));
        let inline = inline.collect::<Vec<_>>().join(", ");
        if self.lines.iter().any(|line| line.contains("windlass:app")) {
            return true;
        }
        let Some((first, last)) = self.own("tags") else {
            self.put(&[String::new(), format!("  tags = {{ {inline} }}")]);
            return true;
        };
        let state = self.state();
        let tags = value(self.code(first, &state), "tags").unwrap_or_default();
        if tags == "{" {
            // As `terraform fmt` aligns them.
            let longest = members.iter().map(|[key, _]| key.len()).max().unwrap_or_default();
            let members = members.iter().map(|[key, value]| format!("    {key:longest$} = {value}"));
            let lines = members.chain(std::iter::once(String::new()));
            self.lines.splice(first + 1..=first, lines);
            return true;
        }
        if self.lines[first..=last].iter().any(|line| line.contains("<<")) || tags.is_empty() {
            return false;
        }
        // What follows the code of the last line is a comment.
        let end = state[last].code;
        self.lines[last].insert_str(end, &format!(", {{ {inline} }})"));
        let begin = self.lines[first].find('=').unwrap_or_default() + 1;
        let blanks = self.lines[first][begin..].len() - self.lines[first][begin..].trim_start().len();
        self.lines[first].replace_range(begin..begin + blanks, " merge(");
        true
    }

    /// Returns the first and the last line of the block `lifecycle`. A block on a single line is taken apart.
    fn lifecycle(&mut self) -> Option<(usize, usize)> {
        let state = self.state();
        let is_it = |at: &usize| {
            let code = self.code(*at, &state).trim_start().strip_prefix("lifecycle");
            state[*at].depth == Some(1) && code.is_some_and(|rest| rest.trim_start().starts_with('{'))
        };
        let first = (1..self.lines.len()).find(is_it)?;
        let more = state[first..].iter().position(|line| line.after == Some(1))?;
        if more > 0 {
            return Some((first, first + more));
        }
        let code = self.code(first, &state).trim_start().to_owned();
        let lines = apart(&self.lines[first], &code);
        let last = first + lines.len() - 1;
        self.lines.splice(first..=first, lines);
        Some((first, last))
    }

    /// Adds names to `ignore_changes`. Returns `false` where that cannot be done by lines.
    pub fn ignore(&mut self, names: &[String]) -> bool {
        let ignored = format!("    ignore_changes = [{}]", names.join(", "));
        let Some(lifecycle) = self.lifecycle() else {
            let lines = ["  lifecycle {", &ignored, "  }"].map(str::to_owned);
            self.put(&[String::new()]);
            self.put(&lines);
            return true;
        };
        let Some((first, last)) = self.member("ignore_changes", 2, lifecycle) else {
            let is_empty = lifecycle.0 + 1 == lifecycle.1;
            self.lines.insert(lifecycle.0 + 1, ignored);
            if !is_empty {
                // So that `terraform fmt` does not align it with what follows.
                self.lines.insert(lifecycle.0 + 2, String::new());
            }
            return true;
        };
        let state = self.state();
        let code: Vec<&str> = (first..=last).map(|at| self.code(at, &state)).collect();
        let code = code.join(" ");
        let ignoring = value(&code, "ignore_changes").unwrap_or_default();
        let Some(inner) = ignoring.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) else {
            return ignoring == "all";
        };
        let known: Vec<&str> =
            inner.split(',').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty()).collect();
        let new = names.iter().map(String::as_str);
        let new: Vec<&str> = new.filter(|name| !known.contains(name)).collect();
        if new.is_empty() {
            return true;
        }
        if first == last {
            let all: Vec<&str> = known.iter().chain(&new).copied().collect();
            let (begin, end) = (self.lines[first].find('[').unwrap_or_default(), state[first].code);
            self.lines[first].replace_range(begin..end, &format!("[{}]", all.join(", ")));
        } else {
            let begin = self.lines[first].find('[').unwrap_or_default() + 1;
            self.lines[first].insert_str(begin, &format!("{},", new.join(", ")));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(inner: &str) -> Block {
        resources(&format!("resource \"a\" \"b\" {{\n{inner}}}\n")).remove(0)
    }

    #[test]
    fn tags_are_added_to_whatever_is_there() {
        let members = [["\"windlass:app\"", "\"shop\""], ["\"windlass:id\"", "var.id"]];
        let members = members.map(|member| member.map(str::to_owned));
        for (inner, wanted) in [
            ("  x = 1\n", "  x = 1\n\n  tags = { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }"),
            (
                "  tags = local.tags\n",
                "  tags = merge(local.tags, { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id })",
            ),
            (
                "  tags = { a = \"b\" }\n",
                "  tags = merge({ a = \"b\" }, { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id })",
            ),
            (
                "  tags = {\n    a = \"b\"\n  }\n",
                "  tags = {\n    \"windlass:app\" = \"shop\"\n    \"windlass:id\"  = var.id\n\n    a = \"b\"\n  }",
            ),
            (
                "  tags = merge(\n    local.tags,\n  ) # ours\n",
                "  tags = merge(merge(\n    local.tags,\n  ), { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }) # ours",
            ),
            (
                "    tags = local.tags # {\n",
                "    tags = merge(local.tags, { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }) # {",
            ),
            (
                "  nested {\n  tags = 1\n  }\n",
                "  nested {\n  tags = 1\n  }\n\n  tags = { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }",
            ),
            (
                "  tags = { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }\n",
                "  tags = { \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }",
            ),
        ] {
            let mut block = block(inner);
            assert!(block.tag(&members), "{inner}");
            assert_eq!(block.lines[1..block.lines.len() - 1].join("\n"), wanted);
        }
    }

    #[test]
    fn what_is_ignored_is_added_to_whatever_is_there() {
        let names = ["filename".to_owned(), "publish".to_owned()];
        for (inner, wanted) in [
            ("  x = 1\n", "  x = 1\n\n  lifecycle {\n    ignore_changes = [filename, publish]\n  }"),
            (
                "  lifecycle {\n    prevent_destroy = true\n  }\n",
                "  lifecycle {\n    ignore_changes = [filename, publish]\n\n    prevent_destroy = true\n  }",
            ),
            (
                "  lifecycle {\n    ignore_changes = [tags, publish]\n  }\n",
                "  lifecycle {\n    ignore_changes = [tags, publish, filename]\n  }",
            ),
            (
                "  lifecycle {\n    ignore_changes = [ # why\n      tags,\n    ]\n  }\n",
                "  lifecycle {\n    ignore_changes = [filename, publish, # why\n      tags,\n    ]\n  }",
            ),
            (
                "  lifecycle { create_before_destroy = true } # why\n",
                "  lifecycle { # why\n    ignore_changes = [filename, publish]\n\n    create_before_destroy = true\n  }",
            ),
            (
                "  lifecycle { ignore_changes = [tags] }\n",
                "  lifecycle {\n    ignore_changes = [tags, filename, publish]\n  }",
            ),
            ("  lifecycle {\n    ignore_changes = all\n  }\n", "  lifecycle {\n    ignore_changes = all\n  }"),
        ] {
            let mut block = block(inner);
            assert!(block.ignore(&names), "{inner}");
            assert_eq!(block.lines[1..block.lines.len() - 1].join("\n"), wanted);
        }
    }

    #[test]
    fn a_resource_ends_where_it_ends_in_the_language() {
        let text = "resource \"a\" \"one\" { bucket = { x = \"}\" } } # why\nresource \"a\" \"none\" {}\n\
                    resource \"a\" \"two\" {\n    policy = <<EOT\n}\nEOT\n    } # end\n/*\nresource \"a\" \"no\" {}\n*/\n";
        let blocks = resources(text);
        let places: Vec<(&str, usize, usize)> =
            blocks.iter().map(|block| (block.id.as_str(), block.at, block.length)).collect();
        assert_eq!(places, [("one", 0, 1), ("none", 1, 1), ("two", 2, 5)]);
        assert_eq!(blocks[0].lines, ["resource \"a\" \"one\" { # why", "  bucket = { x = \"}\" }", "}"]);
    }
}
