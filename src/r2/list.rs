//! The objects of a bucket, page by page, in the order of their keys' UTF-8 bytes.
//!
//! With a delimiter, keys that have it after the prefix are folded: all that begin alike up to and including the first
//! delimiter count as one, and are passed in one step.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::bucket::Bucket;
use super::error::Result;
use super::object::{self, Head};
use crate::store::Space;
use crate::store::indexed::{INDEX, prefixed, read_cursor};
use crate::store::range::{Entry, Key, Range};

/// The options of a list. Empty texts are as if they were not given.
#[derive(Default)]
pub struct Query {
    pub prefix: String,
    pub delimiter: String,
    pub cursor: String,
    pub start_after: Option<String>,
    pub limit: usize,
}

#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub objects: Vec<(String, Head)>,
    pub prefixes: Vec<String>,
    /// `None` when there are no more.
    pub cursor: Option<String>,
}

/// A page. A cursor that is not Base64 finds nothing.
pub async fn list(bucket: &Bucket, query: Query) -> Result<Page> {
    let mut range = Range::all().prefixed(prefixed(INDEX, query.prefix.as_bytes()));
    if !query.cursor.is_empty() {
        let Some(last) = read_cursor(&query.cursor) else {
            return Ok(Page::default());
        };
        range = range.after(prefixed(INDEX, &last));
    }
    if let Some(key) = &query.start_after {
        range = range.after(prefixed(INDEX, key.as_bytes()));
    }
    fill(&*bucket.space, &query, range).await
}

/// Reads on until the page is full and one more key has been seen, or there are no more.
async fn fill(space: &dyn Space, query: &Query, mut range: Range) -> Result<Page> {
    let mut page = Page::default();
    let mut last: Key = Vec::new();
    'pages: loop {
        let wanted = query.limit + 1 - page.objects.len() - page.prefixes.len();
        let entries = read(space, &range, wanted).await?;
        let is_last = entries.len() < wanted;
        for (key, bytes) in entries {
            if page.objects.len() + page.prefixes.len() == query.limit {
                page.cursor = Some(STANDARD.encode(&last[1..]));
                break 'pages;
            }
            let name = String::from_utf8_lossy(&key[1..]).into_owned();
            if let Some(folded) = fold(&name, query) {
                let group = Range::all().prefixed(prefixed(INDEX, folded.as_bytes()));
                last = end_of(space, group).await?.unwrap_or(key);
                range = range.after(last.clone());
                page.prefixes.push(folded);
                continue 'pages;
            }
            let mut head = Head::read(&bytes)?.0;
            if head.etag.is_empty() {
                head = object::index(space, &name).await?.unwrap_or(head);
            }
            page.objects.push((name, head));
            range = range.after(key.clone());
            last = key;
        }
        if is_last {
            break;
        }
    }
    Ok(page)
}

async fn read(space: &dyn Space, range: &Range, limit: usize) -> Result<Vec<Entry>> {
    Ok(space.list(&range.clone().at_most(limit, false)).wait().await?)
}

/// The last key of a range.
async fn end_of(space: &dyn Space, range: Range) -> Result<Option<Key>> {
    let last = space.list(&range.at_most(1, true)).wait().await?;
    Ok(last.into_iter().next().map(|(key, _)| key))
}

/// What a key is folded to.
fn fold(name: &str, query: &Query) -> Option<String> {
    if query.delimiter.is_empty() {
        return None;
    }
    let rest = name.get(query.prefix.len()..)?;
    let end = rest.find(&query.delimiter)? + query.delimiter.len();
    Some(name[..query.prefix.len() + end].to_string())
}
