//! The subset of JSONata that the release machine uses: paths, filters, `.( )`, `=`, `&`, `? :`,
//! strings, `[]` and the functions `$count`, `$exists`, `$append`, `$join`, `$lookup`. Anything else is
//! refused when the machine is loaded, so that an expression cannot come to mean something here
//! that it does not mean on AWS. A test compares every expression with a full implementation, over all results that a
//! Task or a Map can have. It found that `$error` is a function there, which hides a variable of that name.
//!
//! Expressions are parsed once and evaluated over borrowed values: whole deployments run in a
//! millisecond.

mod evaluate;
mod lex;
mod parse;

pub use evaluate::{Scope, Variables};
pub use lex::ParseError;

/// Returns the expression in a text, without its marks.
pub fn expression_in(text: &str) -> Option<&str> {
    Some(text.strip_prefix("{%")?.strip_suffix("%}")?.trim())
}

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A string.
    Text(String),
    /// `[]`.
    EmptyArray,
    /// `$states`.
    States,
    /// `$name`.
    Variable(String),
    /// A bare name: a member of the item at hand.
    Member(String),
    /// `a.name`.
    Path(Box<Expression>, String),
    /// `a.(b)`: b for every item of a.
    Each(Box<Expression>, Box<Expression>),
    /// `a[b]`: the items of a for which b is true.
    Filter(Box<Expression>, Box<Expression>),
    /// `a = b`.
    Equal(Box<Expression>, Box<Expression>),
    /// `a & b`.
    Join(Box<Expression>, Box<Expression>),
    /// `a ? b : c`.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `$f(a, …)`.
    Call(Function, Vec<Expression>),
}

/// A function of JSONata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `$count(array)`.
    Count,
    /// `$exists(value)`.
    Exists,
    /// `$append(a, b)`.
    Append,
    /// `$join(strings, separator)`.
    Join,
    /// `$lookup(object, key)`.
    Lookup,
}

impl Function {
    fn of(name: &str) -> Option<(Self, usize)> {
        match name {
            "count" => Some((Self::Count, 1)),
            "exists" => Some((Self::Exists, 1)),
            "append" => Some((Self::Append, 2)),
            "join" => Some((Self::Join, 2)),
            "lookup" => Some((Self::Lookup, 2)),
            _ => None,
        }
    }
}
