//! The callers that rules are about: who asks, as AWS vouches for it. Pure.

use crate::access::right::AccessRight;
use crate::release::claims::{Claims, EventReach};
use crate::release::request::{Requester, Route};
use std::fmt;

/// What Identity Center calls the roles that it makes (AWS IAM Identity Center User Guide, "Permission sets in AWS
/// accounts"). It alone chooses the names of their sessions.
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// An ARN of a principal, taken apart. A role is known by its account and name, whatever its path and its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    /// The sort of the principal.
    pub(super) sort: ArnSort,
    account: &'a str,
    /// The name of the role or the user, without a path. AWS leaves that out of a session's ARN (AWS IAM User Guide,
    /// "IAM identifiers").
    name: &'a str,
}

/// The sort of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArnSort {
    /// A role.
    Role,
    /// A session of a role.
    Session,
    /// A user.
    User,
}

impl<'a> Arn<'a> {
    /// Reads an ARN; `None` if it is none of a role, a session or a user.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (begins, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let is_account = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
        if begins != "arn" || !region.is_empty() || !is_account {
            return None;
        }
        let (sort, rest) = resource.split_once('/')?;
        let name = rest.rsplit('/').next().filter(|name| !name.is_empty())?;
        let (sort, name) = match (service, sort) {
            ("iam", "role") => (ArnSort::Role, name),
            ("iam", "user") => (ArnSort::User, name),
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/')?;
                (ArnSort::Session, Some(role).filter(|role| !role.is_empty() && !session.is_empty())?)
            }
            _ => return None,
        };
        Some(Self { sort, account, name })
    }

    /// Returns whether the sessions of its role are named by Identity Center, so that a name is a person's.
    pub(super) fn is_of_identity_center(self) -> bool {
        self.sort == ArnSort::Session && self.name.starts_with(IDENTITY_CENTER)
    }

    /// Returns whether a caller with this ARN acts as the role or the user that a rule names by `named`.
    fn acts_as(self, named: Arn<'_>) -> bool {
        let sort = if self.sort == ArnSort::Session { ArnSort::Role } else { self.sort };
        (sort, self.account, self.name) == (named.sort, named.account, named.name)
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = if self.sort == ArnSort::User { "user" } else { "role" };
        write!(f, "{sort} {}, account {}", self.name, self.account)
    }
}

/// The one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    requester: &'a Requester,
    arn: Option<Arn<'a>>,
}

impl<'a> Caller<'a> {
    /// Returns the caller that a requester is. By the API alone a principal is somebody: IAM's authorizer has vouched
    /// for it. S3 and ECR name nobody, and a console names its own execution. By the route of CI alone claims count.
    pub fn of(requester: &'a Requester) -> Self {
        let principal = requester.principal.as_deref().filter(|_| requester.route == Route::Api);
        Self { requester, arn: principal.and_then(Arn::read) }
    }

    /// Returns the way in by which it asks.
    pub fn route(self) -> Route {
        self.requester.route
    }

    /// Returns the claims of the CI job that it is, if it is one.
    pub fn claims(self) -> Option<&'a Claims> {
        self.requester.claims.as_deref().filter(|_| self.requester.route == Route::Ci)
    }

    /// Returns whether a rule can give it this right. The event of a CI job bounds what that gets.
    pub fn can_have(self, right: AccessRight) -> bool {
        let needed = if right == AccessRight::Read { EventReach::Read } else { EventReach::All };
        self.claims().is_none_or(|claims| claims.reach() >= needed)
    }

    /// Returns whether it acts as the role or the user with this ARN.
    pub fn acts_as(self, named: &str) -> bool {
        self.arn.zip(Arn::read(named)).is_some_and(|(own, named)| own.acts_as(named))
    }

    /// Returns whether it is the person with this ARN, of a session or of a user. It is compared as a whole.
    pub fn is_exactly(self, named: &str) -> bool {
        self.arn.is_some() && self.requester.principal.as_deref() == Some(named)
    }
}

