//! Documents of which only a part can be read. The readable part is looked at too, so that their author
//! learns everything that is wrong at once. Pure.

// What can be read of a bad document is checked as well, so that all that is wrong is listed at once. Checks on raw
// JSON would each be written twice. What only follows from the unreadable part is left out.

use crate::document::shape::{Mended, last};
use crate::text::finding::{Finding, FindingName, limited};

/// A document that is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialDocument<T> {
    findings: Vec<Finding>,
    rest: Option<Box<Mended<T>>>,
    /// The member that is looked at as if it stood alone; empty if there is none.
    member: &'static str,
}

impl<T> PartialDocument<T> {
    /// Makes a refused document of its findings and of the part that can be read.
    pub(crate) fn new(findings: Vec<Finding>, rest: Option<Mended<T>>) -> Self {
        let mut part = Self { findings, rest: rest.map(Box::new), member: "" };
        part.note();
        part
    }

    /// Makes a refused document of which nothing can be read.
    pub fn unread(findings: Vec<Finding>) -> Self {
        Self::new(findings, None)
    }

    /// Makes a document with which nothing is wrong so far.
    pub(crate) fn good(document: T) -> Self {
        Self::new(Vec::new(), Some(Mended::whole(document)))
    }

    /// Names the member that is looked at as if it stood alone, such as the manifest of a request.
    pub(crate) fn with_member(mut self, member: &'static str) -> Self {
        self.member = member;
        self.note();
        self
    }

    fn note(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.note(&self.findings, self.member);
        }
    }

    /// Adds findings to a document that was read, such as findings about members of a body that were taken out before.
    /// If one of these members was meant for a field, the field is not missing.
    ///
    /// # Errors
    /// Everything that is wrong with either.
    pub fn beside(findings: Vec<Finding>, read: Result<T, Self>) -> Result<T, Self> {
        if findings.is_empty() {
            return read;
        }
        let mut part = read.map_or_else(|part| part, Self::good);
        let is_meant = |wrong: &Finding| {
            let mut meant = findings.iter().filter_map(|one| one.meant.as_deref());
            wrong.name == FindingName::MissingField && meant.any(|field| field == last(&wrong.path))
        };
        part.findings.retain(|wrong| !is_meant(wrong));
        part.findings.splice(0..0, findings);
        part.note();
        Err(part)
    }

    /// Returns the part that can be read, only to be looked at. A part that cannot be read is left out of it, or
    /// something stands in for it. `None` if nothing can be read, or if it has a secret.
    pub fn rest(&self) -> Option<&T> {
        self.rest.as_ref().map(|rest| &rest.document)
    }

    /// Adds the findings of the readable part, except those that only follow from the part that cannot be read.
    #[must_use]
    pub fn and(mut self, found: Vec<Finding>) -> Self {
        let found = self.of_itself(found);
        self.findings.extend(found);
        self.note();
        self
    }

    /// Returns the findings that do not follow from the part that cannot be read.
    pub fn of_itself(&self, found: Vec<Finding>) -> Vec<Finding> {
        match &self.rest {
            Some(rest) => rest.without_consequences(found),
            None => found,
        }
    }

    /// Puts the findings into other words.
    #[must_use]
    pub fn in_words(mut self, words: impl FnMut(Finding) -> Finding) -> Self {
        self.findings = self.findings.into_iter().map(words).collect();
        self.note();
        self
    }

    /// Changes the form of the readable part.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> PartialDocument<U> {
        PartialDocument {
            findings: self.findings,
            rest: self.rest.map(|rest| Box::new(rest.map(map))),
            member: self.member,
        }
    }

    /// Returns the document if nothing is wrong with it.
    pub(crate) fn whole(self) -> Result<T, Self> {
        match (self.findings.is_empty(), self.rest) {
            (true, Some(rest)) => Ok(rest.document),
            (_, rest) => Err(Self { rest, ..self }),
        }
    }

    /// Returns everything that is wrong with it. Beside a secret nothing else is listed, because that could repeat it.
    pub fn findings(mut self) -> Vec<Finding> {
        let is_secret = |finding: &Finding| finding.name == FindingName::SecretInInput;
        if self.findings.iter().any(is_secret) {
            self.findings.retain(is_secret);
        }
        limited(self.findings)
    }
}
