//! The databases of a room, by name, at the place where the room stores: in memory, or in a folder with a file for each.
//!
//! Those in memory belong to the instance, and are still there when it has stored elsewhere in between.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture, ready};
use tokio::runtime::Handle;

use super::database::{Database, There, deleted};
use super::exchange::Exchange;
use super::image::{Image, Moments};
use super::staged;
use crate::store::error::Kind;
use crate::store::joint::Batch;
use crate::store::place::Place;
use crate::store::stores::{Keeps, Replacement};
use crate::store::{Result, StoreError};

pub struct Databases {
    memory: Rc<Shelf>,
    current: RefCell<Rc<Shelf>>,
    /// Where they are in the folder of the room, which may have other files too.
    below: &'static str,
}

impl Default for Databases {
    /// No databases yet, in memory.
    fn default() -> Databases {
        let memory = Rc::<Shelf>::default();
        Databases {
            current: RefCell::new(memory.clone()),
            memory,
            below: "",
        }
    }
}

impl Databases {
    /// Databases whose files are in a folder of that name at the place where the room stores.
    pub fn below(folder: &'static str) -> Databases {
        Databases {
            below: folder,
            ..Databases::default()
        }
    }

    /// The database of this name. It is created by its first use.
    pub fn get(&self, name: &str) -> Result<Rc<Database>> {
        self.current.borrow().get(name)
    }

    /// Closes a database without another owner. One in memory keeps its content.
    pub fn rest(&self, name: &str) -> Result<()> {
        self.current.borrow().rest(name)
    }

    /// Whether there is a database of this name.
    pub fn has(&self, name: &str) -> bool {
        self.current.borrow().has(name)
    }

    /// The names of a database that there is, and of those that have a dot after that, and more hexadecimal digits and dots.
    pub fn names_below(&self, top: &str) -> Result<Vec<String>> {
        self.current.borrow().below(top)
    }
}

impl Keeps for Databases {
    fn settle(&self, place: &Place, _background: &Handle) -> Result<()> {
        let place = &match place {
            Place::Folder(folder, durability) if !self.below.is_empty() => {
                Place::Folder(folder.join(self.below), *durability)
            }
            place => place.clone(),
        };
        if self.current.borrow().place == *place {
            return Ok(());
        }
        let shelf = match place {
            Place::Memory => self.memory.clone(),
            Place::Folder(..) => Rc::new(Shelf::at(place.clone())),
            // Those of a folder of the room's belong to users who store them.
            Place::Redis(..) if !self.below.is_empty() => Rc::new(Shelf::at(place.clone())),
            Place::Redis(..) => return Err(StoreError::other("SQL databases cannot be stored on a Redis server.")),
        };
        self.current.replace(shelf);
        Ok(())
    }

    /// A commit hands what was written to the operating system.
    fn flush(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, snapshot: usize) {
        self.current.borrow().moments.take(snapshot);
    }

    fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, Result<Replacement>> {
        ready(self.current.borrow().clone().restore(snapshot)).boxed_local()
    }

    fn clear(&self) -> LocalBoxFuture<'static, Result<Replacement>> {
        let exchange = Exchange::to_nothing(self.current.borrow().clone());
        ready(exchange.map(replacement)).boxed_local()
    }

    fn forget(&self, snapshot: usize) {
        self.memory.moments.forget(snapshot);
        self.current.borrow().moments.forget(snapshot);
    }
}

fn replacement(exchange: Exchange) -> Replacement {
    Replacement {
        batch: Box::new(move || Ok(Batch::Other(Box::new(exchange)))),
        done: Box::new(|| {}),
    }
}

/// The databases of one place.
#[derive(Default)]
pub(super) struct Shelf {
    pub place: Place,
    pub open: RefCell<HashMap<String, Rc<Database>>>,
    /// The contents of those in memory that are not open.
    pub resting: RefCell<HashMap<String, Rc<Image>>>,
    pub moments: Rc<Moments>,
    /// Whether nothing is left behind by a restore.
    pub is_settled: Cell<bool>,
}

impl Shelf {
    fn at(place: Place) -> Shelf {
        Shelf {
            place,
            ..Shelf::default()
        }
    }

    pub fn get(&self, name: &str) -> Result<Rc<Database>> {
        self.settle_if_left()?;
        let known = self.open.borrow().get(name).cloned();
        if let Some(database) = known {
            match database.check_there() {
                There::Yes => return Ok(database),
                There::OtherLog => self.close(name, &database),
                There::No => {
                    self.close(name, &database);
                    return Err(deleted(&self.file(name)));
                }
            }
        }
        let database = Rc::new(self.open(name)?);
        self.open.borrow_mut().insert(name.into(), database.clone());
        Ok(database)
    }

