//! The ground of the worker half: what a room may import, and no more. Knows no room.

pub mod background;
pub mod entry;
pub mod guard;
pub mod header_text;
pub mod host;
pub mod instance;
pub mod meter;
pub mod pending;
pub mod platform;
pub mod room;
pub mod store_error;
pub mod timer_queue;
pub mod turns;
pub mod value;
pub mod waker;
