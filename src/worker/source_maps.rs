//! Source maps of a worker's scripts: found by the link at their end, read when a place in them is looked up for the first
//! time, and kept.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use deno_core::url::Url;
use percent_encoding::percent_decode_str;
use sourcemap::{DecodedMap, SourceMap, SourceMapIndex};

/// A place in a script or in a source, counted from 1 as stacks do.
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The source maps of one worker.
pub struct SourceMaps {
    /// The script that the worker consists of, whose text need not be in its file, and what it links.
    entry: (String, Option<String>),
    maps: RefCell<HashMap<String, Option<Rc<SourceMap>>>>,
}

impl SourceMaps {
    pub fn new(path: &str, text: &str) -> SourceMaps {
        SourceMaps {
            entry: (path.into(), link(text)),
            maps: RefCell::default(),
        }
    }

    /// Where a place in a script comes from; `None` when no map says so.
    pub fn find(&self, place: &Place) -> Option<Place> {
        let known = self.maps.borrow().get(&place.file).cloned();
        let map = known.unwrap_or_else(|| {
            let map = self.read(&place.file).map(Rc::new);
            self.maps.borrow_mut().insert(place.file.clone(), map.clone());
            map
        });
        map.and_then(|map| original(&map, place))
    }

    fn read(&self, file: &str) -> Option<SourceMap> {
        let link = if file == self.entry.0 {
            self.entry.1.clone()
        } else {
            link(&fs::read_to_string(file).ok()?)
        };
        load(&link?, Path::new(file))
    }
}

fn original(map: &SourceMap, place: &Place) -> Option<Place> {
    let line = place.line.checked_sub(1)?;
    let token = map.lookup_token(line, place.column.checked_sub(1)?)?;
    // What comes after the last mapping of an earlier line, or after one without a source, comes from nowhere.
    if token.get_dst_line() != line || !token.has_source() {
        return None;
    }
    Some(Place {
        file: token.get_source()?.into(),
        line: token.get_src_line() + 1,
        column: token.get_src_col() + 1,
    })
}

/// The last link to a source map in a script's text.
fn link(text: &str) -> Option<String> {
    const NAME: &str = "sourceMappingURL=";
    let mut rest = text;
    while let Some(at) = rest.rfind(NAME) {
        let before = &rest[..at];
        if before.ends_with("//# ") || before.ends_with("//@ ") {
            let link = text[at + NAME.len()..].split_whitespace().next()?;
            return (!link.contains(['"', '\'', '`'])).then(|| link.into());
        }
        rest = before;
    }
    None
}

/// What a link in a file leads to, and where that is; a map that is in the link itself is where the link is.
fn follow(link: &str, file: &Path) -> Option<(Vec<u8>, PathBuf)> {
    if let Some(data) = link.strip_prefix("data:") {
        let (kind, content) = data.split_once(',')?;
        let content = percent_decode_str(content).collect::<Vec<u8>>();
        let bytes = if kind.ends_with(";base64") {
            BASE64_STANDARD.decode(content).ok()?
        } else {
            content
        };
        return Some((bytes, file.into()));
    }
    let base = Url::from_file_path(std::path::absolute(file).ok()?).ok()?;
    let found = base.join(link).ok()?.to_file_path().ok()?;
    Some((fs::read(&found).ok()?, found))
}

/// A map as one of the usual kind, whose sources are called as they are shown.
fn regular(map: DecodedMap, file: &Path) -> Option<SourceMap> {
    match map {
        DecodedMap::Regular(map) => Some(named(map, file)),
        DecodedMap::Hermes(map) => Some(named((*map).clone(), file)),
        DecodedMap::Index(index) => complete(index, file).flatten().ok(),
    }
}

/// A map of sections, whose own maps may be in other files.
fn complete(mut index: SourceMapIndex, file: &Path) -> SourceMapIndex {
    let empty = || SourceMap::new(None, Vec::new(), Vec::new(), Vec::new(), None);
    for at in 0..index.get_section_count() {
        let Some(section) = index.get_section_mut(at) else {
            continue;
        };
        let map = match section.get_sourcemap_mut() {
            Some(map) => regular(std::mem::replace(map, DecodedMap::Regular(empty())), file),
            None => section.get_url().and_then(|link| load(link, file)),
        };
        section.set_sourcemap(Some(DecodedMap::Regular(map.unwrap_or_else(empty))));
    }
    index
}

