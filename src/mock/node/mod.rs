//! Mocks as Node's JavaScript keeps them here (`src/node/mock/`): by numbers, a mock's own, that of a table of it, and that
//! of an interceptor in the table.

use crate::mock::{self, TableNumber};
use crate::node::binding::api::{Call, Failure, Result};
use crate::realm::value::Value;

fn number(call: &Call) -> Result<u64> {
    Ok(call.number(0)? as u64)
}

fn table(call: &Call) -> Result<TableNumber> {
    Ok((number(call)?, call.number(1)? as u32))
}

/// A list of four values.
fn four(call: &Call, index: usize) -> Result<[Value; 4]> {
    let wrong = |_| Failure(format!("argument {index} is not a list of four"));
    call.list(index)?.try_into().map_err(wrong)
}

/// `mockOpen()`: a mock's number.
pub fn open(_call: &Call) -> Result<Value> {
    Ok(Value::Number(mock::open().map_err(Failure::new)? as f64))
}

/// `mockClose(mock)`
pub fn close(call: &Call) -> Result<Value> {
    mock::close(number(call)?);
    Ok(Value::Undefined)
}

/// `mockLink(mock, table, origin)`
pub fn link(call: &Call) -> Result<Value> {
    mock::link(table(call)?, call.text(2)?);
    Ok(Value::Undefined)
}

/// `mockUnlink(mock, origin)`
pub fn unlink(call: &Call) -> Result<Value> {
    mock::unlink(number(call)?, &call.text(1)?);
    Ok(Value::Undefined)
}

/// `mockForget(mock, table)`
pub fn forget(call: &Call) -> Result<Value> {
    mock::forget(table(call)?);
    Ok(Value::Undefined)
}

/// `mockAdd(mock, table, number, data)`: data as `data.js` makes it.
pub fn add(call: &Call) -> Result<Value> {
    mock::add(table(call)?, call.number(2)? as u32, four(call, 3)?.each_ref());
    Ok(Value::Undefined)
}

/// `mockRemove(mock, table, number)`
pub fn remove(call: &Call) -> Result<Value> {
    mock::remove(table(call)?, call.number(2)? as u32);
    Ok(Value::Undefined)
}

/// `mockSearch(mock, table, from, path, parts)`: what the table has for a request, from an interceptor on.
pub fn search(call: &Call) -> Result<Value> {
    let (path, parts) = (call.text(3)?, four(call, 4)?);
    Ok(mock::search(
        table(call)?,
        call.number(2)? as u32,
        &path,
        parts.each_ref(),
    ))
}
