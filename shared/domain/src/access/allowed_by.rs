//! What let somebody in, as a record keeps it for those who audit. Pure.

use crate::access::caller::Caller;
use crate::access::decide::{RuleMember, Rules};
use crate::access::right::Asked;
use crate::text::name::WhoName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What let somebody in: who that is by the access file that was in force, and by which of its rules.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AllowedBy {
    /// The person who asks, or has started the CI job that asks. Absent where the files name nobody of that identity,
    /// who is shown as `unmapped`.
    pub person: Option<WhoName>,
    /// The rule by its place in the file, such as `environments.prod.release`; of a release with wishes also the one
    /// that allows these, after a comma. Absent where the file leaves the right to IAM.
    pub rule: Option<String>,
    /// The file, by its key.
    pub file: String,
    /// The file's version.
    pub version: u64,
}

/// The name that stands for a person whom no access file knows.
pub const UNMAPPED: &str = "unmapped";

impl AllowedBy {
    /// Returns the name of the person, or [`UNMAPPED`], for people.
    pub fn called(&self) -> &str {
        self.person.as_ref().map_or(UNMAPPED, WhoName::as_str)
    }

    /// Says by which rule somebody was let in, in words.
    pub fn in_words(&self) -> String {
        let Self { rule, file, version, .. } = self;
        match rule {
            Some(rule) => format!("allowed by {rule} of {file}, version {version}"),
            None => format!("left to IAM by {file}, version {version}"),
        }
    }

    /// Returns what stands behind an identity, in words: the person and the rule. Nothing where no rules of operators
    /// were in force.
    pub fn behind(allowed: Option<&Self>) -> String {
        allowed.map(|it| format!(" ({}; {})", it.called(), it.in_words())).unwrap_or_default()
    }
}

impl Rules {
    /// Returns what lets somebody in. `None` where no rules of operators are in force, where Windlass asks for what
    /// needs no right, and where a right is lacking.
    pub fn allowed_by(&self, asked: &Asked<'_>) -> Option<AllowedBy> {
        if !self.are_in_force() || asked.rights.is_empty() {
            return None;
        }
        let members: Result<Vec<_>, _> = asked.rights.iter().map(|right| self.has(asked, *right)).collect();
        let path = |member: RuleMember| {
            let member = match member {
                RuleMember::Right(right) => right.to_string(),
                RuleMember::Record => "record".to_owned(),
                RuleMember::From => "from".to_owned(),
            };
            format!("environments.{}.{member}", asked.of.environment())
        };
        let rules: Vec<String> = members.ok()?.into_iter().flatten().map(path).collect();
        let (file, version) = self.deciding(asked.of.app());
        Some(AllowedBy {
            person: self.person(Caller::of(asked.by)).cloned(),
            rule: Some(rules.join(", ")).filter(|rule| !rule.is_empty()),
            file: file.to_string(),
            version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{AccessFile, AccessFileForAll};
    use crate::release::action::ActionName;
    use crate::release::identity::EnvironmentId;
    use crate::release::request::{Requester, Route};
    use crate::text::name::{AppName, EnvironmentName};

    const FILE: &str = "
app: shop
version: 4
people:
  ann: {aws: ['arn:aws:iam::111111111111:user/ann']}
who:
  ci: ['arn:aws:iam::111111111111:role/ci']
environments:
  staging: {release: [ann]}
  prod: {release: [ann, ci], record: [ecr], operate: [ann], from: {environment: staging, promote: automatic}}
";

    const CI: &str = "arn:aws:sts::111111111111:assumed-role/ci/run-812";
    const ANN: &str = "arn:aws:iam::111111111111:user/ann";

    fn rules() -> Rules {
        let file = AccessFile::read(FILE, &AppName::new("shop").unwrap(), None).unwrap().0;
        Rules::of(Some(file), None)
    }

    /// Returns the person and the rule of an action, with or without a wish.
    fn allowed(rules: &Rules, (route, arn): (Route, &str), action: ActionName, wishes: bool) -> Option<AllowedBy> {
        let by = Requester::new(route, Some(arn.to_owned()));
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        rules.allowed_by(&Asked::for_action((action, wishes, false), &by, EnvironmentId::new(&app, &prod)))
    }

    #[test]
    fn what_lets_somebody_in_names_the_person_the_rule_and_the_file() {
        use ActionName::{Deploy, Recover, Rollback};
        let (release, both) = ("environments.prod.release", "environments.prod.release, environments.prod.operate");
        for (by, action, wishes, wanted) in [
            ((Route::Api, ANN), Deploy, false, Some(("ann", Some(release)))),
            ((Route::Api, ANN), Deploy, true, Some(("ann", Some(both)))),
            ((Route::Api, CI), Deploy, false, Some((UNMAPPED, Some(release)))),
            ((Route::Api, CI), Deploy, true, None),
            ((Route::Api, CI), Rollback, false, Some((UNMAPPED, None))),
            ((Route::Ecr, ""), Deploy, false, Some((UNMAPPED, Some("environments.prod.record")))),
            ((Route::Windlass, ""), Deploy, false, Some((UNMAPPED, Some("environments.prod.from")))),
            ((Route::Windlass, ""), Recover, false, None),
            ((Route::S3, ""), Deploy, false, None),
        ] {
            let allowed = allowed(&rules(), by, action, wishes);
            let seen = allowed.as_ref().map(|it| (it.called(), it.rule.as_deref()));
            assert_eq!(seen, wanted, "{by:?} {action} {wishes}");
            let file = allowed.as_ref().map(|it| (it.file.as_str(), it.version));
            assert_eq!(file, wanted.map(|_| ("access/apps/shop.yaml", 4)));
        }
    }

    #[test]
    fn the_person_and_the_rule_stand_behind_an_identity() {
        use ActionName::{Hold, ReleaseHold};
        let file = "access/apps/shop.yaml, version 4";
        for (arn, action, wanted) in [
            (ANN, ReleaseHold, format!(" (ann; allowed by environments.prod.operate of {file})")),
            (ANN, Hold, format!(" (ann; left to IAM by {file})")),
            (CI, Hold, format!(" (unmapped; left to IAM by {file})")),
            (CI, ReleaseHold, String::new()),
        ] {
            let allowed = allowed(&rules(), (Route::Api, arn), action, false);
            assert_eq!(AllowedBy::behind(allowed.as_ref()), wanted, "{arn} {action}");
        }
    }

    #[test]
    fn the_file_of_all_applications_lets_in_by_iam_alone() {
        let all = AccessFileForAll::read("version: 7\nwithout_file: refuse\n").unwrap().0;
        let rules = Rules::of(None, Some(all));
        let back = allowed(&rules, (Route::Api, ANN), ActionName::Rollback, false).unwrap();
        assert_eq!((back.rule, back.file.as_str(), back.version), (None, "access/all.yaml", 7));
        assert_eq!(allowed(&rules, (Route::Api, ANN), ActionName::Deploy, false), None);
        assert_eq!(allowed(&Rules::default(), (Route::Api, ANN), ActionName::Deploy, false), None);
    }
}
