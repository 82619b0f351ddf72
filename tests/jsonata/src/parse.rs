use super::lex::{ParseError, Token, tokens};
use super::{Expression, Function};
use std::iter::Peekable;
use std::vec::IntoIter;

type Parsed = Result<Expression, ParseError>;

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
}

impl Expression {
    /// Parses an expression, without the marks `{%` and `%}`.
    pub fn parse(text: &str) -> Parsed {
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable() };
        let expression = parser.choice()?;
        if parser.tokens.peek().is_some() {
            return Err(parser.refuse());
        }
        Ok(expression)
    }
}

impl Parser {
    fn refuse(&mut self) -> ParseError {
        let rest: Vec<String> = self.tokens.by_ref().map(|t| format!("{t:?}")).collect();
        ParseError::new(&rest.join(" "))
    }

    fn takes(&mut self, mark: char) -> bool {
        self.tokens.next_if_eq(&Token::Mark(mark)).is_some()
    }

    fn must_take(&mut self, mark: char) -> Result<(), ParseError> {
        if self.takes(mark) { Ok(()) } else { Err(self.refuse()) }
    }

    /// `a ? b : c`, which binds weakest.
    fn choice(&mut self) -> Parsed {
        let condition = self.comparison()?;
        if !self.takes('?') {
            return Ok(condition);
        }
        let yes = self.choice()?;
        self.must_take(':')?;
        let no = self.choice()?;
        Ok(Expression::If(condition.into(), yes.into(), no.into()))
    }

    /// `a = b`.
    fn comparison(&mut self) -> Parsed {
        let left = self.joined()?;
        if !self.takes('=') {
            return Ok(left);
        }
        let right = self.joined()?;
        Ok(Expression::Equal(left.into(), right.into()))
    }

    /// `a & b & …`.
    fn joined(&mut self) -> Parsed {
        let mut left = self.postfixed()?;
        while self.takes('&') {
            let right = self.postfixed()?;
            left = Expression::Join(left.into(), right.into());
        }
        Ok(left)
    }

    /// `a.b`, `a.(b)`, `a[b]`.
    fn postfixed(&mut self) -> Parsed {
        let mut value = self.primary()?;
        loop {
            if self.takes('[') {
                let condition = self.choice()?;
                self.must_take(']')?;
                value = Expression::Filter(value.into(), condition.into());
            } else if self.takes('.') {
                value = self.step(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn step(&mut self, value: Expression) -> Parsed {
        if self.takes('(') {
            let each = self.choice()?;
            self.must_take(')')?;
            return Ok(Expression::Each(value.into(), each.into()));
        }
        match self.tokens.next() {
            Some(Token::Name(name)) => Ok(Expression::Path(value.into(), name)),
            _ => Err(self.refuse()),
        }
    }

    fn primary(&mut self) -> Parsed {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Expression::Text(text)),
            Some(Token::Name(name)) => Ok(Expression::Member(name)),
            Some(Token::Variable(name)) if self.takes('(') => self.call(&name),
            Some(Token::Variable(name)) if name == "states" => Ok(Expression::States),
            Some(Token::Variable(name)) => Ok(Expression::Variable(name)),
            Some(Token::Mark('[')) => {
                self.must_take(']')?;
                Ok(Expression::EmptyArray)
            }
            _ => Err(self.refuse()),
        }
    }

    fn call(&mut self, name: &str) -> Parsed {
        let (function, arity) = Function::of(name).ok_or_else(|| ParseError::new(name))?;
        let mut arguments = vec![self.choice()?];
        while self.takes(',') {
            arguments.push(self.choice()?);
        }
        self.must_take(')')?;
        if arguments.len() != arity {
            return Err(ParseError::new(name));
        }
        Ok(Expression::Call(function, arguments))
    }
}
