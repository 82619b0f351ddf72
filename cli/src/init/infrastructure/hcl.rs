//! The resources of a file in Terraform's language, and the changes of them. `hcl-edit` reads the file and knows the
//! place of each part. What is written goes to such a place, so that no other byte of the file changes: written back
//! as a whole, it would lose its CRLF and the escapes within its texts. Pure.

use super::edit::TextChange;
use crate::init::template_tree::line_end;
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, BlockLabel, Body};
use std::ops::Range;

/// A file in Terraform's language.
#[derive(Debug)]
pub struct HclFile<'a> {
    /// Its path, from the root of the repository.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    body: Body,
}

impl<'a> HclFile<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// The line from which it cannot be read.
    pub fn read(path: &'a str, text: &'a str) -> Result<Self, usize> {
        let body = text.parse::<Body>().map_err(|error| error.location().line())?;
        Ok(Self { path, text, body })
    }

    /// Returns the resources of the file.
    pub fn resources(&self) -> impl Iterator<Item = ResourceBlock<'_>> {
        self.body.get_blocks("resource").filter_map(|block| match block.labels.as_slice() {
            [sort, id] => Some(ResourceBlock { sort: sort.as_str(), id: id.as_str(), text: self.text, block }),
            _ => None,
        })
    }

    /// Returns the names of the variables of the file.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.body.get_blocks("variable").filter_map(|block| block.labels.first()).map(BlockLabel::as_str)
    }
}

/// A block `resource "sort" "id" { … }`.
#[derive(Debug, Clone, Copy)]
pub struct ResourceBlock<'a> {
    /// The resource's sort, such as `aws_lambda_function`.
    pub sort: &'a str,
    /// Its id.
    pub id: &'a str,
    text: &'a str,
    block: &'a Block,
}

