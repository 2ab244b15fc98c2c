//! The limits of a worker, with their units and where they come from. Those that one room alone knows are in its own
//! `limits.rs`; numbers with a unit live in these files and nowhere else.

use std::time::Duration;

/// Memory of one isolate, in MiB, when the option `heapLimitMb` does not say otherwise:
/// <https://developers.cloudflare.com/workers/platform/limits/#memory>
pub const HEAP_LIMIT_MIB: usize = 128;

/// Isolates that are kept ready for a process that makes one after the other.
pub const SPARE_ISOLATES: usize = 2;

/// Stack that an isolate may use of its thread's, as V8's own default (`--stack-size`, in KB) is.
pub const STACK_BYTES: usize = 984 * 1024;

/// Address space beyond the heap limit, in MiB, that V8 may use before it would end the process: room for the largest
/// objects V8 can make (a fixed array of 1 GiB) until the collection that follows them finds the limit exceeded.
pub const HEAP_HEADROOM_MIB: usize = 3 * 1024;

/// Memory beyond the limit, in MiB, for what debuggers hold of a worker that they are connected to.
pub const INSPECTOR_HEADROOM_MIB: usize = 64;

/// The watchdog looks at running turns at most and at least this often; in between, ten times per limit.
pub const WATCHDOG_TICK_MAX: Duration = Duration::from_millis(250);
pub const WATCHDOG_TICK_MIN: Duration = Duration::from_millis(2);

/// Buffers of at least this many bytes are handed to Node in place; smaller ones are copied, which is cheaper.
pub const HAND_OVER_BYTES: usize = 128 * 1024;

/// Of fewer bytes than these, a copy is cheaper than holding the buffer that they are in.
pub const LENT_BYTES: usize = 1024;

/// Buffers of at least this many bytes have pages of their own, which are kept for the next ones.
pub const LARGE_BUFFER_BYTES: usize = 1024 * 1024;

/// Free pages of large buffers that a process keeps while it has workers.
pub const KEPT_BUFFER_BYTES: usize = 128 * 1024 * 1024;

/// Scripts of at least this many bytes keep V8's code cache in the process; smaller ones compile faster than it loads.
pub const CODE_CACHE_BYTES: usize = 16 * 1024;

/// Subrequests of one request (`fetch()`, redirects, caches), by usage model, and of KV, R2 and Durable Objects:
/// <https://developers.cloudflare.com/workers/platform/limits/#subrequests>
pub const SUBREQUESTS: u32 = 50;
pub const SUBREQUESTS_UNBOUND: u32 = 1000;
pub const INTERNAL_SUBREQUESTS: u32 = 1000;

/// How deeply requests may be nested, by way of objects and HTTP, and of service bindings:
/// <https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/#limits>
pub const REQUEST_DEPTH: u32 = 16;
pub const PIPELINE_DEPTH: u32 = 32;

/// Timers set by timers, this deeply, wait for so many milliseconds at least:
/// <https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timer-initialisation-steps>
pub const TIMER_NESTING: u32 = 5;
pub const TIMER_NESTED_MS: f64 = 4.0;

/// Sleepers look at the clock at least this often, since the system's may be set.
pub const CLOCK_LOOK: Duration = Duration::from_secs(60);

/// Bytes that RocksDB gathers in memory before it writes them to a table, and bytes of tables that it keeps in memory.
pub const ROCKS_MEMTABLE_BYTES: usize = 16 * 1024 * 1024;
pub const ROCKS_CACHE_BYTES: usize = 8 * 1024 * 1024;

/// What an object writes in one turn is kept in memory, and written as one; more than this is written in parts.
pub const BUFFERED_BYTES: usize = 32 * 1024 * 1024;

/// A process keeps what it has claimed in Redis for so long after it was last heard of.
pub const REDIS_SESSION: Duration = Duration::from_secs(10);

/// How often a store that does not report alarms which others have set or left behind is asked for them again.
pub const STORE_LOOK: Duration = Duration::from_secs(3);

/// Who wants what another process or thread has claimed gives up after a time that is longer than a session. On Redis it
/// asks again and again.
pub const CLAIM_WAIT: Duration = Duration::from_secs(15);
pub const CLAIM_PAUSE: Duration = Duration::from_millis(100);

/// A server that does not answer is asked again with growing pauses, and given up after this time.
pub const REDIS_RETRY: Duration = Duration::from_secs(5);
pub const REDIS_BACKOFF: Duration = Duration::from_millis(20);
pub const REDIS_TIMEOUT: Duration = Duration::from_secs(5);

/// What is long may take longer: bytes that get to a server and are done with in a second, at least.
pub const REDIS_BYTES_PER_SECOND: usize = 8 * 1024 * 1024;

/// What an object has stored on Redis is fetched in answers of about so many bytes.
pub const REDIS_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Parts of writes that are too long for one command stay on a server for so long after the last of them came, unless they
/// are made.
pub const REDIS_STAGE: Duration = Duration::from_secs(60);

/// Writes that are sent to Redis as one; a command has room for 349,000.
pub const REDIS_WRITES: usize = 100_000;

/// Commands that are sent to Redis in one go.
pub const REDIS_BATCH: usize = 1000;
