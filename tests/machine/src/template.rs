//! JSON with expressions in it, as in Arguments, Assign and Output.

use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use windlass_jsonata::{Expression, ParseError, Scope, expression_in};

/// A value with expressions at any depth.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// A value without an expression.
    Literal(Value),
    /// `{% … %}`.
    Expression(Expression),
    /// An object with an expression in it.
    Object(Vec<(String, Template)>),
    /// An array with an expression in it.
    Array(Vec<Template>),
}

/// An expression gave no value: `States.QueryEvaluationError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined;

impl Template {
    /// Parses all expressions of a value.
    pub fn parse(value: &Value) -> Result<Self, ParseError> {
        Ok(match value {
            Value::String(text) => match expression_in(text) {
                Some(expression) => Self::Expression(Expression::parse(expression)?),
                None => Self::Literal(value.clone()),
            },
            Value::Object(members) => Self::object(members)?,
            Value::Array(items) => Self::Array(items.iter().map(Self::parse).collect::<Result<_, _>>()?),
            other => Self::Literal(other.clone()),
        })
    }

    fn object(members: &Map<String, Value>) -> Result<Self, ParseError> {
        let parsed = members
            .iter()
            .map(|(name, value)| Ok((name.clone(), Self::parse(value)?)))
            .collect::<Result<_, ParseError>>()?;
        Ok(Self::Object(parsed))
    }

    /// Parses the variables of an Assign.
    pub fn parse_all(values: &BTreeMap<String, Value>) -> Result<Vec<(String, Self)>, ParseError> {
        values.iter().map(|(name, value)| Ok((name.clone(), Self::parse(value)?))).collect()
    }

    /// Returns the value with every expression evaluated.
    pub fn evaluate<'a>(&'a self, scope: &Scope<'a>) -> Result<Cow<'a, Value>, Undefined> {
        match self {
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::Expression(expression) => expression.evaluate(scope).ok_or(Undefined),
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    object.insert(name.clone(), member.evaluate(scope)?.into_owned());
                }
                Ok(Cow::Owned(Value::Object(object)))
            }
            Self::Array(items) => {
                let values: Result<Vec<Value>, Undefined> =
                    items.iter().map(|item| Ok(item.evaluate(scope)?.into_owned())).collect();
                Ok(Cow::Owned(Value::Array(values?)))
            }
        }
    }
}
