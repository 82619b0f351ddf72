//! An outside thing behind a user's function: what it has, how it is given something else, and what its function says
//! of it.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::text::time::Time;

/// The time that the outside takes to build what it was given, in seconds.
const BUILDS_S: u64 = 45;

/// The time for which a function says too early that something is ready, in seconds: less than the time between two
/// looks that are believed.
const EARLY_S: u64 = 12;

/// The time for which a function has forgotten what it was given, in seconds.
const FORGETS_S: u64 = 90;

/// A lie of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// It says that something is ready that is not built yet, and takes it back.
    ReadyTooEarly,
    /// It says that it has sent a change, and has not.
    SentNotDone,
    /// It says that it has refused a change, and has made it.
    DoneButRefused,
    /// It makes each change twice.
    DoneTwice,
    /// It shows another state at each look.
    Flips,
    /// It does not know what it was given for a while.
    Forgets,
}

impl Lie {
    /// All lies of its answers. That it changes something long after an answer is no word of it.
    pub const ALL: [Self; 6] =
        [Self::ReadyTooEarly, Self::SentNotDone, Self::DoneButRefused, Self::DoneTwice, Self::Flips, Self::Forgets];
}

/// An outside thing.
#[derive(Debug, Clone)]
pub struct Outside {
    /// The name of it, by which it is claimed.
    pub owns: String,
    /// What callers get of it: the digest of what it was given; `None` if it was never given anything.
    pub tree: Option<String>,
    /// The number of its commits, which is its mark.
    pub commits: u64,
    /// The trees that it has already. What it has once it keeps.
    pub prepared: BTreeSet<String>,
    /// The trees of which it has a part.
    pub begun: BTreeSet<String>,
    /// The time of the last commit, and the time from which callers get it whole.
    pub changed: (Time, Time),
    /// The time that it takes to build, in seconds.
    pub builds_s: u64,
    /// The trees that it cannot build.
    pub broken: BTreeSet<String>,
    /// True if it compares marks.
    pub is_guarded: bool,
    /// The lie of its function; `None` if that is honest.
    pub lie: Option<Lie>,
    /// The formats of states that its function reads.
    pub reads: Vec<String>,
    looks: u64,
}

/// The answer to a change, and what it has done.
pub(crate) struct Acted {
    /// The answer.
    pub(crate) answer: Value,
    /// The time from which callers get whole what was given; `None` if nothing was.
    pub(crate) ready_at: Option<Time>,
}

impl Outside {
    pub(crate) fn new(owns: &str) -> Self {
        Self {
            owns: owns.to_owned(),
            tree: None,
            commits: 1,
            prepared: BTreeSet::new(),
            begun: BTreeSet::new(),
            changed: (Time(0), Time(0)),
            builds_s: BUILDS_S,
            broken: BTreeSet::new(),
            is_guarded: true,
            lie: None,
            reads: vec!["1".into()],
            looks: 0,
        }
    }

    /// Gives it a tree, as somebody else does by hand.
    pub fn commit(&mut self, tree: Option<&str>, now: Time) {
        self.tree = tree.map(str::to_owned);
        self.prepared.extend(self.tree.clone());
        self.commits += 1;
        self.changed = (now, now.plus_s(self.builds_s));
    }

    /// Returns whether callers get whole what it was given last.
    pub fn is_ready(&self, now: Time) -> bool {
        now >= self.changed.1 && !self.is_broken()
    }

    fn is_broken(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| self.broken.contains(tree))
    }

    fn mark(&self) -> String {
        format!("c{}", self.commits)
    }

    /// Counts a look. Returns its number, from 1.
    pub(crate) fn count_look(&mut self) -> u64 {
        self.looks += 1;
        self.looks
    }

    /// Answers what is there to the look with this number.
    pub(crate) fn look(&self, request: &Value, nth: u64, now: Time) -> Value {
        let since_s = now.ms_since(self.changed.0) / 1000;
        let lies = |lie: Lie| self.lie == Some(lie);
        let state = match &self.tree {
            _ if lies(Lie::Flips) => json!({"format": "1", "tree": format!("flip-{nth}")}),
            _ if lies(Lie::Forgets) && self.commits > 1 && since_s < FORGETS_S => Value::Null,
            tree => json!({"format": "1", "tree": tree}),
        };
        let goal = &request["goal"];
        let is_there = goal.is_null() || *goal == state;
        let is_early = lies(Lie::ReadyTooEarly) && since_s < EARLY_S;
        let prepared = goal["tree"].as_str().is_none_or(|tree| self.prepared.contains(tree));
        let mut answer = json!({
            "owns": self.owns,
            "mark": self.mark(),
            "guarded": self.is_guarded,
            "ready": is_there && !state.is_null() && (is_early || self.is_ready(now)),
            "prepared": prepared,
            "reads": self.reads,
            "value": self.tree.clone().unwrap_or_else(|| "none".to_owned()),
            "state": state,
        });
        if now < self.changed.1 {
            answer["says"] = json!("the outside builds");
        } else if self.is_broken() {
            answer["failed"] = json!("the outside cannot build it");
        }
        if let Some(tree) = tree_of(&request["release"]) {
            answer["goal"] = json!({"format": "1", "tree": tree});
        }
        answer
    }

    /// Takes in a part of what it will be given, and then the rest.
    pub(crate) fn prepare(&mut self, request: &Value) -> Value {
        let Some(tree) = request["goal"]["tree"].as_str() else {
            return json!({"done": true});
        };
        if self.prepared.contains(tree) {
            return json!({"done": true});
        }
        if self.begun.insert(tree.to_owned()) {
            return json!({"more": true});
        }
        self.prepared.insert(tree.to_owned());
        json!({"done": true})
    }

    /// Gives it a tree, on the condition that nobody else has done so.
    pub(crate) fn change(&mut self, request: &Value, now: Time) -> Acted {
        let refused =
            |says: &str| json!({"refused": {"name": "Conflict", "says": format!("the head has moved: {says}")}});
        let goal = request["goal"]["tree"].as_str();
        let sent = json!({"sent": true});
        if self.tree.as_deref() == goal {
            return Acted { answer: sent, ready_at: None };
        }
        let mark = self.mark();
        if self.is_guarded && request["if"].as_str() != Some(mark.as_str()) {
            return Acted { answer: refused(&mark), ready_at: None };
        }
        if goal.is_some_and(|tree| !self.prepared.contains(tree)) {
            let says = "it has not got it";
            return Acted { answer: json!({"refused": {"name": "NotPrepared", "says": says}}), ready_at: None };
        }
        if self.lie == Some(Lie::SentNotDone) {
            return Acted { answer: sent, ready_at: None };
        }
        self.commit(goal, now);
        if self.lie == Some(Lie::DoneTwice) {
            self.commit(goal, now);
        }
        let answer = if self.lie == Some(Lie::DoneButRefused) { refused("it was busy") } else { sent };
        Acted { answer, ready_at: Some(self.changed.1) }
    }
}

/// Returns the tree that a release comes to.
fn tree_of(release: &Value) -> Option<&str> {
    let image = release["image"].as_str().and_then(|image| image.rsplit(':').next());
    release["sha256"].as_str().or(image)
}
