//! A bucket's functions as JavaScript calls them, from the worker's realm and from Node's alike: with values, and with a
//! value for an answer. An object is what `Head::to_value` makes of it.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::body::Transfers;
use super::bucket::{self, Bucket, Described, Found};
use super::condition::Condition;
use super::digests::{Algorithm, Expected};
use super::error::Result;
use super::limits;
use super::list::{self, Query};
use super::multipart::{self, Name, Named};
use super::object::{self, Head};
use super::range::Wanted;
use super::received::{Received, Receiver, Tagging};
use crate::realm::value::{Bytes, Value, fields, into_text};
use crate::store::payload::Payload;

/// An open bucket, what is under way, and the time.
pub struct Call {
    pub bucket: Bucket,
    pub transfers: Rc<Transfers>,
    pub now_ms: f64,
}

/// A value to store: all of it, or the number of its receiver.
pub enum Source {
    Whole(Payload),
    Receiver(u32),
}

/// An object, or null.
pub async fn head(call: Call, key: String) -> Result<Value> {
    let found = object::index(&*call.bucket.space, &key).await?;
    Ok(found.map_or(Value::Null, |head| head.to_value()))
}

/// `[object]` if the condition does not hold; `[object, offset, length, bytes or the number of a body]` if it does, with
/// undefined as offset and length of an empty object; null if there is none. `options` are `[condition, range, ssecKey]`.
pub async fn get(call: Call, key: String, options: Value) -> Result<Value> {
    let [condition, wanted, ssec] = fields(options);
    let (condition, wanted) = (Condition::read(condition), Wanted::read(wanted));
    let (head, found) = match bucket::get(&call.bucket, &key, condition, wanted, ssec_key_md5(ssec)).await? {
        Found::Nothing => return Ok(Value::Null),
        Found::Unmet(head) => return Ok(Value::List(vec![head.to_value()])),
        Found::Met(head, found) => (head, found),
    };
    let mut answer = vec![head.to_value()];
    answer.extend(match found {
        None => [
            Value::Undefined,
            Value::Undefined,
            Value::Bytes(Bytes::Owned(Vec::new())),
        ],
        Some((span, value)) => {
            let value = match value {
                bucket::Value::Bytes(bytes) => Value::Bytes(Bytes::Stored(bytes)),
                bucket::Value::Body(body) => Value::Number(call.transfers.add_body(body).into()),
            };
            [
                Value::Number(span.offset as f64),
                Value::Number(span.length as f64),
                value,
            ]
        }
    });
    Ok(Value::List(answer))
}

/// The next bytes of a body, or all that are left; null at the end of chunks.
pub async fn read(transfers: Rc<Transfers>, number: u32, all: bool) -> Result<Value> {
    let body = transfers.body(number)?;
    if !all {
        return body.read(limits::R2_CHUNK_BYTES).await;
    }
    let bytes = body.read_all().await;
    transfers.close(number);
    bytes
}

/// Whether a condition holds for the object of a key.
pub async fn admits(call: Call, key: String, condition: Value) -> Result<Value> {
    let holds = bucket::admits(&call.bucket, &key, Condition::read(condition)).await?;
    Ok(Value::Bool(holds))
}

/// Begins a value that comes in chunks, with the digest that it must have: `[number]`.
pub async fn receive(call: Call, expected: Value) -> Result<Value> {
    let receiver = Receiver::new(&call.bucket, read_expected(expected));
    let number = call.transfers.add_receiver(receiver);
    Ok(Value::List(vec![Value::Number(number.into())]))
}

/// Takes a chunk.
pub async fn add(transfers: Rc<Transfers>, number: u32, bytes: Vec<u8>) -> Result<Value> {
    transfers.receiver(number)?.add(bytes).await?;
    Ok(Value::Undefined)
}

/// Stores an object; null if the condition does not hold. `options` are `[metadata, condition, expected digest,
/// ssecKey]`.
pub async fn put(call: Call, key: String, source: Source, options: Value) -> Result<Value> {
    let [metadata, condition, expected, ssec] = fields(options);
    let received = arrived(&call, source, read_expected(expected), Tagging::Late).await?;
    let described = Described {
        metadata: into_text(metadata),
        ssec_key_md5: ssec_key_md5(ssec),
    };
    let condition = Condition::read(condition);
    let stored = bucket::put(&call.bucket, &key, received, described, condition, call.now_ms).await?;
    Ok(stored.map_or(Value::Null, |head| head.to_value()))
}

