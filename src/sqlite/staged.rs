//! New contents for databases in files, kept beside them until all are in force: a process that is killed in between has
//! exchanged all of them, or none.
//!
//! The contents and a plan are in a folder of a fixed name. It gets that name when it is complete, so a folder that is there is
//! whole. Whether it counts may be decided in another place: see `store/rocks_joint.rs`. Code that opens a database there
//! first completes the exchange, or drops it.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::error::of_file;
use super::image::Image;
use crate::store::database::Durability;
use crate::store::joint::Decision;
use crate::store::{Result, StoreError};

const FOLDER: &str = ".miniflare-rs-restore";
/// What it is called before it is complete, and while it is removed.
const NEW: &str = ".miniflare-rs-restore.new";
const OVER: &str = ".miniflare-rs-restore.over";
const LOCK: &str = ".miniflare-rs-restore.lock";
const PLAN: &str = "plan.json";

/// What the folder is for.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// The files of the databases, in the order of their new contents.
    files: Vec<String>,
    /// Files that are deleted.
    #[serde(default)]
    deleted: Vec<String>,
    /// Where it is decided; nowhere if the folder itself decides it.
    decision: Option<String>,
}

impl Plan {
    pub fn new(files: Vec<String>, deleted: Vec<String>, decision: Option<Decision>) -> Plan {
        Plan {
            files,
            deleted,
            decision: decision.map(|decision| hex::encode(decision.to_note())),
        }
    }
}

/// New contents that are complete. Others leave them alone until this is dropped.
pub struct Staged {
    root: PathBuf,
    _lock: File,
}

impl Staged {
    /// Writes the pages of new contents for files of the folder `root`.
    pub fn write(root: &Path, plan: &Plan, contents: &[&[u8]], durability: Durability) -> Result<Staged> {
        let lock = lock(root)?
            .ok_or_else(|| StoreError::other(format!("Another restore of {} is under way.", root.display())))?;
        let (folder, new) = (root.join(FOLDER), root.join(NEW));
        let written = (|| {
            delete(&new)?;
            fs::create_dir_all(&new)?;
            for (index, pages) in contents.iter().enumerate() {
                write_file(&new.join(index.to_string()), pages, durability)?;
            }
            write_file(&new.join(PLAN), &serde_json::to_vec(plan)?, durability)?;
            fs::rename(&new, &folder)?;
            if durability == Durability::Sync {
                File::open(root)?.sync_all()?;
            }
            Ok(())
        })();
        written.map_err(|error| of_staging(root, &error))?;
        Ok(Staged {
            root: root.into(),
            _lock: lock,
        })
    }

    /// All contents are in force.
    pub fn finish(self) -> Result<()> {
        remove(&self.root)
    }
}

/// Whether contents have been left behind by a process that has ended.
pub fn is_left(root: &Path) -> bool {
    root.join(FOLDER).exists()
}

/// Brings what was left behind into force if that was decided, and removes it otherwise. Nothing is done while its owner lives.
pub fn settle(root: &Path) -> Result<()> {
    let Some(_lock) = lock(root)? else { return Ok(()) };
    let folder = root.join(FOLDER);
    if !folder.exists() {
        return Ok(());
    }
    let plan = fs::read(folder.join(PLAN)).map_err(|error| of_staging(root, &error))?;
    let plan: Plan = serde_json::from_slice(&plan).map_err(|error| of_staging(root, &error.into()))?;
    let decision = plan.decision.map(|note| read_decision(root, &note)).transpose()?;
    let is_decided = decision.as_ref().map_or(Ok(true), Decision::is_made)?;
    if is_decided {
        for (index, file) in plan.files.iter().enumerate() {
            let pages = fs::read(folder.join(index.to_string())).map_err(|error| of_staging(root, &error))?;
            exchange(&root.join(file), pages)?;
        }
        delete_files(root, &plan.deleted)?;
    }
    remove(root)?;
    if let Some(decision) = decision.filter(|_| is_decided) {
        decision.forget();
    }
    Ok(())
}

/// Makes pages the content of a file. None are that of an empty database.
pub fn exchange(file: &Path, pages: Vec<u8>) -> Result<()> {
    let written = Connection::open(file).and_then(|mut connection| {
        connection.busy_timeout(super::limits::LOCK_WAIT)?;
        Image::from_pages(pages).write_to(&mut connection)
    });
    written.map_err(|error| of_file(file, error))
}

