use super::{Expression, Function};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The variables of an execution.
pub type Variables = BTreeMap<String, Value>;

/// The values that an expression can see.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The variables.
    pub variables: &'a Variables,
    /// `$states.context`.
    pub context: &'a Value,
    /// `$states.input`.
    pub input: &'a Value,
    /// `$states.result`, in the Assign and Output of a Task or a Map.
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`, in a Catch.
    pub error_output: Option<&'a Value>,
}

/// A value, or JSONata's `undefined`.
type Found<'a> = Option<Cow<'a, Value>>;

impl Expression {
    /// Returns the value of the expression; `None` if JSONata says `undefined`, which Step Functions takes for
    /// `States.QueryEvaluationError`.
    pub fn evaluate<'a>(&self, scope: &Scope<'a>) -> Found<'a> {
        self.value(scope, None)
    }

    fn value<'a>(&self, scope: &Scope<'a>, item: Option<&'a Value>) -> Found<'a> {
        match self {
            Self::Text(text) => Some(Cow::Owned(Value::String(text.clone()))),
            Self::EmptyArray => Some(Cow::Owned(Value::Array(Vec::new()))),
            // Only its members have values.
            Self::States => None,
            Self::Variable(name) => scope.variables.get(name).map(Cow::Borrowed),
            Self::Member(name) => item?.get(name).map(Cow::Borrowed),
            Self::Path(base, name) if **base == Self::States => states(scope, name),
            Self::Path(base, name) => member(base.value(scope, item)?, name),
            Self::Each(base, each) => each.for_each(scope, base.value(scope, item)?),
            Self::Filter(base, condition) => condition.filter(scope, base.value(scope, item)?),
            Self::Equal(a, b) => {
                let (a, b) = (a.value(scope, item), b.value(scope, item));
                // A comparison with `undefined` is false, even with another `undefined`.
                let equal = a.is_some() && a == b;
                Some(Cow::Owned(Value::Bool(equal)))
            }
            Self::Join(a, b) => {
                let joined = text(a.value(scope, item).as_deref()) + &text(b.value(scope, item).as_deref());
                Some(Cow::Owned(Value::String(joined)))
            }
            Self::If(condition, yes, no) => {
                let chosen = if is_true(condition.value(scope, item).as_deref()) { yes } else { no };
                chosen.value(scope, item)
            }
            Self::Call(function, arguments) => {
                let values = arguments.iter().map(|a| a.value(scope, item)).collect();
                call(*function, values)
            }
        }
    }

    fn for_each<'a>(&self, scope: &Scope<'a>, base: Cow<'a, Value>) -> Found<'a> {
        let values = items(base).into_iter().filter_map(|item| self.of_item(scope, &item)).collect();
        sequence(values)
    }

    fn filter<'a>(&self, scope: &Scope<'a>, base: Cow<'a, Value>) -> Found<'a> {
        let values = items(base).into_iter().filter(|item| is_true(self.of_item(scope, item).as_ref())).collect();
        sequence(values)
    }

    /// Returns the value for an item that lives shorter than the scope.
    fn of_item(&self, scope: &Scope<'_>, item: &Value) -> Option<Value> {
        let shorter: Scope<'_> = *scope;
        self.value(&shorter, Some(item)).map(Cow::into_owned)
    }
}

fn states<'a>(scope: &Scope<'a>, name: &str) -> Found<'a> {
    match name {
        "context" => Some(scope.context),
        "input" => Some(scope.input),
        "result" => scope.result,
        "errorOutput" => scope.error_output,
        _ => None,
    }
    .map(Cow::Borrowed)
}

fn member<'a>(base: Cow<'a, Value>, name: &str) -> Found<'a> {
    match base {
        Cow::Borrowed(Value::Array(all)) => sequence(all.iter().filter_map(|v| v.get(name).cloned()).collect()),
        Cow::Borrowed(value) => value.get(name).map(Cow::Borrowed),
        Cow::Owned(value) => member(Cow::Borrowed(&value), name).map(|v| Cow::Owned(v.into_owned())),
    }
}

fn items(base: Cow<'_, Value>) -> Vec<Value> {
    match base.into_owned() {
        Value::Array(items) => items,
        other => vec![other],
    }
}

/// Makes a sequence of JSONata: an empty one is `undefined`, and one of a single value is that value.
fn sequence<'a>(mut values: Vec<Value>) -> Found<'a> {
    match values.len() {
        0 => None,
        1 => values.pop().map(Cow::Owned),
        _ => Some(Cow::Owned(Value::Array(values))),
    }
}

fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true)))
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn call(function: Function, arguments: Vec<Found<'_>>) -> Found<'_> {
    let mut arguments = arguments.into_iter();
    let first = arguments.next().flatten();
    let second = arguments.next().flatten();
    match function {
        Function::Count => Some(Cow::Owned(count(first.as_deref()).into())),
        Function::Exists => Some(Cow::Owned(first.is_some().into())),
        Function::Append => match (first, second) {
            (Some(a), Some(b)) => {
                let mut all = items(a);
                all.extend(items(b));
                Some(Cow::Owned(Value::Array(all)))
            }
            (a, b) => a.or(b),
        },
        Function::Join => {
            let parts: Vec<String> = items(first?).iter().map(|part| text(Some(part))).collect();
            Some(Cow::Owned(parts.join(&text(second.as_deref())).into()))
        }
        Function::Lookup => member(first?, second?.as_str()?),
    }
}

fn count(value: Option<&Value>) -> usize {
    match value {
        None => 0,
        Some(Value::Array(items)) => items.len(),
        Some(_) => 1,
    }
}
