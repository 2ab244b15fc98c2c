//! The limits of Durable Objects, with their units and where they come from.

use std::time::Duration;

/// Bytes of one Durable Object key and of one value: <https://developers.cloudflare.com/durable-objects/platform/limits/>
pub const DURABLE_KEY_BYTES: usize = 2048;
pub const DURABLE_VALUE_BYTES: usize = 128 * 1024;

/// Bytes beyond the limit of a value that its serialized form may have, so that a buffer of just the limit fits.
pub const DURABLE_VALUE_OVERHEAD_BYTES: usize = 32;

/// Keys that one call to a Durable Object's storage may name, and that one transaction may write.
pub const DURABLE_KEYS: usize = 128;

/// Milliseconds that a closure of `blockConcurrencyWhile()` may take before its object is reset:
/// <https://developers.cloudflare.com/durable-objects/api/state/#blockconcurrencywhile>
pub const BLOCK_CONCURRENCY_MS: u32 = 30_000;

/// An alarm whose handler throws is delivered again, up to so many times, after a wait that doubles each time:
/// <https://developers.cloudflare.com/durable-objects/api/alarms/>
pub const DURABLE_ALARM_RETRIES: u8 = 6;
pub const DURABLE_ALARM_BACKOFF: Duration = Duration::from_secs(2);

/// An alarm that cannot be delivered, since its object cannot be read or written, is tried again after the wait above, which
/// doubles each time until it is this long. So is the store itself that cannot be asked for alarms.
pub const DURABLE_ALARM_OUTAGE: Duration = Duration::from_secs(8);

/// An alarm that is due within this time keeps Node's process alive, as in Miniflare 2.
pub const DURABLE_ALARM_SOON: Duration = Duration::from_secs(31);
