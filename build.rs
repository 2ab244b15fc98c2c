//! Link flags, and the stamp by which a start-up snapshot is known to belong to this build.
#![expect(
    clippy::expect_used,
    reason = "a build script can report errors only to cargo, which prints the message of a panic"
)]

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "vendor/glibc/stubs.rs"]
mod glibc;

fn main() {
    if let Ok(folder) = std::env::var("NAPI_TYPE_DEF_TMP_FOLDER") {
        std::fs::create_dir_all(folder).expect("the target folder can be written to");
    }
    link();
    println!("cargo:rustc-env=MINIFLARE_RS_STAMP={}", stamp());
}

fn link() {
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => link_on_linux(),
        other => println!(
            "cargo::error=build.rs has no rules for the linker of {}: see src/realm/platform/mod.rs for what a port needs",
            other.unwrap_or("this platform")
        ),
    }
}

fn link_on_linux() {
    // Our own V8 is called even where Node exports the same names: https://sourceware.org/binutils/docs/ld/Options.html
    println!("cargo:rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    // The background thread and V8's workers outlive every environment: the library is never unmapped.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Optional hooks of aws-lc stay unset, instead of being looked for in the host process.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodynamic-undefined-weak");
    link_static_cxx();
    link_zone();
    hide_names();
    let (arch, libc) = (
        std::env::var("CARGO_CFG_TARGET_ARCH"),
        std::env::var("CARGO_CFG_TARGET_ENV"),
    );
    if arch.as_deref() == Ok("x86_64") && libc.as_deref() == Ok("gnu") {
        glibc::link(&out());
        // Functions of the same code become one. Chromium links V8 like this, and Rust promises no function an address of its
        // own. LLD can do it, which rustc links with here.
        println!("cargo:rustc-cdylib-link-arg=-Wl,--icf=all");
    }
}

/// RocksDB asks for libstdc++ by name. A folder that holds nothing but its static form makes the linker take that, so
/// that no C++ runtime of another party is mixed with ours: <https://gcc.gnu.org/onlinedocs/gcc/Link-Options.html>
fn link_static_cxx() {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    let output = Command::new(&compiler).arg("-print-file-name=libstdc++.a").output();
    let output = output.unwrap_or_else(|error| panic!("the C++ compiler `{compiler}` cannot be run: {error}"));
    let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let folder = out().join("static");
    std::fs::create_dir_all(&folder).expect("OUT_DIR can be written to");
    let copied = std::fs::copy(&library, folder.join("libstdc++.a"));
    copied.unwrap_or_else(|error| {
        panic!(
            "{} cannot be read: {error}; install libstdc++'s static library",
            library.display()
        )
    });
    println!("cargo:rustc-link-search=native={}", folder.display());
}

/// Workers live in UTC: see the source. The linker takes it as a whole, since nothing asks for it before V8 does.
fn link_zone() {
    const SOURCE: &str = "src/worker/zone.c";
    println!("cargo:rerun-if-changed={SOURCE}");
    cc::Build::new().file(SOURCE).cargo_metadata(false).compile("zone");
    let library = out().join("libzone.a");
    println!(
        "cargo:rustc-cdylib-link-arg=-Wl,--whole-archive,{},--no-whole-archive",
        library.display()
    );
    println!("cargo:rustc-cdylib-link-arg=-Wl,--wrap=getenv");
}

/// Of the names with C linkage in Rust crates, which rustc exports from a library, only the entry point is for Node: Node has
/// a brotli and a V8 of its own, with the same names. One reference that says `hidden` hides a symbol everywhere:
/// <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html#visibility>
fn hide_names() {
    const NAMES: &str = "src/node/binding/hidden-names.txt";
    println!("cargo:rerun-if-changed={NAMES}");
    let names = std::fs::read_to_string(NAMES).unwrap_or_else(|error| panic!("{NAMES} cannot be read: {error}"));
    // In a section that the linker leaves out: the assembler forgets names that nothing refers to.
    let lines = names
        .lines()
        .map(|name| format!(".weak {name}\n.hidden {name}\n.quad {name}\n"));
    let text = format!(".section .hidden_names,\"e\",@progbits\n{}", lines.collect::<String>());
    let folder = out();
    let source = folder.join("hidden-names.s");
    std::fs::write(&source, text).expect("OUT_DIR can be written to");
    cc::Build::new()
        .file(source)
        .cargo_metadata(false)
        .compile("hidden-names");
    let library = folder.join("libhidden-names.a");
    println!(
        "cargo:rustc-cdylib-link-arg=-Wl,--whole-archive,{},--no-whole-archive",
        library.display()
    );
}

fn out() -> PathBuf {
    PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"))
}

/// A hash of everything that decides the order of ops and the layout of the snapshot, bar the JavaScript that is in it.
///
/// Cargo watches the files and not their folders, in which a change of JavaScript would compile the crate again. A new file
/// comes with a change in the one that declares it.
fn stamp() -> String {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("Cargo.lock"), root.join("Cargo.toml"), root.join("build.rs")];
    rust_files(&root.join("src"), &mut files);
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        hash.update(std::fs::read(&file).unwrap_or_default());
    }
    format!("{:x}", hash.finalize())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("the source folder is readable")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
