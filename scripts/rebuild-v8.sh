#!/usr/bin/env bash
# Rebuilds vendor/v8's archive from the source that the `v8` crate publishes. For Debian 12 on x64, as root or with the
# packages of PACKAGES installed; it takes about four hours on two cores and 15 GB of disk. vendor/v8/README.md says
# why the archive is made this way. Usage: scripts/rebuild-v8.sh [WORK_FOLDER]
set -euo pipefail

V8_CRATE=150.4.0                # the version that Cargo.lock resolves `v8` to
ICUDATA_CRATE=0.77.0            # carries the ICU data that the published source of `v8` leaves out
LLVM=22                         # clang, lld and the tools of one version
PACKAGES="clang-$LLVM lld-$LLVM llvm-$LLVM libclang-rt-$LLVM-dev ninja-build pkg-config libglib2.0-dev python3"
GN_SUITE=sid                    # GN must be from 2026; Debian 12's generate-ninja is too old
TARGET=x86_64-unknown-linux-gnu

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "${1:-$repository/target/v8}"
work=$(cd "${1:-$repository/target/v8}" && pwd)
archive=librusty_v8_simdutf_release_$TARGET.a.gz
llvm_home=/usr/lib/llvm-$LLVM
source=$work/sources/v8-$V8_CRATE
bindings=gen/src_binding_simdutf_release_$TARGET.rs
clang=$work/clang
out=$work/out

say() { printf '▸ %s\n' "$*"; }

# The compiler and build tools, unless they are there.
install_tools() {
  local package
  for package in $PACKAGES; do
    dpkg -s "$package" >/dev/null 2>&1 && continue
    apt-get update -q
    # shellcheck disable=SC2086 # a list of names
    apt-get install -q -y --no-install-recommends $PACKAGES
    return
  done
}

# Both crates as published; `cargo vendor` checks them against the hashes of the registry.
fetch_sources() {
  [ -d "$source" ] && return
  mkdir -p "$work/fetch/src"
  : > "$work/fetch/src/lib.rs"
  cat > "$work/fetch/Cargo.toml" <<TOML
[package]
name = "fetch"
version = "0.0.0"
edition = "2024"
[dependencies]
v8 = "=$V8_CRATE"
deno_core_icudata = "=$ICUDATA_CRATE"
[workspace]
TOML
  cargo vendor --quiet --versioned-dirs --manifest-path "$work/fetch/Cargo.toml" "$work/vendored" >/dev/null
  mkdir -p "$work/sources"
  cp "$(find "$work/vendored/deno_core_icudata-$ICUDATA_CRATE" -name 'icudtl.dat' | head -n 1)" \
    "$work/vendored/v8-$V8_CRATE/third_party/icu/common/icudtl.dat"
  mv "$work/vendored/v8-$V8_CRATE" "$source"
}

