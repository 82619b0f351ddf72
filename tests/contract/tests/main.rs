//! What the state machine file, the template, the documents and the code say of each other. One binary, because each
//! more is linked by itself.

mod access_files;
mod alarms;
mod callers;
mod change_sets;
mod circles;
mod counts;
mod documents;
mod faults;
mod imports;
mod installation;
mod kinds;
mod ledger_keys;
mod lines;
mod metrics;
mod notified_events;
mod partitions;
mod payloads;
mod recipes;
mod resource_types;
mod safety;
mod shape;
mod template;
mod test_files;
mod texts;
mod type_names;
mod users_functions;
mod words;
