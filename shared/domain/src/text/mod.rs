//! Words, names, times, digests and partitions of AWS, and the findings and faults that are made of them. Pure.

pub mod address;
pub mod count;
pub mod digest;
pub mod fault;
pub mod finding;
pub mod foreign;
pub mod name;
pub mod next_step;
pub mod partition;
pub mod prose;
pub mod time;
