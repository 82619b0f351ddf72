//! The rights that an access file gives, and those that a request needs. Pure.

use crate::release::action::ActionName;
use crate::release::identity::EnvironmentId;
use crate::release::request::{RefusedCall, Request, Requester, Route};
use serde::Serialize;
use std::collections::BTreeSet;

/// A right to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRight {
    /// To see, and to plan.
    Read,
    /// To deploy and to promote.
    Release,
    /// To go back, and to stop what goes wrong.
    RollBack,
    /// Every other action, and each wish of a release.
    Operate,
    /// To approve the plan of a deployment.
    Approve,
}

impl AccessRight {
    /// Returns the right that an action needs.
    pub fn of(action: ActionName) -> Self {
        match action {
            ActionName::Check => Self::Read,
            ActionName::Deploy => Self::Release,
            ActionName::Rollback | ActionName::Restore | ActionName::Recover | ActionName::Hold | ActionName::Pause => {
                Self::RollBack
            }
            ActionName::Drill
            | ActionName::Withdraw
            | ActionName::Accept
            | ActionName::ReleaseHold
            | ActionName::Continue
            | ActionName::SkipBake
            | ActionName::Remove
            | ActionName::Rename
            | ActionName::HandOver => Self::Operate,
            ActionName::Approve => Self::Approve,
        }
    }
}

crate::text::name::displayed!(AccessRight, Serialize::serialize);

/// What is asked for, by whom and where: all that the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// The environment.
    pub of: EnvironmentId<'a>,
    /// The one who asks.
    pub by: &'a Requester,
    /// The rights that it needs, all of them.
    pub rights: BTreeSet<AccessRight>,
    /// True if it is to go now, and is not only to be recorded: a person starts it, or it has its turn.
    pub starts: bool,
    /// The version of the release, where it is known.
    pub version: Option<&'a str>,
    /// True if it is to cancel a deployment, which no input of the release machine does.
    pub cancels: bool,
}

impl<'a> Asked<'a> {
    /// Returns what somebody asks for who needs this one right.
    pub fn for_right(right: AccessRight, by: &'a Requester, of: EnvironmentId<'a>) -> Self {
        Self { of, by, rights: BTreeSet::from([right]), starts: false, version: None, cancels: false }
    }

    /// Returns what somebody asks for who wants this action, with or without a wish. What Windlass itself brings back,
    /// looks at or holds needs no right: no file could name it there. Of a drill that is the way back alone.
    pub fn for_action(
        (action, wishes, is_way_back): (ActionName, bool, bool),
        by: &'a Requester,
        of: EnvironmentId<'a>,
    ) -> Self {
        use ActionName::{Check, Hold, Recover, Restore};
        let mut asked = Self::for_right(AccessRight::of(action), by, of);
        if wishes {
            asked.rights.insert(AccessRight::Operate);
        }
        let is_own = matches!(action, Recover | Restore | Hold | Check) || is_way_back;
        if by.route == Route::Windlass && is_own {
            asked.rights.clear();
        }
        asked
    }

    /// Returns what a request asks for in this environment.
    pub fn of(request: &'a Request, by: &'a Requester, of: EnvironmentId<'a>) -> Self {
        if request.plan { Self::for_right(AccessRight::Read, by, of) } else { Self::once_planned(request, by, of) }
    }

    /// Returns what a request asks for in this environment where it is not only planned.
    ///
    /// A person starts it who names the environment at the console, or promotes a recorded release into it by its
    /// version, or asks to go through. A manifest that names its environment is what CI sends by itself. Of a pull
    /// request it is planned what a merge would bring: whoever merges it needs the right to release, and its job none.
    pub fn once_planned(request: &'a Request, by: &'a Requester, of: EnvironmentId<'a>) -> Self {
        if request.plan && by.claims.as_ref().is_some_and(|claims| claims.only_see()) {
            return Self::for_right(AccessRight::Read, by, of);
        }
        let asked = Self::for_action((request.action, request.has_wishes(), request.drill.is_some()), by, of);
        let promotes = request.version.is_some() || by.route == Route::Console;
        let starts = request.through_hold || (request.names_environment() && promotes);
        let cancels = request.refused == Some(RefusedCall::Cancel);
        Self { starts, version: request.release_version(), cancels, ..asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::claims::Claims;
    use crate::text::name::{AppName, EnvironmentName};

    #[test]
    fn each_action_needs_one_right_and_each_wish_to_operate_as_well() {
        use AccessRight::{Approve, Operate, Read, Release, RollBack};
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let windlass = Requester::new(Route::Windlass, None);
        let someone = Requester::new(Route::Api, None);
        let plain = |action| Request::new(action, app.clone());
        let wishing = |wish: fn(&mut Request)| {
            let mut request = plain(ActionName::Deploy);
            wish(&mut request);
            request
        };
        let cases: Vec<(Request, &Requester, &[AccessRight])> = vec![
            (plain(ActionName::Deploy), &someone, &[Release]),
            (wishing(|it| it.through_hold = true), &someone, &[Release, Operate]),
            (wishing(|it| it.again = true), &someone, &[Release, Operate]),
            (wishing(|it| it.allow_older = true), &someone, &[Release, Operate]),
            (wishing(|it| it.accept_red = true), &someone, &[Release, Operate]),
            (wishing(|it| it.preempt = true), &someone, &[Release, Operate]),
            (wishing(|it| it.may_lose = ["infra.Data".parse().unwrap()].into()), &someone, &[Release, Operate]),
            (wishing(|it| it.plan = true), &someone, &[Read]),
            (plain(ActionName::Check), &someone, &[Read]),
            (plain(ActionName::Rollback), &someone, &[RollBack]),
            (plain(ActionName::Recover), &someone, &[RollBack]),
            (plain(ActionName::ReleaseHold), &someone, &[Operate]),
            (plain(ActionName::Approve), &someone, &[Approve]),
            (plain(ActionName::Drill), &someone, &[Operate]),
            (plain(ActionName::Drill), &windlass, &[Operate]),
            (plain(ActionName::Restore), &windlass, &[]),
            (plain(ActionName::Recover), &windlass, &[]),
            (plain(ActionName::Hold), &windlass, &[]),
            (plain(ActionName::Check), &windlass, &[]),
            (plain(ActionName::Deploy), &windlass, &[Release]),
        ];
        for (request, by, rights) in cases {
            let asked = Asked::of(&request, by, EnvironmentId::new(&app, &prod));
            assert!(asked.rights.iter().eq(rights), "{request:?}: {:?}", asked.rights);
        }
    }

    #[test]
    fn what_a_pull_request_plans_is_released_by_whoever_merges_it() {
        use AccessRight::{Read, Release};
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        for (event, plan, right) in
            [("pull_request", true, Read), ("pull_request", false, Release), ("push", true, Release)]
        {
            let token = [("repository_owner_id", "1"), ("repository_id", "2"), ("event_name", event)];
            let claims = Claims::of(token.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
            let job = Requester::job(Some(Box::new(claims)));
            let request = Request { plan, ..Request::new(ActionName::Deploy, app.clone()) };
            let asked = Asked::once_planned(&request, &job, EnvironmentId::new(&app, &prod));
            assert_eq!(asked.rights, BTreeSet::from([right]), "{event}, planned: {plan}");
        }
    }
}
