use super::Result;
use windlass_domain::declaration::gates::MetricGate;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;

/// A CloudWatch alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// One of [`ALARM_STATES`].
    pub state: String,
    /// The reason of the state, as CloudWatch gives it.
    pub reason: String,
    /// The recent points that the state was judged by, oldest first.
    pub points: Vec<f64>,
    /// The threshold.
    pub threshold: Option<f64>,
    /// The metric's name or the expression, and its unit if known.
    pub metric: String,
    /// The period of a point in seconds.
    pub period_s: u64,
    /// The number of points that must breach, and the number of points that are looked at.
    pub points_of: (u32, u32),
    /// The time of the last change of its state (`StateTransitionedTimestamp`, else `StateUpdatedTimestamp`).
    pub since: Time,
}

/// The meaning of an alarm's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmSays {
    /// The alarm's measure is well.
    Well,
    /// The alarm's measure is not well.
    Red,
    /// The alarm knows nothing.
    Nothing,
}

/// Each state of an alarm (Amazon CloudWatch API Reference, MetricAlarm, `StateValue`).
pub const ALARM_STATES: [(&str, AlarmSays); 3] =
    [("OK", AlarmSays::Well), ("ALARM", AlarmSays::Red), ("INSUFFICIENT_DATA", AlarmSays::Nothing)];

impl AlarmSays {
    /// Returns the meaning of a state. One that this build does not know says nothing.
    pub fn of(state: &str) -> Self {
        ALARM_STATES.iter().find(|(word, _)| *word == state).map_or(Self::Nothing, |(_, says)| *says)
    }
}

/// Each status of a metric's points, with the fault that stands for it; `None` where it brings points (Amazon
/// CloudWatch API Reference, MetricDataResult, `StatusCode`). The rest of what is `PartialData` is on the next page.
pub const POINTS_STATUSES: [(&str, Option<FaultName>); 4] = [
    ("Complete", None),
    ("PartialData", None),
    ("InternalError", Some(FaultName::Unavailable)),
    ("Forbidden", Some(FaultName::AccessDenied)),
];

/// A change of an alarm's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmChange {
    /// The time of the change.
    pub at: Time,
    /// The new state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub to: String,
    /// The reason of the change, as CloudWatch gives it.
    pub reason: String,
}

/// A point of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricPoint {
    /// The beginning of its period.
    pub at: Time,
    /// Its value.
    pub value: f64,
}

/// Amazon CloudWatch.
pub trait CloudWatchApi {
    /// Reads alarms (metric and composite) by name, all the pages. Alarms that do not exist are absent from the answer.
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>>;

    /// Reads the changes of an alarm's state since `from`, oldest first, all the pages (Amazon CloudWatch API
    /// Reference, DescribeAlarmHistory with `HistoryItemType` `StateUpdate`; the new state and its reason are in
    /// `HistoryData` as `newState.stateValue` and `newState.stateReason`).
    async fn alarm_history(&self, name: &str, from: Time) -> Result<Vec<AlarmChange>>;

    /// Reads the points of a metric from `from` to `to`, oldest first.
    async fn points(&self, metric: &MetricGate, from: Time, to: Time) -> Result<Vec<MetricPoint>>;
}
