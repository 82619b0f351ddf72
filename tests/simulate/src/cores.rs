//! Deals schedules out one by one to all cores, whatever their scenario.

use crate::play::Ready;
use crate::scenarios::named;
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use windlass_machine::program::Program;

/// The scenarios of one core. The past of each is made when it is first asked for.
struct Stock<'p> {
    program: &'p Program,
    ready: BTreeMap<&'static str, Ready<'p>>,
}

impl<'p> Stock<'p> {
    fn of(&mut self, scenario: &str) -> Option<&Ready<'p>> {
        let scenario = named(scenario)?;
        let ready = self.ready.entry(scenario.name);
        Some(ready.or_insert_with(|| Ready::new(self.program, scenario)))
    }
}

/// Works on every schedule until the time is over or the work breaks off. Returns what each core made of those that it
/// took.
pub fn on_all_cores<T: Default + Send>(
    program: &Program,
    schedules: &[Schedule],
    until: Instant,
    work: impl Fn(&Ready<'_>, &Schedule, &mut T) -> ControlFlow<()> + Sync,
) -> Vec<T> {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let made = Mutex::new(Vec::new());
    let one_core = || {
        let ready = BTreeMap::new();
        let mut stock = Stock { program, ready };
        let mut own = T::default();
        while !is_over.load(Ordering::Relaxed)
            && Instant::now() < until
            && let Some(schedule) = schedules.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let ready = stock.of(&schedule.scenario);
            if ready.is_some_and(|ready| work(ready, schedule, &mut own).is_break()) {
                is_over.store(true, Ordering::Relaxed);
            }
        }
        if let Ok(mut made) = made.lock() {
            made.push(own);
        }
    };
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores.min(schedules.len()) {
            scope.spawn(one_core);
        }
    });
    made.into_inner().unwrap_or_default()
}
