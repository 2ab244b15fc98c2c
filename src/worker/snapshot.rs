//! The start-up snapshot: the worker's realm as it is after boot, before any user code.
//!
//! The built addon writes it once, in a process of its own (V8's flags differ), beside the `.node`. It holds the heap
//! with the web APIs loaded, and is refused when another build wrote it: ops are matched by position. Behind it in the
//! file are the lazy scripts (`lazy.rs`), to which a second process adds the code that V8 makes of them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use deno_core::snapshot::{CreateSnapshotOptions, create_snapshot};

use super::amendments::amend;
use super::{extensions, isolate, late_ops, lazy};
use crate::realm::platform;

/// Marks the file and its layout; the build's stamp follows.
const MAGIC: &[u8; 8] = b"mfrs\0\0\0\x01";
const STAMP: &str = env!("MINIFLARE_RS_STAMP");

/// Open at the first byte after the stamp, until its contents are needed.
static FILE: Mutex<Option<File>> = Mutex::new(None);
static CONTENTS: OnceLock<Option<Contents>> = OnceLock::new();

/// What the file holds; as long as the process lives, for V8 reads it where it is.
struct Contents {
    heap: &'static [u8],
    late_ops: Vec<&'static str>,
    scripts: Vec<Script>,
}

/// A lazy script.
pub struct Script {
    pub specifier: Cow<'static, str>,
    /// The body of its function.
    pub text: Cow<'static, str>,
    /// V8's code cache of it; empty until it has been made.
    pub code: Cow<'static, [u8]>,
}

impl Script {
    pub fn new(specifier: &'static str, text: String) -> Script {
        Script {
            specifier: specifier.into(),
            text: text.into(),
            code: Cow::Borrowed(&[]),
        }
    }
}

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

/// The heap to start from, once [`load`] has succeeded.
pub fn get() -> Option<&'static [u8]> {
    contents().map(|contents| contents.heap)
}

/// The names of the ops that the heap has no functions of, in their order.
pub fn late_ops() -> &'static [&'static str] {
    contents().map_or(&[], |contents| &contents.late_ops)
}

/// The lazy script of this name.
pub fn script(specifier: &str) -> Option<&'static Script> {
    contents()?.scripts.iter().find(|script| script.specifier == specifier)
}

/// Mapped, as reading all of it takes longer than V8 takes for its part.
fn contents() -> Option<&'static Contents> {
    let read = || {
        let mut file = FILE.lock().ok()?.take()?;
        let start = usize::try_from(file.stream_position().ok()?).ok()?;
        if let Some(bytes) = platform::map(&file) {
            return Contents::parse(bytes.get(start..)?);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Contents::parse(Vec::leak(bytes))
    };
    CONTENTS.get_or_init(read).as_ref()
}

impl Contents {
    /// The heap, the late ops, then specifier, text and code of each script; each part with its length before it.
    fn parse(mut bytes: &'static [u8]) -> Option<Contents> {
        let heap = take(&mut bytes)?;
        let late_ops = std::str::from_utf8(take(&mut bytes)?)
            .ok()?
            .split_ascii_whitespace()
            .collect();
        let mut scripts = Vec::new();
        while !bytes.is_empty() {
            let mut text = || std::str::from_utf8(take(&mut bytes)?).ok().map(Cow::Borrowed);
            let (specifier, text) = (text()?, text()?);
            let code = Cow::Borrowed(take(&mut bytes)?);
            scripts.push(Script { specifier, text, code });
        }
        Some(Contents {
            heap,
            late_ops,
            scripts,
        })
    }

    fn write(heap: &[u8], late_ops: &[&str], scripts: &[Script], path: &str) -> std::io::Result<()> {
        let mut file = [MAGIC.as_slice(), STAMP.as_bytes()].concat();
        put(&mut file, heap);
        put(&mut file, late_ops.join("\n").as_bytes());
        for script in scripts {
            for part in [script.specifier.as_bytes(), script.text.as_bytes(), &script.code] {
                put(&mut file, part);
            }
        }
        let partial = Path::new(path).with_extension("partial");
        std::fs::write(&partial, file)?;
        std::fs::rename(&partial, path)
    }
}

