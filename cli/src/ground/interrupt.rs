//! Ctrl-C while a command waits: the command ends, and what it has started goes on. That is said, with how to follow it
//! and how to stop it.

use crate::ground::output::error;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::io::{self, Write};
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;
use windlass_domain::release::action::ActionName;

/// The exit status of an interrupted command, as shells have it: 128 and the number of SIGINT.
pub const STATUS: i32 = 130;

/// The time after which a person would press the keys again.
const SOON: Duration = Duration::from_millis(50);

/// The sentence that is said where the command is interrupted now.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// Makes Ctrl-C say this sentence from now on, in place of the one before.
pub fn says(sentence: String) {
    static SET: Once = Once::new();
    *said() = Some(sentence);
    SET.call_once(watch);
}

/// Says what `windlass cancel` does with a deployment of this action.
pub const fn cancelled(action: ActionName) -> &'static str {
    match action {
        ActionName::Withdraw => "stops it, and what is deleted stays deleted",
        _ => "stops and undoes it",
    }
}

/// Returns the sentence about a deployment, whose action is known once its record was read.
pub fn of_deployment(app: &str, id: &str, action: Option<ActionName>) -> String {
    let cancelled = action.map_or("stops it, and undoes what can be undone", cancelled);
    format!(
        "interrupted; deployment {id} goes on. `windlass watch {app} {id}` follows it, `windlass cancel {app} {id} --reason \
         '…'` {cancelled}"
    )
}

fn said() -> MutexGuard<'static, Option<String>> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the signal, and looks for it beside everything else, because a call may take long. Where it cannot be taken,
/// Ctrl-C ends the command as it ends any other; the second one always does.
fn watch() {
    let came = Arc::new(AtomicBool::new(false));
    let is_taken = flag::register_conditional_shutdown(SIGINT, STATUS, Arc::clone(&came))
        .and_then(|_| flag::register(SIGINT, Arc::clone(&came)));
    if is_taken.is_err() {
        return;
    }
    thread::spawn(move || {
        while !came.load(Ordering::Relaxed) {
            thread::sleep(SOON);
        }
        interrupted()
    });
}

fn interrupted() -> ! {
    if let Some(sentence) = said().as_ref() {
        // The terminal shows the key, and perhaps a sign of life, in the line before.
        let _ = writeln!(io::stderr());
        error(sentence);
    }
    exit(STATUS)
}
