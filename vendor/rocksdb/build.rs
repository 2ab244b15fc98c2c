//! Compiles RocksDB from the sources that come with `librocksdb-sys`, whose own script is told not to (`ROCKSDB_LIB_DIR` in
//! `.cargo/config.toml`).
//!
//! Two thirds of the time it takes to compile one of RocksDB's files are spent on reading headers, the same ones for each of
//! the 343. So files are compiled in groups, one after the other in one translation unit; upstream builds all of them as one
//! in its own tests (`make unity_test`), which keeps names apart.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Bytes of source per group: about a dozen groups, half a minute and a gigabyte of memory each.
const GROUP_BYTES: u64 = 700_000;

/// What no reading or writing goes through is optimised for size.
const COLD: &[&str] = &[
    "db/blob/",
    "options/",
    "table/adaptive/",
    "table/cuckoo/",
    "table/plain/",
    "test_util/",
    "tools/",
    "trace_replay/",
    "utilities/",
];

fn main() {
    let package = PathBuf::from(variable("DEP_ROCKSDB_CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DEP_ROCKSDB_CARGO_MANIFEST_DIR");

    let (cold, hot): (Vec<_>, Vec<_>) = sources(&package)
        .into_iter()
        .partition(|source| COLD.iter().any(|folder| source.starts_with(folder)));
    let mut library = compiler(&package);
    library.opt_level(2).file(package.join("build_version.cc"));
    library.files(groups(&package, &out.join("hot"), &hot));
    let mut rest = compiler(&package);
    rest.opt_level_str("s")
        .files(groups(&package, &out.join("cold"), &cold));
    library.objects(rest.compile_intermediates()).compile("rocksdb");
}

fn compiler(package: &Path) -> cc::Build {
    let mut compiler = cc::Build::new();
    compiler
        .cpp(true)
        .std("c++20")
        .warnings(false)
        .include(package.join("rocksdb/include"))
        .include(package.join("rocksdb"))
        .include(package)
        .include(variable("DEP_LZ4_INCLUDE"))
        .flag("-include")
        .flag("cstdint")
        .define("NDEBUG", None)
        .define("LZ4", None)
        .define("HAVE_ALIGNED_NEW", None)
        .define("HAVE_UINT128_EXTENSION", None);
    define_platform(&mut compiler);
    compiler
}

/// As in `librocksdb-sys`. Its script knows more targets.
fn define_platform(library: &mut cc::Build) {
    let names: &[&str] = match variable("CARGO_CFG_TARGET_OS").as_str() {
        "linux" => &[
            "OS_LINUX",
            "ROCKSDB_SCHED_GETCPU_PRESENT",
            "ROCKSDB_AUXV_GETAUXVAL_PRESENT",
            "ROCKSDB_FALLOCATE_PRESENT",
            "ROCKSDB_RANGESYNC_PRESENT",
        ],
        "macos" => &["OS_MACOSX"],
        other => {
            panic!("vendor/rocksdb/build.rs has no settings for {other}: take them from the script of librocksdb-sys")
        }
    };
    for name in names.iter().chain(&["ROCKSDB_PLATFORM_POSIX", "ROCKSDB_LIB_IO_POSIX"]) {
        library.define(name, None);
    }
}

fn sources(package: &Path) -> Vec<String> {
    let list = package.join("rocksdb_lib_sources.txt");
    let text = std::fs::read_to_string(&list).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
    // `build_version.cc` comes with the crate, filled in.
    let sources = text
        .split_whitespace()
        .filter(|source| *source != "util/build_version.cc");
    sources.map(String::from).collect()
}

/// Writes a file for each group, which includes the group's sources.
fn groups(package: &Path, folder: &Path, sources: &[String]) -> Vec<PathBuf> {
    let mut groups = vec![String::new()];
    let mut bytes = 0;
    for source in sources {
        let size = std::fs::metadata(package.join("rocksdb").join(source)).map_or(0, |file| file.len());
        if bytes + size > GROUP_BYTES && bytes > 0 {
            groups.push(String::new());
            bytes = 0;
        }
        bytes += size;
        let group = groups.last_mut().expect("there is a group from the start");
        writeln!(group, "#include \"{source}\"").expect("a string can be written to");
    }
    std::fs::create_dir_all(folder).expect("OUT_DIR can be written to");
    let write = |(index, group): (usize, &String)| {
        let file = folder.join(format!("group_{index:02}.cc"));
        std::fs::write(&file, group).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        file
    };
    groups.iter().enumerate().map(write).collect()
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo does not set {name}"))
}
