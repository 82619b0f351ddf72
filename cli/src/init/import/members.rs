//! A document that is read member by member: what is left of it, and what was taken. Pure.

use serde_json::{Map, Value};
use std::rc::Rc;
use windlass_domain::document::source::DocumentText;

/// The depth to which the rest is named: `deploymentConfiguration.alarms`, and not each alarm.
const DEEPEST: usize = 2;

/// The document: what is left of it, and what was taken.
#[derive(Debug, Clone, Default)]
pub struct UnreadMembers {
    left: Value,
    /// The paths of the members that were taken, and that no note is about.
    taken: Vec<String>,
    /// The text of the file, for the words; empty where it is not known. All documents of a file share it.
    source: Rc<DocumentText<'static>>,
    /// The JSON pointer of the document in its file.
    place: String,
}

impl UnreadMembers {
    /// Begins with the whole document.
    pub fn new(document: Value) -> Self {
        Self { left: document, ..Self::default() }
    }

    /// Begins with a document that stands in the text of a file, at a JSON pointer.
    pub fn written(document: Value, text: &str, place: &str) -> Self {
        let source = Rc::new(DocumentText::of(text).kept());
        Self { left: document, taken: Vec::new(), source, place: place.to_owned() }
    }

    /// Returns whether there is no document at all.
    pub fn is_missing(&self) -> bool {
        self.left.is_null()
    }

    /// Returns whether the document is a map.
    pub fn is_map(&self) -> bool {
        self.left.is_object()
    }

    /// Takes the value at a path of members, which is carried over; null where there is none.
    pub fn take(&mut self, path: &[&str]) -> Value {
        let value = self.aside(path);
        if !value.is_null() {
            self.taken.push(path.join("."));
        }
        value
    }

    /// Says that a member is not carried over as it was: a note is about it.
    pub fn set_aside(&mut self, path: &[&str]) {
        let path = path.join(".");
        self.taken.retain(|taken| *taken != path);
    }

    /// Takes the value at a path of members that a note, or a document of its own, is about; null where there is none.
    pub fn aside(&mut self, path: &[&str]) -> Value {
        if path.is_empty() { std::mem::take(&mut self.left) } else { removed(&mut self.left, path).unwrap_or_default() }
    }

    /// Takes a member that a note is about, and returns whether it is there, also without a value.
    pub fn takes_out(&mut self, member: &str) -> bool {
        removed(&mut self.left, &[member]).is_some()
    }

    /// Takes the text at a path, which is carried over; `None` where there is none.
    ///
    /// # Errors
    /// Another type stands there, which is set aside.
    pub fn text(&mut self, path: &[&str]) -> Result<Option<String>, OtherType> {
        let Some(Value::String(text)) = self.typed(path, WantedType::Text)? else { return Ok(None) };
        self.taken.push(path.join("."));
        Ok(Some(text))
    }

    /// Takes the map at a path as a document of its own; `None` where there is none.
    ///
    /// # Errors
    /// Another type stands there, which is set aside.
    pub fn members(&mut self, path: &[&str]) -> Result<Option<Self>, OtherType> {
        let place = self.pointer(path);
        let map = self.typed(path, WantedType::Map)?;
        Ok(map.map(|map| self.beside(map, place)))
    }

    /// Takes all entries of a list, each as a document of its own; `None` where there is none, or an empty one, which
    /// stays, and is listed as left.
    ///
    /// # Errors
    /// Another type stands there, which is set aside.
    pub fn each(&mut self, path: &[&str]) -> Result<Option<Vec<Self>>, OtherType> {
        let at = path.iter().try_fold(&self.left, |value, member| value.get(*member));
        if at.and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let place = self.pointer(path);
        let Some(Value::Array(all)) = self.typed(path, WantedType::List)? else { return Ok(None) };
        let all = all.into_iter().enumerate();
        Ok(Some(all.map(|(at, entry)| self.beside(entry, format!("{place}/{at}"))).collect()))
    }

    fn beside(&self, document: Value, place: String) -> Self {
        Self { left: document, taken: Vec::new(), source: Rc::clone(&self.source), place }
    }

    fn pointer(&self, path: &[&str]) -> String {
        path.iter().fold(self.place.clone(), |place, member| format!("{place}/{member}"))
    }

