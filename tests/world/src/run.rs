//! Running what is async in the in-memory world, where only a planned pause ever waits.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Runs to the end, also through pauses.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Some(answer) = until_pause(future.as_mut()) {
            return answer;
        }
    }
}

/// Runs to the end or to the next pause, where the answer is `None`: the caller may then run
/// something else and go on, or drop the future as if its function had been killed.
pub fn until_pause<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
