use crate::ports::Answered;
use futures::StreamExt;
use futures::stream;
use windlass_domain::fault::{Fault, FaultName};

/// How many calls to S3 are under way at once.
pub const IN_FLIGHT: usize = 32;

/// Makes many calls, some at a time, and waits for all of them even if one fails: nothing that was
/// sent is left unanswered. Answers what succeeded, and the fault that matters most: an answer that
/// was lost before one that says no, because what was asked may still be done.
pub async fn all<T, F>(calls: Vec<F>) -> (Vec<T>, Option<Fault>)
where
    F: Future<Output = Answered<T>>,
{
    let answers: Vec<Answered<T>> = stream::iter(calls)
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    let mut done = Vec::new();
    let mut worst: Option<Fault> = None;
    for answer in answers {
        match answer {
            Ok(value) => done.push(value),
            Err(fault) => {
                let matters_more = worst
                    .as_ref()
                    .is_none_or(|so_far| weight(fault.name) > weight(so_far.name));
                if matters_more {
                    worst = Some(fault);
                }
            }
        }
    }
    (done, worst)
}

fn weight(name: FaultName) -> u8 {
    match name {
        FaultName::Unavailable => 3,
        FaultName::Conflict => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    #[test]
    fn a_lost_answer_matters_most_and_all_others_are_kept() {
        let fault = |name| Err(Fault::new(name, "x"));
        let calls = vec![
            ready(Ok(1)),
            ready(fault(FaultName::Conflict)),
            ready(fault(FaultName::Unavailable)),
            ready(fault(FaultName::AccessDenied)),
            ready(Ok(2)),
        ];
        let (done, worst) = futures::executor::block_on(all(calls));
        assert_eq!(done, [1, 2]);
        assert_eq!(worst.unwrap().name, FaultName::Unavailable);
    }
}