/// V8 takes what it reads where it is when it is aligned, and copies it when it is not.
const ALIGNMENT: usize = 8;

fn put(file: &mut Vec<u8>, part: &[u8]) {
    file.extend((part.len() as u64).to_le_bytes());
    file.extend(part);
    file.resize(file.len() + part.len().next_multiple_of(ALIGNMENT) - part.len(), 0);
}

fn take(bytes: &mut &'static [u8]) -> Option<&'static [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (part, _) = rest.split_at_checked(length)?;
    *bytes = rest.get(length.next_multiple_of(ALIGNMENT)..)?;
    Some(part)
}

/// Opens the snapshot at `path` for the whole process and checks its stamp; later calls do nothing.
pub fn load(path: &str) -> Result<(), SnapshotError> {
    let mut slot = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_some() || CONTENTS.get().is_some() {
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
/// * `scripts`: the folder to which it wrote the scripts that stay apart, bundles of rooms among them
pub fn write(path: &str, worker: &str, scripts: &str) -> Result<(), SnapshotError> {
    let unwritable = |reason: String| SnapshotError::Unwritable(path.into(), reason);
    let read = |file: &str| std::fs::read_to_string(file).map_err(|error| unwritable(format!("{file}: {error}")));
    let scripts = Path::new(scripts);
    let mut extensions = extensions::with_worker(read(worker)?);
    extensions::take_bound(&mut extensions, scripts).map_err(unwritable)?;
    amend(&mut extensions).map_err(unwritable)?;
    let scripts = lazy::take(&mut extensions, scripts).map_err(unwritable)?;
    let late_ops = late_ops::take(&mut extensions).map_err(unwritable)?;
    let options = CreateSnapshotOptions {
        cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
        startup_snapshot: None,
        skip_op_registration: false,
        extensions,
        extension_transpiler: None,
        with_runtime_cb: None,
    };
    let snapshot = create_snapshot(options, None).map_err(|error| unwritable(error.to_string()))?;
    Contents::write(&snapshot.output, &late_ops, &scripts, path).map_err(|error| unwritable(error.to_string()))
}

/// Adds the code of the lazy scripts to the snapshot at `path`, in a process that has loaded none.
pub fn write_code(path: &str) -> Result<(), SnapshotError> {
    let unwritable = |reason: String| SnapshotError::Unwritable(path.into(), reason);
    load(path)?;
    let contents = contents().ok_or_else(|| unwritable("it cannot be read".into()))?;
    let code = isolate::entered(lazy::code).map_err(unwritable)?;
    let scripts = contents.scripts.iter().map(|script| {
        let code = code.iter().find(|(specifier, _)| *specifier == script.specifier);
        let (_, code) = code.ok_or_else(|| unwritable(format!("nothing has used {}", script.specifier)))?;
        Ok(Script {
            specifier: script.specifier.clone(),
            text: script.text.clone(),
            code: code.clone().into(),
        })
    });
    let scripts: Vec<Script> = scripts.collect::<Result<_, SnapshotError>>()?;
    Contents::write(contents.heap, &contents.late_ops, &scripts, path).map_err(|error| unwritable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Contents, put};

    fn written() -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [
            b"heap!".as_slice(),
            b"op_a\nop_b",
            b"ext:a.js",
            "\"é\"".as_bytes(),
            b"12345678",
        ] {
            put(&mut bytes, part);
        }
        bytes
    }

    #[test]
    fn reads_what_was_written() {
        let contents = Contents::parse(written().leak()).unwrap();
        assert_eq!(contents.heap, b"heap!");
        assert_eq!(contents.late_ops, ["op_a", "op_b"]);
        let [script] = &contents.scripts[..] else {
            panic!("one script was written")
        };
        assert_eq!((&*script.specifier, &*script.text), ("ext:a.js", "\"é\""));
        assert_eq!(&*script.code, b"12345678");
    }

    #[test]
    fn finds_wherever_a_file_was_cut_short() {
        let whole = written();
        // After the late ops, and their filling, the file may end: there may be no scripts.
        for length in (0..whole.len()).filter(|length| *length != 40) {
            let cut = whole[..length].to_vec().leak();
            assert!(Contents::parse(cut).is_none(), "{length}");
        }
    }
}
