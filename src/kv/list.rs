//! The keys of a namespace, page by page, in the order of their UTF-8 bytes.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::limits;
use super::namespace::{KvError, Result};
use crate::store::indexed::{INDEX, prefixed, read_cursor, removal};
use crate::store::range::Range;
use crate::store::record::Record;
use crate::store::{Reply, Space};

/// The options of a list. A limit comes with its text as the caller wrote it.
pub struct Query {
    pub prefix: String,
    pub limit: f64,
    pub shown_limit: String,
    pub cursor: String,
}

/// Names with what is known of each entry but its value; the cursor of the next page is empty when there is none.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub keys: Vec<(Vec<u8>, Record)>,
    pub cursor: String,
}

/// A page: what begins with the prefix and comes after the cursor, which is the last name of the page before. A cursor
/// that no page gave finds nothing.
pub async fn list(space: Rc<dyn Space>, query: Query, now_ms: f64) -> Result<Page> {
    let limit = check_limit(query.limit, query.shown_limit)?;
    let mut range = Range::all().prefixed(prefixed(INDEX, query.prefix.as_bytes()));
    if !query.cursor.is_empty() {
        let Some(last) = read_cursor(&query.cursor) else {
            return Ok(Page::default());
        };
        range = range.after(prefixed(INDEX, &last));
    }
    fill(space, range, limit, now_ms).await
}

fn check_limit(limit: f64, shown: String) -> Result<usize> {
    if limit.is_nan() || limit < 1.0 {
        Err(KvError::LimitNotPositive(shown))
    } else if limit > limits::KV_LIST_KEYS as f64 {
        Err(KvError::LimitTooLarge(shown))
    } else {
        Ok(limit.ceil() as usize)
    }
}

/// Reads on until the page is full and one more key has been seen, or there are no more: those that have expired do
/// not count.
async fn fill(space: Rc<dyn Space>, mut range: Range, limit: usize, now_ms: f64) -> Result<Page> {
    let mut page = Page::default();
    loop {
        let wanted = limit + 1 - page.keys.len();
        let reply = space.list(&range.clone().at_most(wanted, false));
        let at_once = matches!(reply, Reply::Now(_));
        let entries = reply.wait().await?;
        let is_last = entries.len() < wanted;
        if let Some((key, _)) = entries.last() {
            range = range.after(key.clone());
        }
        let mut expired = Vec::new();
        for (key, bytes) in entries {
            let name = key[1..].to_vec();
            match Record::read(&bytes)? {
                record if record.has_expired(now_ms) => expired.extend(removal(&name)),
                record => page.keys.push((name, record)),
            }
        }
        if at_once && !expired.is_empty() {
            space.apply(expired).wait().await?;
        }
        if is_last || page.keys.len() > limit {
            return Ok(cut(page, limit));
        }
    }
}

/// Leaves the key that only showed that there are more.
fn cut(mut page: Page, limit: usize) -> Page {
    if page.keys.len() > limit {
        page.keys.truncate(limit);
        if let Some((last, _)) = page.keys.last() {
            page.cursor = STANDARD.encode(last);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::super::namespace::{Expiry, put};
    use super::*;
    use crate::store::memory::MemorySpace;

    async fn filled() -> Rc<dyn Space> {
        let space: Rc<dyn Space> = Rc::new(MemorySpace::default());
        for (index, key) in ["b", "a", "gone", "c", "é"].into_iter().enumerate() {
            let expiry = match key {
                "gone" => Expiry::After(60.0, "60".into()),
                _ => Expiry::Never,
            };
            let value = vec![b'v'; index];
            let stored = put(space.clone(), key.into(), value, String::new(), expiry, 0.0).await;
            assert_eq!(stored, Ok(()));
        }
        space
    }

    async fn names(space: &Rc<dyn Space>, limit: f64, cursor: &str, now_ms: f64) -> (Vec<String>, String) {
        let query = Query {
            prefix: String::new(),
            limit,
            shown_limit: limit.to_string(),
            cursor: cursor.into(),
        };
        let page = list(space.clone(), query, now_ms).await.expect("the query is valid");
        let names = page.keys.into_iter();
        let names = names.map(|(name, _)| String::from_utf8_lossy(&name).into_owned());
        (names.collect(), page.cursor)
    }

    #[test]
    fn goes_page_by_page_past_what_has_expired() {
        futures::executor::block_on(async {
            let space = filled().await;
            assert_eq!(
                names(&space, 2.0, "", 60_000.0).await,
                (vec!["a".into(), "b".into()], "Yg==".into())
            );
            assert_eq!(
                names(&space, 2.0, "Yg==", 60_000.0).await,
                (vec!["c".into(), "é".into()], String::new())
            );
            assert_eq!(
                names(&space, 2.0, "not a cursor", 60_000.0).await,
                (vec![], String::new())
            );
        });
    }

    #[test]
    fn a_page_that_ends_with_the_last_key_has_no_cursor() {
        futures::executor::block_on(async {
            let (names, cursor) = names(&filled().await, 5.0, "", 0.0).await;
            assert_eq!((names.len(), cursor.as_str()), (5, ""));
        });
    }
}
