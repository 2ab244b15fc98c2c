//! What RocksDB and the file system say, as what a user can do something about.

use std::io::{Error, ErrorKind};
use std::path::Path;

use rocksdb::ErrorKind as RocksKind;

use super::error::{Kind, StoreError};

/// Parts of the system's messages, which RocksDB passes on, and what they mean.
const SIGNS: &[(&str, Kind)] = &[
    ("No space left on device", Kind::Full),
    ("Disk quota exceeded", Kind::Full),
    ("File too large", Kind::Full),
    ("Read-only file system", Kind::ReadOnly),
    ("Permission denied", Kind::ReadOnly),
    ("Operation not permitted", Kind::ReadOnly),
    ("lock", Kind::Locked),
    ("Not a directory", Kind::NotAFolder),
];

/// Why RocksDB could not do `what` with `folder`.
pub fn explain(what: &str, folder: &Path, error: &rocksdb::Error) -> StoreError {
    let text = error.as_ref();
    let sign = || SIGNS.iter().find(|(sign, _)| text.contains(sign));
    let kind = match error.kind() {
        RocksKind::Corruption => Kind::Corrupt,
        _ => sign().map_or(Kind::Other, |(_, kind)| *kind),
    };
    StoreError::new(kind, describe(kind, what, folder, text))
}

/// Why `folder` cannot be made or found.
pub fn explain_folder(folder: &Path, error: &Error) -> StoreError {
    let kind = match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Kind::NotAFolder,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Kind::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Kind::Full,
        _ => Kind::Other,
    };
    StoreError::new(kind, describe(kind, "open", folder, &error.to_string()))
}

fn describe(kind: Kind, what: &str, folder: &Path, reason: &str) -> String {
    let help = match kind {
        Kind::Locked => " Another process has it open: end that process, or use another folder.",
        Kind::Corrupt => " Its files are damaged: restore them from a copy, or delete the folder to begin anew.",
        Kind::Full => " No space is left: make some. All that was confirmed before is kept.",
        Kind::ReadOnly => " It may not be written: change its permissions, or use another folder.",
        Kind::NotAFolder => " There is a file in its place: use another path.",
        _ => "",
    };
    format!(
        "Could not {what} the database in {}.{help} ({reason})",
        folder.display()
    )
}
