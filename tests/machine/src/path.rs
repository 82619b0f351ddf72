use crate::program::{Program, State, StateId};

/// Every state that an execution was in, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    visits: Vec<Visit>,
    /// State transitions, retries included, as AWS counts them for the bill.
    pub transitions: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Visit {
    state: StateId,
    /// The states of each item, for a Map.
    items: Vec<Vec<StateId>>,
}

impl Path {
    /// Notes that the execution entered a state.
    pub fn enter(&mut self, state: StateId) {
        self.transitions += 1;
        self.visits.push(Visit { state, items: Vec::new() });
    }

    /// Notes that an item of the present Map entered a state.
    pub fn enter_item(&mut self, item: usize, state: StateId) {
        self.transitions += 1;
        if let Some(visit) = self.visits.last_mut() {
            if visit.items.len() <= item {
                visit.items.resize(item + 1, Vec::new());
            }
            visit.items[item].push(state);
        }
    }

    /// Notes that the execution asks again.
    pub fn again(&mut self) {
        self.transitions += 1;
    }

    /// Returns the names of the states that it was in, those within Maps too.
    pub fn states<'p>(&self, program: &'p Program) -> Vec<&'p str> {
        let mut names = Vec::new();
        for visit in &self.visits {
            names.push(program.names[visit.state].as_str());
            if let State::Map(map) = &program.states[visit.state] {
                let within = visit.items.iter().flatten();
                names.extend(within.map(|state| map.processor.names[*state].as_str()));
            }
        }
        names
    }

    /// Returns the path as text: `Admit Admitted … Change(Begin Deploy, Begin Publish Published Deploy) …`.
    pub fn in_words(&self, program: &Program) -> String {
        let visits: Vec<String> = self.visits.iter().map(|v| v.in_words(program)).collect();
        visits.join(" ")
    }
}

impl Visit {
    fn in_words(&self, program: &Program) -> String {
        let name = &program.names[self.state];
        let State::Map(map) = &program.states[self.state] else {
            return name.clone();
        };
        let items: Vec<String> = self
            .items
            .iter()
            .map(|states| {
                let names: Vec<&str> = states.iter().map(|state| map.processor.names[*state].as_str()).collect();
                names.join(" ")
            })
            .collect();
        format!("{name}({})", items.join(", "))
    }
}
