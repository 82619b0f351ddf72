//! The turn of a deployment: it takes the lock, waits in the queue, stops another one, or ends.

pub mod await_turn;
pub mod give_up;
pub mod preempt;
pub mod take_lock;
pub mod to_the_present;
pub mod turn;
