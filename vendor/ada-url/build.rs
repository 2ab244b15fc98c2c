//! Compiles Ada. Upstream's own script also knows Android, WebAssembly and Windows, and needs a regular expression engine
//! among the build dependencies for it, with features that would make cargo build most of the tree a second time.

fn main() {
    println!("cargo:rerun-if-changed=deps");
    cc::Build::new()
        .file("deps/ada.cpp")
        .include("deps")
        .cpp(true)
        .std("c++20")
        .define("ADA_INCLUDE_URL_PATTERN", "0")
        .warnings(false)
        .compile("ada");
}
