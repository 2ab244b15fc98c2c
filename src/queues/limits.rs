//! The limits of queues, with their units and where they come from.

use std::time::Duration;

/// Bytes of a message, and messages and bytes of one `sendBatch`: <https://developers.cloudflare.com/queues/platform/limits/>
pub const QUEUE_MESSAGE_BYTES: usize = 128_000;
pub const QUEUE_BATCH_MESSAGES: usize = 100;
pub const QUEUE_BATCH_BYTES: usize = 256_000;

/// Seconds that a message or a retry can be delayed: <https://developers.cloudflare.com/queues/configuration/batching-retries/>
pub const QUEUE_DELAY_SECONDS: f64 = 86_400.0;

/// Messages wait for so long when what was decided on them could not be stored, as on a disk that is full.
pub const QUEUE_PAUSE: Duration = Duration::from_secs(2);

/// A batch that is due within this time keeps Node's process alive, as an alarm does.
pub const QUEUE_SOON: Duration = Duration::from_secs(31);
