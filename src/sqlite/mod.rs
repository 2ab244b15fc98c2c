//! SQL databases: SQLite, with the rules and limits that it has in Workers. The ground of rooms that speak SQL; knows neither
//! V8 nor Node, and no room.
//!
//! The library is a part of the addon, and its names are hidden: Node has an SQLite of its own.

mod authorizer;
mod below;
pub mod cell;
mod clear;
mod compiled;
pub mod database;
pub mod databases;
pub mod error;
mod exchange;
pub mod execute;
mod history;
pub mod image;
pub mod limits;
mod log;
mod new_file;
pub mod run;
pub mod session;
pub mod sessions;
pub mod split;
mod staged;
pub mod statement;
mod travel;
pub mod watch;
mod writes;
