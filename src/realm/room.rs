//! What a room says of its worker half, once: its row in `rooms.rs`.

use deno_core::Extension;

use super::instance::Instance;
use crate::store::Result;

/// A room, as far as the worker half is concerned.
pub struct Room {
    /// The name of its folder.
    pub name: &'static str,
    /// Its ops, its scripts that Node shares, and what its ops find in their state. A script is called
    /// `ext:miniflare/<path below src>`, whatever the name of the extension.
    pub extension: fn() -> Extension,
    /// The specifiers of its scripts that the snapshot leaves out. `<room>/bundle.ts` is the one that `scripts/bundle.mjs`
    /// makes of the modules that this imports and the snapshot has not.
    pub lazy: &'static [&'static str],
    /// The text of its `exercise.js`: a function that uses the lazy scripts, so that V8's code of what it uses is kept.
    /// Without one, the code of all functions is kept.
    pub exercise: Option<&'static str>,
    /// Whether workers use little of its lazy scripts, so that no code of what is not exercised is kept.
    pub is_large: bool,
    /// Its ops that wait by the instance's clock.
    pub clocked: &'static [&'static str],
    /// Adds what it stores in a way of its own to the stores of an instance, which its first use does otherwise.
    pub add_stores: Option<fn(&Instance) -> Result<()>>,
}

impl Room {
    /// A room with an extension and nothing else.
    pub const fn new(name: &'static str, extension: fn() -> Extension) -> Room {
        Room {
            name,
            extension,
            lazy: &[],
            exercise: None,
            is_large: false,
            clocked: &[],
            add_stores: None,
        }
    }
}
