//! The limits of fetches to servers, with their units and where they come from.

use std::time::Duration;

/// Connections: what undici, the client of Miniflare 2, allows by default
/// (<https://undici.nodejs.org/#/docs/api/Client>): for making one, and for an idle one.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
pub const IDLE_CONNECTION: Duration = Duration::from_secs(4);

/// Headers of a response that `fetch` takes: how many over HTTP/1.1, and how many bytes over HTTP/2, as browsers do.
pub const RESPONSE_HEADERS: usize = 1000;
pub const HEADER_LIST_BYTES: u32 = 256 * 1024;

/// A response's body of at most this many bytes is handed over with its head, if it is there by then: if a connection has
/// read it when it has had this many turns.
pub const WHOLE_BODY_BYTES: usize = 64 * 1024;
pub const GATHER_TURNS: usize = 3;

/// Chunks of a response's body that wait for a worker which reads slowly.
pub const WAITING_CHUNKS: usize = 4;

/// Bytes of a chunk that a decoder makes, and of the memory that is taken for a body before any of it is there.
pub const DECODED_CHUNK_BYTES: usize = 64 * 1024;
pub const READ_AHEAD_BYTES: u64 = 1024 * 1024;

/// Content codings on top of each other that a response's body is decoded from; a body with more stays as it is.
pub const CONTENT_CODINGS: usize = 5;
