//! The text of a document, for the words of what is wrong with it.
//!
//! A reader makes `1.1` of `1.10`, and true of `yes`. A person looks for what stands in the file, so a finding repeats
//! the text, and a remedy is made of it. The text is read again only where something is wrong. What a document says is
//! always what the reader made of it.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// The text of a document in YAML or JSON, which every parser of YAML reads; empty where it is not known.
#[derive(Debug, Default)]
pub struct DocumentText<'t> {
    text: Cow<'t, str>,
    /// The member of the document that the text is of; empty where it is of the whole.
    member: &'static str,
    root: OnceCell<Option<Node>>,
}

/// A part of a document, as it is written.
#[derive(Debug, Clone)]
enum Node {
    /// The place of a scalar without quotes in the text; empty where nothing is written.
    Plain(Range<usize>),
    /// A scalar in quotes or in a block, which no reader takes for anything but a text.
    Quoted,
    List(Vec<Self>),
    /// The members by their names, and those that are merged (`<<`), in their order. A document may have thousands of
    /// members each of which is wrong.
    Map {
        own: BTreeMap<String, Self>,
        merged: Vec<Self>,
    },
}

impl<'t> DocumentText<'t> {
    /// Takes the text of a document that was read.
    pub fn of(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text.trim_start_matches('\u{feff}')), ..Self::default() }
    }

    /// Returns it with a text of its own, for a reader that looks into the text again and again: it is read once.
    #[must_use]
    pub fn kept(self) -> DocumentText<'static> {
        DocumentText { text: Cow::Owned(self.text.into_owned()), member: self.member, root: self.root }
    }

    /// Returns the text as that of a member of the document, such as `/manifest`. What stands beside the member in the
    /// document stands within it in the text.
    pub(crate) fn within(self, member: &'static str) -> Self {
        Self { member, ..self }
    }

    /// Returns the scalar without quotes at a JSON pointer, as it stands there; `None` if nothing of that sort does.
    pub fn plain(&self, pointer: &str) -> Option<&str> {
        let root = self.root.get_or_init(|| Reading::of(&self.text).root());
        let mut node = root.as_ref()?;
        let within = pointer.strip_prefix(self.member).filter(|rest| rest.starts_with('/'));
        let pointer = within.unwrap_or(pointer);
        for name in pointer.split('/').skip(1) {
            node = node.member(&name.replace("~1", "/").replace("~0", "~"))?;
        }
        match node {
            Node::Plain(place) if !place.is_empty() => self.text.get(place.clone()),
            _ => None,
        }
    }
}

impl Node {
    /// Returns the part with a name, or with a place in a list. A member that is merged (`<<`) counts where there is
    /// none of its name.
    fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(name.parse::<usize>().ok()?),
            Self::Map { own, merged } => own.get(name).or_else(|| merged.iter().find_map(|node| node.merged(name))),
            Self::Plain(_) | Self::Quoted => None,
        }
    }

    /// Returns a member of a map that is merged, or of the first of several that has it.
    fn merged(&self, name: &str) -> Option<&Self> {
        match self {
            Self::List(several) => several.iter().find_map(|one| one.merged(name)),
            one => one.member(name),
        }
    }
}

/// A text on its way to being read.
struct Reading<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    /// The parts that aliases stand for. The reader has bounded how much they multiply the document.
    anchored: BTreeMap<usize, Node>,
}

impl<'t> Reading<'t> {
    fn of(text: &'t str) -> Self {
        let options = granit_parser::options! { emit_comments: false };
        let events = Parser::new_from_str_with_options(text, options);
        Self { text, events, anchored: BTreeMap::new() }
    }

    fn event(&mut self) -> Option<(Event<'t>, Span)> {
        self.events.next()?.ok()
    }

    /// Returns the whole document; `None` if it cannot be read.
    fn root(mut self) -> Option<Node> {
        loop {
            let (event, span) = self.event()?;
            if event.is_node() {
                return self.node(&event, &span);
            }
        }
    }

