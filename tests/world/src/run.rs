//! Runs futures in the in-memory world, where only a planned pause ever waits.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

thread_local! {
    /// The futures that have given way and wait to be polled again.
    static PAUSED: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Gives way until [`until_pause`] polls again. An executor of several futures polls again only those that were woken.
/// So a pause that woke nobody would never end there, and one that woke at once would be passed over.
pub(crate) fn give_way(waker: &Waker) {
    PAUSED.with_borrow_mut(|paused| paused.push(waker.clone()));
}

/// Runs a future to the end, also through pauses.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Some(answer) = until_pause(future.as_mut()) {
            return answer;
        }
    }
}

/// Runs a future to the end or to the next pause, where the result is `None`: the caller may then run something else
/// and go on, or drop the future as if its function had been killed.
pub fn until_pause<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    PAUSED.take().into_iter().for_each(Waker::wake);
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
