//! The files of a folder, as a space of a store: a KV namespace reads them through it, with all of its own rules.
//!
//! Nothing is kept: each read opens its file, so that a change is seen by the next request. A name is a path below the
//! folder. One that leads out of it has no entry, however it is written; what a symbolic link in the folder points to is a
//! part of the site.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use walkdir::WalkDir;

use crate::store::indexed::{ENTRY, INDEX, prefixed};
use crate::store::range::{Entry, Range};
use crate::store::record::{NEVER, Record, TAIL_BYTES};
use crate::store::{Reply, Result, Space, StoreError, Write};

pub struct SiteSpace {
    root: PathBuf,
}

impl SiteSpace {
    /// The files below `root`, an absolute path, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> SiteSpace {
        SiteSpace { root: root.into() }
    }

    /// The paths of all files below the folder, with slashes, in the order of their bytes. Names that are not UTF-8 are
    /// left out, since no key can be one, and so is what cannot be read: links that lead nowhere or in a circle.
    pub fn names(&self) -> Vec<String> {
        let entries = WalkDir::new(&self.root).follow_links(true).into_iter().flatten();
        let files = entries.filter(|entry| entry.file_type().is_file());
        let mut names: Vec<_> = files.filter_map(|file| self.name_of(file.path())).collect();
        names.sort_unstable();
        names
    }

    fn name_of(&self, file: &Path) -> Option<String> {
        let name = file.strip_prefix(&self.root).ok()?;
        name.to_str().map(String::from).filter(|name| !name.is_empty())
    }

    /// The file of a name; `None` when it is not below the folder.
    fn file_of(&self, name: &str) -> Option<PathBuf> {
        let mut file = self.root.clone();
        for part in Path::new(name).components() {
            match part {
                Component::ParentDir => drop(file.pop()),
                Component::Normal(part) => file.push(part),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        let is_below = file != self.root && file.starts_with(&self.root);
        (is_below && !name.ends_with('/')).then_some(file)
    }

    /// The record of a name; `None` when there is no such file.
    fn read(&self, name: &str) -> Result<Option<Bytes>> {
        let Some(file) = self.file_of(name) else {
            return Ok(None);
        };
        match contents(&file) {
            Ok(contents) => Ok(contents.map(|contents| Record::write(contents, b"", NEVER))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(StoreError::other(format!(
                "The file \"{}\" of the site cannot be read: {error}",
                file.display()
            ))),
        }
    }
}

/// The contents of a file, with room for the tail of a record; `None` of a folder, or of anything else that is not a file.
fn contents(file: &Path) -> io::Result<Option<Vec<u8>>> {
    // Before it is opened: to open a pipe waits for the other end.
    let metadata = fs::metadata(file)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut contents = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + TAIL_BYTES);
    File::open(file)?.read_to_end(&mut contents)?;
    Ok(Some(contents))
}

/// Whether no file can be there: a part of its path is missing or is a file, or the path cannot be that of a file.
fn is_absence(error: &io::Error) -> bool {
    use ErrorKind::*;
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput | InvalidFilename)
}

impl Space for SiteSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let name = match key {
            [ENTRY, name @ ..] => std::str::from_utf8(name).ok(),
            _ => None,
        };
        Reply::Now(name.map_or(Ok(None), |name| self.read(name)))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let names = self.names();
        let keys = names.iter().map(|name| prefixed(INDEX, name.as_bytes()));
        let keys: Vec<_> = keys.filter(|key| range.contains(key)).collect();
        let record = Record::write(Vec::new(), b"", NEVER);
        let entries = keys.into_iter().map(|key| (key, record.clone()));
        Reply::Now(Ok(range.pick(entries)))
    }

    fn apply(&self, _writes: Vec<Write>) -> Reply<()> {
        Reply::Now(Err(StoreError::other("The files of a site cannot be written.")))
    }

    fn sync(&self) -> Reply<()> {
        Reply::Now(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, files: &[&str]) -> SiteSpace {
        let root = std::env::temp_dir()
            .join(format!("site-{}-{name}", std::process::id()))
            .join("site");
        for file in files {
            let file = root.join(file);
            fs::create_dir_all(file.parent().expect("it is below the folder")).expect("it can be made");
            fs::write(&file, file.file_name().expect("it has a name").as_encoded_bytes()).expect("it can be written");
        }
        SiteSpace::new(root)
    }

    fn read(site: &SiteSpace, name: &str) -> Option<String> {
        let bytes = site
            .get(&prefixed(ENTRY, name.as_bytes()))
            .now()
            .expect("it can be read")?;
        let record = Record::read(&bytes).expect("it is a record");
        Some(String::from_utf8_lossy(&record.value).into_owned())
    }

    #[test]
    fn reads_what_is_below_the_folder_and_nothing_else() {
        let site = site(
            "traversal",
            &["index.html", "a/b.txt", "../site-2/secret.txt", "../secret.txt"],
        );
        for name in [
            "index.html",
            "/index.html",
            "a/../index.html",
            "./index.html",
            "../site/index.html",
        ] {
            assert_eq!(read(&site, name).as_deref(), Some("index.html"), "{name}");
        }
        let outside = [
            "../secret.txt",
            "../site-2/secret.txt",
            "a/../../secret.txt",
            "..",
            "/../secret.txt",
        ];
        let absent = [
            "",
            "a",
            "a/",
            "index.html/",
            "index.html/x",
            "none",
            "in\0dex.html",
            "../../../../etc/passwd",
        ];
        for name in outside.into_iter().chain(absent) {
            assert_eq!(read(&site, name), None, "{name}");
        }
        assert_eq!(read(&site, &"x".repeat(300)), None);
    }

    #[test]
    fn lists_files_in_the_order_of_their_bytes() {
        let site = site("order", &["b", "a/c", "a.txt", "a/.d"]);
        assert_eq!(site.names(), ["a.txt", "a/.d", "a/c", "b"]);
        let range = Range::all().prefixed(prefixed(INDEX, b"a")).at_most(2, false);
        let keys = site.list(&range).now().expect("it can be listed").into_iter();
        assert_eq!(
            keys.map(|(key, _)| key).collect::<Vec<_>>(),
            [b"ia.txt".to_vec(), b"ia/.d".to_vec()]
        );
        assert_eq!(SiteSpace::new("/does/not/exist").names(), [""; 0]);
    }
}