impl<'a> ResourceBlock<'a> {
    /// Returns the resource as it is written.
    pub fn text(&self) -> &'a str {
        written(self.text, self.block)
    }

    /// Returns the place of the resource in the file.
    pub fn place(&self) -> Option<Range<usize>> {
        self.block.span()
    }

    /// Returns the expression of an attribute of the block itself, as it is written.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.block.body.get_attribute(name).map(|attribute| written(self.text, &attribute.value))
    }

    /// Returns the text of an attribute, as it stands between its quotes.
    pub fn quoted(&self, name: &str) -> Option<&'a str> {
        let value = &self.block.body.get_attribute(name)?.value;
        let is_text = matches!(value, Expression::String(_) | Expression::StringTemplate(_));
        written(self.text, value).strip_prefix('"')?.strip_suffix('"').filter(|_| is_text)
    }

    /// Returns the expressions of an attribute of the blocks of a name within the block, as they are written.
    pub fn nested(&self, block: &str, attribute: &str) -> Vec<&'a str> {
        let blocks = self.block.body.get_blocks(block);
        let attributes = blocks.filter_map(|block| block.body.get_attribute(attribute));
        attributes.map(|attribute| written(self.text, &attribute.value)).collect()
    }

    fn ignore_changes(&self) -> Option<&Expression> {
        let lifecycle = self.block.body.get_blocks("lifecycle").next()?;
        lifecycle.body.get_attribute("ignore_changes").map(|ignored| &ignored.value)
    }

    /// Returns the members of `ignore_changes`, as they are written.
    pub fn ignored(&self) -> Vec<&'a str> {
        let members = self.ignore_changes().and_then(Expression::as_array).into_iter().flatten();
        members.map(|member| written(self.text, member).trim_matches('"')).collect()
    }

    /// Returns whether Terraform leaves the tags of the resource as they are, so that it would never write new ones.
    pub fn ignores_tags(&self) -> bool {
        let is_all = self.ignore_changes().is_some_and(|ignored| written(self.text, ignored) == "all");
        is_all || self.ignored().iter().any(|it| ["tags", "tags_all"].contains(it) || it.starts_with("tags["))
    }

    /// Adds members, each a key and its value, to the attribute `tags`, whatever form it has. Returns `false` where
    /// that is not possible.
    pub fn tag(&self, members: &[[String; 2]], changes: &mut ResourceChanges) -> bool {
        let is_new = |[key, _]: &&[String; 2]| !self.text().contains(key.trim_matches('"'));
        let members: Vec<&[String; 2]> = members.iter().filter(is_new).collect();
        if members.is_empty() {
            return true;
        }
        let inline = members.iter().map(|[key, value]| format!("{key} = {value}"));
        let inline = inline.collect::<Vec<_>>().join(", ");
        let Some(tags) = self.block.body.get_attribute("tags") else {
            changes.members.push_str(&format!("\n  tags = {{ {inline} }}\n"));
            return true;
        };
        let (Some(place), false) = (tags.value.span(), tags.value.is_heredoc_template()) else { return false };
        if let Some(first) = tags.value.as_object().and_then(|_| next_line(self.text, place.start + 1)) {
            // As `terraform fmt` aligns them.
            let longest = members.iter().map(|[key, _]| key.len()).max().unwrap_or_default();
            let lines = members.iter().map(|[key, value]| format!("    {key:longest$} = {value}\n"));
            changes.all.push((first..first, lines.chain(std::iter::once("\n".to_owned())).collect()));
            return true;
        }
        changes.all.push((place.start..place.start, "merge(".to_owned()));
        changes.all.push((place.end..place.end, format!(", {{ {inline} }})")));
        true
    }

    /// Adds names to `ignore_changes`. Returns `false` where that is not possible.
    pub fn ignore(&self, names: &[&str], changes: &mut ResourceChanges) -> bool {
        let whole = format!("    ignore_changes = [{}]\n", names.join(", "));
        let Some(lifecycle) = self.block.body.get_blocks("lifecycle").next() else {
            changes.members.push_str(&format!("\n  lifecycle {{\n{whole}  }}\n"));
            return true;
        };
        let Some(ignored) = lifecycle.body.get_attribute("ignore_changes") else {
            // The blank line is there so that `terraform fmt` does not align it with what follows.
            let between = if lifecycle.body.is_empty() { "" } else { "\n" };
            return put_first(self.text, lifecycle, &format!("{whole}{between}"), &mut changes.all);
        };
        let Some(array) = ignored.value.as_array() else { return written(self.text, &ignored.value) == "all" };
        let known = self.ignored();
        let new: Vec<&str> = names.iter().copied().filter(|name| !known.contains(name)).collect();
        let last = array.iter().last().and_then(Span::span);
        let first = ignored.value.span().map(|place| place.start + 1);
        let Some(place) = last.as_ref().map(|place| place.end).or(first) else { return false };
        let between = if last.is_some() { ", " } else { "" };
        if !new.is_empty() {
            changes.all.push((place..place, format!("{between}{}", new.join(", "))));
        }
        true
    }

    /// Returns the changes of the file by which the resource is changed.
    pub fn changed(&self, changes: ResourceChanges) -> Vec<TextChange> {
        let ResourceChanges { mut all, members, behind } = changes;
        let Some(place) = self.block.span() else { return all };
        if !members.is_empty() {
            put_last(self.text, self.block, &members, &mut all);
        }
        if !behind.is_empty() {
            let line = line_end(self.text, place.end);
            all.push((line..line, format!("\n\n{behind}")));
        }
        all
    }
}

/// The changes of a resource.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ResourceChanges {
    /// The changes at their places in the file.
    all: Vec<TextChange>,
    /// The lines that are added before its end.
    pub members: String,
    /// The text that is added behind it.
    pub behind: String,
}

fn written<'a>(text: &'a str, part: &impl Span) -> &'a str {
    part.span().and_then(|place| text.get(place)).unwrap_or_default()
}

/// Returns the place of the line below, where nothing but a comment stands behind a place.
fn next_line(text: &str, at: usize) -> Option<usize> {
    let (rest, _) = text.get(at..)?.split_once('\n')?;
    let code = rest.trim();
    (code.is_empty() || code.starts_with('#') || code.starts_with("//")).then_some(at + rest.len() + 1)
}

/// Returns the places behind the brace that opens a block, and before the one that closes it.
fn within(text: &str, block: &Block) -> Option<(usize, usize)> {
    let place = block.span()?;
    let open = text.get(place.clone())?.find('{')?;
    Some((place.start + open + 1, place.end.checked_sub(1)?))
}

