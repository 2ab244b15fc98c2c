//! Floor 2: workers in isolates. Knows deno_core and V8, not Node.

pub mod answer;
pub mod background;
pub mod deferred;
pub mod event;
pub mod extensions;
pub mod guard;
pub mod host;
pub mod isolate;
pub mod lane;
pub mod later;
mod lazy;
pub mod modules;
pub mod nursery;
pub mod pages;
pub mod rejections;
pub mod snapshot;
mod source_maps;
mod stacks;
mod store_error;
pub mod time;
pub mod timers;
pub mod value;
pub mod waker;
