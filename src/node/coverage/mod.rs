//! What readers of coverage need of a script.

use std::path::Path;

use napi_derive::napi;

use crate::worker::source_maps::linked_map;

/// The source map that the text of the script at a path links to: JSON whose sources are paths or URLs, and the path of the
/// file that contains it unless the text itself does.
#[napi(catch_unwind)]
pub fn find_source_map(path: String, text: String) -> Option<Vec<String>> {
    let map = linked_map(Path::new(&path), &text)?;
    let file = map.file.map(|file| file.to_string_lossy().into_owned());
    Some([map.json].into_iter().chain(file).collect())
}
