use crate::deployed::{Deployed, status_event};
use crate::execution::{End, Execution};
use crate::program::Program;
use crate::surroundings::TaskError;
use serde_json::{Value, json};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{Clock, StepFunctionsApi};
use windlass_engine::{outbox, recovery};
use windlass_world::World;
use windlass_world::dynamodb::Written;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

/// A region with Windlass installed. It runs all executions interleaved, each visit of a state at its time. It brings
/// events to the functions that the template's rules and the table's stream bring them to.
///
/// Time is virtual: a day of waiting takes none, and a run can be repeated. It does not imitate jitter (the longest
/// wait is taken), the limit of 256 KiB, nor two invocations of one function side by side, which the simulation plays.
#[derive(Debug)]
pub struct Region<'p> {
    program: &'p Program,
    deployed: Deployed,
    running: Vec<Running<'p>>,
    ended: Vec<Ended<'p>>,
}

#[derive(Debug)]
struct Running<'p> {
    arn: String,
    execution: Execution<'p>,
}

/// An execution that has ended.
#[derive(Debug)]
pub struct Ended<'p> {
    /// Its ARN.
    pub arn: String,
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: &'static str,
    /// Its output, if it succeeded; otherwise `Null`.
    pub output: Value,
    /// Its error, if it failed; otherwise empty.
    pub error: String,
    /// Its cause, if it failed; otherwise empty.
    pub cause: String,
    /// The execution itself, with the states that it was in.
    pub execution: Execution<'p>,
}

/// The number of times that a failing event is brought. An asynchronous invocation is tried three times (AWS Lambda
/// Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
const DELIVERIES: u32 = 3;

impl<'p> Region<'p> {
    /// Makes a region over a world.
    pub fn new(program: &'p Program, world: World) -> Self {
        // Writes that only set the scene reach no function.
        world.dynamodb().stream.clear();
        Self { program, deployed: Deployed::over(world), running: Vec::new(), ended: Vec::new() }
    }

    /// Returns the world.
    pub fn world(&self) -> &World {
        &self.deployed.world
    }

    /// Starts an execution, as an operator or a route does. Returns its ARN.
    pub fn start(&mut self, name: &str, input: &Value) -> String {
        // The world's own StartExecution cannot fail without a planned mishap.
        let _ = run(self.world().start(name, input));
        self.deliver();
        arn_of(name)
    }

    /// Stops an execution, as an operator does in the console.
    pub fn stop(&mut self, arn: &str) {
        let _ = run(self.world().stop(arn, "Stopped", "by a test"));
        self.deliver();
    }

    /// Stops an execution, and loses the event of it.
    pub fn stop_unannounced(&mut self, arn: &str) {
        let _ = run(self.world().stop(arn, "Stopped", "by a test"));
        if let Some(n) = self.running.iter().position(|running| running.arn == arn) {
            let stopped = self.aborted(n);
            self.ended.push(stopped);
        }
    }

