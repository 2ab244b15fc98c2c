//! Why a store could not do what it was asked. The text names the store, what was asked of it, the reason, and what would
//! help; the kind is what a program can tell apart.

use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another process has it open.
    Locked,
    /// What is there cannot be read as what it should be.
    Corrupt,
    /// What is there was written by somebody who meant something else by it.
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
            Kind::Locked => "ERR_STORAGE_LOCKED",
            Kind::Corrupt => "ERR_STORAGE_CORRUPT",
            Kind::Foreign => "ERR_DESERIALIZATION",
            Kind::Full => "ERR_STORAGE_FULL",
            Kind::ReadOnly => "ERR_STORAGE_READ_ONLY",
            Kind::NotAFolder => "ERR_STORAGE_NOT_A_FOLDER",
            Kind::Unreachable => "ERR_STORAGE_UNREACHABLE",
            Kind::Claimed => "ERR_STORAGE_CLAIMED",
            Kind::Other => "ERR_STORAGE",
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
