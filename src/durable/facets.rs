//! Facets: objects within an object, each with a database of its own. The id of one is its parent's, a dot, and digits that
//! its name is hashed to, so that those below an object are found by the beginnings of their ids. They have no index: the
//! object that is not within another one is claimed for all of them, and has no alarms but its own.

use std::rc::Rc;

use deno_core::{OpState, op2};
use sha2::{Digest, Sha256};

use super::slot::Slot;
use super::sql_space::{self, SqlSpace};
use super::storage::{Storage, StorageError};
use crate::realm::instance::Instance;
use crate::store::memory::MemorySpace;
use crate::store::{Reply, StoreError};

/// Bytes of a hash that tell the facets of one object apart.
const HASH_BYTES: usize = 16;

/// Whether an id is that of a facet.
pub fn is_facet(id: &str) -> bool {
    id.contains('.')
}

/// The name of the database of an object or a facet.
pub fn database_of(binding: &str, id: &str) -> String {
    format!("{binding}-{id}")
}

pub fn open(instance: &Instance, binding: &str, id: &str) -> Result<Rc<Storage>, StorageError> {
    let sessions = sql_space::sessions(instance)?;
    if sessions.is_on_server() {
        return Err(StorageError::Store(StoreError::other(
            "Facets cannot be stored on a Redis server. Set durableObjectsPersist to a folder, or leave it out to store objects in \
             memory.",
        )));
    }
    let alarm = Rc::<Slot>::default();
    let index = Rc::<MemorySpace>::default();
    let sql = SqlSpace::new(database_of(binding, id), sessions, index, alarm.clone());
    Ok(Storage::with_sql(sql, Reply::Now(Ok(())), alarm))
}

/// The id of a facet.
#[op2]
#[string]
pub fn op_durable_facet_id(#[string] parent: &str, #[string] name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    format!("{parent}.{}", hex::encode(&hash[..HASH_BYTES]))
}

/// Deletes all that a facet, and those below it, have stored.
#[op2(fast)]
pub fn op_durable_facets_delete(
    state: &mut OpState,
    #[string] binding: &str,
    #[string] id: &str,
) -> Result<(), StorageError> {
    let sessions = sql_space::sessions(state.borrow::<Rc<Instance>>())?;
    Ok(sessions.clear_below(&database_of(binding, id))?)
}

/// Gives a facet, and those below it, what another one and those below that have stored.
#[op2(fast)]
pub fn op_durable_facets_copy(
    state: &mut OpState,
    #[string] binding: &str,
    #[string] from: &str,
    #[string] to: &str,
) -> Result<(), StorageError> {
    let sessions = sql_space::sessions(state.borrow::<Rc<Instance>>())?;
    Ok(sessions.copy_below(&database_of(binding, from), &database_of(binding, to))?)
}
