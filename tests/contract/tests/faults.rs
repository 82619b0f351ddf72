//! Every fault has a decision, and the machine carries it out in every Task.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use windlass_contract::{machine, machine_as_json, names_of, tasks};
use windlass_domain::declaration::execution_history::IN_PARTS_S;
use windlass_domain::declaration::execution_history::polls::{EVERY_S, LOOKS_OF_A_VISIT};
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ports::NOT_READY;
use windlass_machine::definition::{Jitter, Resource, Retrier, Task};

/// The decision of the machine about a fault.
#[derive(Debug, PartialEq)]
enum Decision {
    /// Asks again, everywhere.
    AskAgain,
    /// Asks again where components are changed. Other Tasks have no attempts.
    AskAgainInMaps,
    /// Asks again where waves are judged.
    LookAgain,
    /// Ends the execution, because another one has taken over.
    TakenOver,
    /// Fails the state. That leads to the undo, or the failure is reported.
    Fails,
}

/// A new fault does not compile here before it is decided.
fn decision(fault: FaultName) -> Decision {
    match fault {
        FaultName::StillInProgress | FaultName::Throttled | FaultName::Unavailable | FaultName::Conflict => {
            Decision::AskAgain
        }
        FaultName::AttemptSuperseded | FaultName::MoreToDo | FaultName::TakesHours => Decision::AskAgainInMaps,
        FaultName::StillBaking => Decision::LookAgain,
        FaultName::StaleToken => Decision::TakenOver,
        FaultName::AccessDenied
        | FaultName::NotFound
        | FaultName::TargetChangedByOther
        | FaultName::Refused
        | FaultName::BadInput
        | FaultName::Internal => Decision::Fails,
    }
}

fn faults() -> Vec<FaultName> {
    let names = names_of::<FaultName>();
    assert!(names.len() >= 12, "{names:?}");
    let of = |name: String| serde_json::from_value(name.into()).expect("a name of a fault");
    names.into_iter().map(of).collect()
}

fn retrier<'a>(task: &'a Task, error: &str) -> Option<&'a Retrier> {
    task.retry.iter().find(|retrier| retrier.error_equals.iter().any(|name| name == error))
}

/// Returns whether a Retry is a look at a wave that bakes, which comes every minute.
fn looks_again(retrier: &Retrier) -> bool {
    retrier.error_equals == ["StillBaking"]
}

fn in_map(task: &Task) -> bool {
    task.arguments.payload.get("component").is_some()
}

/// The errors of answers that are lost, and of calls that never began (AWS Step Functions Developer Guide, "Handle
/// transient Lambda service exceptions" and "Error names"). A function's timeout is `Sandbox.Timedout`, its death is
/// `Runtime.ExitError`, and what Step Functions cannot name is `Lambda.Unknown`.
const LOST: [&str; 8] = [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
];

#[test]
fn every_fault_is_treated_as_decided_in_every_task() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for fault in faults() {
            let again = retrier(task, &fault.to_string()).is_some();
            let wanted = match decision(fault) {
                Decision::AskAgain => true,
                Decision::AskAgainInMaps => in_map(task),
                Decision::LookAgain => name == "Judge",
                Decision::TakenOver | Decision::Fails => false,
            };
            assert_eq!(again, wanted, "{name} and {fault}");
        }
    }
}

#[test]
fn whatever_is_transient_is_asked_again() {
    for fault in faults().into_iter().filter(|fault| fault.is_transient()) {
        let wanted = match fault {
            // Only a change of a component has parts, and takes hours.
            FaultName::MoreToDo | FaultName::TakesHours => Decision::AskAgainInMaps,
            FaultName::StillBaking => Decision::LookAgain,
            _ => Decision::AskAgain,
        };
        assert_eq!(decision(fault), wanted, "{fault}");
    }
}

#[test]
fn lost_answers_are_asked_again() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for error in LOST {
            assert!(retrier(task, error).is_some(), "{name} and {error}");
        }
        // If a task token is not answered within its time, the wait is given up and not repeated.
        let timeout = retrier(task, "States.Timeout").is_some();
        assert_eq!(timeout, task.resource == Resource::Invoke, "{name}");
    }
}

/// Windlass's own functions may be in a VPC. There AWS gives a function up that was idle for long, and its next
/// invocation may fail for some minutes.
#[test]
fn a_function_that_is_not_ready_yet_is_invoked_again_for_minutes() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for error in NOT_READY.map(|code| format!("Lambda.{code}")) {
            let retrier = retrier(task, &error);
            let retrier = retrier.unwrap_or_else(|| panic!("{name} does not ask again at {error}"));
            let waits = (1..=retrier.max_attempts).map(|attempt| retrier.delay_ms(attempt));
            let minutes = waits.sum::<u64>() / 60_000;
            // A network interface may take some minutes to be made, and a random length is half as long on average.
            assert!((10..=30).contains(&minutes), "{name}: {minutes} min");
        }
    }
}