    /// Takes a value of a type. One of another type is taken as well, and so is a member on the way that is no map.
    fn typed(&mut self, path: &[&str], wanted: WantedType) -> Result<Option<Value>, OtherType> {
        let mut at = &self.left;
        for (depth, member) in (1..).zip(path) {
            let Some(value) = at.get(*member) else { return Ok(None) };
            let (until, _) = path.split_at(depth);
            let needed = if until.len() == path.len() { wanted } else { WantedType::Map };
            if !needed.is(value) {
                return Err(self.of_other_type(until, needed));
            }
            at = value;
        }
        Ok(Some(self.aside(path)))
    }

    fn of_other_type(&mut self, path: &[&str], wanted: WantedType) -> OtherType {
        let written = self.source.plain(&self.pointer(path)).map(str::to_owned);
        let found = match self.aside(path) {
            Value::Array(_) => Found::List,
            Value::Object(_) => Found::Map,
            Value::Null => Found::Nothing,
            scalar => Found::Scalar(written.unwrap_or_else(|| scalar.to_string())),
        };
        OtherType { member: path.join("."), found, wanted }
    }

    /// Returns the paths of the members that were taken and not set aside, each in backticks; `None` where there are
    /// none.
    pub fn taken(&self) -> Option<String> {
        quoted(&self.taken)
    }

    /// Returns the paths of the texts that are left and hold an expression of a template, each in backticks; `None`
    /// where none does.
    pub fn rendered(&self) -> Option<String> {
        let mut paths = Vec::new();
        expressions(&self.left, "", &mut paths);
        quoted(&paths)
    }

    /// Returns the paths of everything that is left, each in backticks; `None` where nothing is.
    pub fn left(&self) -> Option<String> {
        let mut paths = Vec::new();
        leaves(&self.left, "", 1, &mut paths);
        paths.dedup();
        quoted(&paths)
    }
}

/// A type that a member is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedType {
    /// A text.
    Text,
    /// A list.
    List,
    /// A map.
    Map,
}

impl WantedType {
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::List => value.is_array(),
            Self::Map => value.is_object(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::List => "list",
            Self::Map => "map",
        }
    }
}

/// The value that stands in place of one of the type that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The member has no value.
    Nothing,
    /// A scalar, as it is written.
    Scalar(String),
    /// A list.
    List,
    /// A map.
    Map,
}

/// A member that has another type than it is asked for. It is not taken for absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherType {
    /// Its path.
    pub member: String,
    /// The value that stands there.
    pub found: Found,
    /// The type that is asked for.
    pub wanted: WantedType,
}

impl OtherType {
    /// Returns what stands there and what to write, without a full stop; `of` says of which document the member is.
    pub fn sentence(&self, of: &str) -> String {
        let wanted = self.wanted.word();
        let is = match &self.found {
            Found::Nothing => "has no value".to_owned(),
            Found::Scalar(text) => format!("is `{text}`, which is no {wanted}"),
            Found::List => format!("is a list, and no {wanted}"),
            Found::Map => format!("is a map, and no {wanted}"),
        };
        let mend = match &self.found {
            Found::Scalar(_) if self.wanted == WantedType::Text => "put it in quotes".to_owned(),
            _ => format!("write a {wanted}"),
        };
        format!("`{}` of {of} {is}: {mend}", self.member)
    }
}

/// Removes a value, and each map on the way to it that has nothing else: an empty one that is left was written so.
fn removed(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let map = value.as_object_mut()?;
    if rest.is_empty() {
        return map.remove(*first);
    }
    let below = map.get_mut(*first)?;
    let taken = removed(below, rest)?;
    if below.as_object().is_some_and(Map::is_empty) {
        map.remove(*first);
    }
    Some(taken)
}

fn quoted(paths: &[String]) -> Option<String> {
    let quoted: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    (!quoted.is_empty()).then(|| quoted.join(", "))
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Collects the paths of texts with an expression. A map within a list is called as its own `name` says, and else by its
/// place; any other entry as the list.
fn expressions(value: &Value, path: &str, paths: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("{{") && paths.last().is_none_or(|last| last != path) => {
            paths.push(path.to_owned());
        }
        Value::Array(all) => {
            for (at, entry) in all.iter().enumerate() {
                let Some(name) = entry["name"].as_str() else {
                    let placed = if entry.is_object() { format!("{path}[{at}]") } else { path.to_owned() };
                    expressions(entry, &placed, paths);
                    continue;
                };
                for (_, value) in entry.as_object().into_iter().flatten() {
                    expressions(value, &below(path, name), paths);
                }
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                expressions(value, &below(path, name), paths);
            }
        }
        _ => {}
    }
}

