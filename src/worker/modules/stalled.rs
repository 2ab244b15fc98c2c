//! Where a script waits at its top level.

use deno_core::v8;

use super::graph::Graph;

/// A place in the script, lines and columns counted from one, and the text of the line.
pub struct Place {
    pub path: String,
    pub line: usize,
    pub column: usize,
    pub text: String,
}

impl Graph {
    /// Where the modules of the worker wait. Nothing when that cannot be told, or when V8 may settle things by itself.
    pub fn stalled(&self, scope: &mut v8::PinScope) -> Vec<Place> {
        let modules = self.0.borrow();
        let Some(entry) = modules.entry.as_ref().filter(|_| !modules.is_unpredictable) else {
            return Vec::new();
        };
        let entry = v8::Local::new(scope, entry);
        let stalled = entry.get_stalled_top_level_await_message(scope);
        let places = stalled.into_iter().map(|(module, message)| Place {
            path: modules.path(scope, module).unwrap_or_default(),
            line: message.get_line_number(scope).unwrap_or_default(),
            column: message.get_start_column() + 1,
            text: message
                .get_source_line(scope)
                .map(|line| line.to_rust_string_lossy(scope))
                .unwrap_or_default(),
        });
        places.collect()
    }
}
