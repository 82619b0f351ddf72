//! Stacks of CloudFormation: updated, made, deleted, taken back by CloudFormation itself, and a function that one makes
//! and another component fills.

use super::basics::FUNCTION;
use super::declarations::{FUNCTION_THEN_STACK, STACK, STACK_THEN_FUNCTION};
use super::people::{person_at_stack, rings};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_in};
use windlass_engine::ports::ValidationError;
use windlass_machine::shop_stack;
use windlass_world::World;
use windlass_world::cloudformation::{Failing, LiveStack};

const INFRA: &[&str] = &["infra"];
const BOTH: &[&str] = &["api", "infra"];
const LIVE: &[Act] = &[quiet(Deed::Deploy("1.0.0", INFRA))];
const TWO_LIVE: &[Act] = &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", BOTH))];

fn with_stack(world: &World, change: impl FnOnce(&mut LiveStack)) {
    if let Ok(stack) = world.cloudformation().named(shop_stack::STACK) {
        change(stack);
    }
}

/// Lets the function of the stack fail: on the way forward, and on CloudFormation's own way back if there is a reason.
fn worker_fails(world: &World, back: Option<&str>) {
    let failing = Failing { forward: Some("there is no room".into()), back: back.map(str::to_owned), deletion: None };
    with_stack(world, |stack| {
        stack.fails.insert("Worker".into(), failing);
    });
}

fn worker_is_mended(world: &World) {
    with_stack(world, |stack| stack.fails.clear());
}

/// Makes every resource of the stack take minutes.
fn is_slow(world: &World) {
    with_stack(world, |stack| stack.slow = 40);
}

/// Makes a change set take longer than one invocation waits for it.
fn change_sets_are_slow(world: &World) {
    world.cloudformation().slow_change_sets = 12;
}

/// Lets CloudFormation's own validation say no to each change set.
fn validation_fails(world: &World) {
    world.cloudformation().validations = vec![ValidationError {
        validation: "PROPERTY_VALIDATION".into(),
        reason: "a property is none".into(),
        fails: true,
        ..ValidationError::default()
    }];
}

fn validation_passes(world: &World) {
    world.cloudformation().validations.clear();
}

/// Makes a change set beside the planned one, as a person does who does not execute it.
fn person_makes_change_set(world: &World) {
    let template = shop_stack::bring(world, "by-hand");
    with_stack(world, |stack| {
        let planned = stack.change_sets.iter().find(|set| set.execution == "AVAILABLE").cloned();
        if let Some(mut theirs) = planned {
            theirs.id.push_str("-theirs");
            theirs.name = "by-hand".into();
            theirs.wanted.template = template;
            stack.change_sets.push(theirs);
        }
    });
}

/// Takes the function away with the stack: a release makes both.
fn function_is_gone(world: &World) {
    shop_stack::take_away(world);
    world.lambda().functions.remove("shop-api");
}

pub(super) const UPDATED: Scenario = Scenario {
    name: "stack",
    declaration: STACK,
    before: LIVE,
    acts: &[next(Deed::Deploy("1.1.0", INFRA))],
    out_of_band: person_at_stack,
    ..FUNCTION
};

/// A gate fails when the stack is updated: another change set brings the former template back.
pub(super) const UNDONE: Scenario = Scenario {
    name: "stack_undone",
    acts: &[next(Deed::Deploy("1.1.0", INFRA)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..UPDATED
};

pub(super) const ROLLBACK: Scenario = Scenario {
    name: "stack_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", INFRA)), quiet(Deed::Deploy("1.1.0", INFRA))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..UPDATED
};