fn leaves(value: &Value, path: &str, depth: usize, paths: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = below(path, name);
        match value {
            Value::Object(map) if depth < DEEPEST && !map.is_empty() => leaves(value, &path, depth + 1, paths),
            _ => paths.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::import::Imported;
    use serde_json::json;

    #[test]
    fn what_is_not_taken_is_left() {
        let mut document =
            UnreadMembers::new(json!({"a": "1", "b": {"c": 2, "d": {"e": 3}, "f": "4"}, "g": {"h": "5"}, "i": []}));
        assert_eq!(document.text(&["a"]), Ok(Some("1".to_owned())));
        assert_eq!(document.text(&["b", "no"]), Ok(None));
        assert_eq!(document.text(&["g", "h"]), Ok(Some("5".to_owned())));
        assert_eq!(document.take(&["no", "no"]), Value::Null);
        assert_eq!(document.left().as_deref(), Some("`b.c`, `b.d`, `b.f`, `i`"));
        assert_eq!(document.aside(&["i"]), json!([]));
        let mut imported = Imported::default();
        imported.carry(&document, "the file");
        document.set_aside(&["g", "h"]);
        imported.carry(&document, "it");
        assert_eq!(imported.carried, ["`a`, `g.h` of the file", "`a` of it"]);
        assert_eq!(UnreadMembers::default().left(), None);
    }

    #[test]
    fn what_is_empty_is_left_and_what_was_taken_whole_is_not() {
        let mut document = UnreadMembers::new(json!({"a": {"b": {"c": "1"}}, "d": {}, "e": {"f": {}}, "g": []}));
        assert_eq!(document.aside(&["a", "b", "c"]), json!("1"));
        assert!(document.each(&["g"]).is_ok_and(|all| all.is_none()));
        assert_eq!(document.left().as_deref(), Some("`d`, `e.f`, `g`"));
    }

    #[test]
    fn a_value_of_another_type_is_said_as_it_is_written_and_is_set_aside() {
        let text = "a:\n  b: 1.10\nc: ~\nd:\ne: [x]\nf: {g: x}\nh: 'x'\n";
        let document = json!({"a": {"b": 1.1}, "c": null, "d": null, "e": ["x"], "f": {"g": "x"}, "h": "x"});
        let mut read = UnreadMembers::written(document, text, "");
        let mut entry = read.each(&["e"]).unwrap().unwrap().remove(0);
        assert!(!entry.is_map() && Rc::ptr_eq(&entry.source, &read.source));
        assert_eq!(entry.aside(&[]), json!("x"));
        let table: [(&[&str], &str); 5] = [
            (&["a", "b"], "`a.b` of it is `1.10`, which is no text: put it in quotes"),
            (&["c"], "`c` of it has no value: write a text"),
            (&["d"], "`d` of it has no value: write a text"),
            (&["h", "i"], "`h` of it is `\"x\"`, which is no map: write a map"),
            (&["f"], "`f` of it is a map, and no text: write a text"),
        ];
        for (path, wanted) in table {
            assert_eq!(read.text(path).unwrap_err().sentence("it"), wanted);
        }
        assert_eq!((read.left(), read.taken()), (None, None));
    }

    #[test]
    fn what_is_rendered_is_named_by_its_place() {
        let mut container = UnreadMembers::new(json!({
            "command": ["serve", "{{ a }}", "--{{ b }}"],
            "environment": [{"name": "RELEASE", "value": "{{ c }}"}, {"name": "LEVEL", "value": "info"}],
            "image": "{{ d }}",
            "logConfiguration": {"options": {"tag": "{{ e }}"}},
            "secrets": [{"name": "PASSWORD", "valueFrom": "{{ f }}"}],
        }));
        container.take(&["image"]);
        assert_eq!(
            container.rendered().as_deref(),
            Some("`command`, `environment.RELEASE`, `logConfiguration.options.tag`, `secrets.PASSWORD`")
        );
        assert_eq!(UnreadMembers::new(json!({"command": ["serve"], "cpu": 1})).rendered(), None);
        let balanced =
            |group: &str| json!({"containerName": "web", "green": {"arn": "{{ g }}"}, "targetGroupArn": group});
        let service = UnreadMembers::new(json!({"loadBalancers": [balanced("{{ a }}"), balanced("{{ b }}")]}));
        assert_eq!(
            service.rendered().as_deref(),
            Some(
                "`loadBalancers[0].green.arn`, `loadBalancers[0].targetGroupArn`, `loadBalancers[1].green.arn`, \
                 `loadBalancers[1].targetGroupArn`"
            )
        );
    }
}
