//! An operation moves a stack on, resource by resource, forward and back (AWS CloudFormation User Guide,
//! "Understand CloudFormation stack creation events", "Update behaviors of stack resources" and "Continue rolling back
//! an update").

use crate::World;
use crate::live_stack::{Done, LiveStack, Phase};
use crate::stack_resources::{LiveResource, replaces};
use crate::stack_template::Template;
use std::collections::BTreeSet;
use windlass_domain::text::time::Time;

impl LiveStack {
    /// Lets the time of one look pass.
    pub(crate) fn step(&mut self, world: &World, now: Time) {
        self.prepare_change_sets();
        // One whose way back has failed waits for somebody to go on.
        if !self.status.ends_with("_IN_PROGRESS") {
            return;
        }
        let Some(mut work) = self.work.take() else {
            return;
        };
        if work.wait > 0 {
            work.wait -= 1;
            self.work = Some(work);
            return;
        }
        work.wait = self.slow;
        let phase = work.phase;
        self.work = Some(work);
        match phase {
            Phase::Forward => self.forward(world, now),
            Phase::Back => self.back(world, now),
            Phase::Cleanup | Phase::BackCleanup => self.clean(world, now),
            Phase::Deleting => self.delete(world, now),
        }
    }

    /// Makes or changes the next resource that needs it.
    fn forward(&mut self, world: &World, now: Time) {
        let Ok(template) = Template::read(&self.wanted.template) else {
            return;
        };
        while let Some(logical) = self.next_todo() {
            if self.work.as_ref().is_some_and(|work| work.is_cancelled) {
                return self.fail("User Initiated", now);
            }
            let wanted = self.wanted_resource(&template, &logical);
            let former = self.resources.get(&logical).cloned();
            let is_there = former.as_ref().is_some_and(|former| {
                let is_same = former.properties == wanted.properties && former.kind == wanted.kind;
                is_same && self.work.as_ref().is_some_and(|work| work.former.tags == self.wanted.tags)
            });
            if is_there {
                self.resources.insert(logical, LiveResource { status: former_status(former.as_ref()), ..wanted });
                continue;
            }
            let what = if former.is_some() { "UPDATE" } else { "CREATE" };
            self.say_of(&wanted, &format!("{what}_IN_PROGRESS"), "", now);
            match self.bring(world, wanted, former.as_ref()) {
                Ok(brought) => {
                    self.say_of(&brought, &format!("{what}_COMPLETE"), "", now);
                    if let Some(work) = &mut self.work {
                        work.done.push(Done { logical, former });
                    }
                }
                Err(why) => {
                    let failed = self.wanted_resource(&template, &logical);
                    self.say_of(&failed, &format!("{what}_FAILED"), &why, now);
                    let verb = if former.is_some() { "update" } else { "create" };
                    let reason = format!("The following resource(s) failed to {verb}: [{logical}]. ");
                    // What could not be changed is brought back as well.
                    if former.is_some()
                        && let Some(work) = &mut self.work
                    {
                        work.done.push(Done { logical, former });
                    }
                    self.fail(&reason, now);
                }
            }
            return;
        }
        let is_cancelled = self.work.as_ref().is_some_and(|work| work.is_cancelled);
        if is_cancelled { self.fail("User Initiated", now) } else { self.arrive(&template, now) }
    }

    fn next_todo(&mut self) -> Option<String> {
        self.work.as_mut()?.todo.pop_front()
    }

    /// Returns a resource as the template wants it; with the name that it has where it is there.
    fn wanted_resource(&self, template: &Template, logical: &str) -> LiveResource {
        let there = self.resources.get(logical);
        LiveResource {
            logical: logical.to_owned(),
            physical: there.map(|it| it.physical.clone()).unwrap_or_default(),
            kind: template.kind(logical).unwrap_or_default().to_owned(),
            status: String::new(),
            properties: template.properties(logical, &self.scope(&self.wanted.parameters)),
            deletion_policy: template.attribute(logical, "DeletionPolicy"),
            replace_policy: template.attribute(logical, "UpdateReplacePolicy"),
            drift: there.and_then(|it| it.drift.clone()),
        }
    }

