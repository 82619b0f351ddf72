//! Resolves a task: every value becomes final, and what is wrong is noted.

use super::function::fits;
use super::{ECS, EcsTask, LONGEST_CALL, Task, TaskUndo, Undo, Written};
use crate::declaration::aws_name;
use crate::declaration::execution_history::LONGEST_WAIT;
use crate::declaration::execution_history::polls::wait;
use crate::declaration::gates::ResolvedGates as Gates;
use crate::declaration::kinds::{Common, Resolve};
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::count;
use crate::text::finding::Finding;
use crate::text::time::Span;

/// The longest command in all, in bytes. ECS takes overrides of 8192 characters as JSON (Amazon ECS API Reference,
/// RunTask, `overrides`).
const LONGEST_COMMAND: usize = 6 * 1024;

impl Resolve for Task {
    type Written = Written;
    const MEMORY_MB: u64 = 256;
    const SHORTEST: &str = r#"{"function": {"name": "{environment}-a", "of": "a"}}"#;
    const GOES_BACK: bool = false;

    fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, _: &Common, _: &Gates) -> Self {
        let at = join(path, ECS);
        let longest = one_of(scope, path, written);
        wait(scope, &join(path, "limit"), "task", (written.limit, longest));
        let called = written.function.as_ref();
        let called = called.map(|call| call.resolve(scope, &join(path, "function")));
        let none = EcsTask::default();
        let ecs = written.ecs.as_ref().unwrap_or(&none);
        let mut name = |field: &str, text: &Option<Text>| {
            text.as_ref().map(|text| scope.text_taking(&join(&at, field), text, &aws_name::ECS))
        };
        let cluster = name("cluster", &ecs.cluster);
        let family = name("family", &ecs.family);
        let container = scope.maybe(&join(&at, "container"), ecs.container.as_ref(), &aws_name::ECS);
        let network = ecs.network.as_ref();
        let network = network.map(|network| network.resolve(scope, &join(&at, "network")));
        if written.irreversible && written.undo.is_some() {
            scope.bad_value(
                &join(path, "undo"),
                "What is `irreversible` is never taken back, so nothing runs its `undo`.",
                "Remove `undo`; or remove `irreversible`, where what came before may run after it.",
            );
        }
        Self {
            image: written.image.clone().filter(|_| written.ecs.is_some()),
            function: called,
            cluster,
            family,
            container,
            command: command(scope, &join(&at, "command"), &ecs.command),
            network,
            limit: written.limit.min(longest),
            irreversible: written.irreversible,
            show_log: written.show_log,
            undo: written.undo.as_ref().map(|undo| match undo {
                Undo::None => TaskUndo::None,
                Undo::Command(words) => TaskUndo::Command(command(scope, &join(path, "undo.command"), words)),
                Undo::Payload(payload) => {
                    fits(scope, &join(path, "undo.payload"), payload);
                    TaskUndo::Payload(payload.clone())
                }
            }),
        }
    }
}

fn command(scope: &mut Scope<'_>, path: &str, words: &[Text]) -> Vec<String> {
    let command = scope.texts(path, words, &aws_name::ANY);
    let bytes: usize = command.iter().map(String::len).sum();
    if bytes > LONGEST_COMMAND {
        let reason = format!("The command has {}, and ECS takes one of about {LONGEST_COMMAND}.", count(bytes, "byte"));
        let remedy = "Put what is long into the image, and run that.";
        scope.note(Finding::too_large(path, reason, remedy).seen(bytes, LONGEST_COMMAND));
    }
    command
}

/// Notes what is wrong with the presence of `ecs` and `function`, and with the members that belong to either. Returns
/// the longest time that the task may take.
fn one_of(scope: &mut Scope<'_>, path: &str, written: &Written) -> Span {
    let at = |member: &str| join(path, member);
    match (&written.ecs, &written.function) {
        (None, None) => scope.note(
            Finding::missing_field(
                at(ECS),
                "Nothing says what is run.",
                "Write `ecs` with the command of a task, or `function` with the name of a function.",
            )
            .resting_on([at("function")]),
        ),
        (Some(_), Some(_)) => scope.bad_value(
            &at("function"),
            "A task of ECS is run, or a function is called, and not both.",
            "Remove `ecs` or `function`; two tasks are two components.",
        ),
        _ => {}
    }
    if written.ecs.is_some() && written.image.is_none() {
        scope.missing_field(
            &at("image"),
            "Nothing says whose image the task runs.",
            "Write as `image` the component of the kind `ecs` that is the service.",
        );
    }
    if written.ecs.is_none() && written.function.is_some() && written.image.is_some() {
        scope.bad_value(
            &at("image"),
            "A function runs its own code, and no image of a service.",
            "Remove `image`; `function.of` names the component with each release of which it is called.",
        );
    }
    match (&written.undo, &written.function) {
        (Some(Undo::Command(_)), Some(_)) => scope.bad_value(
            &at("undo"),
            "A function takes no command.",
            "Write `undo: {payload: {…}}`, with which it is called once more; or `undo: none`.",
        ),
        (Some(Undo::Payload(_)), None) => scope.note(
            Finding::bad_value(
                at("undo"),
                "A task of ECS takes no payload.",
                "Write `undo: {command: […]}`; or `undo: none`.",
            )
            .resting_on([at("function")]),
        ),
        _ => {}
    }
    match written.function {
        Some(_) => LONGEST_CALL,
        None => LONGEST_WAIT,
    }
}
