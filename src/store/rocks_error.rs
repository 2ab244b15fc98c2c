//! What RocksDB and the file system say, as what a user can do something about.
//!
//! RocksDB gives its status as text: the class and the subclass come first, the reason of the operating system last. In
//! between are paths, which may have any words in them.

use std::io::{Error, ErrorKind};
use std::path::Path;

use rocksdb::ErrorKind as RocksKind;

use super::error::{Kind, StoreError};

const IO_ERROR: &str = "IO error: ";

/// How the text of a refused lock goes on after the class.
const LOCKED: &[&str] = &["lock ", "While lock file: "];

/// Subclasses, and reasons of the operating system.
const REASONS: &[(&str, Kind)] = &[
    ("No space left on device", Kind::Full),
    ("Disk quota exceeded", Kind::Full),
    ("File too large", Kind::Full),
    ("Read-only file system", Kind::ReadOnly),
    ("Permission denied", Kind::ReadOnly),
    ("Operation not permitted", Kind::ReadOnly),
    ("Not a directory", Kind::NotAFolder),
];

const MISSING: &str = "No such file or directory";

/// How RocksDB says that it was told not to make a database.
const NO_DATABASE: &str = "does not exist (create_if_missing is false)";

/// Why RocksDB could not do `what` with the folder called `name`, which it knows as `path`.
pub fn explain(what: &str, name: &Path, path: &Path, error: &rocksdb::Error) -> StoreError {
    let kind = kind_of(error, what);
    let folder = name.display().to_string();
    let reason = error.as_ref().replace(&path.display().to_string(), &folder);
    StoreError::new(kind, describe(kind, what, name, &reason))
}

fn kind_of(error: &rocksdb::Error, what: &str) -> Kind {
    let text = error.as_ref();
    match error.kind() {
        RocksKind::Corruption => Kind::Corrupt,
        RocksKind::InvalidArgument if text.ends_with(NO_DATABASE) => Kind::Corrupt,
        RocksKind::IOError => io_kind(text.strip_prefix(IO_ERROR).unwrap_or(text), what),
        _ => Kind::Other,
    }
}

fn io_kind(text: &str, what: &str) -> Kind {
    let reason = text.rsplit(": ").next().unwrap_or(text);
    let found = REASONS
        .iter()
        .find(|(sign, _)| reason == *sign || text.starts_with(&format!("{sign}: ")));
    match found {
        Some((_, kind)) => *kind,
        None if LOCKED.iter().any(|start| text.starts_with(start)) => Kind::Locked,
        // What a database cannot do without: it was there when the others were written.
        None if reason == MISSING && what != "write to" => Kind::Corrupt,
        None => Kind::Other,
    }
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

pub fn describe(kind: Kind, what: &str, folder: &Path, reason: &str) -> String {
    let help = match kind {
        Kind::Locked => {
            " Another process has it open, or another copy of this package in this one: end that process, or use \
             another folder."
        }
        Kind::Corrupt => " Its files are damaged: restore them from a copy, or delete the folder to start again.",
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
