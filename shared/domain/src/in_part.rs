//! Documents of which only a part can be read: what is wrong with them, beside the rest, which is looked at as well so
//! that their author is told everything at once. Pure.

use crate::finding::{Finding, FindingName, limited};
use crate::shape::{Mended, last, meant_by};

/// A document that is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct InPart<T> {
    findings: Vec<Finding>,
    rest: Option<Box<Mended<T>>>,
    /// The member that others look at as if it stood alone; empty where there is none.
    member: &'static str,
}

impl<T> InPart<T> {
    /// What is wrong with it, and what can be read of it.
    pub(crate) fn new(findings: Vec<Finding>, rest: Option<Mended<T>>) -> Self {
        let mut part = Self {
            findings,
            rest: rest.map(Box::new),
            member: "",
        };
        part.note();
        part
    }

    /// One of which nothing can be read.
    pub fn unread(findings: Vec<Finding>) -> Self {
        Self::new(findings, None)
    }

    /// One with which nothing is wrong so far.
    pub(crate) fn good(document: T) -> Self {
        Self::new(Vec::new(), Some(Mended::whole(document)))
    }

    /// The same where a member of it is looked at as if it stood alone, such as the manifest of a request.
    pub(crate) fn with_member(mut self, member: &'static str) -> Self {
        self.member = member;
        self.note();
        self
    }

    fn note(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.told(&self.findings, self.member);
        }
    }

    /// The document as it was read, with what is wrong beside it, such as members of a body that were taken out before: a field that
    /// was meant by one of those is not missing.
    ///
    /// # Errors
    /// Everything that is wrong with either.
    pub fn beside(findings: Vec<Finding>, read: Result<T, Self>) -> Result<T, Self> {
        if findings.is_empty() {
            return read;
        }
        let mut part = read.map_or_else(|part| part, Self::good);
        let is_meant = |wrong: &Finding| {
            let mut meant = findings.iter().filter_map(meant_by);
            wrong.name == FindingName::MissingField && meant.any(|field| field == last(&wrong.path))
        };
        part.findings.retain(|wrong| !is_meant(wrong));
        part.findings.splice(0..0, findings);
        part.note();
        Err(part)
    }

    /// The part of it that can be read, to be looked at and for nothing else: what cannot be read is left out of it, or
    /// something stands in for it. `None` where nothing can be read, or where it has a secret.
    pub fn rest(&self) -> Option<&T> {
        self.rest.as_ref().map(|rest| &rest.document)
    }

    /// The same with what was found wrong with the rest, but for what only follows from the part that cannot be read.
    #[must_use]
    pub fn and(mut self, found: Vec<Finding>) -> Self {
        let found = self.of_itself(found);
        self.findings.extend(found);
        self.note();
        self
    }

    /// Those of these findings that do not follow from the part that cannot be read.
    pub fn of_itself(&self, found: Vec<Finding>) -> Vec<Finding> {
        match &self.rest {
            Some(rest) => rest.without_consequences(found),
            None => found,
        }
    }

    /// The same with other words for what is wrong.
    #[must_use]
    pub fn in_words(mut self, words: impl FnMut(Finding) -> Finding) -> Self {
        self.findings = self.findings.into_iter().map(words).collect();
        self.note();
        self
    }

    /// The same with another form of the rest.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> InPart<U> {
        InPart {
            findings: self.findings,
            rest: self.rest.map(|rest| Box::new(rest.map(map))),
            member: self.member,
        }
    }

    /// The document, where nothing is wrong with it.
    pub(crate) fn whole(self) -> Result<T, Self> {
        match (self.findings.is_empty(), self.rest) {
            (true, Some(rest)) => Ok(rest.document),
            (_, rest) => Err(Self { rest, ..self }),
        }
    }

    /// Everything that is wrong with it. Beside a secret nothing else is told, because that could repeat it.
    pub fn findings(mut self) -> Vec<Finding> {
        let is_secret = |finding: &Finding| finding.name == FindingName::SecretInInput;
        if self.findings.iter().any(is_secret) {
            self.findings.retain(is_secret);
        }
        limited(self.findings)
    }
}
