//! The limits of namespaces, with their units and where they come from.

/// Bytes of a KV key, of a value and of its metadata, as JSON: <https://developers.cloudflare.com/kv/platform/limits/>
pub const KV_KEY_BYTES: usize = 512;
pub const KV_VALUE_BYTES: usize = 25 * 1024 * 1024;
pub const KV_METADATA_BYTES: usize = 1024;

/// Seconds that a KV entry lives at least, and that a read of one may be cached at least:
/// <https://developers.cloudflare.com/kv/api/write-key-value-pairs/#expiring-keys>
pub const KV_TTL_SECONDS: f64 = 60.0;

/// Keys that one page of a KV list may have: <https://developers.cloudflare.com/kv/api/list-keys/>
pub const KV_LIST_KEYS: usize = 1000;