#[test]
fn a_retry_names_only_errors_that_exist() {
    let machine = machine();
    let faults: Vec<String> = faults().iter().map(ToString::to_string).collect();
    for (name, task) in tasks(&machine) {
        for error in task.retry.iter().flat_map(|retrier| &retrier.error_equals) {
            let known = LOST.contains(&error.as_str())
                || error == "States.Timeout"
                || NOT_READY.iter().any(|code| *error == format!("Lambda.{code}"))
                || faults.contains(error);
            assert!(known, "{name} asks again at {error}");
        }
    }
}

/// Safety: retries: Each Retry of the machine is bounded, and backs off.
#[test]
fn every_retry_is_bounded_and_backs_off() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for retrier in task.retry.iter().filter(|retrier| !looks_again(retrier)) {
            let waits: u64 = (1..=retrier.max_attempts).map(|attempt| retrier.delay_ms(attempt)).sum();
            assert!(retrier.backoff_rate > 1.0 && retrier.interval_seconds >= 1, "{name}");
            assert!(retrier.max_delay_seconds > retrier.interval_seconds, "{name}");
            // A poll asks at known times. Every other refused caller must not come back at once.
            let rarely = retrier.error_equals == ["TakesHours"];
            let polls = rarely || retrier.error_equals == ["StillInProgress"];
            let hours = if rarely { 26 } else { 2 };
            assert!(waits <= hours * 3_600_000, "{name} waits {waits} ms for {:?}", retrier.error_equals);
            // Work that goes on in parts waits for nobody.
            let goes_on = retrier.error_equals == ["MoreToDo"];
            let calm = retrier.jitter_strategy == Jitter::None;
            assert_eq!(calm, polls || goes_on, "{name}");
            assert!(!goes_on || retrier.max_delay_seconds <= 2, "{name}");
            assert!(!polls || waits >= 3_600_000, "{name} polls for {waits} ms only");
        }
    }
}

#[test]
fn a_wave_is_looked_at_every_minute_within_a_visit() {
    let machine = machine();
    let looks = retrier(tasks(&machine)["Judge"], "StillBaking").expect("it is looked at again");
    assert_eq!(1 + looks.max_attempts, LOOKS_OF_A_VISIT);
    for attempt in [1, looks.max_attempts] {
        assert_eq!(looks.delay_ms(attempt), EVERY_S * 1000);
    }
    let judge = tasks(&machine)["Judge"];
    let mut catchers = judge.catch.iter();
    let used_up = catchers.find(|catcher| catcher.error_equals == ["StillBaking"]);
    let used_up = used_up.expect("a healthy wave is looked at on");
    assert_eq!(used_up.next, "Bake");
    assert_eq!(used_up.assign["seconds"], EVERY_S);
}

/// Otherwise a watch could be allowed for which the machine has no time.
#[test]
fn what_goes_on_in_parts_ends_within_the_time_that_is_kept_for_it() {
    let machine = machine();
    let tasks = tasks(&machine);
    let longest = ["Publish", "Deploy"].map(|name| {
        let task = tasks[name];
        let part = task.timeout_seconds;
        let more = retrier(task, "MoreToDo").expect("it goes on");
        u64::from(1 + more.max_attempts) * (part + more.max_delay_seconds)
    });
    let longest: u64 = longest.iter().sum();
    assert!(longest <= IN_PARTS_S, "{longest} s");
}

/// The language has no way to say a policy once, so each Task says it. There are only these policies.
#[test]
fn every_retry_is_one_of_two_policies() {
    let machine = machine();
    let tasks = tasks(&machine);
    let without = |task: &Task, error: &str| -> Vec<Retrier> {
        let retry = task.retry.iter().cloned();
        retry
            .map(|mut retrier| {
                retrier.error_equals.retain(|name| name != error);
                retrier
            })
            .collect()
    };
    let bounds = |task: &Task| -> Vec<u32> {
        let retry = task.retry.iter();
        let parts = retry.filter(|retrier| retrier.error_equals == ["MoreToDo"]);
        parts.map(|retrier| retrier.max_attempts).collect()
    };
    let same_bound = |task: &Task| -> Vec<Retrier> {
        let mut retry = task.retry.clone();
        for retrier in &mut retry {
            if retrier.error_equals == ["MoreToDo"] {
                retrier.max_attempts = 0;
            }
        }
        retry
    };
    for (name, task) in &tasks {
        if in_map(task) {
            assert_eq!(same_bound(task), same_bound(tasks["Deploy"]), "{name}");
        } else if task.resource == Resource::Invoke {
            let mut retry = task.retry.clone();
            retry.retain(|retrier| !looks_again(retrier));
            assert_eq!(retry, tasks["Admit"].retry, "{name}");
        } else {
            // The time is up if nobody has answered the token.
            let wanted = without(tasks["Admit"], "States.Timeout");
            assert_eq!(task.retry, wanted, "{name}");
        }
    }
    let parts = ["Publish", "Deploy", "Restore"].map(|name| bounds(tasks[name]));
    assert_eq!(parts, [[16], [120], [240]], "how many parts each may take");
}

