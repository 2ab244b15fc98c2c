//! What may be asked of a bucket's objects, one function each.

use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;

use super::body::Body;
use super::condition::Condition;
use super::error::{R2Error, Result};
use super::ids;
use super::limits;
use super::object::{self, Head, Piece};
use super::range::{Span, Wanted};
use super::received::{Content, Received};
use super::tag;
use crate::store::indexed::{INDEX, prefixed, removal};
use crate::store::large_values::{LargeValues, ValueId};
use crate::store::payload::Payload;
use crate::store::range::Key;
use crate::store::{Space, Store, Write};

/// Keys of values that lie by themselves begin so.
const VALUE: u8 = b'v';

pub fn value_key(id: &str) -> Key {
    prefixed(VALUE, id.as_bytes())
}

/// An open bucket.
pub struct Bucket {
    name: String,
    store: Rc<dyn Store>,
    pub space: Rc<dyn Space>,
    /// Where large values lie, if the store has files.
    pub files: Option<Rc<LargeValues>>,
    pub is_server: bool,
}

impl Bucket {
    pub fn open(store: Rc<dyn Store>, name: String) -> Result<Bucket> {
        let files = store.large_values(&name)?;
        Ok(Bucket {
            space: store.space(&name),
            // Of those that others use too, a folder has files and a server has none.
            is_server: files.is_none() && store.is_shared(),
            name,
            store,
            files,
        })
    }

    /// Whether the objects are in the memory of this process alone.
    pub fn is_memory(&self) -> bool {
        self.files.is_none() && !self.is_server
    }

    /// Bytes that a value, or a part, may have.
    pub fn value_limit(&self) -> u64 {
        if self.is_server {
            limits::R2_SERVER_VALUE_BYTES
        } else {
            limits::R2_VALUE_BYTES
        }
    }

    /// Writes in one step. What the removed pieces have is given back then; if it fails, what the added ones have.
    pub async fn commit(&self, mut writes: Vec<Write>, added: &[Piece], removed: &[Piece]) -> Result<()> {
        let of_file = |piece: &Piece| piece.is_file.then(|| ValueId::of_text(&piece.id)).flatten();
        for piece in removed {
            let key = of_file(piece).map_or_else(|| value_key(&piece.id), ValueId::mark);
            writes.push((key, None));
        }
        let files = |pieces: &[Piece]| pieces.iter().filter_map(of_file).collect::<Vec<_>>();
        writes.extend(files(added).into_iter().map(|id| (id.mark(), Some(Bytes::new()))));
        let committed = self.space.commit(writes).wait().await;
        self.give_back(files(if committed.is_ok() { removed } else { added }));
        Ok(committed?)
    }

    fn give_back(&self, files: Vec<ValueId>) {
        if !files.is_empty() {
            self.store.release(&self.name, files);
        }
    }

    /// A value that is not to be stored.
    pub fn discard(&self, received: Received) {
        if let Content::File(piece) = received.content {
            self.give_back(ValueId::of_text(&piece.id).into_iter().collect());
        }
    }

    /// The pieces of an object.
    pub async fn pieces(&self, key: &str, index: Option<&Head>) -> Result<Vec<Piece>> {
        if !index.is_some_and(|head| head.has_pieces) {
            return Ok(Vec::new());
        }
        let entry = object::entry(&*self.space, key).await?;
        Ok(entry.map_or_else(Vec::new, |(head, _)| head.pieces))
    }
}

/// What a `get` finds.
pub enum Found {
    Nothing,
    /// An object for which the condition does not hold.
    Unmet(Head),
    /// An object, and which bytes of it are wanted, if it has some.
    Met(Head, Option<(Span, Value)>),
}

/// The bytes themselves if they are few and lie in the object's entry, and otherwise what reads them.
pub enum Value {
    Bytes(Bytes),
    Body(Body),
}

pub async fn get(
    bucket: &Bucket,
    key: &str,
    condition: Condition,
    wanted: Wanted,
    ssec_key_md5: Option<String>,
) -> Result<Found> {
    let Some((mut head, value)) = object::entry(&*bucket.space, key).await? else {
        return Ok(Found::Nothing);
    };
    tag::complete(bucket, key, Some(&mut head), &condition).await?;
    if !condition.holds(Some(head.for_condition())) {
        return Ok(Found::Unmet(head));
    }
    if head.ssec_key_md5 != ssec_key_md5 {
        return Err(R2Error::SsecKey("get"));
    }
    let Some(span) = wanted.of(head.size)? else {
        return Ok(Found::Met(head, None));
    };
    let pieces = std::mem::take(&mut head.pieces);
    let value = if !pieces.is_empty() {
        Value::Body(Body::of_pieces(bucket, pieces, span).await?)
    } else {
        let bytes = value.slice(span.offset as usize..(span.offset + span.length) as usize);
        if span.length <= limits::R2_AT_ONCE_BYTES {
            Value::Bytes(bytes)
        } else {
            Value::Body(Body::of_bytes(bucket, bytes))
        }
    };
    Ok(Found::Met(head, Some((span, value))))
}

/// Whether the condition holds for the object of a key, or for none.
pub async fn admits(bucket: &Bucket, key: &str, condition: Condition) -> Result<bool> {
    let mut index = object::index(&*bucket.space, key).await?;
    tag::complete(bucket, key, index.as_mut(), &condition).await?;
    Ok(condition.holds(index.as_ref().map(Head::for_condition)))
}

/// What an object is stored with, beside its value.
pub struct Described {
    pub metadata: String,
    pub ssec_key_md5: Option<String>,
}

/// Stores an object, if the condition holds; the object.
pub async fn put(
    bucket: &Bucket,
    key: &str,
    received: Received,
    described: Described,
    condition: Condition,
    now_ms: f64,
) -> Result<Option<Head>> {
    let mut index = object::index(&*bucket.space, key).await?;
    tag::complete(bucket, key, index.as_mut(), &condition).await?;
    if !condition.holds(index.as_ref().map(Head::for_condition)) {
        bucket.discard(received);
        return Ok(None);
    }
    let removed = bucket.pieces(key, index.as_ref()).await?;
    let (value, pieces) = match received.content {
        Content::Memory(bytes) => (bytes, Vec::new()),
        Content::File(piece) => (Payload::default(), vec![piece]),
    };
    let mut head = Head {
        version: ids::version()?,
        size: received.size,
        etag: received.md5,
        uploaded_ms: now_ms,
        checksums: received.checksums,
        metadata: described.metadata,
        ssec_key_md5: described.ssec_key_md5,
        pieces,
        has_pieces: false,
        untagged: None,
    };
    let writes = head.writes(key, value)?.into();
    bucket.commit(writes, &head.pieces, &removed).await?;
    Ok(Some(head))
}

/// Deletes the objects of these keys, all or none; those that are missing need not be.
pub async fn delete(bucket: &Bucket, keys: Vec<String>) -> Result<()> {
    let keys: BTreeSet<String> = keys.into_iter().collect();
    let asked: Vec<_> = keys
        .iter()
        .map(|key| (key, bucket.space.get(&prefixed(INDEX, key.as_bytes()))))
        .collect();
    let (mut writes, mut removed) = (Vec::new(), Vec::new());
    for (key, index) in asked {
        let Some(bytes) = index.wait().await? else { continue };
        let (index, _) = Head::read(&bytes)?;
        removed.extend(bucket.pieces(key, Some(&index)).await?);
        writes.extend(removal(key.as_bytes()));
    }
    bucket.commit(writes, &[], &removed).await
}
