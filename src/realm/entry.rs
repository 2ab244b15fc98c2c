//! What is known of an entry of a store, as values.

use bytes::Bytes;

use super::value::{Text, Value};

/// When a record expires, in seconds; undefined when it never does.
pub fn seconds(expires_ms: f64) -> Value {
    match expires_ms {
        f64::INFINITY => Value::Undefined,
        expires_ms => Value::Number(expires_ms / 1000.0),
    }
}

/// Text as it is stored.
pub fn text(utf8: Bytes) -> Value {
    Value::Text(Text::Utf8(utf8))
}

/// The metadata of an entry, as JSON; undefined when it has none.
pub fn metadata_text(metadata: Bytes) -> Value {
    if metadata.is_empty() {
        Value::Undefined
    } else {
        text(metadata)
    }
}