    pub fn settle_if_left(&self) -> Result<()> {
        if self.is_settled.get() {
            return Ok(());
        }
        if let Place::Folder(folder, _) = &self.place
            && staged::is_left(folder)
        {
            self.open.borrow_mut().clear();
            staged::settle(folder)?;
        }
        self.is_settled.set(true);
        Ok(())
    }

    fn close(&self, name: &str, database: &Database) {
        database.abandon();
        self.open.borrow_mut().remove(name);
    }

    fn rest(&self, name: &str) -> Result<()> {
        let known = self.open.borrow_mut().remove(name);
        let Some(database) = known else { return Ok(()) };
        if database.is_shared() {
            // What is in the log stays there, so that nothing waits for the disk.
            database.abandon();
        } else {
            self.resting.borrow_mut().insert(name.into(), database.image()?);
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        match &self.place {
            Place::Folder(..) => self.file(name).exists(),
            _ => self.open.borrow().contains_key(name) || self.resting.borrow().contains_key(name),
        }
    }

    fn below(&self, top: &str) -> Result<Vec<String>> {
        let is_rest = |rest: &str| rest.is_empty() || rest.starts_with('.') && rest.bytes().all(is_digit_or_dot);
        let Place::Folder(folder, _) = &self.place else {
            let (open, resting) = (self.open.borrow(), self.resting.borrow());
            let names = open.keys().chain(resting.keys());
            let below = names.filter(|name| name.strip_prefix(top).is_some_and(is_rest));
            return Ok(below.cloned().collect());
        };
        let (file, mut below) = (file_name(top), Vec::new());
        let start = file.trim_end_matches(ENDING);
        for file in files_in(folder)? {
            let rest = file.strip_prefix(start).and_then(|rest| rest.strip_suffix(ENDING));
            below.extend(rest.filter(|rest| is_rest(rest)).map(|rest| format!("{top}{rest}")));
        }
        Ok(below)
    }

    fn open(&self, name: &str) -> Result<Database> {
        let Place::Folder(folder, durability) = &self.place else {
            let database = Database::in_memory(name, self.moments.clone())?;
            if let Some(image) = self.resting.borrow_mut().remove(name) {
                database.exchange(&image)?;
            }
            return Ok(database);
        };
        fs::create_dir_all(folder).map_err(|error| of_folder(folder, &error))?;
        Database::in_file(name, self.file(name), *durability, self.moments.clone())
    }

    fn file(&self, name: &str) -> PathBuf {
        match &self.place {
            Place::Folder(folder, _) => folder.join(file_name(name)),
            _ => PathBuf::new(),
        }
    }

    fn restore(self: Rc<Self>, snapshot: usize) -> Result<Replacement> {
        let mut exchanges = Vec::new();
        for (name, image) in self.moments.images(snapshot)? {
            exchanges.push((self.get(&name)?, image));
        }
        Ok(replacement(Exchange::of(self, exchanges)))
    }
}

pub(super) const ENDING: &str = ".sqlite3";
/// A name that begins so is followed by that of a file as it is, without a folder.
const EXACT: char = '\0';

/// The names of the files of a folder that are Unicode; none if there is no folder.
pub(super) fn files_in(folder: &Path) -> Result<Vec<String>> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(|error| of_folder(folder, &error))?,
    };
    let mut names = Vec::new();
    for file in files {
        let file = file.map_err(|error| of_folder(folder, &error))?;
        names.extend(file.file_name().into_string());
    }
    Ok(names)
}

/// The name of a database's file. What a file system takes for something else is written in percent codes.
pub(super) fn file_name(name: &str) -> String {
    if let Some(file) = name.strip_prefix(EXACT).filter(|file| !file.contains('/')) {
        return file.into();
    }
    let is_plain = |byte: &u8| {
        !matches!(
            byte,
            0..=31 | b'%' | b'/' | b'\\' | b':' | b'*' | b'?' | b'"' | b'<' | b'>' | b'|'
        )
    };
    let mut file = Vec::with_capacity(name.len() + 8);
    for (index, byte) in name.bytes().enumerate() {
        match is_plain(&byte) && !(index == 0 && byte == b'.') {
            true => file.push(byte),
            false => file.extend(format!("%{byte:02x}").bytes()),
        }
    }
    // Bytes of characters stay together.
    format!("{}{ENDING}", String::from_utf8_lossy(&file))
}

/// The name of the database that has such a file.
pub(super) fn name_of(file: &str) -> String {
    let encoded = file.strip_suffix(ENDING).unwrap_or(file);
    percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into()
}

fn is_digit_or_dot(byte: u8) -> bool {
    byte == b'.' || byte.is_ascii_hexdigit()
}

fn of_folder(folder: &Path, error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => Kind::NotAFolder,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Kind::ReadOnly,
        ErrorKind::StorageFull => Kind::Full,
        _ => Kind::Other,
    };
    StoreError::new(
        kind,
        format!(
            "Databases cannot be stored in {}: {error}. Choose a folder that this process can write to.",
            folder.display()
        ),
    )
}
