//! A storage's functions as JavaScript calls them: with values, and with a value for an answer.
//!
//! Entries lie in the space as those of a KV namespace do (`store/indexed.rs`), so that a namespace over the same space is
//! one of the same entries. A storage itself knows no limits.

use std::rc::Rc;

use crate::realm::entry::{metadata_text, seconds};
use crate::realm::value::{Bytes, Value, fields, into_text};
use crate::store::indexed::{ENTRY, INDEX, prefixed, removal};
use crate::store::record::{self, NEVER, Record};
use crate::store::{Result, Space, Write};

/// What is known of a key but its value, `[expiration, metadata]`, in seconds or undefined and as JSON or undefined; null
/// when there is no such key.
pub async fn head(space: Rc<dyn Space>, key: String, now_ms: f64) -> Result<Value> {
    let found = fresh(&*space, INDEX, &key, now_ms).await?;
    Ok(found.map_or(Value::Null, |record| Value::List(known(record).into())))
}

/// `[expiration, metadata, value]` of a key, or null.
pub async fn get(space: Rc<dyn Space>, key: String, now_ms: f64) -> Result<Value> {
    let found = fresh(&*space, ENTRY, &key, now_ms).await?;
    Ok(found.map_or(Value::Null, |record| {
        let value = Value::Bytes(Bytes::Stored(record.value.clone()));
        let [expiration, metadata] = known(record);
        Value::List(vec![expiration, metadata, value])
    }))
}

/// Puts a value. `options` are `[expiration, metadata]`, as `head` answers with them.
pub async fn put(space: Rc<dyn Space>, key: String, value: Vec<u8>, options: Value) -> Result<Value> {
    let [expiration, metadata] = fields(options);
    let expires_ms = match expiration {
        Value::Number(expiration) => expiration * 1000.0,
        _ => NEVER,
    };
    let writes = writes(key.as_bytes(), value, &into_text(metadata), expires_ms);
    space.commit(writes.into()).wait().await?;
    Ok(Value::Undefined)
}

/// Takes keys away; `[count]`, how many of them there were.
pub async fn delete(space: Rc<dyn Space>, keys: Vec<Value>, now_ms: f64) -> Result<Value> {
    let mut existed = 0.0;
    let mut removals = Vec::with_capacity(2 * keys.len());
    for key in keys.into_iter().map(into_text) {
        if fresh(&*space, INDEX, &key, now_ms).await?.is_some() {
            existed += 1.0;
        }
        removals.extend(removal(key.as_bytes()));
    }
    space.commit(removals).wait().await?;
    Ok(Value::List(vec![Value::Number(existed)]))
}

async fn fresh(space: &dyn Space, kind: u8, key: &str, now_ms: f64) -> Result<Option<Record>> {
    let name = key.as_bytes();
    record::fresh(space, &prefixed(kind, name), || removal(name), now_ms).await
}

fn known(record: Record) -> [Value; 2] {
    [seconds(record.expires_ms), metadata_text(record.metadata)]
}

/// Both writes of an entry.
pub fn writes(name: &[u8], value: Vec<u8>, metadata: &str, expires_ms: f64) -> [Write; 2] {
    let index = Record::write(Vec::new(), metadata.as_bytes(), expires_ms);
    let entry = Record::write(value, metadata.as_bytes(), expires_ms);
    [
        (prefixed(INDEX, name), Some(index)),
        (prefixed(ENTRY, name), Some(entry)),
    ]
}
