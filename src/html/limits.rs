//! The limits of HTML rewriters, with their units and where they come from.

/// Bytes that the parser of one rewriter may hold: what is not complete yet, and the elements that are open. Workers have
/// the same limit: `memory_settings` in <https://github.com/cloudflare/workerd/blob/main/src/workerd/api/html-rewriter.c%2B%2B>
pub const PARSER_BYTES: usize = 3 * 1024 * 1024;

/// Compound selectors that may follow each other in a selector. The compiler of selectors calls itself for each of them,
/// on a stack of `STACK_BYTES`; no selector in use has a tenth of these.
pub const SELECTOR_PARTS: usize = 128;

/// Bytes of address space of a parser's stack. A parser touches a few pages of it; a selector of `SELECTOR_PARTS` touches
/// more.
pub const STACK_BYTES: usize = 256 * 1024;

/// Free stacks that a thread keeps for the parsers to come.
pub const KEPT_STACKS: usize = 16;

/// Milliseconds that a document may be parsed for without a turn of Node's loop, and looked at after each piece.
pub const TURN_MS: u64 = 5;
