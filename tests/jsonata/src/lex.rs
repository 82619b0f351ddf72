/// An expression that is not in the subset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not in the subset of JSONata that the interpreter knows, from here on: `{rest}`")]
pub struct ParseError {
    rest: String,
}

impl ParseError {
    pub(super) fn new(rest: &str) -> Self {
        Self { rest: rest.to_owned() }
    }
}

/// A piece of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `$name`.
    Variable(String),
    /// `name`.
    Name(String),
    /// `'text'`.
    Text(String),
    /// One of `. [ ] ( ) = & ? : ,`.
    Mark(char),
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Cuts an expression into its pieces.
pub fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut rest = text.trim_start();
    let mut all = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(first, rest).ok_or_else(|| ParseError::new(rest))?;
        all.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(all)
}

fn token(first: char, rest: &str) -> Option<(Token, usize)> {
    let name_length = |from: usize| {
        let name = &rest[from..];
        from + name.find(|c| !is_name(c)).unwrap_or(name.len())
    };
    match first {
        '$' => {
            let end = name_length(1);
            (end > 1).then(|| (Token::Variable(rest[1..end].to_owned()), end))
        }
        '\'' => {
            // Escapes are outside the subset.
            let end = 1 + rest[1..].find('\'')?;
            let text = &rest[1..end];
            (!text.contains('\\')).then(|| (Token::Text(text.to_owned()), end + 1))
        }
        c if c.is_ascii_alphabetic() => {
            let end = name_length(0);
            Some((Token::Name(rest[..end].to_owned()), end))
        }
        c if ".[]()=&?:,".contains(c) => Some((Token::Mark(c), 1)),
        _ => None,
    }
}
