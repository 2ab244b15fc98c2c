//! An object's storage as Node's JavaScript calls it, for objects that a test constructs itself: with values, where what the
//! worker's `ops.rs` clones is bytes that Node has serialized.

use super::alarm;
use super::alarm_ops;
use super::limits;
use super::ops::Open;
use super::storage::{Entries, StorageError, check_key, check_named_key, check_named_size, check_size};
use crate::protocol::alarm::{DELETE, GET, SET};
use crate::protocol::stored::{
    ALARM, COMMIT, CONFIRM, DELETE_ALL, DELETE_MANY, DELETE_ONE, END, GET_MANY, GET_ONE, LIST, PUT_MANY, PUT_ONE,
    REFUSE,
};
use crate::realm::value::{Bytes, Text, Value, into_text};
use crate::store::range::{Entry, Key, Range};

type Result<T> = std::result::Result<T, StorageError>;

/// Does what call number `call` says. Entries are answered as `[key, bytes, key, bytes, ...]`.
pub fn call(open: &Open, call: u32, args: Vec<Value>) -> Result<Value> {
    let entries = open.entries();
    let mut args = args.into_iter();
    let mut next = || args.next().unwrap_or(Value::Undefined);
    Ok(match call {
        GET_ONE => entries
            .get(&check_key(into_text(next()))?)?
            .map_or(Value::Undefined, stored),
        GET_MANY => pairs(get_many(entries, keys(args)?)?),
        PUT_ONE => put_one(entries, into_text(next()), next())?,
        PUT_MANY => put_many(entries, args.collect())?,
        DELETE_ONE => Value::Bool(entries.delete(vec![check_key(into_text(next()))?])? > 0),
        DELETE_MANY => Value::Number(entries.delete(keys(args)?)? as f64),
        DELETE_ALL => delete_all(open)?,
        LIST => pairs(entries.list(&range([next(), next(), next(), next(), next(), next()]))?),
        ALARM => Value::Number(alarm_ops::of_object(open, act(next()), number(next()))?),
        CONFIRM => Value::Bool(open.storage().confirm()?),
        COMMIT => Value::Bool(commit(open)?),
        END => end(open),
        REFUSE => return Err(StorageError::Unreadable(into_text(next()))),
        _ => Value::Undefined,
    })
}

fn stored(value: bytes::Bytes) -> Value {
    Value::Bytes(Bytes::Stored(value))
}

fn pairs(entries: Vec<Entry>) -> Value {
    let flat = entries
        .into_iter()
        .flat_map(|(key, value)| [Value::Text(Text::Utf8(key.into())), stored(value)]);
    Value::List(flat.collect())
}

/// Keys, leaving out what is undefined.
fn keys(args: std::vec::IntoIter<Value>) -> Result<Vec<Key>> {
    if args.len() > limits::DURABLE_KEYS {
        return Err(StorageError::TooManyKeys);
    }
    let given = args.filter(|key| !matches!(key, Value::Undefined));
    given.map(|key| check_named_key(into_text(key))).collect()
}

fn get_many(entries: &dyn Entries, mut keys: Vec<Key>) -> Result<Vec<Entry>> {
    keys.sort();
    keys.dedup();
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(value) = entries.get(&key)? {
            found.push((key, value));
        }
    }
    Ok(found)
}

fn put_one(entries: &dyn Entries, key: String, value: Value) -> Result<Value> {
    let key = check_key(key)?;
    let value = serialized(value);
    check_size(&value)?;
    entries.put(vec![(key, value)])?;
    Ok(Value::Undefined)
}

/// Puts `[key, bytes, key, bytes, ...]`, leaving out what is undefined.
fn put_many(entries: &dyn Entries, given: Vec<Value>) -> Result<Value> {
    if given.len() > 2 * limits::DURABLE_KEYS {
        return Err(StorageError::TooManyPairs);
    }
    let mut put = Vec::with_capacity(given.len() / 2);
    let mut given = given.into_iter();
    while let (Some(key), Some(value)) = (given.next(), given.next()) {
        let name = into_text(key);
        let key = check_named_key(name.clone())?;
        if matches!(value, Value::Undefined) {
            continue;
        }
        let value = serialized(value);
        check_named_size(&value, name)?;
        put.push((key, value));
    }
    entries.put(put)?;
    Ok(Value::Undefined)
}

fn serialized(value: Value) -> bytes::Bytes {
    match value {
        Value::Bytes(Bytes::Owned(bytes)) => bytes.into(),
        Value::Bytes(bytes) => bytes::Bytes::copy_from_slice(bytes.as_slice()),
        _ => bytes::Bytes::new(),
    }
}

fn delete_all(open: &Open) -> Result<Value> {
    if let Open::Storage(storage) = open {
        storage.delete_all(true)?;
    }
    Ok(Value::Undefined)
}

/// `[start, startAfter, end, prefix, reverse, limit]`; a negative limit means no limit.
fn range([start, after, end, prefix, reverse, limit]: [Value; 6]) -> Range {
    let limit = number(limit);
    let limit = if limit < 0.0 { usize::MAX } else { limit as usize };
    let reverse = matches!(reverse, Value::Bool(true));
    let bounds = [start, after, end, prefix].map(|bound| match bound {
        Value::Text(key) => Some(key.to_utf8()),
        _ => None,
    });
    bounded(bounds, reverse, limit)
}

/// The keys of the user's between bounds: `[start, startAfter, end, prefix]`.
pub fn bounded([start, after, end, prefix]: [Option<String>; 4], reverse: bool, limit: usize) -> Range {
    let all = Range::all().before(alarm::KEY.into()).at_most(limit, reverse);
    type Narrow = fn(Range, Key) -> Range;
    let narrow: [(Option<String>, Narrow); 4] = [
        (start, Range::from),
        (after, Range::after),
        (end, Range::before),
        (prefix, Range::prefixed),
    ];
    let given = narrow.into_iter().filter_map(|(key, narrow)| Some((key?, narrow)));
    given.fold(all, |range, (key, narrow)| narrow(range, key.into()))
}

fn commit(open: &Open) -> Result<bool> {
    match open {
        Open::Transaction(transaction) => transaction.commit(),
        Open::Storage(_) => Ok(false),
    }
}

fn end(open: &Open) -> Value {
    if let Open::Transaction(transaction) = open {
        transaction.end();
    }
    Value::Undefined
}

/// What is done with an alarm: one of the numbers that are an object's own.
fn act(value: Value) -> u8 {
    let act = number(value) as u8;
    if act == SET || act == DELETE { act } else { GET }
}

fn number(value: Value) -> f64 {
    match value {
        Value::Number(number) => number,
        _ => 0.0,
    }
}
