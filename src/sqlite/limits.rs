//! The limits of a database, with their units and where they come from.

use std::time::Duration;

/// Bytes of one statement of SQL; columns of a table or a result; bound values of a statement:
/// <https://developers.cloudflare.com/d1/platform/limits/>
pub const STATEMENT_BYTES: i32 = 100_000;
pub const COLUMNS: i32 = 100;
pub const BOUND_VALUES: i32 = 100;

/// Bytes of the pattern of LIKE or GLOB: <https://developers.cloudflare.com/d1/platform/limits/>
pub const PATTERN_BYTES: i32 = 50;

/// Bytes of a value or a row. The documents say 2 MB; the runtime lets a row have more, so that it has room for such a value:
/// <https://github.com/cloudflare/workerd/blob/main/src/workerd/util/sqlite.c%2B%2B>
pub const VALUE_BYTES: i32 = 2_200_000;

/// Pages of a database, of 4096 bytes: it has at most 10 GB, <https://developers.cloudflare.com/d1/platform/limits/>
pub const DATABASE_PAGES: u32 = (10_000_000_000_u64 / 4096) as u32;

/// How long one statement may run: <https://developers.cloudflare.com/d1/platform/limits/>
pub const STATEMENT_TIME: Duration = Duration::from_secs(30);

/// What the runtime sets beyond that: arguments of a function, depth of an expression, terms of a compound SELECT, depth of
/// triggers, instructions of a compiled statement:
/// <https://github.com/cloudflare/workerd/blob/main/src/workerd/util/sqlite.c%2B%2B>
pub const FUNCTION_ARGUMENTS: i32 = 127;
pub const EXPRESSION_DEPTH: i32 = 100;
pub const COMPOUND_TERMS: i32 = 5;
pub const TRIGGER_DEPTH: i32 = 10;
pub const INSTRUCTIONS: i32 = 25_000;

/// Bytes of the rows that a call may return: the memory of an isolate,
/// <https://developers.cloudflare.com/workers/platform/limits/#memory>
pub const RESULT_BYTES: usize = 128 * 1024 * 1024;

/// How long a database can be brought back: <https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/>
pub const HISTORY_TIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Bytes of the pages that are kept for that, of one database, beyond its content. The oldest states go first.
pub const HISTORY_BYTES: u64 = 256 * 1024 * 1024;

/// Pages in a write-ahead log from which on it is copied to its file, as SQLite has it by default.
pub const LOG_FRAMES: i32 = 1000;

/// Databases of objects that are open at a time. One in a file has three files open.
pub const OPEN_DATABASES: usize = 128;

/// Compiled statements that a database keeps for the next time their text is executed.
pub const KEPT_STATEMENTS: usize = 128;

/// Instructions that SQLite executes between two looks at the clock.
pub const INSTRUCTIONS_PER_LOOK: i32 = 20_000;

/// How long a statement waits for a lock that another process or thread has on the file.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);
