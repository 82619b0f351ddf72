//! Blocks of Terraform's language in a file that `terraform fmt` has written: by their lines.

/// A block `resource "sort" "id" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The resource's sort, such as `aws_lambda_function`.
    pub sort: String,
    /// Its id.
    pub id: String,
    /// The lines, the first and the last included.
    pub lines: Vec<String>,
    /// The number of its first line in the file.
    pub at: usize,
}

/// All resources of a file.
pub fn resources(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut words = line
            .strip_prefix("resource ")
            .unwrap_or_default()
            .split('"');
        let (Some(sort), Some(id)) = (words.nth(1), words.nth(1)) else {
            continue;
        };
        let Some(length) = lines[at..].iter().position(|line| *line == "}") else {
            continue;
        };
        blocks.push(Block {
            sort: sort.to_owned(),
            id: id.to_owned(),
            lines: lines[at..=at + length]
                .iter()
                .map(|line| (*line).to_owned())
                .collect(),
            at,
        });
    }
    blocks
}

/// The names of all variables of a file.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("variable "));
    lines.filter_map(|rest| rest.split('"').nth(1))
}

impl Block {
    /// The expression of an attribute of the block itself.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let lines = self.lines.iter().filter_map(|line| line.strip_prefix("  "));
        let mut values =
            lines.filter_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix("= "));
        values.next().map(str::trim)
    }

    /// The text of an attribute, as it stands between its quotes.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.attribute(name)?.strip_prefix('"')?;
        value.split('"').next()
    }

    /// Puts lines before its end.
    pub fn put(&mut self, lines: &[String]) {
        let end = self.lines.len() - 1;
        self.lines.splice(end..end, lines.iter().cloned());
    }

    /// The number of the line with such a beginning.
    fn line(&self, begins: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.starts_with(begins))
    }

    /// Adds members to the attribute `tags`, whatever it is; false where that cannot be done by lines.
    pub fn tag(&mut self, members: &[String]) -> bool {
        if self.lines.iter().any(|line| line.contains("windlass:app")) {
            return true;
        }
        let Some(at) = self.line("  tags ") else {
            self.put(&[
                String::new(),
                format!("  tags = {{ {} }}", members.join(", ")),
            ]);
            return true;
        };
        let (before, value) = self.lines[at].split_once("= ").unwrap_or_default();
        let is_closed = "({["
            .chars()
            .zip(")}]".chars())
            .all(|(open, close)| value.matches(open).count() == value.matches(close).count());
        if value.trim() == "{" {
            self.lines.splice(
                at + 1..=at,
                members
                    .iter()
                    .map(|member| format!("    {member}"))
                    .chain(std::iter::once(String::new())),
            );
        } else if is_closed {
            self.lines[at] = format!(
                "{before}= merge({}, {{ {} }})",
                value.trim(),
                members.join(", ")
            );
        } else {
            return false;
        }
        true
    }

    /// Adds names to `ignore_changes`; false where that cannot be done by lines.
    pub fn ignore(&mut self, names: &[String]) -> bool {
        let known = self.line("    ignore_changes");
        if let Some(at) = known {
            let line = self.lines[at].clone();
            let Some((before, list)) = line
                .split_once('[')
                .and_then(|(before, rest)| Some((before, rest.strip_suffix(']')?)))
            else {
                return line.trim_end().ends_with("= all");
            };
            let mut all: Vec<&str> = list
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect();
            for name in names
                .iter()
                .filter(|name| !list.split(',').any(|known| known.trim() == name.as_str()))
            {
                all.push(name);
            }
            self.lines[at] = format!("{before}[{}]", all.join(", "));
            return true;
        }
        let ignored = format!("    ignore_changes = [{}]", names.join(", "));
        match self.line("  lifecycle {") {
            Some(at) => self.lines.insert(at + 1, ignored),
            None => self.put(&[
                String::new(),
                "  lifecycle {".to_owned(),
                ignored,
                "  }".to_owned(),
            ]),
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
        let members = ["\"windlass:app\" = \"shop\"".to_owned()];
        for (inner, wanted) in [
            (
                "  x = 1\n",
                "  x = 1\n\n  tags = { \"windlass:app\" = \"shop\" }",
            ),
            (
                "  tags = local.tags\n",
                "  tags = merge(local.tags, { \"windlass:app\" = \"shop\" })",
            ),
            (
                "  tags = { a = \"b\" }\n",
                "  tags = merge({ a = \"b\" }, { \"windlass:app\" = \"shop\" })",
            ),
            (
                "  tags = {\n    a = \"b\"\n  }\n",
                "  tags = {\n    \"windlass:app\" = \"shop\"\n\n    a = \"b\"\n  }",
            ),
            (
                "  tags = { \"windlass:app\" = \"shop\" }\n",
                "  tags = { \"windlass:app\" = \"shop\" }",
            ),
        ] {
            let mut block = block(inner);
            assert!(block.tag(&members), "{inner}");
            assert_eq!(block.lines[1..block.lines.len() - 1].join("\n"), wanted);
        }
        assert!(!block("  tags = merge(\n    local.tags,\n  )\n").tag(&members));
    }

    #[test]
    fn what_is_ignored_is_added_to_whatever_is_there() {
        let names = ["filename".to_owned(), "publish".to_owned()];
        for (inner, wanted) in [
            (
                "  x = 1\n",
                "  x = 1\n\n  lifecycle {\n    ignore_changes = [filename, publish]\n  }",
            ),
            (
                "  lifecycle {\n    prevent_destroy = true\n  }\n",
                "  lifecycle {\n    ignore_changes = [filename, publish]\n    prevent_destroy = true\n  }",
            ),
            (
                "  lifecycle {\n    ignore_changes = [tags, publish]\n  }\n",
                "  lifecycle {\n    ignore_changes = [tags, publish, filename]\n  }",
            ),
            (
                "  lifecycle {\n    ignore_changes = all\n  }\n",
                "  lifecycle {\n    ignore_changes = all\n  }",
            ),
        ] {
            let mut block = block(inner);
            assert!(block.ignore(&names), "{inner}");
            assert_eq!(block.lines[1..block.lines.len() - 1].join("\n"), wanted);
        }
        assert!(
            !block("  lifecycle {\n    ignore_changes = [\n      tags,\n    ]\n  }\n")
                .ignore(&names)
        );
    }
}
