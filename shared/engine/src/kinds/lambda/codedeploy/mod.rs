//! A function whose alias AWS CodeDeploy moves. The code and its version are brought as for any other function. A
//! deployment of CodeDeploy then moves the callers, by the configuration, hooks and alarms of its group.
//!
//! Every way back moves the alias itself, as soon as CodeDeploy's own deployments are over (decision 0450).

mod next;
mod prepare;
mod state;
mod wording;

use super::alias::Traffic;
use super::change::LambdaKind;
use super::kind::waits_for;
use super::state::{self as lambda, Target};
use crate::config::Configured;
use crate::kinds::codedeploy::{self, MovesCallers, PlannedGroup, Replacement};
use crate::kinds::{Kind, LookContext, Next, Noticed};
use crate::ports::{LambdaApi, Result, S3Api};
pub(super) use prepare::prepare;
use state::{Change, Goal, Seen};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::AppSpec;

/// The kind over its ports.
pub type CodeDeployed<P> = codedeploy::CodeDeployed<LambdaKind<P>, P>;

fn noticed(traffic: &Traffic) -> Noticed {
    Noticed { value: traffic.noticed(), shown: traffic.to_string() }
}

impl<P: LambdaApi + S3Api + Configured> MovesCallers for LambdaKind<P> {
    const KEEPS_FORMER: bool = false;

    fn group(target: &Target) -> Option<&PlannedGroup> {
        target.codedeploy.as_ref()
    }

    fn place(target: &Target) -> String {
        wording::place(target)
    }

    fn content(appspec: &AppSpec, way: &Replacement) -> (String, String) {
        (String::new(), appspec.moving(&way.from, &way.to))
    }

    async fn see(&self, target: &Target, way: &LookContext<'_, Goal>, seen: codedeploy::Seen<()>) -> Result<Seen> {
        let goal = way.goal.map(|goal| &goal.of);
        let way = LookContext { goal, made: way.made, ..LookContext::default() };
        Ok(seen.with(self.observe(target, &way).await?, vec![]))
    }

    fn noticed(seen: &Seen) -> Noticed {
        noticed(&seen.callers())
    }

    fn after(to: &str, _: &BTreeMap<String, String>) -> Noticed {
        noticed(&Traffic::all_to(to))
    }

    fn record(seen: &Seen) -> lambda::Goal {
        let mut function = seen.of.clone();
        // A record that is made while CodeDeploy moves the alias says what callers will get.
        if let Some(alias) = &mut function.alias {
            alias.traffic = seen.callers();
            *alias = alias.clone().at_rest();
        }
        lambda::Goal::Back(function)
    }

    fn next_move(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn shown(_: &Target, seen: &Seen) -> String {
        wording::shown(seen)
    }

    fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
        wording::waits_for(target, seen).or_else(|| waits_for(&seen.of))
    }

    fn what(seen: &Seen, way: &Replacement) -> String {
        let alias = seen.of.alias.as_ref().map_or("", |alias| alias.name.as_str());
        format!("alias {alias} {} → {}", way.from, way.to)
    }
}
