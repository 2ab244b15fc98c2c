//! Floor 2: workers in isolates. Knows deno_core and V8, not Node.

pub mod after_microtasks;
mod amendments;
pub mod answer;
mod coverage;
pub mod event;
pub mod extensions;
pub mod inspector;
pub mod isolate;
pub mod lane;
mod late_ops;
mod lazy;
pub mod modules;
pub mod nursery;
mod profile;
pub mod rejections;
mod request_amendments;
pub mod snapshot;
pub mod source_maps;
mod stacks;
pub mod time;
pub mod timers;
mod url_amendments;
