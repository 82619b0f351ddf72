//! A document in YAML or JSON with the place of each part: it is changed at such places, and stays as it is everywhere
//! else. Pure.

use granit_parser::{Event, Parser, Span, StrInput, StructureStyle};
use std::ops::Range;

/// A part of a document.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its bytes, without its tag.
    pub place: Range<usize>,
    /// The bytes of its tag.
    pub tag: Option<Range<usize>>,
    /// True for a list in brackets and a map in braces.
    pub is_flow: bool,
    /// What it is.
    pub part: NodeContent,
}

/// What a part of a document is.
#[derive(Debug, Clone)]
pub enum NodeContent {
    /// A text, a number or another value without parts, as a text.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// The keys of a map, each with its value, in their order.
    Map(Vec<(Node, Node)>),
    /// A name that stands for a part elsewhere.
    Alias,
}

/// The deepest part that is read.
const DEEPEST: usize = 100;

/// Reads a document; `None` where it cannot be read.
pub fn read(text: &str) -> Option<Node> {
    let options = granit_parser::options! { emit_comments: false };
    let mut reading = Reading { events: Parser::new_from_str_with_options(text, options) };
    loop {
        let (event, span) = reading.event()?;
        if event.is_node() {
            return reading.node(&event, &span, 0);
        }
    }
}

struct Reading<'t> {
    events: Parser<'t, StrInput<'t>>,
}

impl<'t> Reading<'t> {
    fn event(&mut self) -> Option<(Event<'t>, Span)> {
        self.events.next()?.ok()
    }

    fn node(&mut self, event: &Event<'t>, span: &Span, depth: usize) -> Option<Node> {
        let mut place = span.byte_range()?;
        let mut is_flow = false;
        let part = match event {
            _ if depth > DEEPEST => return None,
            Event::Scalar(text, ..) => NodeContent::Scalar(text.to_string()),
            Event::SequenceStart(style, ..) => {
                is_flow = *style == StructureStyle::Flow;
                let (all, end) = self.until(&Event::SequenceEnd, depth)?;
                place.end = if is_flow { end } else { all.last().map_or(place.end, |last| last.place.end) };
                NodeContent::List(all)
            }
            Event::MappingStart(style, ..) => {
                is_flow = *style == StructureStyle::Flow;
                let (all, end) = self.until(&Event::MappingEnd, depth)?;
                place.end = if is_flow { end } else { all.last().map_or(place.end, |last| last.place.end) };
                let mut all = all.into_iter();
                NodeContent::Map(std::iter::from_fn(|| Some((all.next()?, all.next()?))).collect())
            }
            Event::Alias(_) => NodeContent::Alias,
            _ => return None,
        };
        Some(Node { place, tag: span.tag_span().and_then(|tag| tag.byte_range()), is_flow, part })
    }

    /// Returns the parts up to an event, and the place behind this.
    fn until(&mut self, end: &Event<'t>, depth: usize) -> Option<(Vec<Node>, usize)> {
        let mut all = Vec::new();
        loop {
            let (event, span) = self.event()?;
            if event == *end {
                return Some((all, span.byte_range()?.end));
            }
            all.push(self.node(&event, &span, depth + 1)?);
        }
    }
}

impl Node {
    /// Returns the members of a map; none of anything else.
    pub fn members(&self) -> &[(Node, Node)] {
        match &self.part {
            NodeContent::Map(members) => members,
            _ => &[],
        }
    }

    /// Returns a member of a map, with its key.
    pub fn member(&self, name: &str) -> Option<(&Node, &Node)> {
        self.members().iter().find(|(key, _)| key.text() == Some(name)).map(|(key, value)| (key, value))
    }

    /// Returns the text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.part {
            NodeContent::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether this is a map that stands here itself.
    pub fn is_plain_map(&self) -> bool {
        matches!(self.part, NodeContent::Map(_)) && self.tag.is_none()
    }

    /// Returns this part and all within it, without the keys of maps.
    pub fn all(&self) -> Vec<&Node> {
        let within: Vec<&Node> = match &self.part {
            NodeContent::List(all) => all.iter().flat_map(Node::all).collect(),
            NodeContent::Map(all) => all.iter().flat_map(|(_, value)| value.all()).collect(),
            NodeContent::Scalar(_) | NodeContent::Alias => Vec::new(),
        };
        std::iter::once(self).chain(within).collect()
    }
}

/// Returns the place at which the line of a place begins.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Returns the number of blanks before the text of the line of a place.
pub fn indent(text: &str, at: usize) -> usize {
    let line = text.get(line_start(text, at)..).unwrap_or_default();
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Returns the end of the line of a place, before what breaks it.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.lines().next().unwrap_or_default().len()
}

/// Returns the end of the last line of a member, with the comments below it that are indented further.
pub fn member_end(text: &str, key: &Node, value: &Node) -> usize {
    let last = text.get(..value.place.end).unwrap_or_default().trim_end().len().max(key.place.end);
    let (mut end, own) = (line_end(text, last), indent(text, key.place.start));
    let mut at = next_line(text, end);
    while let Some(line) = text.get(at..line_end(text, at)).filter(|_| at < text.len()) {
        let is_comment = line.trim_start().starts_with('#');
        if is_comment && indent(text, at) > own {
            end = at + line.len();
        } else if !line.trim().is_empty() {
            break;
        }
        at = next_line(text, at);
    }
    end
}

/// Returns the place at which the next line begins.
pub fn next_line(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_place() {
        let text = "a: &x !Sub 'b' # why\r\nc: {d: [1, *x]}\r\n";
        let root = read(text).unwrap();
        let all: Vec<&str> = root.all().iter().skip(1).map(|node| &text[node.place.clone()]).collect();
        assert_eq!(all, ["'b'", "{d: [1, *x]}", "[1, *x]", "1", "*x"]);
        let (key, value) = root.member("a").unwrap();
        assert_eq!((&text[key.place.clone()], value.tag.clone().map(|tag| &text[tag])), ("a", Some("!Sub")));
        assert!(read(&"[".repeat(100_000)).is_none() && read("a: [").is_none());
    }

    #[test]
    fn a_member_ends_with_its_own_comments() {
        for (text, wanted) in [
            ("a:\n  b: 1 # why\n  # own\n# next\nc: 2\n", "a:\n  b: 1 # why\n  # own"),
            ("a:\n  b: |\n    x\n\n\nc: 2\n", "a:\n  b: |\n    x"),
            ("a: [\n  1\n]\r\n\r\n  # own\r\n", "a: [\n  1\n]\r\n\r\n  # own"),
            ("a:", "a:"),
        ] {
            let root = read(text).unwrap();
            let (key, value) = root.member("a").unwrap();
            assert_eq!(&text[..member_end(text, key, value)], wanted);
        }
    }
}
