//! Storage and ids as the worker's JavaScript calls them (`entries.ts`, `objects.ts`). All of it is synchronous.

use std::cell::RefCell;
use std::ffi::CStr;
use std::rc::Rc;

use deno_core::{GarbageCollected, OpState, op2, v8};

use super::ROOM;
use super::alarms::Alarms;
use super::calls;
use super::clone;
use super::facets;
use super::id::{self, IdError};
use super::limits;
use super::slot::Slot;
use super::sql_space::{self, SqlSpace};
use super::storage::{Entries, Storage, StorageError, check_key, check_named_key, check_named_size, check_size};
use super::transaction::Transaction;
use crate::realm::instance::Instance;
use crate::store::range::Entry;

/// What JavaScript holds of an object's storage, or of a transaction over it.
pub enum Open {
    Storage(Rc<Storage>),
    Transaction(Transaction),
}

// SAFETY: holds no references into V8's heap.
unsafe impl GarbageCollected for Open {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static CStr {
        c"DurableObjectEntries"
    }
}

impl Open {
    pub fn entries(&self) -> &dyn Entries {
        match self {
            Open::Storage(storage) => &**storage,
            Open::Transaction(transaction) => transaction,
        }
    }

    /// The storage, or that which the transaction is over.
    pub fn storage(&self) -> &Storage {
        match self {
            Open::Storage(storage) => storage,
            Open::Transaction(transaction) => transaction.storage(),
        }
    }
}

/// Opens the storage of an object, or of a facet.
#[op2]
#[cppgc]
pub fn op_durable_open(
    state: &mut OpState,
    #[string] binding: &str,
    #[string] id: &str,
    has_sql: bool,
) -> Result<Open, StorageError> {
    let instance = state.borrow::<Rc<Instance>>();
    if facets::is_facet(id) {
        return Ok(Open::Storage(facets::open(instance, binding, id)?));
    }
    let (space, claimed) = instance.stores.spaces(ROOM.name).claim(&format!("{binding}:{id}"));
    let alarm = Rc::new(Slot::new(binding, id, instance.part::<Alarms>()));
    if !has_sql {
        return Ok(Open::Storage(Storage::new(space, claimed, alarm)));
    }
    let sessions = sql_space::sessions(instance)?;
    let sql = SqlSpace::new(facets::database_of(binding, id), sessions, space, alarm.clone());
    Ok(Open::Storage(Storage::with_sql(sql, claimed, alarm)))
}

/// Whether everything written so far survives what it is to survive, and the storage is ready. If not, awaiting
/// `op_durable_confirmed` is what is left to do.
/// Returns how long a closure of `blockConcurrencyWhile()` may take, in milliseconds.
#[op2(fast)]
pub fn op_durable_block_ms() -> u32 {
    limits::BLOCK_CONCURRENCY_MS
}

/// Returns the number of the last retry of an alarm.
#[op2(fast)]
pub fn op_durable_alarm_retries() -> u32 {
    u32::from(limits::DURABLE_ALARM_RETRIES)
}

#[op2(fast)]
pub fn op_durable_confirm(#[cppgc] open: &Open) -> Result<bool, StorageError> {
    open.storage().confirm()
}

#[op2]
pub fn op_durable_confirmed(#[cppgc] open: &Open) -> impl Future<Output = Result<(), StorageError>> + use<> {
    open.storage().confirmed()
}

/// The digits of the ids under which objects of a binding have stored something.
#[op2]
#[serde]
pub async fn op_durable_stored(
    state: Rc<RefCell<OpState>>,
    #[string] binding: String,
) -> Result<Vec<String>, StorageError> {
    let store = state.borrow().borrow::<Rc<Instance>>().stores.spaces(ROOM.name);
    let names = store.spaces(&format!("{binding}:")).wait().await?;
    let ids = names.iter().filter_map(|name| name.rsplit_once(':'));
    Ok(ids.filter(|(of, _)| *of == binding).map(|(_, id)| id.into()).collect())
}

/// Begins a transaction over a storage.
#[op2]
#[cppgc]
pub fn op_durable_begin(#[cppgc] open: &Open) -> Option<Open> {
    match open {
        Open::Storage(storage) => Some(Open::Transaction(Transaction::new(storage.clone()))),
        Open::Transaction(_) => None,
    }
}

/// Commits a transaction; false when it must be run again.
#[op2(fast)]
pub fn op_durable_commit(#[cppgc] open: &Open) -> Result<bool, StorageError> {
    match open {
        Open::Transaction(transaction) => transaction.commit(),
        Open::Storage(_) => Ok(false),
    }
}

/// Ends a transaction, whether it was committed or not.
#[op2(fast)]
pub fn op_durable_end(#[cppgc] open: &Open) {
    if let Open::Transaction(transaction) = open {
        transaction.end();
    }
}

#[op2]
pub fn op_durable_get<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    #[string] key: String,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let key = check_key(key)?;
    match open.entries().get(&key)? {
        Some(value) => read_value(scope, &key, &value),
        None => Ok(v8::undefined(scope).into()),
    }
}