# GN of the newer suite, with the C library it needs unpacked beside it: nothing of it is installed.
fetch_gn() {
  [ -d "$work/gn/root" ] && return
  mkdir -p "$work/gn/lists/partial" "$work/gn/cache/archives/partial" "$work/gn/debs"
  # From the mirror that this machine uses for its own suite.
  local mirror
  # shellcheck disable=SC2016 # apt-get expands it
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $GN_SUITE main" > "$work/gn/sources.list"
  local apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/gn/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/gn/lists" -o "Dir::Cache=$work/gn/cache" -o APT::Sandbox::User=root)
  "${apt[@]}" update
  (cd "$work/gn/debs" && "${apt[@]}" download generate-ninja libc6 libstdc++6 libgcc-s1)
  local deb
  for deb in "$work"/gn/debs/*.deb; do dpkg-deb -x "$deb" "$work/gn/unpacked"; done
  mv "$work/gn/unpacked" "$work/gn/root"
}

# Started through the C library unpacked beside it.
gn() {
  local libraries=$work/gn/root/usr/lib/x86_64-linux-gnu
  "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$work/gn/root/usr/bin/gn" "$@"
}

# Debian's clang in the shape that Chromium's build files expect.
prepare_clang() {
  rm -rf "$clang"
  mkdir -p "$clang/bin" "$clang/lib/clang/$LLVM/lib/$TARGET"
  ln -s "$llvm_home"/bin/* "$clang/bin/"
  # The compiler runtime has another place and name in Debian.
  ln -s "$llvm_home/lib/clang/$LLVM/lib/linux/libclang_rt.builtins-x86_64.a" \
    "$clang/lib/clang/$LLVM/lib/$TARGET/libclang_rt.builtins.a"
  ln -s "$llvm_home/lib/clang/$LLVM/include" "$clang/lib/clang/$LLVM/include"
  local name
  for name in clang clang++; do wrap_compiler "$name"; done
}

# Drops the flags that only Chromium's own clang knows.
wrap_compiler() {
  rm "$clang/bin/$1"
  cat > "$clang/bin/$1" <<WRAPPER
#!/usr/bin/env bash
arguments=()
for argument in "\$@"; do
  case \$argument in
    -fdiagnostics-show-inlining-chain | -fno-lifetime-dse | -fsanitize-ignore-for-ubsan-feature=*) ;;
    *) arguments+=("\$argument") ;;
  esac
done
exec "$llvm_home/bin/$1" "\${arguments[@]}"
WRAPPER
  chmod +x "$clang/bin/$1"
}

# The arguments that the crate's build script passes for a release with `simdutf`, without Rust inside V8 (no Temporal),
# and with thread-locals that a shared library may have.
generate() {
  gn gen "$out" --root="$source" --script-executable=python3 --args="
    is_debug=false symbol_level=0 line_tables_only=false treat_warnings_as_errors=false
    clang_base_path=\"$clang\" clang_version=\"$LLVM\" use_custom_libcxx=true
    v8_enable_sandbox=false v8_enable_pointer_compression=false v8_enable_v8_checks=false
    v8_monolithic_for_shared_library=true rusty_v8_enable_simdutf=true
    enable_rust=false enable_rust_cxx=false v8_enable_temporal_support=false"
}

# The names that stay global: the C names of the binding, and whatever else the Rust side names and the archive defines.
global_names() {
  local library=$1
  "$llvm_home/bin/llvm-nm" --defined-only --format=just-symbols "$library" 2>/dev/null | sort -u > "$work/defined"
  {
    grep -E '^(v8|v8_inspector|cppgc|crdtp|std|simdutf)__' "$work/defined"
    grep -rhoE '\bfn +[A-Za-z_][A-Za-z0-9_]*' "$source/src" "$source/$bindings" | sed -E 's/^fn +//'
    # What `src/worker` names itself.
    grep -rhoE 'link_name = "_Z[^"]+"' "$repository/src" | sed -E 's/.*"(.*)"/\1/'
    sed -nE 's/.*link_name = "\\u\{1\}([^"]+)".*/\1/p' "$source/$bindings"
  } | sort -u | comm -12 - "$work/defined"
}

# One object in which every other name is local: the C++ runtime of V8 must not meet the one of RocksDB.
localise() {
  local library=$1
  global_names "$library" > "$work/global"
  "$llvm_home/bin/ld.lld" -r --whole-archive "$library" -o "$work/all.o"
  "$llvm_home/bin/llvm-objcopy" --strip-debug --keep-global-symbols="$work/global" "$work/all.o"
  rm -f "$work/local.a"
  "$llvm_home/bin/llvm-ar" rcs "$work/local.a" "$work/all.o"
}

# gzip without a time stamp, so that equal archives have equal hashes.
pack() {
  gzip -9 -n -c "$work/local.a" > "$repository/vendor/v8/$archive"
  (cd "$repository/vendor/v8" && sha256sum "$archive" > SHA256SUMS)
}

say "tools"
install_tools
say "sources of v8 $V8_CRATE"
fetch_sources
say "GN of Debian $GN_SUITE"
fetch_gn
say "clang $LLVM"
prepare_clang
say "build files"
generate
say "V8: about 2,000 steps"
ninja -C "$out" rusty_v8
say "names made local"
localise "$(find "$out/obj" -name librusty_v8.a | head -n 1)"
say "vendor/v8/$archive"
pack
