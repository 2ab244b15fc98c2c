//! The limits of R2, with their units and sources.

/// Bytes of a key in UTF-8: <https://developers.cloudflare.com/r2/platform/limits/>
pub const R2_KEY_BYTES: usize = 1024;

/// Bytes of the value of one `put` or one part. Miniflare 2 has 5 GB minus 5 MB.
pub const R2_VALUE_BYTES: u64 = 4_995_000_000;

/// Bytes of an object's custom metadata, names and values: <https://developers.cloudflare.com/r2/platform/limits/>
pub const R2_METADATA_BYTES: usize = 8192;

/// Keys that one page of a list has at most, and with `include`; keys that one `delete` takes:
/// <https://developers.cloudflare.com/r2/api/workers/workers-api-reference/>
pub const R2_LIST_KEYS: usize = 1000;
pub const R2_LIST_INCLUDING_KEYS: usize = 100;
pub const R2_DELETE_KEYS: usize = 1000;

/// Bytes of each part of a multipart upload but the last: <https://developers.cloudflare.com/r2/objects/multipart-objects/>
pub const R2_PART_BYTES: u64 = 5 * 1024 * 1024;

/// The highest number of a part: <https://developers.cloudflare.com/r2/platform/limits/>
pub const R2_PARTS: u32 = 10_000;

/// Bytes of a value that a call of `get` answers with at once; more are read when they are asked for. From 4 KiB to
/// 256 KiB it makes no difference that can be measured.
pub const R2_AT_ONCE_BYTES: u64 = 64 * 1024;

/// Bytes of a chunk of a body.
pub const R2_CHUNK_BYTES: u64 = 256 * 1024;

/// Bytes of a value or part on a Redis server, which holds each as one string in its memory, and can be restored in one step
/// up to 32 MB.
pub const R2_SERVER_VALUE_BYTES: u64 = 32_000_000;
