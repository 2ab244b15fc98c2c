//! The start-up snapshot: the worker's realm as it is after boot, before any user code.
//!
//! The built addon writes it once, in a process of its own (V8's flags differ), beside the `.node`. It holds the heap
//! with every web API loaded, and is refused when another build wrote it: ops are matched by position.

use std::path::Path;
use std::sync::OnceLock;

use deno_core::snapshot::{CreateSnapshotOptions, create_snapshot};

use super::extensions;

/// Marks the file and its layout; the build's stamp follows.
const MAGIC: &[u8; 8] = b"mfrs\0\0\0\x01";
const STAMP: &str = env!("MINIFLARE_RS_STAMP");

static SNAPSHOT: OnceLock<&'static [u8]> = OnceLock::new();

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the start-up snapshot {0} cannot be read ({1}); reinstall the package, or run `npm run build` in a clone")]
    Unreadable(String, std::io::Error),
    #[error(
        "the start-up snapshot {0} was made by another build; reinstall the package, or run `npm run build` in a clone"
    )]
    Stale(String),
    #[error("the start-up snapshot cannot be written to {0}: {1}")]
    Unwritable(String, String),
}

/// The snapshot in use, once [`load`] has succeeded.
pub fn get() -> Option<&'static [u8]> {
    SNAPSHOT.get().copied()
}

/// Loads the snapshot at `path` for the whole process; later calls do nothing.
pub fn load(path: &str) -> Result<(), SnapshotError> {
    if SNAPSHOT.get().is_some() {
        return Ok(());
    }
    let file = std::fs::read(path).map_err(|error| SnapshotError::Unreadable(path.into(), error))?;
    let header = [MAGIC.as_slice(), STAMP.as_bytes()].concat();
    if !file.starts_with(&header) {
        return Err(SnapshotError::Stale(path.into()));
    }
    // V8 reads the blob for as long as the process lives, and wants it aligned to words, which the header's length keeps.
    let file: &'static [u8] = Vec::leak(file);
    let _ = SNAPSHOT.set(&file[header.len()..]);
    Ok(())
}

/// Makes the snapshot and writes it to `path`.
pub fn write(path: &str) -> Result<(), SnapshotError> {
    let unwritable = |reason: String| SnapshotError::Unwritable(path.into(), reason);
    let options = CreateSnapshotOptions {
        cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
        startup_snapshot: None,
        skip_op_registration: false,
        extensions: extensions::all(),
        extension_transpiler: None,
        with_runtime_cb: None,
    };
    let snapshot = create_snapshot(options, None).map_err(|error| unwritable(error.to_string()))?;
    let file = [MAGIC.as_slice(), STAMP.as_bytes(), &snapshot.output].concat();
    let partial = Path::new(path).with_extension("partial");
    std::fs::write(&partial, file).map_err(|error| unwritable(error.to_string()))?;
    std::fs::rename(&partial, path).map_err(|error| unwritable(error.to_string()))
}
