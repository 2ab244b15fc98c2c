//! Durable Objects as Node's JavaScript has them: their ids, and the storage of objects that a test constructs itself
//! (`src/durable/node/durable-ops.ts`), by numbers, of a storage or of a transaction over it.

use deno_error::JsErrorClass;
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::durable::calls;
use crate::durable::id;
use crate::durable::ops::Open;
use crate::durable::slot::Slot;
use crate::durable::storage::{self, StorageError};
use crate::durable::transaction::Transaction;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::{Code, Result};
use crate::realm::value::Value as WireValue;
use crate::storage::node::Storage;
use crate::storage::views::{self, Viewed};

/// The id that a name has in a namespace.
#[napi(catch_unwind)]
pub fn durable_id_from_name(namespace: String, name: String) -> String {
    id::from_name(&namespace, &name)
}

/// An id that no other object of a namespace has.
#[napi(catch_unwind)]
pub fn durable_id_unique(namespace: String, now_ms: f64) -> Result<String> {
    let random = id::random().map_err(|error| Code::System.because(error))?;
    Ok(id::unique(&namespace, now_ms as u64, random))
}

/// An id, or why the text is an invalid one.
#[napi(object, object_from_js = false)]
pub struct ParsedDurableId {
    pub id: Option<String>,
    pub problem: Option<String>,
}

#[napi(catch_unwind)]
pub fn durable_id_parse(namespace: String, text: String) -> ParsedDurableId {
    match id::parse(&namespace, &text) {
        Ok(id) => ParsedDurableId {
            id: Some(id),
            problem: None,
        },
        Err(error) => ParsedDurableId {
            id: None,
            problem: Some(error.to_string()),
        },
    }
}

/// Opens an object's storage that keeps its entries in a storage, and returns its number.
#[napi(catch_unwind, js_name = "durableOpen")]
pub fn open(env: &Env, storage: u32) -> Result<u32> {
    let environment = Environment::get(env)?;
    let Storage { store, name } = &*environment.storages.get(storage)?;
    let (space, claimed) = store.claim(name);
    let space = Viewed::<views::Durable>::space(space);
    let opened = Open::Storage(storage::Storage::new(space, claimed, Slot::default()));
    Ok(environment.durables.add(opened))
}

/// Begins a transaction over a storage, and returns its number; none over a transaction.
#[napi(catch_unwind, js_name = "durableBegin")]
pub fn begin(env: &Env, open: u32) -> Result<Option<u32>> {
    let environment = Environment::get(env)?;
    Ok(match &*environment.durables.get(open)? {
        Open::Storage(storage) => {
            let transaction = Open::Transaction(Transaction::new(storage.clone()));
            Some(environment.durables.add(transaction))
        }
        Open::Transaction(_) => None,
    })
}

/// Releases the storage, or the transaction, when Node has no reference left.
#[napi(catch_unwind, js_name = "durableClose")]
pub fn close(env: &Env, open: u32) -> Result<()> {
    Environment::get(env)?.durables.remove(open);
    Ok(())
}

/// What `call` asks for, as `[value]`, or `[class, text]` of what is thrown.
#[napi(catch_unwind, js_name = "durableCall")]
pub fn call(env: &Env, open: u32, call: u32, args: Vec<WireValue>) -> Result<Vec<WireValue>> {
    let open = Environment::get(env)?.durables.get(open)?;
    Ok(match calls::call(&open, call, args) {
        Ok(value) => vec![value],
        Err(error) => refusal(&error).into(),
    })
}

fn refusal(error: &StorageError) -> [WireValue; 2] {
    [(&*error.get_class()).into(), (&*error.get_message()).into()]
}

/// What is left to wait for until all that was written survives. Answers as `Environment::start` does.
#[napi(catch_unwind, js_name = "durableConfirmed")]
pub fn confirmed(env: &Env, open: u32) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let confirmed = environment.durables.get(open)?.storage().confirmed();
    Ok(environment.start(async move { confirmed.await.map(|()| WireValue::Undefined) }))
}
