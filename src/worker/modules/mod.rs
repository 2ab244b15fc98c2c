//! The user's code: classic scripts, and modules of Miniflare's five types.
//!
//! Workers resolve modules by Miniflare's rules, name them by plain paths in stack traces and know no URLs of modules,
//! which is why they do not go through deno_core's module map. Modules are read, compiled and linked synchronously;
//! evaluation may wait (top-level await).

mod graph;
mod link;
mod resolve;
mod rules;
mod source;
mod stalled;

pub use graph::Graph;
pub use link::{install, op_add_module, op_compile_wasm, op_module_files, op_require, op_run_module, op_run_script};
pub use stalled::Place;