/// Returns the blanks before the line of a place.
fn indent(text: &str, at: usize) -> &str {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    &line[..line.len() - line.trim_start().len()]
}

/// Puts lines behind the brace that opens a block.
fn put_first(text: &str, block: &Block, lines: &str, changes: &mut Vec<TextChange>) -> bool {
    let Some((open, close)) = within(text, block) else { return false };
    if !block.body.prefer_oneline() {
        let first = next_line(text, open);
        changes.extend(first.map(|first| (first..first, lines.to_owned())));
        return first.is_some();
    }
    apart(text, (open, close), [&format!("\n{lines}"), ""], changes);
    true
}

/// Puts lines before the brace that closes a block.
fn put_last(text: &str, block: &Block, lines: &str, changes: &mut Vec<TextChange>) {
    let Some((open, close)) = within(text, block) else { return };
    if block.body.prefer_oneline() {
        return apart(text, (open, close), ["\n", lines], changes);
    }
    let before = text.get(..close).unwrap_or_default();
    let line = before.trim_end_matches([' ', '\t']).len();
    changes.push((line..line, lines.to_owned()));
}

/// Puts a block on one line onto lines of its own, with others before and behind what it has. It has one attribute at
/// most (HCL Native Syntax Specification, "Structural Elements").
fn apart(text: &str, (open, close): (usize, usize), [before, behind]: [&str; 2], changes: &mut Vec<TextChange>) {
    let own = text.get(open..close).unwrap_or_default();
    let outer = indent(text, open);
    let end = format!("{behind}{outer}");
    if own.trim().is_empty() {
        changes.push((open..close, format!("{before}{end}")));
        return;
    }
    let (first, last) = (open + own.len() - own.trim_start().len(), open + own.trim_end().len());
    changes.push((open..first, format!("{before}{outer}  ")));
    changes.push((last..close, format!("\n{end}")));
}

#[cfg(test)]
mod tests {
    use super::super::edit::Edit;
    use super::*;

