//! The content of a database at one moment, and the moments that databases can be brought back to.
//!
//! Taking a snapshot costs nothing: a database is copied just before it is first written after that. What was copied, or
//! brought back, is known to be the content until the next write, so that a test that starts from a snapshot costs one copy.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::serialize::Data;
use rusqlite::{Connection, Error, ffi};

use super::database::Database;
use crate::store::{Result, StoreError};

/// All pages of a database; none when nothing has been written yet.
pub struct Image(Vec<u8>);

/// Where the header has the versions of the file format; 2 means a write-ahead log, which a copy has not.
const FORMAT: std::ops::Range<usize> = 18..20;

/// Makes the first page that of a file without a log.
pub fn forget_log(first_page: &mut [u8]) {
    if let Some(format) = first_page.get_mut(FORMAT) {
        format.fill(1);
    }
}

impl Image {
    pub fn of(connection: &mut Connection) -> rusqlite::Result<Image> {
        let mut pages = match connection.serialize("main")? {
            Data::Owned(data) => data.to_vec(),
            Data::Shared(data) => data.to_vec(),
        };
        forget_log(&mut pages);
        Ok(Image(pages))
    }

    pub fn from_pages(pages: Vec<u8>) -> Image {
        Image(pages)
    }

    pub fn pages(&self) -> &[u8] {
        &self.0
    }

    pub fn to_file(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// The same with a write-ahead log.
    pub fn to_log_file(&self) -> Vec<u8> {
        let mut pages = self.0.clone();
        if let Some(format) = pages.get_mut(FORMAT) {
            format.fill(2);
        }
        pages
    }

    /// Replaces the content of a database in one transaction.
    pub fn write_to(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let mut source = Connection::open_in_memory()?;
        if !self.0.is_empty() {
            source.deserialize_read_exact("main", self.0.as_slice(), self.0.len(), true)?;
        }
        let backup = Backup::new(&source, connection)?;
        match backup.step(-1)? {
            StepResult::Done => Ok(()),
            _ => Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)),
        }
    }
}

/// The databases that have been written since a snapshot was taken, as they were then.
pub type Images = HashMap<String, Rc<Image>>;

/// The snapshots of the databases of one place, by number.
#[derive(Default)]
pub struct Moments(RefCell<BTreeMap<usize, Images>>);

impl Moments {
    pub fn take(&self, number: usize) {
        self.0.borrow_mut().insert(number, Images::new());
    }

    pub fn forget(&self, number: usize) {
        self.0.borrow_mut().remove(&number);
    }

    /// Whether there is no snapshot.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub fn images(&self, number: usize) -> Result<Images> {
        let images = self.0.borrow().get(&number).cloned();
        images.ok_or_else(|| {
            StoreError::other("The snapshot is of another place: the options say since that storage is kept elsewhere.")
        })
    }

    /// Whether a snapshot needs to know the content of a database before it is written.
    pub fn lack(&self, name: &str) -> bool {
        self.0.borrow().values().any(|images| !images.contains_key(name))
    }

    /// Keeps the content of a database that is about to be written.
    pub fn keep(&self, database: &Database) -> Result<()> {
        if !self.lack(&database.name) {
            return Ok(());
        }
        self.keep_image(&database.name, &database.image()?);
        Ok(())
    }

    /// The same for a database with this content.
    pub fn keep_image(&self, name: &str, image: &Rc<Image>) {
        for images in self.0.borrow_mut().values_mut() {
            images.entry(name.into()).or_insert_with(|| image.clone());
        }
    }
}
