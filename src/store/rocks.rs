//! RocksDB, the embedded persistent store.

use rocksdb::DB;

/// Writes and reads a key in a new database at `folder`, then sets an option to a bad value, which RocksDB refuses by a
/// C++ exception that it catches itself. Returns the text of that refusal.
pub fn prove(folder: &str) -> Result<String, String> {
    let database = DB::open_default(folder).map_err(|error| error.to_string())?;
    database.put(b"key", b"value").map_err(|error| error.to_string())?;
    let value = database.get(b"key").map_err(|error| error.to_string())?;
    if value.as_deref() != Some(b"value".as_slice()) {
        return Err(format!(
            "RocksDB returned {value:?} for a key that was put as \"value\""
        ));
    }
    match database.set_options(&[("write_buffer_size", "not a number")]) {
        Ok(()) => Err("RocksDB accepted \"not a number\" as a size".into()),
        Err(error) => Ok(error.to_string()),
    }
}
