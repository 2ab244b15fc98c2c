//! The limits of sockets to servers, with their units and where they come from.

use std::time::Duration;

/// Bytes of a message that a server sends: what Workers receive at most
/// (<https://developers.cloudflare.com/workers/platform/limits/>).
pub const MESSAGE_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of messages that wait to be sent, besides the one that the connection has in hand. One is taken whatever its
/// length when none waits.
pub const WAITING_OUT_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of messages that wait for a worker which reads slowly, besides the one that the connection has in hand.
pub const WAITING_IN_BYTES: usize = 1024 * 1024;

/// Bytes that a waiting message counts for besides its own, so that empty ones are not free.
pub const MESSAGE_COST: usize = 64;

/// Bytes that are framed ahead of what the connection takes. While it takes less, nothing is read either: what a server
/// sends has answers (pongs, a close), and they would pile up.
pub const WRITE_AHEAD_BYTES: usize = 64 * 1024;

/// Bytes of the buffer that a connection reads into: while little comes, and while a message arrives that fills it.
pub const READ_BYTES: usize = 4 * 1024;
pub const LONG_READ_BYTES: usize = 64 * 1024;

/// Bytes from which on a message is compressed; shorter ones gain nothing. As in `ws`.
pub const COMPRESSED_FROM_BYTES: usize = 1024;
/// Bytes of a long message that are compressed before other connections have their turn.
pub const COMPRESSED_AT_ONCE_BYTES: usize = 256 * 1024;

/// How long a server may take to answer a close, and then to end the connection. As in `ws`.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);
