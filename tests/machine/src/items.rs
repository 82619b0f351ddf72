use crate::control_line::{Line, Memory};
use crate::path::Path;
use crate::program::Map;
use crate::surroundings::{Surroundings, TaskError};
use crate::visit::Outcome;
use futures::future::join_all;
use serde_json::Value;
use windlass_domain::text::time::Time;

/// The items of a Map, side by side.
#[derive(Debug)]
pub struct Items {
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Runs(Line),
    Ended(Value),
}

impl Items {
    /// Begins an item for every value.
    pub fn begin(map: &Map, values: Vec<Value>, now: Time, path: &mut Path) -> Self {
        let start = map.processor.start;
        for item in 0..values.len() {
            path.enter_item(item, start);
        }
        let items = values.into_iter().map(|value| Item::Runs(Line::new(start, value, now))).collect();
        Self { items }
    }

    /// Returns the time at which the next item goes on; `None` after all have ended.
    pub fn due(&self) -> Option<Time> {
        let running = self.items.iter().filter_map(|item| match item {
            Item::Runs(line) => Some(line.due),
            Item::Ended(_) => None,
        });
        running.min()
    }

    /// Returns the results, after all have ended.
    pub fn results(self) -> Vec<Value> {
        let ended = self.items.into_iter().filter_map(|item| match item {
            Item::Ended(value) => Some(value),
            Item::Runs(_) => None,
        });
        ended.collect()
    }

    /// Visits the items that are due, side by side. An error that nothing catches fails the Map, and its other items
    /// stop where they are.
    pub async fn step(
        &mut self,
        map: &Map,
        memory: &Memory,
        path: &mut Path,
        surroundings: &impl Surroundings,
    ) -> Result<(), TaskError> {
        let Some(due) = self.due() else {
            return Ok(());
        };
        let visits = self.items.iter_mut().enumerate().filter_map(|(n, item)| {
            let Item::Runs(line) = item else { return None };
            (line.due <= due).then_some(async move {
                let outcome = line.visit(&map.processor, memory, surroundings).await;
                (n, outcome)
            })
        });
        for (n, outcome) in join_all(visits).await {
            self.follow(n, outcome, path, surroundings.now())?;
        }
        Ok(())
    }

    fn follow(&mut self, n: usize, outcome: Option<Outcome>, path: &mut Path, now: Time) -> Result<(), TaskError> {
        let Item::Runs(line) = &mut self.items[n] else {
            return Ok(());
        };
        match outcome {
            Some(Outcome::Moved(moved)) => match moved.next {
                Some(next) => {
                    line.enter(next, moved.input, now);
                    path.enter_item(n, next);
                }
                None => self.items[n] = Item::Ended(moved.input),
            },
            Some(Outcome::Again(at)) => {
                line.due = at;
                path.again();
            }
            Some(Outcome::Failed(error)) => return Err(error),
            // These are refused when the program is linked.
            Some(Outcome::Token(..) | Outcome::Wait(..) | Outcome::Succeeded) | None => {
                return Err(TaskError::new("States.Runtime", "not allowed within a Map"));
            }
        }
        Ok(())
    }
}
