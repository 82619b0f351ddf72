use crate::line::{Line, Memory};
use crate::path::Path;
use crate::program::Map;
use crate::surroundings::{Surroundings, TaskError};
use crate::visit::Outcome;
use serde_json::Value;
use windlass_domain::time::Time;

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
        let items = values
            .into_iter()
            .map(|value| Item::Runs(Line::new(start, value, now)))
            .collect();
        Self { items }
    }

    /// The next item and when it is due; `None` once all have ended. Those that are due at the
    /// same time take turns.
    pub fn due(&self) -> Option<(Time, usize)> {
        let running = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(n, item)| match item {
                Item::Runs(line) => Some((line.due, line.visits, n)),
                Item::Ended(_) => None,
            });
        running.min().map(|(due, _, n)| (due, n))
    }

    /// The results, once all have ended.
    pub fn results(self) -> Vec<Value> {
        let ended = self.items.into_iter().filter_map(|item| match item {
            Item::Ended(value) => Some(value),
            Item::Runs(_) => None,
        });
        ended.collect()
    }

    /// Visits the next item. An error that nothing catches fails the Map, and its other items stop
    /// where they are.
    pub async fn step<S: Surroundings>(
        &mut self,
        map: &Map,
        memory: &Memory,
        path: &mut Path,
        surroundings: &S,
    ) -> Result<(), TaskError> {
        let Some((_, n)) = self.due() else {
            return Ok(());
        };
        let Item::Runs(line) = &mut self.items[n] else {
            return Ok(());
        };
        let outcome = line.visit(&map.processor, memory, surroundings).await;
        match outcome {
            Some(Outcome::Moved(moved)) => match moved.next {
                Some(next) => {
                    line.enter(next, moved.input, surroundings.now());
                    path.enter_item(n, next);
                }
                None => self.items[n] = Item::Ended(moved.input),
            },
            Some(Outcome::Again(at)) => {
                line.due = at;
                path.again();
            }
            Some(Outcome::Failed(error)) => return Err(error),
            // Refused when the program was linked.
            Some(Outcome::Token(..) | Outcome::Wait(..) | Outcome::Succeeded) | None => {
                return Err(TaskError::new("States.Runtime", "not allowed within a Map"));
            }
        }
        Ok(())
    }
}