/// Writes who it is, for a person: `role shop-dev, account 111111111111`.
impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.arn, self.requester.route) {
            (Some(arn), _) => write!(f, "{arn}"),
            (None, Route::Console) => f.write_str("the console, which is nobody"),
            (None, Route::S3) => f.write_str("an upload, which names nobody"),
            (None, Route::Ecr) => f.write_str("a push, which names nobody"),
            (None, Route::Ci) => match self.claims() {
                Some(claims) => write!(f, "{claims}: {}", claims.distinctive()),
                None => f.write_str("a call whose token is no job's of GitHub or GitLab"),
            },
            (None, Route::Api | Route::Windlass) => write!(f, "{}", self.requester),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEV: &str = "arn:aws:iam::111111111111:role/teams/shop-dev";
    const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/shop-dev/ann@example.com";

    fn by(route: Route, principal: &str) -> Requester {
        Requester::new(route, Some(principal.to_owned()))
    }

    #[test]
    fn a_role_is_matched_by_account_and_name_and_never_by_its_session() {
        for (principal, named, is_it) in [
            (SESSION, DEV, true),
            ("arn:aws:sts::111111111111:assumed-role/shop-dev/other", DEV, true),
            ("arn:aws-cn:iam::111111111111:role/shop-dev", DEV, true),
            ("arn:aws:sts::222222222222:assumed-role/shop-dev/ann@example.com", DEV, false),
            ("arn:aws:sts::111111111111:assumed-role/shop-dev-2/ann", DEV, false),
            ("arn:aws:sts::111111111111:assumed-role/other/shop-dev", DEV, false),
            ("arn:aws:iam::111111111111:user/shop-dev", DEV, false),
            ("arn:aws:iam::111111111111:user/teams/ann", "arn:aws:iam::111111111111:user/ann", true),
            (SESSION, SESSION, false),
            (SESSION, "arn:aws:iam::111111111111:role/", false),
            ("arn:aws:iam::1:role/shop-dev", DEV, false),
            ("root", "root", false),
        ] {
            let requester = by(Route::Api, principal);
            assert_eq!(Caller::of(&requester).acts_as(named), is_it, "{principal} as {named}");
        }
    }

    #[test]
    fn a_person_is_matched_by_the_whole_arn_alone() {
        for (principal, named, is_it) in [
            (SESSION, SESSION, true),
            (SESSION, "arn:aws:sts::111111111111:assumed-role/shop-dev/ann", false),
            ("anything", "anything", false),
        ] {
            let requester = by(Route::Api, principal);
            assert_eq!(Caller::of(&requester).is_exactly(named), is_it, "{principal} is {named}");
        }
    }

    #[test]
    fn claims_count_by_the_route_of_ci_alone() {
        let token = [("repository_owner_id", "8472"), ("repository_id", "990134"), ("event_name", "push")];
        let token = token.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let claims = Claims::of(token).map(Box::new);
        for route in [Route::S3, Route::Ecr, Route::Api, Route::Ci, Route::Console, Route::Windlass] {
            let requester = Requester { route, ..Requester::job(claims.clone()) };
            assert_eq!(Caller::of(&requester).claims().is_some(), route == Route::Ci, "{route}");
        }
    }

    #[test]
    fn what_no_authorizer_vouches_for_is_nobody() {
        for route in [Route::S3, Route::Ecr, Route::Ci, Route::Console, Route::Windlass] {
            let requester = by(route, SESSION);
            let caller = Caller::of(&requester);
            assert!(!caller.acts_as(DEV) && !caller.is_exactly(SESSION), "{route}");
            assert_eq!(caller.route(), route);
        }
        assert!(
            Arn::read("arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_leads_0a1b/lead-1@example.com")
                .is_some_and(Arn::is_of_identity_center)
        );
        assert!(!Arn::read(SESSION).is_some_and(Arn::is_of_identity_center));
    }
}