async fn arrived(call: &Call, source: Source, expected: Option<Expected>, tagging: Tagging) -> Result<Received> {
    match source {
        Source::Whole(bytes) => Receiver::whole(&call.bucket, bytes, expected, tagging).await,
        Source::Receiver(number) => {
            let receiver = call.transfers.receiver(number)?;
            call.transfers.close(number);
            receiver.finish(tagging).await
        }
    }
}

pub async fn delete(call: Call, keys: Value) -> Result<Value> {
    bucket::delete(&call.bucket, texts(keys)).await?;
    Ok(Value::Undefined)
}

/// `[cursor or undefined, prefixes, key, object, key, object, ...]`. `query` is `[prefix, delimiter, cursor, startAfter,
/// limit]`.
pub async fn list(call: Call, query: Value) -> Result<Value> {
    let [prefix, delimiter, cursor, start_after, limit] = fields(query);
    let query = Query {
        prefix: into_text(prefix),
        delimiter: into_text(delimiter),
        cursor: into_text(cursor),
        start_after: optional_text(start_after),
        limit: match limit {
            Value::Number(limit) => limit.ceil() as usize,
            _ => limits::R2_LIST_KEYS,
        },
    };
    let page = list::list(&call.bucket, query).await?;
    let prefixes = page.prefixes.iter().map(|prefix| prefix.as_str().into());
    let mut answer = vec![
        page.cursor.as_deref().map_or(Value::Undefined, Value::from),
        Value::List(prefixes.collect()),
    ];
    for (key, head) in page.objects {
        answer.extend([key.as_str().into(), Head::to_value(&head)]);
    }
    Ok(Value::List(answer))
}

/// Begins a multipart upload; its id. `options` are `[metadata, ssecKey]`.
pub async fn create(call: Call, key: String, options: Value) -> Result<Value> {
    let [metadata, ssec] = fields(options);
    let id = multipart::create(&call.bucket, key, into_text(metadata), ssec_key_md5(ssec)).await?;
    Ok(id.as_str().into())
}

/// Stores a part; its tag. `options` are `[number, ssecKey]`.
pub async fn put_part(call: Call, name: Name, source: Source, options: Value) -> Result<Value> {
    let [number, ssec] = fields(options);
    let received = arrived(&call, source, None, Tagging::Now).await?;
    let etag = multipart::put(&call.bucket, name, read_number(number), received, ssec_key_md5(ssec)).await?;
    Ok(etag.as_str().into())
}

/// Makes an object of parts, `[number, etag, number, etag, ...]`. All but the last have at least `least` bytes.
pub async fn complete(call: Call, name: Name, parts: Value, least: u64) -> Result<Value> {
    let mut named = Vec::new();
    let mut parts = items(parts).into_iter();
    while let (Some(number), Some(etag)) = (parts.next(), parts.next()) {
        named.push(Named {
            number: read_number(number),
            etag: into_text(etag),
        });
    }
    let head = multipart::complete(&call.bucket, name, named, least, call.now_ms).await?;
    Ok(head.to_value())
}

pub async fn abort(call: Call, name: Name) -> Result<Value> {
    multipart::abort(&call.bucket, name).await?;
    Ok(Value::Undefined)
}

/// What JavaScript checks: `[bytes of a value, of metadata; keys of a list, of one with metadata, of a delete; parts]`.
pub fn numbers() -> Value {
    let numbers = [
        limits::R2_VALUE_BYTES as f64,
        limits::R2_KEY_BYTES as f64,
        limits::R2_METADATA_BYTES as f64,
        limits::R2_LIST_KEYS as f64,
        limits::R2_LIST_INCLUDING_KEYS as f64,
        limits::R2_DELETE_KEYS as f64,
        f64::from(limits::R2_PARTS),
    ];
    Value::List(numbers.into_iter().map(Value::Number).collect())
}

/// The digest that a value must have: `[name of the algorithm, digits]`, or undefined.
fn read_expected(value: Value) -> Option<Expected> {
    let [name, digest] = fields(value);
    Some(Expected {
        algorithm: Algorithm::named(&optional_text(name)?)?,
        digest: into_text(digest),
    })
}

fn read_number(value: Value) -> u32 {
    match value {
        Value::Number(number) => number as u32,
        _ => 0,
    }
}

/// The MD5 of a key in hexadecimal digits, which JavaScript has checked.
fn ssec_key_md5(key: Value) -> Option<String> {
    let key = hex::decode(optional_text(key)?).unwrap_or_default();
    Some(STANDARD.encode(Md5::digest(key)))
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        _ => Vec::new(),
    }
}

fn texts(value: Value) -> Vec<String> {
    items(value).into_iter().map(into_text).collect()
}

fn optional_text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_utf8()),
        _ => None,
    }
}