/// Safety: retries: Who is throttled or not answered comes back eight times at most, after pauses that grow to 60 s and
/// are of a random length.
#[test]
fn who_is_refused_comes_back_less_and_less_often() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        for refused in ["Throttled", "Unavailable"] {
            let retrier = retrier(task, refused).expect("it is asked again");
            let waits = (1..=retrier.max_attempts).map(|attempt| retrier.delay_ms(attempt));
            let seconds: Vec<u64> = waits.map(|ms| ms / 1000).collect();
            assert_eq!(seconds, [2, 4, 8, 16, 32, 60, 60, 60], "{name}");
        }
    }
}

/// Safety: retries: Where a release has taken all the concurrency of the account, Windlass's own functions are refused
/// as well. Each Task comes back for 56 minutes at most then, for 28 on average and for 20 at least, whatever else it
/// has met.
#[test]
fn functions_of_our_own_that_are_refused_come_back_for_minutes() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        let retrier = retrier(task, "Lambda.TooManyRequestsException").expect("it is asked again");
        assert_eq!(retrier.error_equals.len(), 1, "{name}: no other error uses its attempts up");
        let pauses = || (1..=retrier.max_attempts).map(|attempt| retrier.delay_ms(attempt) / 1000);
        let seconds: u64 = pauses().sum();
        assert!((55 * 60..56 * 60).contains(&seconds), "{name}: {seconds} s");
        // Full jitter draws each pause between nothing and its length (AWS Step Functions Developer Guide, "Handling
        // errors in Step Functions workflows"): the mean is half of the sum, and the variance a twelfth of that of the
        // squares. Twenty minutes are more than three standard deviations below the mean.
        assert_eq!(retrier.jitter_strategy, Jitter::Full, "{name}");
        let below_mean = seconds / 2 - 20 * 60;
        let squares: u64 = pauses().map(|pause| pause * pause).sum();
        assert!(12 * below_mean * below_mean > 9 * squares, "{name}: {seconds} s");
    }
}

/// Safety: endings: Each Task catches everything, and a stale token leads to no undo.
#[test]
fn every_task_catches_everything_and_a_stale_token_leads_to_no_undo() {
    let machine = machine();
    for (name, task) in tasks(&machine) {
        let last = task.catch.last().expect("a Catch");
        assert_eq!(last.error_equals, ["States.ALL"], "{name}");
        if in_map(task) {
            // Within a Map the error becomes data, and the undo after the Map meets the stale token again.
            assert_eq!(task.catch.len(), 1, "{name}");
            assert!(last.next.ends_with("Failed"), "{name}");
            continue;
        }
        if name == "Plan" {
            // It has no lock whose token could be stale. Only some plans are of a deployment, which is given up.
            assert_eq!((task.catch.len(), last.next.as_str()), (1, "Undrawn"));
            continue;
        }
        // Two have one more: a wave that still bakes has its next look, and a wait that is over is decided on.
        let more =
            task.catch.iter().skip(1).rev().skip(1).map(|catch| (catch.error_equals.join(" "), catch.next.as_str()));
        let wanted = match name {
            "Judge" => vec![("StillBaking".to_owned(), "Bake")],
            "AwaitTurn" => vec![("States.Timeout".to_owned(), "Admit")],
            _ => vec![],
        };
        assert_eq!(more.collect::<Vec<_>>(), wanted, "{name}");
        let stale = &task.catch[0];
        assert_eq!((stale.error_equals[0].as_str(), stale.next.as_str()), ("StaleToken", "TakenOver"), "{name}");
        let wanted = match name {
            "Preempt" | "AwaitTurn" => "GiveUp",
            "Prepare" | "Judge" => "Undo",
            // `Accept` reports then that nothing could be seen.
            "Look" => "Accept",
            _ => "Unsettled",
        };
        assert_eq!(last.next, wanted, "{name}");
        assert!(last.assign.contains_key("failure"), "{name}");
    }
}

/// The name that a Fail state has of its own is a cause, so that `windlass explain` shows what it means.
#[test]
fn each_error_of_a_fail_state_is_a_cause() {
    let machine = machine_as_json();
    let states = machine["States"].as_object().expect("states");
    let errors = states.values().filter_map(|state| state["Error"].as_str());
    let own: Vec<&str> = errors.filter(|error| !error.starts_with("{%")).collect();
    assert!(own.len() > 2, "{own:?}");
    for error in own {
        assert!(CauseName::ALL.iter().any(|cause| cause.as_str() == error), "{error}");
    }
}
