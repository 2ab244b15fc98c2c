//! A site's files as Node's JavaScript asks for them (`src/sites/node/manifest.ts`).

use napi_derive::napi;

use crate::sites::space::SiteSpace;

/// The paths of all files below a folder, an absolute path that need not exist: with slashes, in the order of their bytes.
#[napi(catch_unwind)]
pub fn site_files(root: String) -> Vec<String> {
    SiteSpace::new(root).names()
}