    /// Returns the part that begins with an event.
    fn node(&mut self, event: &Event<'t>, span: &Span) -> Option<Node> {
        let node = match event {
            Event::Scalar(_, ScalarStyle::Plain, ..) => Node::Plain(trimmed(self.text, span.byte_range()?)?),
            Event::Scalar(..) => Node::Quoted,
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            Event::Alias(anchor) => self.anchored.get(anchor)?.clone(),
            _ => return None,
        };
        if let Some(anchor) = event.anchor_id() {
            self.anchored.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn list(&mut self) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.event()?;
            if event == Event::SequenceEnd {
                return Some(Node::List(items));
            }
            items.push(self.node(&event, &span)?);
        }
    }

    fn map(&mut self) -> Option<Node> {
        let (mut own, mut merged) = (BTreeMap::new(), Vec::new());
        loop {
            let (event, span) = self.event()?;
            if event == Event::MappingEnd {
                return Some(Node::Map { own, merged });
            }
            let name = event.scalar().map(|(name, _)| name.to_owned());
            self.node(&event, &span)?;
            let (event, span) = self.event()?;
            let member = self.node(&event, &span)?;
            match name {
                Some(name) if name == "<<" => merged.push(member),
                // The last of a name counts, as it does for the reader of JSON; that of YAML takes no name twice.
                Some(name) => {
                    own.insert(name, member);
                }
                None => {}
            }
        }
    }
}

/// Returns a place without the space at both of its ends.
fn trimmed(text: &str, place: Range<usize>) -> Option<Range<usize>> {
    let written = text.get(place.clone())?;
    let start = place.start + written.len() - written.trim_start().len();
    Some(start..start + written.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_found_as_it_is_written() {
        let table = [
            ("a: 1.10", "/a", Some("1.10")),
            ("\u{feff}a: 1.10 # why", "/a", Some("1.10")),
            ("{a: 012 , b: [ yes,0x1F ]}", "/a", Some("012")),
            ("{a: 012 , b: [ yes,0x1F ]}", "/b/0", Some("yes")),
            ("{a: 012 , b: [ yes,0x1F ]}", "/b/1", Some("0x1F")),
            (r#"{"a":{"b/c":[1.10,{"~":1e3}]}}"#, "/a/b~1c/0", Some("1.10")),
            (r#"{"a":{"b/c":[1.10,{"~":1e3}]}}"#, "/a/b~1c/1/~0", Some("1e3")),
            ("a:\n  # nothing\nb: ~", "/a", None),
            ("a:\n  # nothing\nb: ~", "/b", Some("~")),
            ("a: '1.10'", "/a", None),
            ("a: |\n  1.10", "/a", None),
            ("a: &x 1.10\nb: *x", "/b", Some("1.10")),
            ("a: &x {c: 1.10}\nb: {<<: *x, d: 2.0}", "/b/c", Some("1.10")),
            ("a: &x {c: 1.10}\nb: {<<: [*x], c: 2.0}", "/b/c", Some("2.0")),
            ("a: &x {c: 1.10}\nb: {<<: *x, <<: {d: 2.0}}", "/b/d", Some("2.0")),
            (r#"{"a": 1, "a": 1.10}"#, "/a", Some("1.10")),
            ("1.10", "", Some("1.10")),
            ("a: 1.10", "/b", None),
            ("a: [1.10]", "/a/1", None),
            ("a: [1.10]", "/a/x", None),
            ("a: [1.10", "/a", None),
            ("", "/a", None),
        ];
        for (text, pointer, wanted) in table {
            assert_eq!(DocumentText::of(text).plain(pointer), wanted, "{text} {pointer}");
            assert_eq!(DocumentText::of(text).kept().plain(pointer), wanted, "{text} {pointer}");
        }
    }

    #[test]
    fn the_members_of_a_part_are_found_in_the_text_of_the_part() {
        let source = DocumentText::of("{a: 1.10, ab: 012}").within("/part");
        let table = [("/part/a", Some("1.10")), ("/a", Some("1.10")), ("/part", None), ("/partab", None)];
        for (pointer, wanted) in table {
            assert_eq!(source.plain(pointer), wanted, "{pointer}");
        }
        assert_eq!(DocumentText::default().plain("/a"), None);
    }
}