    /// Returns a resource with these lines after a change.
    fn after(inner: &str, change: impl Fn(&ResourceBlock<'_>, &mut ResourceChanges) -> bool) -> String {
        let text = format!("resource \"a\" \"b\" {{{inner}}} # end\n");
        let file = HclFile::read("main.tf", &text).unwrap();
        let resource = file.resources().next().unwrap();
        let mut changes = ResourceChanges::default();
        assert!(change(&resource, &mut changes), "{inner}");
        let after = Edit::new("main.tf", &text, resource.changed(changes)).after;
        assert!(HclFile::read("main.tf", &after).is_ok(), "{after}");
        let inner = after.strip_prefix("resource \"a\" \"b\" {").and_then(|rest| rest.strip_suffix("} # end\n"));
        inner.unwrap().to_owned()
    }

    #[test]
    fn tags_are_added_to_whatever_is_there() {
        const TAGS: &str = "{ \"windlass:app\" = \"shop\", \"windlass:id\" = var.id }";
        let members = [["\"windlass:app\"", "\"shop\""], ["\"windlass:id\"", "var.id"]];
        let members = members.map(|member| member.map(str::to_owned));
        for (inner, wanted) in [
            ("\n  x = 1\n", format!("\n  x = 1\n\n  tags = {TAGS}\n")),
            ("\r\n  x = 1\r\n", format!("\r\n  x = 1\r\n\r\n  tags = {TAGS}\r\n")),
            (" x = 1 ", format!("\n  x = 1\n\n  tags = {TAGS}\n")),
            ("", format!("\n\n  tags = {TAGS}\n")),
            ("\n  x = \"caf\\u00e9\"\n  # last\n    ", format!("\n  x = \"caf\\u00e9\"\n  # last\n\n  tags = {TAGS}\n    ")),
            ("\n  tags = local.tags\n", format!("\n  tags = merge(local.tags, {TAGS})\n")),
            (" tags = local.tags ", format!(" tags = merge(local.tags, {TAGS}) ")),
            ("\n  tags = { a = \"b\" }\n", format!("\n  tags = merge({{ a = \"b\" }}, {TAGS})\n")),
            (
                "\n  tags = { # why\n    a = \"b\"\n  }\n",
                "\n  tags = { # why\n    \"windlass:app\" = \"shop\"\n    \"windlass:id\"  = var.id\n\n    a = \"b\"\n  }\n".into(),
            ),
            (
                "\n  tags = merge(\n    local.tags,\n  ) # ours\n",
                format!("\n  tags = merge(merge(\n    local.tags,\n  ), {TAGS}) # ours\n"),
            ),
            ("\n  tags = var.x ? {} : local.y # {\n", format!("\n  tags = merge(var.x ? {{}} : local.y, {TAGS}) # {{\n")),
            ("\n  nested {\n  tags = 1\n  }\n", format!("\n  nested {{\n  tags = 1\n  }}\n\n  tags = {TAGS}\n")),
            ("\n  x = <<EOT\n}\nEOT\n", format!("\n  x = <<EOT\n}}\nEOT\n\n  tags = {TAGS}\n")),
            (&format!("\n  tags = {TAGS}\n"), format!("\n  tags = {TAGS}\n")),
            (
                "\n  tags = { \"windlass:app\" = \"shop\" }\n",
                "\n  tags = merge({ \"windlass:app\" = \"shop\" }, { \"windlass:id\" = var.id })\n".into(),
            ),
        ] {
            assert_eq!(after(inner, |it, changes| it.tag(&members, changes)), wanted);
        }
    }

    #[test]
    fn what_is_ignored_is_added_to_whatever_is_there() {
        const NEW: &str = "    ignore_changes = [filename, publish]\n";
        for (inner, wanted) in [
            ("\n  x = 1\n", format!("\n  x = 1\n\n  lifecycle {{\n{NEW}  }}\n")),
            (
                "\n  lifecycle { # why\n    prevent_destroy = true\n  }\n",
                format!("\n  lifecycle {{ # why\n{NEW}\n    prevent_destroy = true\n  }}\n"),
            ),
            ("\n  lifecycle {}\n", format!("\n  lifecycle {{\n{NEW}  }}\n")),
            (
                "\n  lifecycle { create_before_destroy = true } # why\n",
                format!("\n  lifecycle {{\n{NEW}\n    create_before_destroy = true\n  }} # why\n"),
            ),
            (
                "\n  lifecycle { ignore_changes = [tags, \"publish\"] }\n",
                "\n  lifecycle { ignore_changes = [tags, \"publish\", filename] }\n".to_owned(),
            ),
            (
                "\n  lifecycle {\n    ignore_changes = []\n  }\n",
                "\n  lifecycle {\n    ignore_changes = [filename, publish]\n  }\n".to_owned(),
            ),
            (
                "\n  lifecycle {\n    ignore_changes = [ # why\n      tags, # ]\n    ]\n  }\n",
                "\n  lifecycle {\n    ignore_changes = [ # why\n      tags, filename, publish, # ]\n    ]\n  }\n"
                    .to_owned(),
            ),
            (
                "\n  lifecycle {\n    ignore_changes = all\n  }\n",
                "\n  lifecycle {\n    ignore_changes = all\n  }\n".into(),
            ),
        ] {
            assert_eq!(after(inner, |it, changes| it.ignore(&["filename", "publish"], changes)), wanted);
        }
    }

    #[test]
    fn tags_that_are_never_written_are_seen() {
        for (inner, wanted) in [
            ("", false),
            ("lifecycle { ignore_changes = [publish, tagset] }", false),
            ("lifecycle { ignore_changes = [publish, tags] }", true),
            ("lifecycle { ignore_changes = [\"tags_all\"] }", true),
            ("lifecycle { ignore_changes = [tags[\"windlass:app\"]] }", true),
            ("lifecycle { ignore_changes = all }", true),
        ] {
            let text = format!("resource \"a\" \"b\" {{\n{inner}\n}}\n");
            let file = HclFile::read("main.tf", &text).unwrap();
            assert_eq!(file.resources().next().unwrap().ignores_tags(), wanted, "{inner}");
        }
    }

    #[test]
    fn a_file_that_is_not_the_language_names_its_line() {
        assert_eq!(HclFile::read("main.tf", "a {\n  b = 1\n  b = 2\n}\n").err(), Some(3));
    }
}
