//! Creates the file of a database as SQLite would: empty, and with a write-ahead log. SQLite itself would journal the change
//! from another kind of journal, and wait for the disk several times.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;

use rusqlite::Connection;

use super::error::of_file;
use super::image::Image;
use crate::store::database::Durability;
use crate::store::{Result, StoreError};

/// What SQLite would take for a part of the database.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// Creates a file; false if there is one, or what was one before, which is left to SQLite.
pub fn create(path: &Path, durability: Durability) -> Result<bool> {
    if path.exists() || BESIDE.iter().any(|ending| beside(path, ending).exists()) {
        return Ok(false);
    }
    let page = first_page().map_err(|error| of_file(path, error))?;
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        // Another one has created it, or SQLite will say what is wrong.
        Err(_) => return Ok(false),
    };
    let written = file.write_all(page).and_then(|()| match durability {
        Durability::Os => Ok(()),
        Durability::Sync => {
            file.sync_all()?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        }
    });
    let Err(error) = written else { return Ok(true) };
    // SQLite begins again, and says what is wrong.
    match fs::remove_file(path) {
        Err(gone) if gone.kind() != ErrorKind::NotFound => Err(StoreError::other(format!(
            "The database {} cannot be created: {error}. Free some space, and delete the file.",
            path.display()
        ))),
        _ => Ok(false),
    }
}

fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut file = path.as_os_str().to_os_string();
    file.push(ending);
    file.into()
}

/// The only page of an empty database.
fn first_page() -> rusqlite::Result<&'static [u8]> {
    static PAGE: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(page) = PAGE.get() {
        return Ok(page);
    }
    let mut connection = Connection::open_in_memory()?;
    // The first write makes the page.
    connection.execute_batch("PRAGMA user_version = 1; PRAGMA user_version = 0")?;
    let page = Image::of(&mut connection)?.to_log_file();
    Ok(PAGE.get_or_init(|| page))
}
