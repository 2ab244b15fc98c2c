//! New contents for the databases of one place, as a part of a write to several places: those of a snapshot, or none.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use super::database::Database;
use super::databases::{ENDING, Shelf, file_name, files_in, name_of};
use super::history;
use super::image::Image;
use super::staged::{self, Plan, Staged};
use crate::store::Result;
use crate::store::joint::{Decision, Participant};
use crate::store::place::Place;

/// Databases, and the contents that they are to have.
pub(super) struct Exchange {
    shelf: Rc<Shelf>,
    open: Vec<(Rc<Database>, Rc<Image>)>,
    /// Files of databases that are not open, and are emptied; and files beside them that are deleted.
    closed: Vec<String>,
    deleted: Vec<String>,
    /// Whether those in memory that are not open go.
    takes_resting: bool,
    staged: RefCell<Option<Staged>>,
}

impl Exchange {
    pub fn of(shelf: Rc<Shelf>, open: Vec<(Rc<Database>, Rc<Image>)>) -> Exchange {
        Exchange {
            shelf,
            open,
            closed: Vec::new(),
            deleted: Vec::new(),
            takes_resting: false,
            staged: RefCell::default(),
        }
    }

    /// Empties all databases of a place. Files of databases stay, without the states that they can be brought back to.
    pub fn to_nothing(shelf: Rc<Shelf>) -> Result<Exchange> {
        let (mut closed, mut deleted) = (Vec::new(), Vec::new());
        if let Place::Folder(folder, _) = &shelf.place {
            shelf.settle_if_left()?;
            let files = files_in(folder)?;
            deleted.extend(files.iter().filter(|file| is_history(file)).cloned());
            let open: HashSet<_> = shelf.open.borrow().keys().map(|name| file_name(name)).collect();
            for file in files {
                if open.contains(&file) || !file.ends_with(ENDING) || is_blank(&folder.join(&file)) {
                    continue;
                }
                match shelf.moments.is_empty() {
                    true => closed.push(file),
                    // A snapshot needs to know its content.
                    false => drop(shelf.get(&name_of(&file))?),
                }
            }
        }
        let nothing = Rc::new(Image::from_pages(Vec::new()));
        let open = shelf.open.borrow().values().cloned().collect::<Vec<_>>();
        let open = open.into_iter().map(|database| (database, nothing.clone())).collect();
        let mut exchange = Exchange::of(shelf, open);
        (exchange.closed, exchange.deleted) = (closed, deleted);
        exchange.takes_resting = true;
        Ok(exchange)
    }
}

fn is_history(file: &str) -> bool {
    file.contains(&format!("{ENDING}{}", history::ENDING))
}

/// Whether a file is that of a database with nothing in it: it has one page, and no entry there.
fn is_blank(path: &Path) -> bool {
    /// Where the first page has the kind of page that it is, a leaf of a table, and where its number of entries.
    const LEAF: (usize, u8) = (100, 13);
    const ENTRIES: std::ops::Range<usize> = 103..105;
    const PAGE: u64 = 4096;
    let mut log = path.as_os_str().to_os_string();
    log.push("-wal");
    let has_log = fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let size = fs::metadata(path).map_or(0, |file| file.len());
    if has_log || size > PAGE {
        return false;
    }
    let Ok(page) = fs::read(path) else { return false };
    page.is_empty() || page.get(LEAF.0) == Some(&LEAF.1) && page.get(ENTRIES) == Some(&[0, 0])
}

impl Participant for Exchange {
    fn prepare(&self, decision: Option<Decision>) -> Result<()> {
        let moments = &self.shelf.moments;
        // Other snapshots need to know what is written over.
        for (database, _) in &self.open {
            moments.keep(database)?;
        }
        if self.takes_resting {
            let resting = self.shelf.resting.borrow();
            resting.iter().for_each(|(name, image)| moments.keep_image(name, image));
        }
        let Place::Folder(folder, durability) = &self.shelf.place else {
            return Ok(());
        };
        let count = self.open.len() + self.closed.len() + self.deleted.len();
        // One database by itself changes in one transaction.
        if count == 0 || decision.is_none() && count == 1 {
            return Ok(());
        }
        let open = self.open.iter();
        let open = open.map(|(database, image)| (file_name(&database.name), image.pages()));
        let closed = self.closed.iter().map(|file| (file.clone(), &[] as &[u8]));
        let (files, contents): (Vec<_>, Vec<_>) = open.chain(closed).unzip();
        let plan = Plan::new(files, self.deleted.clone(), decision);
        let staged = Staged::write(folder, &plan, &contents, *durability)?;
        self.staged.replace(Some(staged));
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        for (database, image) in &self.open {
            database.exchange(image)?;
        }
        if self.takes_resting {
            self.shelf.resting.borrow_mut().clear();
        }
        if let Place::Folder(folder, _) = &self.shelf.place {
            for file in &self.closed {
                staged::exchange(&folder.join(file), Vec::new())?;
            }
            staged::delete_files(folder, &self.deleted)?;
        }
        self.staged.take().map_or(Ok(()), Staged::finish)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // It was not finished: the next use finds out whether it was decided.
        if self.staged.take().is_some() {
            self.shelf.is_settled.set(false);
        }
    }
}
