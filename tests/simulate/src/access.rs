//! Who may do what in a scenario: the access file that the ledger has, and the table that rules look at. The product's
//! own decision is never asked for here.

use std::fmt;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::{Requester, Route};
use windlass_machine::shop_world::put_access;
use windlass_world::World;

/// The groups, each with the one role whose sessions are in it.
const GROUPS: [(&str, &str); 3] = [("ci", "shop-ci"), ("developers", "shop-dev"), ("leads", "shop-lead")];

/// The sessions of roles begin so.
const SESSIONS: &str = "arn:aws:sts::111111111111:assumed-role/";

/// The people who approve, each with the role whose session is theirs. No group has them but the first two.
const PEOPLE: [(&str, &str); 4] =
    [("ann", "shop-dev"), ("lead-1", "shop-lead"), ("lead-2", "shop-owner"), ("lead-3", "shop-other")];

/// Returns the ARN of a session of a role.
pub fn session(role: &str) -> String {
    format!("{SESSIONS}{role}/run-1")
}

/// A right to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To see and to plan.
    Read,
    /// To release.
    Release,
    /// To go back, and to stop what goes wrong.
    RollBack,
    /// Everything else.
    Operate,
}

/// The holders of each right to `prod`: groups and ways in. A right that is `None` is everybody's.
#[derive(Debug, Clone, Copy)]
pub struct WhoMay {
    /// The version of the file.
    pub version: u64,
    /// Who may see and plan.
    pub read: Option<&'static [&'static str]>,
    /// Who may release.
    pub release: &'static [&'static str],
    /// Whose releases are only recorded.
    pub record: &'static [&'static str],
    /// Who may go back.
    pub roll_back: Option<&'static [&'static str]>,
    /// Who may do everything else.
    pub operate: Option<&'static [&'static str]>,
    /// The approval that a release needs; `None` if it needs none.
    pub approve: Option<Approvers>,
    /// What a release must have shown in `staging`; `None` if it need not have been there.
    pub from: Option<Verified>,
}

/// The people who approve.
#[derive(Debug, Clone, Copy)]
pub struct Approvers {
    /// Their names.
    pub by: &'static [&'static str],
    /// The number of them who must approve.
    pub count: usize,
    /// The days in which they must.
    pub days: u32,
}

/// What a snapshot of `staging` must have shown before it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Verified {
    /// The time for which it must have been live, in minutes.
    pub live_min: u64,
    /// True if it goes on by itself then.
    pub by_itself: bool,
}

/// Writes the access file.
impl fmt::Display for WhoMay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "app: shop\nversion: {}\nwho:", self.version)?;
        for (group, role) in GROUPS {
            writeln!(f, "  {group}: [\"arn:aws:iam::111111111111:role/{role}\"]")?;
        }
        if self.approve.is_some() {
            writeln!(f, "people:")?;
            for (person, role) in PEOPLE {
                writeln!(f, "  {person}: {{aws: [\"{}\"], trusted_sessions: true}}", session(role))?;
            }
        }
        writeln!(f, "environments:")?;
        if self.from.is_some() {
            writeln!(f, "  staging: {{release: [console]}}")?;
        }
        writeln!(f, "  prod:")?;
        for (right, holders) in [
            ("read", self.read),
            ("release", Some(self.release)),
            ("record", Some(self.record)),
            ("roll_back", self.roll_back),
            ("operate", self.operate),
        ] {
            if let Some(holders) = holders {
                writeln!(f, "    {right}: [{}]", holders.join(", "))?;
            }
        }
        if let Some(Approvers { by, count, days }) = self.approve {
            writeln!(f, "    approve: {{by: [{}], count: {count}, expires: {days}d}}", by.join(", "))?;
        }
        if let Some(Verified { live_min, by_itself }) = self.from {
            let promote = if by_itself { ", promote: automatic" } else { "" };
            writeln!(f, "    from: {{environment: staging, live_for: {live_min}m{promote}}}")?;
        }
        Ok(())
    }
}

impl WhoMay {
    /// Puts the file into force at once, as `intake` does with an upload.
    pub fn put(&self, world: &World) {
        put_access(world, "shop", &self.to_string());
    }

    /// Returns whether somebody has a right.
    pub fn has(&self, right: Right, by: &Requester) -> bool {
        let holders = match right {
            Right::Read => self.read,
            Right::Release => Some(self.release),
            Right::RollBack => self.roll_back,
            Right::Operate => self.operate,
        };
        holders.is_none_or(|holders| holders.iter().any(|name| is(name, by)))
    }

    /// Returns whether somebody has each right that a deployment needs. The file itself asks for what goes on by
    /// itself.
    pub fn lets_go(&self, record: &Deployment) -> bool {
        let goes_on = self.from.is_some_and(|from| from.by_itself) && record.promoted_from.is_some();
        let by_itself = goes_on && record.requester.route == Route::Windlass;
        by_itself || needs(record).iter().all(|right| self.has(*right, &record.requester))
    }

    /// Returns the person who asks, if this person approves by the file.
    pub fn approver(&self, by: &Requester) -> Option<&'static str> {
        let principal = by.principal.as_deref().filter(|_| by.route == Route::Api)?;
        let (person, _) = PEOPLE.into_iter().find(|(_, role)| session(role) == principal)?;
        self.approve.filter(|approve| approve.by.contains(&person)).map(|_| person)
    }
}

/// Returns whether somebody is who the file calls so.
fn is(name: &str, by: &Requester) -> bool {
    match name {
        "console" => by.route == Route::Console,
        "s3" => by.route == Route::S3,
        "ecr" => by.route == Route::Ecr,
        "windlass" => by.route == Route::Windlass,
        group => {
            let role = GROUPS.into_iter().find(|(one, _)| *one == group).map(|(_, role)| format!("{SESSIONS}{role}/"));
            let principal = by.principal.as_deref().filter(|_| by.route == Route::Api);
            role.zip(principal).is_some_and(|(role, principal)| principal.starts_with(&role))
        }
    }
}

/// Returns the right that an action needs; `None` for what Windlass does by itself without any. `is_way_back` is true
/// for the way back of a drill.
pub fn needed(action: ActionName, by: &Requester, is_way_back: bool) -> Option<Right> {
    let by_itself = by.route == Route::Windlass;
    match action {
        ActionName::Recover | ActionName::Restore | ActionName::Hold | ActionName::Check if by_itself => None,
        ActionName::Drill if by_itself && is_way_back => None,
        ActionName::Check => Some(Right::Read),
        ActionName::Deploy => Some(Right::Release),
        ActionName::Rollback | ActionName::Recover | ActionName::Restore | ActionName::Hold | ActionName::Pause => {
            Some(Right::RollBack)
        }
        _ => Some(Right::Operate),
    }
}

/// Returns the rights that a deployment needs: for a release with a wish, and for what may lose data, to operate as
/// well.
fn needs(record: &Deployment) -> Vec<Right> {
    let loses = !record.may_lose.is_empty();
    let wishes = [record.again, record.allow_older, record.accept_red, record.through_hold, record.preempt];
    let has_wish = loses || record.action == ActionName::Deploy && wishes.contains(&true);
    let right = needed(record.action, &record.requester, record.drill.is_some());
    right.into_iter().chain(has_wish.then_some(Right::Operate)).collect()
}

/// Puts no file into force any more. What an operator or somebody else asks for in a copy of the world is about other
/// rules.
pub fn forget(world: &World) {
    world.dynamodb().items.retain(|key, _| !key.pk.starts_with("access#"));
}
