//! Why a store could not do what it was asked. The text names the store, what was asked of it, the reason, and what would
//! help; the kind is what a program can tell apart.

use thiserror::Error;

use crate::protocol::store_error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another process has it open.
    Locked,
    /// What is there cannot be read as what it should be.
    Corrupt,
    /// The data there was written by other software, with another meaning.
    Foreign,
    /// No space is left.
    Full,
    /// It may be read, and not written.
    ReadOnly,
    /// There is something else in its place.
    NotAFolder,
    /// A server does not answer.
    Unreachable,
    /// Another process works on the same space.
    Claimed,
    Other,
}

impl Kind {
    /// The code of the error that users see.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Locked => store_error::LOCKED,
            Kind::Corrupt => store_error::CORRUPT,
            Kind::Foreign => store_error::FOREIGN,
            Kind::Full => store_error::FULL,
            Kind::ReadOnly => store_error::READ_ONLY,
            Kind::NotAFolder => store_error::NOT_A_FOLDER,
            Kind::Unreachable => store_error::UNREACHABLE,
            Kind::Claimed => store_error::CLAIMED,
            Kind::Other => store_error::OTHER,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct StoreError {
    pub kind: Kind,
    pub text: String,
}

impl StoreError {
    pub fn new(kind: Kind, text: impl Into<String>) -> StoreError {
        StoreError {
            kind,
            text: text.into(),
        }
    }

    pub fn other(text: impl Into<String>) -> StoreError {
        StoreError::new(Kind::Other, text)
    }
}