pub fn delete_files(root: &Path, files: &[String]) -> Result<()> {
    for file in files {
        match fs::remove_file(root.join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(of_staging(root, &error)),
            _ => {}
        }
    }
    Ok(())
}

fn read_decision(root: &Path, note: &str) -> Result<Decision> {
    let bytes = hex::decode(note).unwrap_or_default();
    Decision::from_note(&bytes).ok_or_else(|| of_staging(root, &std::io::Error::other("the plan names no decision")))
}

/// The right to write the folder; `None` while another one has it.
fn lock(root: &Path) -> Result<Option<File>> {
    let file = File::create(root.join(LOCK)).map_err(|error| of_staging(root, &error))?;
    // SAFETY: the descriptor is open for as long as `file` is.
    match unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } {
        0 => Ok(Some(file)),
        _ => Ok(None),
    }
}

fn write_file(path: &Path, content: &[u8], durability: Durability) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    match durability {
        Durability::Sync => file.sync_all(),
        Durability::Os => Ok(()),
    }
}

/// Removes the folder. It is whole for as long as it has its name.
fn remove(root: &Path) -> Result<()> {
    let over = root.join(OVER);
    let removed = delete(&over)
        .and_then(|()| fs::rename(root.join(FOLDER), &over))
        .and_then(|()| delete(&over));
    removed.map_err(|error| of_staging(root, &error))
}

fn delete(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn of_staging(root: &Path, error: &std::io::Error) -> StoreError {
    StoreError::other(format!(
        "A restore of the databases in {} cannot be completed: {error}. Allow this process to write to the folder, or delete \
         {FOLDER} in it.",
        root.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes when it is dropped, with the databases `a` and `b`.
    struct Folder(PathBuf);

    const FILES: [&str; 2] = ["a.sqlite3", "b.sqlite3"];
    const STATES: &str = "a.sqlite3-history";

    impl Folder {
        fn new(name: &str) -> Folder {
            let root = std::env::temp_dir().join(format!("miniflare-rs-{}-staged-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(&root).expect("it can be created");
            let folder = Folder(root);
            for file in FILES {
                folder.write(file, "before");
            }
            folder
        }

        fn open(&self, file: &str) -> Connection {
            Connection::open(self.0.join(file)).expect("it opens")
        }

        fn write(&self, file: &str, value: &str) {
            let sql = format!(
                "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS t (a); DELETE FROM t; INSERT INTO t VALUES ('{value}')"
            );
            self.open(file).execute_batch(&sql).expect("it writes");
        }

        fn values(&self) -> [String; 2] {
            FILES.map(|file| {
                let connection = self.open(file);
                connection
                    .query_row("SELECT a FROM t", [], |row| row.get(0))
                    .expect("there is a row")
            })
        }

        /// Stages what is there now, and writes other values.
        fn stage(&self, decision: Option<Decision>) -> Staged {
            let image = |file: &str| Image::of(&mut self.open(file)).expect("it can be copied");
            let images = FILES.map(image);
            let contents = images.each_ref().map(Image::pages);
            fs::write(self.0.join(STATES), "").expect("it can be written");
            let plan = Plan::new(FILES.map(String::from).to_vec(), vec![STATES.into()], decision);
            let staged = Staged::write(&self.0, &plan, &contents, Durability::Sync).expect("it can be written");
            for file in FILES {
                self.write(file, "after");
            }
            staged
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn contents_that_were_left_behind_come_into_force() {
        let folder = Folder::new("left");
        drop(folder.stage(None));
        assert!(is_left(&folder.0));
        settle(&folder.0).expect("it can be completed");
        assert_eq!(folder.values(), ["before", "before"]);
        assert!(!is_left(&folder.0) && !folder.0.join(STATES).exists());
    }

    #[test]
    fn contents_that_were_not_decided_on_are_dropped() {
        let folder = Folder::new("undecided");
        let decision = Decision {
            token: Default::default(),
            first: folder.0.join("missing"),
        };
        drop(folder.stage(Some(decision)));
        settle(&folder.0).expect("it can be dropped");
        assert_eq!(folder.values(), ["after", "after"]);
        assert!(!is_left(&folder.0) && folder.0.join(STATES).exists());
    }

    #[test]
    fn contents_are_their_owners_while_it_lives() {
        let folder = Folder::new("owned");
        let staged = folder.stage(None);
        settle(&folder.0).expect("there is nothing to do");
        assert_eq!(folder.values(), ["after", "after"]);
        assert!(is_left(&folder.0));
        staged.finish().expect("it can be removed");
        assert!(!is_left(&folder.0));
    }
}
