//! What an instance in Node asks of Rust.

pub mod cron;
pub mod crons;