/// The entries of those of `keys` that there are, in order: `[key, value, key, value, ...]`.
///
/// @param {(string | undefined)[]} keys
/// @returns {unknown[]}
#[op2]
pub fn op_durable_get_many<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    keys: v8::Local<'s, v8::Array>,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let mut keys = read_keys(scope, keys)?;
    keys.sort();
    keys.dedup();
    let entries = open.entries();
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(value) = entries.get(&key)? {
            found.push((key, value));
        }
    }
    make_entries(scope, found)
}

/// Cloning a value runs its getters, which a fast call may not.
#[op2(nofast, reentrant)]
pub fn op_durable_put<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    #[string] key: String,
    value: v8::Local<'s, v8::Value>,
) -> Result<(), StorageError> {
    let key = check_key(key)?;
    let Some(value) = clone::write(scope, value) else {
        return Ok(());
    };
    if !open.storage().has_sql() {
        check_size(&value)?;
    }
    open.entries().put(vec![(key, value)])
}

/// Puts `[key, value, key, value, ...]`, leaving out what is undefined.
#[op2(nofast, reentrant)]
pub fn op_durable_put_many<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    pairs: v8::Local<'s, v8::Array>,
) -> Result<(), StorageError> {
    if pairs.length() as usize > 2 * limits::DURABLE_KEYS {
        return Err(StorageError::TooManyPairs);
    }
    let has_sql = open.storage().has_sql();
    let mut entries = Vec::with_capacity(pairs.length() as usize / 2);
    for index in (0..pairs.length()).step_by(2) {
        let (Some(key), Some(value)) = (pairs.get_index(scope, index), pairs.get_index(scope, index + 1)) else {
            break;
        };
        let name = key.to_rust_string_lossy(scope);
        let key = check_named_key(name.clone())?;
        if value.is_undefined() {
            continue;
        }
        let Some(value) = clone::write(scope, value) else {
            return Ok(());
        };
        if !has_sql {
            check_named_size(&value, name)?;
        }
        entries.push((key, value));
    }
    open.entries().put(entries)
}

/// Whether there was a value.
#[op2(fast)]
pub fn op_durable_delete(#[cppgc] open: &Open, #[string] key: String) -> Result<bool, StorageError> {
    Ok(open.entries().delete(vec![check_key(key)?])? > 0)
}

/// How many values there were.
///
/// @param {(string | undefined)[]} keys
#[op2(fast)]
pub fn op_durable_delete_many<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    keys: v8::Local<'s, v8::Array>,
) -> Result<u32, StorageError> {
    let keys = read_keys(scope, keys)?;
    Ok(open.entries().delete(keys)? as u32)
}

#[op2(fast)]
pub fn op_durable_delete_all(#[cppgc] open: &Open, with_alarm: bool) -> Result<(), StorageError> {
    match open {
        Open::Storage(storage) => storage.delete_all(with_alarm),
        Open::Transaction(_) => Ok(()),
    }
}

/// The entries within bounds: `[key, value, key, value, ...]`. A negative `limit` means no limit.
///
/// @returns {unknown[]}
#[op2]
pub fn op_durable_list<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[cppgc] open: &Open,
    #[string] start: Option<String>,
    #[string] after: Option<String>,
    #[string] end: Option<String>,
    #[string] prefix: Option<String>,
    reverse: bool,
    limit: f64,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let limit = if limit < 0.0 { usize::MAX } else { limit as usize };
    let range = calls::bounded([start, after, end, prefix], reverse, limit);
    let entries = open.entries().list(&range)?;
    make_entries(scope, entries)
}

/// The keys of an array, leaving out what is undefined.
fn read_keys<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    keys: v8::Local<'s, v8::Array>,
) -> Result<Vec<Vec<u8>>, StorageError> {
    if keys.length() as usize > limits::DURABLE_KEYS {
        return Err(StorageError::TooManyKeys);
    }
    let mut read = Vec::with_capacity(keys.length() as usize);
    for index in 0..keys.length() {
        if let Some(key) = keys.get_index(scope, index).filter(|key| !key.is_undefined()) {
            read.push(check_named_key(key.to_rust_string_lossy(scope))?);
        }
    }
    Ok(read)
}

fn read_value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    key: &[u8],
    value: &[u8],
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    clone::read(scope, value).ok_or_else(|| StorageError::Unreadable(String::from_utf8_lossy(key).into_owned()))
}

fn make_entries<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: Vec<Entry>,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let mut items = Vec::with_capacity(2 * entries.len());
    for (key, value) in entries {
        let name = v8::String::new_from_utf8(scope, &key, v8::NewStringType::Normal);
        items.push(name.map_or_else(|| v8::undefined(scope).into(), Into::into));
        items.push(read_value(scope, &key, &value)?);
    }
    Ok(v8::Array::new_with_elements(scope, &items).into())
}

#[op2]
#[string]
pub fn op_durable_id_from_name(#[string] binding: &str, #[string] name: &str) -> String {
    id::from_name(binding, name)
}

#[op2]
#[string]
pub fn op_durable_id_unique(#[string] binding: &str, now_ms: f64) -> Result<String, IdError> {
    Ok(id::unique(binding, now_ms as u64, id::random()?))
}

#[op2]
#[string]
pub fn op_durable_id_parse(#[string] binding: &str, #[string] text: &str) -> Result<String, IdError> {
    id::parse(binding, text)
}
