//! The ports that a site needs, and many calls over them, several at once. As long as S3 answers, more calls are under
//! way at once; when S3 asks to slow down, half as many (Amazon S3 User Guide, "Best practices design patterns:
//! optimizing Amazon S3 performance").

// Writes are made by a client that does not repeat a throttle, so that this sees each one and slows down. The SDK's
// adaptive mode would slow down reads as well, and show nothing here.

use crate::config::Configured;
use crate::ports::{AssumeRole, Clock, CloudFrontApi, Listed, ProbeApi, Result, S3Api};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::cell::Cell;
use std::collections::VecDeque;
use windlass_domain::deployment::hourly_look::CALLS_A_LOOK;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// The number of times that a call is made again when S3 asks to make it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPatience {
    /// For calls that nobody waits for: about half a minute altogether.
    Long,
    /// For calls that are sent within the time of an open call: less than a second, and no call begins after this time.
    Until(Time),
}

impl CallPatience {
    fn tries(self) -> u32 {
        match self {
            Self::Long => 12,
            Self::Until(_) => 3,
        }
    }

    fn is_over(self, now: Time) -> bool {
        matches!(self, Self::Until(last) if now > last)
    }
}

/// Makes many calls, as many at a time as the pace allows. It waits for all of them even if one fails, so that nothing
/// that was sent is left unanswered. If S3 asks to make a call later, it is made later.
///
/// Returns the answers of the calls that succeeded, and the fault that matters most. A lost answer matters more than a
/// refusal, because the call may still be carried out. Calls for which there was no time are reported as throttled.
pub async fn all<'i, I, T, F>(
    clock: &impl Clock,
    pace: &Cell<Pace>,
    patience: CallPatience,
    items: &'i [I],
    call: impl Fn(&'i I) -> F,
) -> (Vec<T>, Option<Fault>)
where
    F: Future<Output = Result<T>>,
{
    let mut waiting: VecDeque<(&'i I, u32)> = items.iter().map(|item| (item, 0)).collect();
    let mut under_way = FuturesUnordered::new();
    let (mut done, mut worst) = (Vec::with_capacity(items.len()), None);
    loop {
        if patience.is_over(clock.now()) && !waiting.is_empty() {
            worst = Some(worse(worst, too_late(waiting.len())));
            waiting.clear();
        }
        while under_way.len() < pace.get().limit
            && let Some((item, nth)) = waiting.pop_front()
        {
            let answer = call(item);
            under_way.push(async move {
                if let Some(before) = nth.checked_sub(1) {
                    clock.back_off_ms(Pace::pause_ms(before)).await;
                }
                (item, nth, answer.await)
            });
        }
        let Some((item, nth, answer)) = under_way.next().await else { return (done, worst) };
        match answer {
            Ok(value) => {
                pace.set(pace.get().answered());
                done.push(value);
            }
            Err(fault) if fault.name == FaultName::Throttled && nth < patience.tries() => {
                pace.set(pace.get().throttled());
                waiting.push_back((item, nth + 1));
            }
            Err(fault) => worst = Some(worse(worst, fault)),
        }
    }
}

/// Makes many calls that nobody waits for, with a pace of their own; see [`all`]. Returns the answers, or the fault that
/// matters most.
pub async fn every<'i, I, T, F>(clock: &impl Clock, items: &'i [I], call: impl Fn(&'i I) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    let (done, fault) = all(clock, &Cell::default(), CallPatience::Long, items, call).await;
    fault.map_or(Ok(done), Err)
}

fn too_late(left: usize) -> Fault {
    let text = format!("there was no time left for {}", count(left, "call"));
    Fault::new(FaultName::Throttled, text)
}

fn worse(so_far: Option<Fault>, fault: Fault) -> Fault {
    match so_far {
        Some(so_far) if weight(so_far.name) >= weight(fault.name) => so_far,
        _ => fault,
    }
}

fn weight(name: FaultName) -> u8 {
    match name {
        FaultName::Unavailable => 3,
        FaultName::Conflict => 1,
        _ => 2,
    }
}

/// The number of calls that may be under way, and the answers since it was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The number of calls that may be under way.
    pub limit: usize,
    /// The answers since the limit was last lowered. Calls of one round were sent before the limit fell, so their
    /// refusals lower it only once.
    since_lowered: usize,
    /// The answers since the limit was last raised.
    since_raised: usize,
}

