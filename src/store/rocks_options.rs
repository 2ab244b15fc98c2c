//! How RocksDB is set up: small, since most databases hold a test's data, and strict about what it reads.

use std::path::Path;

use rocksdb::{BlockBasedOptions, Cache, DB, DBCompressionType, DBRecoveryMode, InfoLogger, LogLevel, Options};

use super::error::{Kind, StoreError};
use super::rocks_error::explain;
use super::{Result, rocks_key};
use crate::limits;

/// The layout of keys and values in the database.
const FORMAT: &[u8] = b"1";

pub fn options() -> Options {
    let mut options = Options::default();
    // The log is written when a write is confirmed: see `database.rs`.
    options.set_manual_wal_flush(true);
    // A process that was killed leaves at most an incomplete record at the end, which was not confirmed. What else
    // RocksDB takes for one was refused before (`rocks_folder.rs`).
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_write_buffer_size(limits::ROCKS_MEMTABLE_BYTES);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_block_based_table_factory(&tables());
    options.set_max_background_jobs(2);
    options.set_max_file_opening_threads(1);
    // Without a logger of our own RocksDB would make files for one, even in a folder that cannot be opened.
    options.set_info_logger(InfoLogger::new_stderr_logger(LogLevel::Header, None::<&str>));
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_skip_stats_update_on_db_open(true);
    options
}

fn tables() -> BlockBasedOptions {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(&Cache::new_lru_cache(limits::ROCKS_CACHE_BYTES));
    // Most reads are of single keys, many of which are not there.
    tables.set_bloom_filter(10.0, false);
    tables
}

/// Marks a new database with the format of its keys, and refuses one of another format.
pub fn check_format(handle: &DB, path: &Path, name: &Path) -> Result<()> {
    let found = handle
        .get(rocks_key::FORMAT)
        .map_err(|error| explain("read", name, path, &error))?;
    match found {
        Some(format) if format == FORMAT => Ok(()),
        None if is_empty(handle) => {
            let marked = handle
                .put(rocks_key::FORMAT, FORMAT)
                .and_then(|()| handle.flush_wal(false));
            marked.map_err(|error| explain("write to", name, path, &error))
        }
        _ => Err(StoreError::new(
            Kind::Corrupt,
            format!(
                "The database in {} was written by other software or by a newer miniflare-rs: use another folder.",
                name.display()
            ),
        )),
    }
}

fn is_empty(handle: &DB) -> bool {
    let mut entries = handle.raw_iterator();
    entries.seek_to_first();
    !entries.valid()
}
