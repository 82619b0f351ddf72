//! The lines of Terraform's language, each with its depth. Braces count only where they are no part of a text, a
//! comment or a heredoc. Pure.

/// A line, as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HclLine {
    /// The number of braces, brackets and parentheses that are open before it; `None` within a text or a heredoc.
    pub depth: Option<usize>,
    /// The number of them that are open behind it; `None` within a text or a heredoc.
    pub after: Option<usize>,
    /// The length of its code, in bytes: what follows is a comment, or blank.
    pub code: usize,
}

/// Something that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A brace, a bracket or a parenthesis, also one of an expression within a text.
    Bracket,
    /// A text in quotes.
    Text,
}

#[derive(Debug, Default)]
struct Reader {
    open: Vec<Open>,
    in_comment: bool,
    /// The word that ends the heredoc.
    heredoc: Option<String>,
}

/// Reads lines; `None` where something is closed that was not open.
pub fn read(lines: &[impl AsRef<str>]) -> Option<Vec<HclLine>> {
    let mut reader = Reader::default();
    let mut read = Vec::new();
    for line in lines {
        let depth = reader.depth();
        let code = reader.line(line.as_ref())?;
        read.push(HclLine { depth, after: reader.depth(), code });
    }
    Some(read)
}

impl Reader {
    fn depth(&self) -> Option<usize> {
        let is_code = self.heredoc.is_none() && !self.open.contains(&Open::Text);
        (is_code && !self.in_comment).then_some(self.open.len())
    }

    /// Reads a line. Returns the length of its code.
    fn line(&mut self, line: &str) -> Option<usize> {
        if let Some(end) = &self.heredoc {
            if line.trim() == end {
                self.heredoc = None;
            }
            return Some(line.len());
        }
        let (mut at, mut code) = (0, 0);
        while at < line.len() {
            let rest = &line[at..];
            let length = if self.in_comment {
                self.comment(rest)
            } else if self.open.last() == Some(&Open::Text) {
                code = at + 1;
                self.text(rest)
            } else if rest.starts_with('#') || rest.starts_with("//") {
                break;
            } else {
                let length = self.code(rest)?;
                if !self.in_comment && !rest.starts_with(char::is_whitespace) {
                    code = at + length;
                }
                length
            };
            at += length;
        }
        Some(code)
    }

    fn comment(&mut self, rest: &str) -> usize {
        let end = rest.find("*/");
        self.in_comment = end.is_none();
        end.map_or(rest.len(), |end| end + "*/".len())
    }

    fn text(&mut self, rest: &str) -> usize {
        for escaped in ["$${", "%%{"] {
            if rest.starts_with(escaped) {
                return escaped.len();
            }
        }
        if rest.starts_with("${") || rest.starts_with("%{") {
            self.open.push(Open::Bracket);
            return 2;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        if rest.starts_with('"') {
            self.open.pop();
        } else if rest.starts_with('\\') {
            return first + rest[first..].chars().next().map_or(0, char::len_utf8);
        }
        first
    }

    fn code(&mut self, rest: &str) -> Option<usize> {
        if rest.starts_with("/*") {
            self.in_comment = true;
            return Some(2);
        }
        if let Some(word) = rest.strip_prefix("<<") {
            let word = word.trim_start_matches('-').trim_end();
            if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.heredoc = Some(word.to_owned());
                return Some(rest.len());
            }
        }
        let first = rest.chars().next()?;
        match first {
            '"' => self.open.push(Open::Text),
            '{' | '[' | '(' => self.open.push(Open::Bracket),
            '}' | ']' | ')' => {
                self.open.pop()?;
            }
            _ => {}
        }
        Some(first.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_count_where_they_are_code() {
        let text = "a {\n  b = \"}${lookup(x, \"}\")}$${\" # {\n  /* {\n  } */ c = <<-EOT\n    }}}\n  EOT\n  d = [ // {\n  ]\n}";
        let lines: Vec<&str> = text.lines().collect();
        let read = read(&lines).unwrap();
        let depths: Vec<_> = read.iter().map(|line| line.depth).collect();
        let one = Some(1);
        assert_eq!(depths, [Some(0), one, one, None, None, None, one, Some(2), one]);
        assert_eq!(read.last().unwrap().after, Some(0));
        assert_eq!(&lines[1][..read[1].code], "  b = \"}${lookup(x, \"}\")}$${\"");
        assert_eq!(&lines[6][..read[6].code], "  d = [");
        assert_eq!(super::read(&["a }"]), None);
    }
}
