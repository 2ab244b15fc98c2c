//! The bytes of a `Blob`'s part, at once.
//!
//! Upstream reads parts in promises, for the sake of parts that are elsewhere. A worker's are in memory.

use std::sync::Arc;

use deno_core::convert::Uint8Array;
use deno_core::{OpState, op2};
use deno_web::{BlobError, BlobStoreTrait};
use futures::FutureExt;
use uuid::Uuid;

/// A copy of the bytes of the part that upstream knows by this name.
#[op2]
pub fn op_web_blob_bytes(state: &mut OpState, #[scoped] id: Uuid) -> Result<Uint8Array, BlobError> {
    let part = state.borrow::<Arc<dyn BlobStoreTrait>>().get_part(&id);
    let part = part.ok_or(BlobError::BlobPartNotFound)?;
    let bytes = part.read().now_or_never().ok_or(BlobError::BlobPartNotFound)?;
    Ok(Uint8Array::from(bytes.to_vec()))
}
