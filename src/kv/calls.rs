//! A namespace's functions as JavaScript calls them, from the worker's realm and from Node's alike: with values, and
//! with a value for an answer.

use std::rc::Rc;

use bytes::Bytes;

use super::limits;
use super::list::{self, Query};
use super::namespace::{self, Expiry, Result};
use crate::realm::entry::{metadata_text, seconds, text};
use crate::realm::value::{self, Value, fields, into_text};
use crate::store::Space;
use crate::store::record::Record;

/// How a value is wanted.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// As bytes, and otherwise as text.
    pub bytes: bool,
    /// `[value, metadata]` instead of the value alone.
    pub metadata: bool,
}

/// The value of a key; null when there is none.
pub async fn get(
    space: Rc<dyn Space>,
    key: String,
    wanted: Wanted,
    cache_ttl: Option<String>,
    now_ms: f64,
) -> Result<Value> {
    let Some(record) = namespace::get(space, key, cache_ttl, now_ms).await? else {
        return Ok(Value::Null);
    };
    let Record { value, metadata, .. } = record;
    let value = if wanted.bytes {
        Value::Bytes(value::Bytes::Stored(value))
    } else {
        text(without_mark(value))
    };
    Ok(if wanted.metadata {
        Value::List(vec![value, metadata_text(metadata)])
    } else {
        value
    })
}

/// Puts a value. `options` are undefined, or `[metadata, expiration, expirationTtl, shown]`: JSON or undefined, seconds
/// or undefined, and these in the caller's words.
pub async fn put(space: Rc<dyn Space>, key: String, value: Vec<u8>, options: Value, now_ms: f64) -> Result<Value> {
    let (metadata, expiry) = read_options(options);
    namespace::put(space, key, value, metadata, expiry, now_ms).await?;
    Ok(Value::Undefined)
}

pub async fn delete(space: Rc<dyn Space>, key: String) -> Result<Value> {
    namespace::delete(space, key).await?;
    Ok(Value::Undefined)
}

/// A page of names: `[cursor, name, expiration, metadata, name, ...]`, where expiration is in seconds or undefined and
/// metadata is JSON or undefined. `query` is `[prefix, limit, shown, cursor]`.
pub async fn list(space: Rc<dyn Space>, query: Value, now_ms: f64) -> Result<Value> {
    let page = list::list(space, read_query(query), now_ms).await?;
    let mut answer = Vec::with_capacity(1 + 3 * page.keys.len());
    answer.push(page.cursor.as_str().into());
    for (
        name,
        Record {
            metadata, expires_ms, ..
        },
    ) in page.keys
    {
        answer.push(text(name.into()));
        answer.push(seconds(expires_ms));
        answer.push(metadata_text(metadata));
    }
    Ok(Value::List(answer))
}

/// Text may begin with a mark of its byte order, which is no part of it.
fn without_mark(utf8: Bytes) -> Bytes {
    if utf8.starts_with(b"\xef\xbb\xbf") {
        utf8.slice(3..)
    } else {
        utf8
    }
}

fn read_options(options: Value) -> (String, Expiry) {
    let [metadata, expiration, ttl, shown] = fields(options);
    let shown = into_text(shown);
    let expiry = match (ttl, expiration) {
        (Value::Number(ttl), _) => Expiry::After(ttl, shown),
        (_, Value::Number(expiration)) => Expiry::At(expiration, shown),
        _ => Expiry::Never,
    };
    (into_text(metadata), expiry)
}

fn read_query(query: Value) -> Query {
    let [prefix, limit, shown, cursor] = fields(query);
    Query {
        prefix: into_text(prefix),
        limit: match limit {
            Value::Number(limit) => limit,
            _ => limits::KV_LIST_KEYS as f64,
        },
        shown_limit: into_text(shown),
        cursor: into_text(cursor),
    }
}