/// A resource fails, and CloudFormation takes the update back by itself.
pub(super) const TAKEN_BACK: Scenario = Scenario {
    name: "stack_taken_back",
    acts: &[
        next(Deed::Change("the function of the stack cannot be changed", |world| worker_fails(world, None))),
        next(Deed::Deploy("1.1.0", INFRA)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..UPDATED
};

/// CloudFormation's own way back fails as well. It is tried once more when what failed is mended.
pub(super) const WAY_BACK_FAILS: Scenario = Scenario {
    name: "stack_way_back_fails",
    acts: &[
        next(Deed::Change("the function of the stack cannot be changed, nor brought back", |world| {
            worker_fails(world, Some("it is in use"));
        })),
        next(Deed::Deploy("1.1.0", INFRA)),
        when_in("Undo", Deed::Change("the function of the stack can be changed", worker_is_mended)),
    ],
    steady: false,
    ..TAKEN_BACK
};

/// An operator cancels while CloudFormation updates the stack.
pub(super) const CANCELLED: Scenario = Scenario {
    name: "stack_cancelled",
    scene: is_slow,
    acts: &[next(Deed::Deploy("1.1.0", INFRA)), after(30, Deed::Cancel)],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (CancelledByOperator)"],
    // The cancelling call may come too late.
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..UPDATED
};

/// Somebody updates the stack between plan and change: the change set is obsolete, and nothing is executed.
pub(super) const OBSOLETE: Scenario = Scenario {
    name: "stack_obsolete",
    acts: &[
        next(Deed::Deploy("1.1.0", INFRA)),
        when_in("Change", Deed::Change("somebody updates the stack", person_at_stack)).by_somebody_else(),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (TargetChangedByOther)"],
    steady: false,
    ..UPDATED
};

/// Somebody has another change set of the stack, which nobody executes.
pub(super) const ANOTHER_SET: Scenario = Scenario {
    name: "stack_another_set",
    acts: &[
        next(Deed::Deploy("1.1.0", INFRA)),
        when_in("Change", Deed::Change("somebody makes a change set", person_makes_change_set)).by_somebody_else(),
    ],
    ..UPDATED
};

/// CloudFormation's own validation says no to the change set.
pub(super) const INVALID: Scenario = Scenario {
    name: "stack_invalid",
    acts: &[
        next(Deed::Change("CloudFormation's validation says no", validation_fails)),
        next(Deed::Deploy("1.1.0", INFRA)),
        quiet(Deed::Change("CloudFormation's validation says yes", validation_passes)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (BadValue)"],
    ..UPDATED
};

/// Somebody plans, and each change set takes long to be made.
pub(super) const PLANNED: Scenario = Scenario {
    name: "stack_planned",
    scene: change_sets_are_slow,
    acts: &[next(Deed::Plan("1.1.0", INFRA)), quiet(Deed::Deploy("1.1.0", INFRA))],
    ..UPDATED
};

/// The first release makes the stack.
pub(super) const MADE: Scenario = Scenario {
    name: "stack_made",
    scene: shop_stack::take_away,
    before: &[],
    acts: &[next(Deed::Deploy("1.0.0", INFRA))],
    ends: &["1.0.0 Succeeded"],
    ..UPDATED
};

/// A gate fails when the stack is made: it is deleted.
pub(super) const MADE_UNDONE: Scenario = Scenario {
    name: "stack_made_undone",
    acts: &[next(Deed::Deploy("1.0.0", INFRA)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 RolledBack (GateFailed)"],
    ..MADE
};

/// Somebody plans before the stack is made, and leaves nothing behind.
pub(super) const MADE_PLANNED: Scenario = Scenario {
    name: "stack_made_planned",
    acts: &[next(Deed::Plan("1.0.0", INFRA)), quiet(Deed::Deploy("1.0.0", INFRA))],
    // A plan that is stopped leaves its change set, and with it a stack that is not made.
    may: &["1.0.0 Rejected (StackBusy)"],
    ..MADE
};

/// The first release makes the stack and its function, and fills that.
pub(super) const FILLED: Scenario = Scenario {
    name: "stack_filled",
    declaration: STACK_THEN_FUNCTION,
    scene: function_is_gone,
    acts: &[next(Deed::Deploy("1.0.0", BOTH))],
    steady: false,
    ..MADE
};

/// A gate fails when the function is filled: that goes back, and then the stack goes.
pub(super) const FILLED_UNDONE: Scenario = Scenario {
    name: "stack_filled_undone",
    acts: &[next(Deed::Deploy("1.0.0", BOTH)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 RolledBack (GateFailed)"],
    ..FILLED
};

/// The next release changes both, and both come back.
pub(super) const FILLED_AGAIN_UNDONE: Scenario = Scenario {
    name: "stack_filled_again_undone",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH))],
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..FILLED
};

pub(super) const FILLED_ROLLBACK: Scenario = Scenario {
    name: "stack_filled_rollback",
    before: TWO_LIVE,
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..FILLED
};

/// The stack takes the version of a function, and a gate fails when it has it.
pub(super) const GIVEN_UNDONE: Scenario = Scenario {
    name: "stack_given_undone",
    declaration: FUNCTION_THEN_STACK,
    before: &[quiet(Deed::Deploy("1.0.0", BOTH))],
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    steady: false,
    ..UPDATED
};
