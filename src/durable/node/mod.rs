//! The storage of objects that a test constructs itself, as Node's JavaScript calls it (`src/node/names/durable-ops.js`):
//! by numbers, of a storage or of a transaction over it.

use deno_error::JsErrorClass;

use crate::durable::calls;
use crate::durable::ops::Open;
use crate::durable::slot::Slot;
use crate::durable::storage::{self, StorageError};
use crate::durable::transaction::Transaction;
use crate::node::binding::api::{Call, Result};
use crate::node::binding::environment::Environment;
use crate::realm::value::Value;
use crate::storage::node::Storage;
use crate::storage::views::{self, Viewed};

/// `durableOpen(storage)`: opens an object's storage that keeps its entries in a storage, and returns its number.
pub fn open(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let Storage { store, name } = &*environment.storages.get(call.number(0)? as u32)?;
    let (space, claimed) = store.claim(name);
    let space = Viewed::<views::Durable>::space(space);
    let opened = Open::Storage(storage::Storage::new(space, claimed, Slot::default()));
    Ok(Value::Number(f64::from(environment.durables.add(opened))))
}

/// `durableBegin(open)`: begins a transaction over a storage, and returns its number.
pub fn begin(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    Ok(match &*environment.durables.get(call.number(0)? as u32)? {
        Open::Storage(storage) => {
            let transaction = Open::Transaction(Transaction::new(storage.clone()));
            Value::Number(f64::from(environment.durables.add(transaction)))
        }
        Open::Transaction(_) => Value::Undefined,
    })
}

/// `durableClose(open)`: nobody has the storage, or the transaction, any more.
pub fn close(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.durables.remove(call.number(0)? as u32);
    Ok(Value::Undefined)
}

/// `durableCall(open, call, args)`: what `call` asks for, as `[value]`, or `[class, text]` of what is thrown.
pub fn call(call: &Call) -> Result<Value> {
    let open = Environment::get(call.env)?.durables.get(call.number(0)? as u32)?;
    let answer = calls::call(&open, call.number(1)? as u32, call.list(2)?);
    Ok(Value::List(match answer {
        Ok(value) => vec![value],
        Err(error) => refusal(&error).into(),
    }))
}

fn refusal(error: &StorageError) -> [Value; 2] {
    [(&*error.get_class()).into(), (&*error.get_message()).into()]
}

/// `durableConfirmed(open)`: what is left to wait for until all that was written survives. Answers as
/// `Environment::start` does.
pub fn confirmed(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let confirmed = environment.durables.get(call.number(0)? as u32)?.storage().confirmed();
    Ok(environment.start(async move { confirmed.await.map(|()| Value::Undefined) }))
}
