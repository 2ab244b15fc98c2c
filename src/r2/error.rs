//! What R2 refuses. The texts are those of Miniflare 2, or of R2 where Miniflare 2 has none.

use deno_error::JsError;
use thiserror::Error;

use super::limits;
use crate::store::StoreError;

#[derive(Debug, PartialEq, Eq, Error, JsError)]
#[class(generic)]
pub enum R2Error {
    #[error("R2 GET failed: (400) The requested range is not satisfiable.")]
    NotSatisfiable,
    #[error("R2 PUT failed: (400) Value length of {0} exceeds limit of {limit}.", limit = limits::R2_VALUE_BYTES)]
    TooLong(u64),
    #[error(
        "R2 PUT failed: (400) Value length of {0} exceeds limit of {limit} for values on a Redis server. Set r2Persist to a \
         folder, or upload the object in parts of at most that length.",
        limit = limits::R2_SERVER_VALUE_BYTES
    )]
    TooLongForServer(u64),
    #[error("put: The {0} checksum you specified did not match what we received.")]
    Checksum(&'static str),
    #[error("{0}: The object was stored with an SSE-C key: the option ssecKey must be that key.")]
    SsecKey(&'static str),
    #[error("uploadPart: The specified multipart upload does not exist. (10024)")]
    NoUploadForPart,
    #[error("completeMultipartUpload: The specified multipart upload does not exist. (10024)")]
    Completed,
    #[error("{0}: We encountered an internal error. Please try again. (10001)")]
    Internal(&'static str),
    #[error("completeMultipartUpload: One or more of the specified parts could not be found. (10025)")]
    NoPart,
    #[error("completeMultipartUpload: Your proposed upload is smaller than the minimum allowed object size.")]
    TooSmall,
    #[error("completeMultipartUpload: There was a problem with the multipart upload. (10048)")]
    Sizes,
    #[error("The body cannot be read any more: it was read to its end, or its object was deleted.")]
    Gone,
    #[class(inherit)]
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, R2Error>;