    /// Returns the state that a running execution is in.
    pub fn state_of(&self, arn: &str) -> Option<&'p str> {
        let running = self.running.iter().find(|running| running.arn == arn);
        running.map(|running| running.execution.state())
    }

    /// Returns whether a running execution is in a state. An execution that waits for the next look at its wave counts
    /// as being in `Bake`, even if the Retry of `Judge` makes that look.
    pub fn is_in(&self, arn: &str, state: &str) -> bool {
        let running = self.running.iter().find(|running| running.arn == arn);
        running.is_some_and(|Running { execution, .. }| {
            execution.state() == state || (state == "Bake" && execution.is_baking())
        })
    }

    /// Returns an execution that has ended.
    pub fn ended(&self, arn: &str) -> Option<&Ended<'p>> {
        self.ended.iter().find(|ended| ended.arn == arn)
    }

    /// Returns all executions that have ended, oldest first.
    pub fn all_ended(&self) -> &[Ended<'p>] {
        &self.ended
    }

    /// Visits the state that is due next. Returns `false` if nothing runs any more.
    pub fn step(&mut self) -> bool {
        self.deliver();
        let due = |running: &Running<'p>| running.execution.due();
        let order = self.running.iter().enumerate().map(|(n, r)| (due(r), n));
        let Some(((due, _), n)) = order.min() else {
            return false;
        };
        self.wait_until(due);
        self.count(n);
        let stepped = self.running[n].execution.step(&self.deployed);
        if let Some(end) = run(stepped) {
            self.end(n, end);
        }
        self.deliver();
        true
    }

    /// Runs until nothing runs any more.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Runs until an execution is about to visit a state. Returns `false` if it ended before.
    pub fn run_until(&mut self, arn: &str, state: &str) -> bool {
        while self.state_of(arn).is_some() {
            if self.is_in(arn, state) {
                return true;
            }
            self.step();
        }
        false
    }

    /// Runs until an execution has ended.
    pub fn run_to_end(&mut self, arn: &str) {
        while self.state_of(arn).is_some() && self.step() {}
    }

    /// Brings the event of the schedule that looks for lost events.
    pub fn scheduled(&mut self) {
        self.recover(&json!({"detail-type": "Scheduled Event"}));
        self.deliver();
    }

    /// Reports to the world how many transitions an execution has made, as its history would.
    fn count(&self, n: usize) {
        let Running { arn, execution } = &self.running[n];
        let made = execution.path().transitions;
        self.world().stepfunctions().count(arn, made);
    }

    fn wait_until(&self, due: Time) {
        let mut clock = self.world().clock();
        clock.now = clock.now.max(due);
    }

    fn end(&mut self, n: usize, end: End) {
        self.count(n);
        let Running { arn, execution } = self.running.remove(n);
        let (status, output, error) = match end {
            End::Succeeded(output) => ("SUCCEEDED", output, TaskError::new("", "")),
            End::Failed(error) => ("FAILED", Value::Null, error),
            End::TimedOut => ("TIMED_OUT", Value::Null, TaskError::new("States.Timeout", "")),
        };
        if let Some(known) = self.world().stepfunctions().executions.get_mut(&arn) {
            known.status = status.into();
            known.error = Some(error.name.clone()).filter(|name| !name.is_empty());
            known.cause = Some(error.cause.clone()).filter(|cause| !cause.is_empty());
        }
        self.record_the_end(Ended { arn, status, output, error: error.name, cause: error.cause, execution });
    }

    /// Records the end. If it was not a success, the template's rule on such executions starts recovery.
    fn record_the_end(&mut self, ended: Ended<'p>) {
        let is_announced = ended.status != "SUCCEEDED";
        let event = is_announced.then(|| status_event(self.world(), &ended.arn, ended.status));
        self.ended.push(ended);
        if let Some(event) = event {
            self.recover(&event);
        }
    }

    fn recover(&self, event: &Value) {
        for _ in 0..DELIVERIES {
            if run(recovery::handle(self.world(), event.clone())).is_ok() {
                return;
            }
        }
    }

    /// Brings everything that is under way to its receiver.
    fn deliver(&mut self) {
        while self.stream() | self.begin() | self.abort() | self.answer() {}
    }

    fn stream(&mut self) -> bool {
        let mut changes = std::mem::take(&mut self.world().dynamodb().stream);
        if changes.is_empty() {
            return false;
        }
        let brought: Vec<_> = changes.iter().map(Written::change).collect();
        if run(outbox::handle(self.world(), &brought)).is_ok() {
            return true;
        }
        // The stream repeats a batch that fails, so it comes again with the next delivery.
        let mut ledger = self.world().dynamodb();
        changes.append(&mut ledger.stream);
        ledger.stream = changes;
        false
    }

    fn begin(&mut self) -> bool {
        let started = std::mem::take(&mut self.world().stepfunctions().started);
        let begun = !started.is_empty();
        for (arn, name, input) in started {
            let now = Clock::now(self.world());
            let execution = Execution::start(self.program, &arn, &name, input, now);
            self.running.push(Running { arn, execution });
        }
        begun
    }

    fn abort(&mut self) -> bool {
        let is_stopped = |running: &Running<'p>| {
            let executions = self.world().stepfunctions();
            let known = executions.executions.get(&running.arn);
            known.is_some_and(|known| known.status == "ABORTED")
        };
        let Some(n) = self.running.iter().position(is_stopped) else {
            return false;
        };
        let stopped = self.aborted(n);
        self.record_the_end(stopped);
        true
    }

    fn aborted(&mut self, n: usize) -> Ended<'p> {
        self.count(n);
        let Running { arn, execution } = self.running.remove(n);
        Ended { arn, status: "ABORTED", output: Value::Null, error: String::new(), cause: String::new(), execution }
    }

    fn answer(&mut self) -> bool {
        let answered = std::mem::take(&mut self.world().stepfunctions().answered);
        let any = !answered.is_empty();
        for (token, output) in answered {
            let waits = |r: &Running<'p>| r.execution.token() == Some(token.as_str());
            let Some(n) = self.running.iter().position(waits) else {
                continue;
            };
            let now = Clock::now(self.world());
            if let Some(end) = self.running[n].execution.answer(&output, now) {
                self.end(n, end);
            }
        }
        any
    }
}