/// The limit at the beginning.
const FIRST: usize = 32;
/// The highest limit: so many calls keep one function's processor busy.
const MOST: usize = 128;
/// The lowest limit.
const FEWEST: usize = 2;
/// The number by which a round without a refusal raises the limit.
const MORE: usize = 4;

impl Default for Pace {
    fn default() -> Self {
        Self { limit: FIRST, since_lowered: FIRST, since_raised: 0 }
    }
}

impl Pace {
    /// The pace after a call that was answered.
    pub fn answered(mut self) -> Self {
        self.since_lowered += 1;
        self.since_raised += 1;
        if self.since_raised >= self.limit {
            self.limit = MOST.min(self.limit + MORE);
            self.since_raised = 0;
        }
        self
    }

    /// The pace after a call that S3 asked to make later.
    pub fn throttled(mut self) -> Self {
        self.since_raised = 0;
        self.since_lowered += 1;
        if self.since_lowered > self.limit {
            self.limit = FEWEST.max(self.limit / 2);
            self.since_lowered = 0;
        }
        self
    }

    /// The longest wait, in milliseconds, before a throttled call is made again. `nth` is how often it was made again
    /// before.
    pub fn pause_ms(nth: u32) -> u64 {
        100 << nth.min(5)
    }
}

/// The most known objects of a range, unless there are too many ranges. A page of a listing has 1000 keys, so that one
/// page is enough even if some keys were added since.
const RANGE: usize = 950;

/// The most ranges that are listed.
const RANGES: usize = 32;

/// Keys between two keys.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// The keys come after this one.
    after: Option<String>,
    /// The last key that the range may have.
    until: Option<String>,
}

/// All current objects whose keys begin with `prefix`. The pages of a listing come one after the
/// other; where keys are `known`, in order, they show where to begin with several at once.
pub async fn list_all(ports: &(impl S3Api + Clock), bucket: &str, prefix: &str, known: &[&str]) -> Result<Vec<Listed>> {
    let ranges = ranges(prefix, known);
    let mut found = every(ports, &ranges, |range| list_range(ports, bucket, prefix, range)).await?;
    // The ranges end in any order.
    found.sort_by(|a, b| a.first().map(|it| &it.key).cmp(&b.first().map(|it| &it.key)));
    Ok(found.into_iter().flatten().collect())
}