    /// Makes a resource, changes it, or makes another one in its place.
    fn bring(
        &mut self,
        world: &World,
        mut wanted: LiveResource,
        former: Option<&LiveResource>,
    ) -> Result<LiveResource, String> {
        if let Some(why) = self.fails.get(&wanted.logical).and_then(|fails| fails.forward.clone()) {
            return Err(why);
        }
        let tags = self.tags();
        let stays = former.is_some_and(|former| former.kind == wanted.kind && !is_replaced(former, &wanted));
        if let (Some(former), true) = (former, stays) {
            world.change_resource(former, &wanted, &tags)?;
        } else {
            self.made += 1;
            let name = format!("{}-{}-{:08}", self.name, wanted.logical, self.made);
            wanted.physical = world.make_resource(&wanted, &name, &tags)?;
        }
        self.resources.insert(wanted.logical.clone(), wanted.clone());
        Ok(wanted)
    }

    /// Ends the way forward, and goes on with what is not needed any more.
    fn arrive(&mut self, template: &Template, now: Time) {
        self.outputs = template.outputs(&self.scope(&self.wanted.parameters));
        let Some(mut work) = self.work.take() else {
            return;
        };
        let gone: Vec<String> =
            self.resources.keys().filter(|logical| template.kind(logical).is_none()).cloned().collect();
        work.cleanup.extend(gone.iter().filter_map(|logical| self.resources.remove(logical)));
        work.cleanup.extend(work.done.iter().filter_map(|done| {
            let former = done.former.clone()?;
            let now = self.resources.get(&done.logical);
            now.is_some_and(|now| now.physical != former.physical).then_some(former)
        }));
        let (creates, is_clean) = (work.creates, work.cleanup.is_empty());
        work.phase = Phase::Cleanup;
        self.work = Some(work);
        if is_clean {
            return self.end(if creates { "CREATE_COMPLETE" } else { "UPDATE_COMPLETE" }, "", now);
        }
        self.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "", now);
    }

    /// Turns around, because something has failed or somebody has cancelled.
    fn fail(&mut self, reason: &str, now: Time) {
        let Some(work) = &mut self.work else {
            return;
        };
        work.phase = Phase::Back;
        work.is_cancelled = false;
        let creates = work.creates;
        let former = std::mem::take(&mut work.former);
        if !creates {
            self.wanted = former;
        }
        self.turn(if creates { "ROLLBACK_IN_PROGRESS" } else { "UPDATE_ROLLBACK_IN_PROGRESS" }, reason, now);
    }

    /// Brings the last resource back that was made or changed.
    fn back(&mut self, world: &World, now: Time) {
        let (last, creates) = match &mut self.work {
            Some(work) => (work.done.pop(), work.creates),
            None => return,
        };
        let Some(Done { logical, former }) = last else {
            let Some(work) = &mut self.work else {
                return;
            };
            work.phase = Phase::BackCleanup;
            if work.cleanup.is_empty() {
                return self.end_back(now);
            }
            if !creates {
                self.turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "", now);
            }
            return;
        };
        let Some(now_there) = self.resources.get(&logical).cloned() else {
            return;
        };
        let fails = self.fails.get(&logical).and_then(|fails| fails.back.clone());
        let is_changed = former.as_ref().is_some_and(|former| former.physical == now_there.physical);
        let brought = match (&former, fails) {
            (Some(_), Some(why)) => Err(why),
            (Some(former), None) if is_changed => world.change_resource(&now_there, former, &self.tags()),
            _ => Ok(()),
        };
        match (brought, former) {
            (Ok(()), Some(former)) => {
                self.resources.insert(logical, former.clone());
                self.say_of(&former, "UPDATE_COMPLETE", "", now);
                if let (Some(work), false) = (&mut self.work, is_changed) {
                    work.cleanup.push(now_there);
                }
            }
            (Ok(()), None) => {
                self.resources.remove(&logical);
                if let Some(work) = &mut self.work {
                    work.cleanup.push(now_there);
                }
            }
            (Err(why), former) => {
                self.say_of(&now_there, "UPDATE_FAILED", &why, now);
                let reason = format!("The following resource(s) failed to update: [{logical}]. ");
                if let Some(work) = &mut self.work {
                    work.done.push(Done { logical, former });
                }
                self.turn("UPDATE_ROLLBACK_FAILED", &reason, now);
            }
        }
    }

    fn end_back(&mut self, now: Time) {
        let creates = self.work.as_ref().is_some_and(|work| work.creates);
        let status = match (creates, self.resources.is_empty()) {
            (false, _) => "UPDATE_ROLLBACK_COMPLETE",
            (true, true) => "ROLLBACK_COMPLETE",
            (true, false) => "ROLLBACK_FAILED",
        };
        self.end(status, "", now);
    }

    /// Deletes the next resource that is not needed any more. One that cannot be deleted is left behind.
    fn clean(&mut self, world: &World, now: Time) {
        let Some(work) = &mut self.work else {
            return;
        };
        let (is_back, creates) = (work.phase == Phase::BackCleanup, work.creates);
        let Some(gone) = work.cleanup.pop() else {
            return if is_back { self.end_back(now) } else { self.end("UPDATE_COMPLETE", "", now) };
        };
        let is_replaced = self.resources.contains_key(&gone.logical);
        let policy = if is_replaced && !is_back { &gone.replace_policy } else { &gone.deletion_policy };
        // What an operation has made itself goes, unless it is to be retained in any case.
        let is_kept = policy == "Retain" || (policy == "RetainExceptOnCreate" && !is_back);
        if is_back && creates {
            // A stack that was never made has what cannot be deleted.
            self.resources.insert(gone.logical.clone(), gone.clone());
        }
        if self.remove(world, &gone, is_kept, now) && is_back && creates {
            self.resources.remove(&gone.logical);
        }
    }

    /// Deletes a resource, or leaves it behind. Returns whether it is none of the stack's any more.
    fn remove(&mut self, world: &World, gone: &LiveResource, is_kept: bool, now: Time) -> bool {
        if is_kept {
            self.say_of(gone, "DELETE_SKIPPED", "", now);
            self.left_behind.push(gone.clone());
            return true;
        }
        self.say_of(gone, "DELETE_IN_PROGRESS", "", now);
        let fails = self.fails.get(&gone.logical).and_then(|fails| fails.deletion.clone());
        let deleted = fails.map_or_else(|| world.delete_resource(gone), Err);
        if let Err(why) = &deleted {
            self.say_of(gone, "DELETE_FAILED", why, now);
            let is_own = self.resources.get(&gone.logical).is_some_and(|own| own.physical == gone.physical);
            self.left_behind.extend((!is_own).then(|| gone.clone()));
            return false;
        }
        self.say_of(gone, "DELETE_COMPLETE", "", now);
        true
    }

    /// Deletes the next resource of a stack that is deleted.
    fn delete(&mut self, world: &World, now: Time) {
        if let Some(logical) = self.next_todo() {
            let Some(gone) = self.resources.get(&logical).cloned() else {
                return;
            };
            let is_kept = ["Retain", "RetainExceptOnCreate"].contains(&gone.deletion_policy.as_str());
            let is_kept = is_kept || self.work.as_ref().is_some_and(|work| work.retain.contains(&logical));
            if self.remove(world, &gone, is_kept, now) {
                self.resources.remove(&logical);
            }
            return;
        }
        if self.resources.is_empty() {
            return self.end("DELETE_COMPLETE", "", now);
        }
        let left: Vec<&str> = self.resources.keys().map(String::as_str).collect();
        let reason = format!("The following resource(s) failed to delete: [{}]. ", left.join(", "));
        self.end("DELETE_FAILED", &reason, now);
    }

    fn end(&mut self, status: &str, reason: &str, now: Time) {
        self.turn(status, reason, now);
        let how = match status {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => "EXECUTE_COMPLETE",
            _ => "EXECUTE_FAILED",
        };
        for set in self.change_sets.iter_mut().filter(|set| set.execution == "EXECUTE_IN_PROGRESS") {
            how.clone_into(&mut set.execution);
        }
        self.work = None;
    }
}

fn former_status(former: Option<&LiveResource>) -> String {
    former.map(|former| former.status.clone()).unwrap_or_default()
}

/// Returns whether a property changes that names the resource.
fn is_replaced(from: &LiveResource, to: &LiveResource) -> bool {
    let names: BTreeSet<&String> = from.properties.keys().chain(to.properties.keys()).collect();
    names.into_iter().any(|name| replaces(name) && from.properties.get(name) != to.properties.get(name))
}
