//! The decisions of the domain, by its public functions alone. One binary, because each more is linked by itself.

mod access;
mod access_jobs;
mod bad_inputs;
mod comparisons;
mod console_page;
mod declarations;
mod docs;
mod examples;
mod false_alarms;
mod foreign;
mod messages;
mod promotion_rules;
mod repositories;
mod warnings;
mod watch_limits;
mod written_texts;
