//! What a failed call of the addon throws in Node: an `Error` with a code.

use std::borrow::Cow;

use deno_error::JsErrorClass;
use napi::{Status, sys};

use crate::store::StoreError;

/// The codes of the addon's errors. Arguments of the wrong type have the codes of napi-rs instead.
#[derive(Clone, Debug, PartialEq)]
pub enum Code {
    /// An argument does not say what the function can do.
    InvalidArgument,
    /// A number that names nothing that is open.
    NotOpen,
    /// A function of N-API failed, as at the end of an environment.
    Node,
    /// The start-up snapshot cannot be read or written.
    Snapshot,
    /// A store cannot be opened; the code is the store's.
    Store(Cow<'static, str>),
    /// What the system has too little of: threads, memory, randomness.
    System,
    /// A defect of the addon.
    Panic,
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        match self {
            Code::InvalidArgument => "ERR_INVALID_ARG_VALUE",
            Code::NotOpen => "ERR_NOT_OPEN",
            Code::Node => "ERR_NODE_API",
            Code::Snapshot => "ERR_SNAPSHOT",
            Code::Store(code) => code,
            Code::System => "ERR_SYSTEM",
            Code::Panic => "ERR_PANIC",
        }
    }
}

pub type Failure = napi::Error<Code>;
pub type Result<T> = std::result::Result<T, Failure>;

impl Code {
    /// A failure for a reason that says what is wrong.
    pub fn because(self, reason: impl ToString) -> Failure {
        Failure::new(self, reason.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Code::Store(error.get_class()).because(error)
    }
}

/// The failure of a conversion, as napi's traits return it.
pub fn of_argument(failure: Failure) -> napi::Error {
    napi::Error::new(Status::InvalidArg, failure.reason)
}

/// Turns a status of N-API into a result.
pub fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(Code::Node.because(format!("Node refused a call (N-API status {status})")))
    }
}
