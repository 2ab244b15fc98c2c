//! The keys of a storage, in the order of their UTF-8 bytes or against it, page by page, and with those that go on after a
//! delimiter as one.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::realm::entry::{metadata_text, seconds, text};
use crate::realm::value::{Value, fields, into_text};
use crate::store::indexed::{INDEX, prefixed, read_cursor, removal};
use crate::store::range::Range;
use crate::store::record::Record;
use crate::store::{Reply, Result, Space};

/// The options of a list. An empty string means no delimiter or no cursor.
struct Query {
    prefix: String,
    exclude: Option<String>,
    start: String,
    end: Option<String>,
    reverse: bool,
    cursor: String,
    limit: usize,
    delimiter: String,
}

/// One page: keys with what is known of them but their values, and the beginnings that several stand for.
#[derive(Default)]
struct Page {
    keys: Vec<(String, Record)>,
    prefixes: Vec<String>,
    /// The last key that the page stands for, when there are more.
    last: Option<String>,
}

/// `[cursor, prefixes, name, expiration, metadata, name, ...]`, with an empty cursor when there are no more keys. `query` is
/// `[prefix, excludePrefix, start, end, reverse, cursor, limit, delimiter]`.
pub async fn list(space: Rc<dyn Space>, query: Value, now_ms: f64) -> Result<Value> {
    let query = read(query);
    let Some(range) = range_of(&query) else {
        return Ok(answer(Page::default()));
    };
    let keys = living(&*space, &range, now_ms).await?;
    Ok(answer(page_of(keys, &query)))
}

fn read(query: Value) -> Query {
    let [prefix, exclude, start, end, reverse, cursor, limit, delimiter] = fields(query);
    Query {
        prefix: into_text(prefix),
        exclude: optional(exclude),
        start: into_text(start),
        end: optional(end),
        reverse: matches!(reverse, Value::Bool(true)),
        cursor: into_text(cursor),
        limit: match limit {
            Value::Number(limit) => limit.ceil() as usize,
            _ => usize::MAX,
        },
        delimiter: into_text(delimiter),
    }
}

fn optional(value: Value) -> Option<String> {
    matches!(value, Value::Text(_)).then(|| into_text(value))
}

/// The keys to look at; `None` for a cursor that no list has given.
fn range_of(query: &Query) -> Option<Range> {
    let mut range = Range::all()
        .prefixed(query.prefix.clone().into())
        .from(query.start.clone().into());
    if let Some(end) = &query.end {
        range = range.before(end.clone().into());
    }
    if !query.cursor.is_empty() {
        let last = read_cursor(&query.cursor)?;
        range = if query.reverse {
            range.before(last)
        } else {
            range.after(last)
        };
    }
    Some(range.at_most(usize::MAX, query.reverse).within(&[INDEX]))
}

/// The keys that have not expired; those that have are taken away, if the store answers at once.
async fn living(space: &dyn Space, range: &Range, now_ms: f64) -> Result<Vec<(String, Record)>> {
    let reply = space.list(range);
    let at_once = matches!(reply, Reply::Now(_));
    let mut keys = Vec::new();
    let mut expired = Vec::new();
    for (key, bytes) in reply.wait().await? {
        let name = &key[prefixed(INDEX, b"").len()..];
        match Record::read(&bytes)? {
            record if record.has_expired(now_ms) => expired.extend(removal(name)),
            record => keys.push((String::from_utf8_lossy(name).into_owned(), record)),
        }
    }
    if at_once && !expired.is_empty() {
        space.apply(expired).wait().await?;
    }
    Ok(keys)
}

fn page_of(keys: Vec<(String, Record)>, query: &Query) -> Page {
    let mut page = Page::default();
    let excluded = |name: &str| query.exclude.as_ref().is_some_and(|exclude| name.starts_with(exclude));
    let mut keys = keys.into_iter().filter(|(name, _)| !excluded(name)).peekable();
    while let Some((name, record)) = keys.next() {
        let mut last = name.clone();
        match shared(&name, query) {
            None => page.keys.push((name, record)),
            Some(prefix) => {
                while let Some((other, _)) = keys.next_if(|(other, _)| other.starts_with(&prefix)) {
                    last = other;
                }
                page.prefixes.push(prefix);
            }
        }
        if page.keys.len() + page.prefixes.len() >= query.limit {
            page.last = keys.peek().is_some().then_some(last);
            break;
        }
    }
    page
}

/// What a key has in common with all that go on after the same delimiter; `None` when it has no delimiter.
fn shared(name: &str, query: &Query) -> Option<String> {
    if query.delimiter.is_empty() {
        return None;
    }
    let rest = &name[query.prefix.len()..];
    let length = query.prefix.len() + rest.find(&query.delimiter)? + query.delimiter.len();
    Some(name[..length].into())
}

fn answer(page: Page) -> Value {
    let cursor = page.last.map(|last| STANDARD.encode(last)).unwrap_or_default();
    let prefixes = page.prefixes.iter().map(|prefix| prefix.as_str().into());
    let mut answer = vec![cursor.as_str().into(), Value::List(prefixes.collect())];
    for (name, record) in page.keys {
        answer.push(text(name.into()));
        answer.push(seconds(record.expires_ms));
        answer.push(metadata_text(record.metadata));
    }
    Value::List(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::calls::writes;
    use crate::store::memory::MemorySpace;

    fn query(limit: usize, cursor: Option<String>) -> Query {
        Query {
            prefix: "a/".into(),
            exclude: None,
            start: String::new(),
            end: None,
            reverse: false,
            cursor: cursor.map(|last| STANDARD.encode(last)).unwrap_or_default(),
            limit,
            delimiter: "/".into(),
        }
    }

    #[test]
    fn goes_on_after_what_a_page_stands_for() {
        let space = MemorySpace::default();
        for name in ["a", "a/1", "a/b/1", "a/b/2", "a/c", "a/d/1", "b"] {
            space.apply(writes(name.as_bytes(), Vec::new(), "", f64::INFINITY));
        }
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let query = query(1, cursor);
            let range = range_of(&query).expect("the cursor is one");
            let keys = futures::executor::block_on(living(&space, &range, 0.0)).expect("memory lists");
            let page = page_of(keys, &query);
            seen.extend(page.prefixes);
            seen.extend(page.keys.into_iter().map(|(name, _)| name));
            cursor = page.last;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["a/1", "a/b/", "a/c", "a/d/"]);
    }
}
