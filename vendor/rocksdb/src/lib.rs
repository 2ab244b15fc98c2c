//! The library that `librocksdb-sys` declares the functions of. Nothing is called by way of this crate: a crate that names
//! it (`use rocksdb_library as _`) has it linked.

#![no_std]
