//! The start-up snapshot: the worker's realm as it is after boot, before any user code.
//!
//! The built addon writes it once, in a process of its own (V8's flags differ), beside the `.node`. It holds the heap
//! with every web API loaded, and is refused when another build wrote it: ops are matched by position.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use deno_core::snapshot::{CreateSnapshotOptions, create_snapshot};

use super::extensions;
use crate::web::amendments::amend;

/// Marks the file and its layout; the build's stamp follows.
const MAGIC: &[u8; 8] = b"mfrs\0\0\0\x01";
const STAMP: &str = env!("MINIFLARE_RS_STAMP");

/// Open at the first byte after the stamp, until somebody needs what is in it.
static FILE: Mutex<Option<File>> = Mutex::new(None);
static SNAPSHOT: OnceLock<Option<&'static [u8]>> = OnceLock::new();

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

/// The snapshot in use, once [`load`] has succeeded. Read by whoever asks first, which is not Node's thread as a rule.
pub fn get() -> Option<&'static [u8]> {
    *SNAPSHOT.get_or_init(|| {
        let mut file = FILE.lock().ok()?.take()?;
        let mut blob = Vec::new();
        file.read_to_end(&mut blob).ok()?;
        // V8 reads the blob for as long as the process lives.
        Some(Vec::leak(blob))
    })
}

/// Opens the snapshot at `path` for the whole process and checks its stamp; later calls do nothing.
pub fn load(path: &str) -> Result<(), SnapshotError> {
    let mut slot = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_some() || SNAPSHOT.get().is_some() {
        return Ok(());
    }
    let unreadable = |error| SnapshotError::Unreadable(path.into(), error);
    let mut file = File::open(path).map_err(unreadable)?;
    let expected = [MAGIC.as_slice(), STAMP.as_bytes()].concat();
    let mut header = Vec::new();
    let mut start = (&mut file).take(expected.len() as u64);
    start.read_to_end(&mut header).map_err(unreadable)?;
    if header != expected {
        return Err(SnapshotError::Stale(path.into()));
    }
    *slot = Some(file);
    Ok(())
}

/// Makes the snapshot and writes it to `path`.
/// * `worker`: the file that `scripts/bundle.mjs` made of the worker's modules
pub fn write(path: &str, worker: &str) -> Result<(), SnapshotError> {
    let unwritable = |reason: String| SnapshotError::Unwritable(path.into(), reason);
    let worker = std::fs::read_to_string(worker).map_err(|error| unwritable(format!("{worker}: {error}")))?;
    let mut extensions = extensions::with_worker(worker);
    amend(&mut extensions).map_err(unwritable)?;
    let options = CreateSnapshotOptions {
        cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
        startup_snapshot: None,
        skip_op_registration: false,
        extensions,
        extension_transpiler: None,
        with_runtime_cb: None,
    };
    let snapshot = create_snapshot(options, None).map_err(|error| unwritable(error.to_string()))?;
    let file = [MAGIC.as_slice(), STAMP.as_bytes(), &snapshot.output].concat();
    let partial = Path::new(path).with_extension("partial");
    std::fs::write(&partial, file).map_err(|error| unwritable(error.to_string()))?;
    std::fs::rename(&partial, path).map_err(|error| unwritable(error.to_string()))
}