fn load(link: &str, file: &Path) -> Option<SourceMap> {
    load_with_place(link, file).map(|(map, _)| map)
}

fn load_with_place(link: &str, file: &Path) -> Option<(SourceMap, PathBuf)> {
    let (bytes, file) = follow(link, file)?;
    let map = regular(sourcemap::decode_slice(&bytes).ok()?, &file)?;
    Some((map, file))
}

/// The source map of a script for other readers.
pub struct LinkedMap {
    /// The map as JSON. Its sources are paths, or URLs where they are no files.
    pub json: String,
    /// The file that contains the map; `None` if the script itself does.
    pub file: Option<PathBuf>,
}

/// The source map that the text of a script links to.
pub fn linked_map(path: &Path, text: &str) -> Option<LinkedMap> {
    let (map, found) = load_with_place(&link(text)?, path)?;
    let mut json = Vec::new();
    map.to_writer(&mut json).ok()?;
    Some(LinkedMap {
        json: String::from_utf8(json).ok()?,
        file: (found != path).then_some(found),
    })
}

fn named(mut map: SourceMap, file: &Path) -> SourceMap {
    let root = map.get_source_root().map(String::from);
    let sources = 0..map.get_source_count();
    let names = sources.map(|id| locate(map.get_source(id).unwrap_or_default(), root.as_deref(), file));
    let names: Vec<String> = names.collect();
    map.set_source_root(None::<String>);
    for (id, name) in names.iter().enumerate() {
        map.set_source(id as u32, name);
    }
    map
}

/// What a source is called: the path of its file, or its URL when it is not a file.
fn locate(source: &str, root: Option<&str>, map: &Path) -> String {
    // A URL stands for itself, whatever root it was put below.
    let own = root.and_then(|root| {
        source
            .strip_prefix(root.strip_suffix('/').unwrap_or(root))?
            .strip_prefix('/')
    });
    let source = own.filter(|own| has_scheme(own)).unwrap_or(source);
    if let Some(path) = source
        .starts_with("file:")
        .then(|| Url::parse(source).ok()?.to_file_path().ok())
    {
        return path.map_or_else(|| source.into(), |path| path.to_string_lossy().into_owned());
    }
    if has_scheme(source) {
        return source.into();
    }
    let folder = map.parent().unwrap_or(Path::new(""));
    normal(&folder.join(source)).to_string_lossy().into_owned()
}

/// Whether a source is a URL; one letter is the drive of a path.
fn has_scheme(source: &str) -> bool {
    let Some((scheme, _)) = source.split_once(':') else {
        return false;
    };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.len() > 1 && scheme.as_bytes()[0].is_ascii_alphabetic() && scheme.bytes().all(is_part)
}

/// An absolute path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut normal = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::{link, locate};
    use std::path::Path;

    #[test]
    fn finds_the_last_link() {
        let text = "a //# sourceMappingURL=1.map\nconst b = 'sourceMappingURL=2';\n//# sourceMappingURL=3.map\n\n";
        assert_eq!(link(text).as_deref(), Some("3.map"));
        assert_eq!(link("const text = \"//# sourceMappingURL=\" + name;"), None);
        assert_eq!(link("a"), None);
    }

    #[test]
    fn names_sources_by_path_or_url() {
        let name = |source, root| locate(source, root, Path::new("/dist/maps/a.js.map"));
        assert_eq!(name("../../src/a.ts", None), "/src/a.ts");
        assert_eq!(name("/src/a.ts", Some("/root")), "/src/a.ts");
        assert_eq!(name("file:///src/a%20b.ts", None), "/src/a b.ts");
        assert_eq!(name("webpack://app/./src/a.ts", None), "webpack://app/./src/a.ts");
        assert_eq!(name("../src/webpack:///a.ts", Some("../src/")), "webpack:///a.ts");
    }
}
