//! A cache's functions as JavaScript calls them, from the worker's realm and from Node's alike: with values, and with a
//! value for an answer. A response lies in its space as a record, whose metadata is its status and its headers.

use std::rc::Rc;

use super::reply::Stored;
use crate::realm::value::{Bytes, Text, Value};
use crate::store::record::{self, Record};
use crate::store::{Result, Space};

/// Stores a response for `ttl_ms` milliseconds, in the place of any that was there.
pub async fn put(
    space: Rc<dyn Space>,
    key: String,
    response: (u16, String, Vec<u8>),
    ttl_ms: f64,
    now_ms: f64,
) -> Result<Value> {
    let (status, headers, body) = response;
    let metadata = [&status.to_le_bytes(), headers.as_bytes()].concat();
    // One that is stale already only takes the place of what was there.
    let record = (ttl_ms > 0.0).then(|| Record::write(body, &metadata, now_ms + ttl_ms));
    space.commit(vec![(key.into(), record)]).wait().await?;
    Ok(Value::Undefined)
}

/// What the cache answers a request with: `[status, headers, body]`, or null. A body is null where there can be none.
pub async fn find(space: Rc<dyn Space>, key: String, request_headers: String, now_ms: f64) -> Result<Value> {
    let Some(record) = fresh(&*space, &key, now_ms).await? else {
        return Ok(Value::Null);
    };
    let Some((status, headers)) = record.metadata.split_first_chunk() else {
        return Ok(Value::Null);
    };
    let stored = Stored {
        status: u16::from_le_bytes(*status),
        headers: String::from_utf8_lossy(headers).into_owned(),
        body: Some(record.value),
    };
    let Stored { status, headers, body } = stored.reply(&request_headers);
    Ok(Value::List(vec![
        Value::Number(f64::from(status)),
        Value::Text(Text::Utf8(headers.into())),
        body.map_or(Value::Null, |body| Value::Bytes(Bytes::Stored(body))),
    ]))
}

/// Takes a response away; whether there was one.
pub async fn delete(space: Rc<dyn Space>, key: String, now_ms: f64) -> Result<Value> {
    let found = fresh(&*space, &key, now_ms).await?.is_some();
    space.commit(vec![(key.into(), None)]).wait().await?;
    Ok(Value::Bool(found))
}

async fn fresh(space: &dyn Space, key: &str, now_ms: f64) -> Result<Option<Record>> {
    record::fresh(space, key.as_bytes(), || [(key.into(), None)], now_ms).await
}
