//! Links the addon against glibc 2.28, the version that Node requires, whatever version the build machine has.
//!
//! From a shared library a linker takes only the names and versions of its symbols. Stub libraries are therefore enough:
//! they are generated from a list of what glibc 2.28 exports, so that each reference of the addon gets a version that
//! exists there. `newer.c` defines the functions of later versions that are called; any other one is a link error.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIST: &str = "vendor/glibc/x86_64.txt";
const NEWER: &str = "vendor/glibc/newer.c";

pub fn link(out: &Path) {
    println!("cargo:rerun-if-changed={LIST}");
    println!("cargo:rerun-if-changed={NEWER}");
    let list = std::fs::read_to_string(LIST).unwrap_or_else(|error| panic!("{LIST}: {error}"));
    let folder = out.join("glibc");
    std::fs::create_dir_all(&folder).expect("OUT_DIR can be written to");
    let made: Vec<_> = list.split("\n\n").map(|library| make(library, &folder)).collect();
    name(&folder, &made);
    // The file defines functions that the compiler has built-in knowledge of.
    cc::Build::new()
        .file(NEWER)
        .flag("-fno-builtin")
        .cargo_metadata(false)
        .compile("newer");
    // Only for the addon: programs (`cargo test`) also need the start-up code of the machine's own libc.
    let newer = out.join("libnewer.a");
    for argument in ["-L", &folder.to_string_lossy(), &newer.to_string_lossy(), "-Wl,-z,defs"] {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}

/// Makes the stub of one library. A section of the list is its name, then a line per version with the symbols.
fn make(section: &str, folder: &Path) -> PathBuf {
    let mut lines = section.lines();
    let name = lines.next().expect("a section begins with a name");
    let (mut code, mut data, mut versions) = (String::from(".text\n"), String::from(".data\n"), String::new());
    for line in lines {
        let (version, symbols) = line.split_once(' ').expect("a version has symbols");
        write!(versions, "{version} {{ global:").expect("a string can be written to");
        for symbol in symbols.split(' ') {
            let (name, into, kind, size) = match symbol.strip_suffix('=') {
                Some(name) => (name, &mut data, "object", 8),
                None => (symbol, &mut code, "function", 1),
            };
            write!(versions, " {name};").expect("a string can be written to");
            write!(
                into,
                ".globl {name}\n.type {name}, @{kind}\n.size {name}, {size}\n{name}: .skip {size}\n"
            )
            .expect("a string can be written to");
        }
        versions.push_str(" };\n");
    }
    let (source, map, library) = (folder.join("stub.s"), folder.join("stub.map"), folder.join(name));
    std::fs::write(&source, code + &data).expect("OUT_DIR can be written to");
    std::fs::write(&map, versions).expect("OUT_DIR can be written to");
    let mut command = cc::Build::new().get_compiler().to_command();
    command.args(["-shared", "-nostdlib", "-Wl,--hash-style=gnu"]);
    command.arg(format!("-Wl,-soname,{name}"));
    command.arg(format!("-Wl,--version-script,{}", map.display()));
    run(command.arg("-o").arg(&library).arg(&source));
    library
}

/// Gives the stubs the names that linkers look for. libc comes with the loader, which provides thread-local variables.
fn name(folder: &Path, libraries: &[PathBuf]) {
    let find = |start: &str| {
        let is_it = |path: &&PathBuf| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(start))
        };
        libraries
            .iter()
            .find(is_it)
            .expect("the list has this library")
            .display()
    };
    for name in ["m", "pthread", "dl", "rt", "util"] {
        write(folder, name, &format!("INPUT ( {} )", find(&format!("lib{name}.so"))));
    }
    let (libc, loader) = (find("libc.so"), find("ld-linux"));
    write(folder, "c", &format!("GROUP ( {libc} AS_NEEDED ( {loader} ) )"));
}

fn write(folder: &Path, name: &str, script: &str) {
    std::fs::write(folder.join(format!("lib{name}.so")), script).expect("OUT_DIR can be written to");
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