async fn list_range(ports: &impl S3Api, bucket: &str, prefix: &str, range: &Range) -> Result<Vec<Listed>> {
    let mut found = Vec::new();
    let mut after = range.after.clone();
    loop {
        let page = ports.list(bucket, prefix, after).await?;
        let inside = |key: &String| range.until.as_ref().is_none_or(|until| key <= until);
        found.extend(page.objects.into_iter().take_while(|it| inside(&it.key)));
        // No key of the range comes after its last key.
        let goes_on = |next: &String| range.until.as_ref().is_none_or(|until| next < until);
        match page.next.filter(goes_on) {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Pure: the ranges to list, each with about as many known keys.
fn ranges(prefix: &str, known: &[&str]) -> Vec<Range> {
    let count = known.len().div_ceil(RANGE).clamp(1, RANGES);
    let last_of = |n: usize| known.get((known.len() * n / count).checked_sub(1)?);
    let bounds: Vec<String> = (1..count).filter_map(|n| Some(format!("{prefix}{}", last_of(n)?))).collect();
    let afters = std::iter::once(None).chain(bounds.iter().cloned().map(Some));
    let untils = bounds.iter().cloned().map(Some).chain([None]);
    afters.zip(untils).map(|(after, until)| Range { after, until }).collect()
}

/// The ports that a site needs.
pub trait SitePorts: S3Api + CloudFrontApi + ProbeApi + Clock + AssumeRole + Configured {}
impl<P: S3Api + CloudFrontApi + ProbeApi + Clock + AssumeRole + Configured> SitePorts for P {}

/// Returns the most calls that a look takes if it lists so many files. A page has a thousand files, and ranges that are
/// listed at once need not fill their pages.
pub(super) fn calls_to_list(files: usize) -> u32 {
    let pages = u32::try_from(files.div_ceil(500)).unwrap_or(u32::MAX);
    CALLS_A_LOOK.saturating_add(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Slept(Cell<u64>);

    impl Clock for Slept {
        fn now(&self) -> Time {
            Time(self.0.get())
        }

        async fn sleep_ms(&self, ms: u64) {
            self.0.set(self.0.get() + ms);
        }
    }

    fn fault(name: FaultName) -> Fault {
        Fault::new(name, "x")
    }

    #[test]
    fn a_lost_answer_matters_most_and_all_others_are_kept() {
        let answers =
            [Ok(1), Err(FaultName::Conflict), Err(FaultName::Unavailable), Err(FaultName::AccessDenied), Ok(2)];
        let pace = Cell::new(Pace::default());
        let clock = Slept::default();
        let patience = CallPatience::Long;
        let calls = all(&clock, &pace, patience, &answers, |answer| async move { answer.map_err(fault) });
        let (mut done, worst) = futures::executor::block_on(calls);
        done.sort_unstable();
        assert_eq!(done, [1, 2]);
        assert_eq!(worst.unwrap().name, FaultName::Unavailable);
        assert_eq!(clock.0.get(), 0);
    }

    #[test]
    fn what_is_throttled_is_made_later_and_with_fewer_at_a_time() {
        let refusals = [Cell::new(2), Cell::new(0), Cell::new(1)];
        let pace = Cell::new(Pace::default());
        let clock = Slept::default();
        let patience = CallPatience::Long;
        let calls = all(&clock, &pace, patience, &refusals, |left| async move {
            match left.get() {
                0 => Ok(()),
                some => {
                    left.set(some - 1);
                    Err(fault(FaultName::Throttled))
                }
            }
        });
        let (done, worst) = futures::executor::block_on(calls);
        assert_eq!((done.len(), worst), (3, None));
        assert_eq!(clock.0.get(), 100 + 100 + 200);
        assert_eq!(pace.get().limit, 16);
    }

    #[test]
    fn a_call_that_is_throttled_for_ever_is_given_up() {
        let pace = Cell::new(Pace::default());
        let clock = Slept::default();
        let patience = CallPatience::Until(Time(u64::MAX));
        let calls = all(&clock, &pace, patience, &[()], |()| async { Result::<()>::Err(fault(FaultName::Throttled)) });
        let (done, worst) = futures::executor::block_on(calls);
        assert!(done.is_empty());
        assert_eq!(worst.unwrap().name, FaultName::Throttled);
        assert_eq!(clock.0.get(), 100 + 200 + 400);
    }

    #[test]
    fn nothing_begins_after_the_time_of_an_open_call() {
        let pace = Cell::new(Pace::default());
        let clock = Slept::default();
        // There is time for 60 of them, and it waits for those that were under way.
        let calls = all(&clock, &pace, CallPatience::Until(Time(1_500)), &[(); 200], |()| async {
            clock.sleep_ms(25).await;
            Ok(())
        });
        let (done, worst) = futures::executor::block_on(calls);
        let worst = worst.unwrap();
        assert_eq!(worst.name, FaultName::Throttled);
        assert_eq!(worst.message, format!("there was no time left for {} calls", 200 - done.len()));
        assert!((60..=100).contains(&done.len()), "{}", done.len());
    }

    /// `a` is a call that was answered, `t` one that was throttled, each as often as its number says.
    fn after(script: &[(char, usize)]) -> usize {
        let mut pace = Pace::default();
        for (what, times) in script {
            for _ in 0..*times {
                pace = match what {
                    'a' => pace.answered(),
                    _ => pace.throttled(),
                };
            }
        }
        pace.limit
    }

    #[test]
    fn more_while_answered_and_half_when_throttled() {
        let table: [(&[(char, usize)], usize); 9] = [
            (&[], 32),
            (&[('a', 31)], 32),
            (&[('a', 32)], 36),
            (&[('a', 32 + 36)], 40),
            (&[('a', 10_000)], 128),
            (&[('t', 1)], 16),
            // A round was sent before the limit fell: its refusals lower the limit once.
            (&[('t', 17)], 16),
            (&[('t', 18)], 8),
            (&[('t', 10_000)], 2),
        ];
        for (script, limit) in table {
            assert_eq!(after(script), limit, "{script:?}");
        }
        assert_eq!(after(&[('t', 10_000), ('a', 2)]), 6, "it recovers");
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u64> = (0..8).map(Pace::pause_ms).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 3200, 3200]);
    }

    #[test]
    fn ranges_follow_each_other_and_leave_nothing_out() {
        let known: Vec<String> = (0..3500).map(|n| format!("{n:05}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(ranges("web/", &known[..950]).len(), 1);
        let ranges = ranges("web/", &known);
        assert_eq!(ranges.len(), 4);
        assert_eq!((&ranges[0].after, &ranges[3].until), (&None, &None));
        assert_eq!(ranges[0].until.as_deref(), Some("web/00874"));
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].until, pair[1].after);
        }
    }
}
