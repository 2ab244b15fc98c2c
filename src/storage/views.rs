//! A storage as the spaces of other rooms: each entry of theirs is an entry of the storage, in the form that Miniflare 2
//! stores it in. What a cache or an object has stored can be read and listed through the storage, and the other way round.

use std::rc::Rc;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::calls::writes;
use crate::store::error::Kind;
use crate::store::indexed::{ENTRY, prefixed, removal};
use crate::store::range::{Entry, Key, Range};
use crate::store::record::{NEVER, Record};
use crate::store::{Reply, Result, Space, StoreError, Write};

/// Converts the values of a room.
pub trait View {
    /// What the room reads of a record of the storage.
    fn read(record: Record) -> Result<Bytes>;
    /// What the storage keeps of an entry of the room.
    fn write(key: Key, value: Bytes) -> Result<[Write; 2]>;
}

/// A storage as a space of a room.
pub struct Viewed<V> {
    storage: Rc<dyn Space>,
    view: std::marker::PhantomData<V>,
}

impl<V: View + 'static> Viewed<V> {
    pub fn space(storage: Rc<dyn Space>) -> Rc<dyn Space> {
        let view = std::marker::PhantomData;
        Rc::new(Viewed::<V> { storage, view })
    }
}

impl<V: View + 'static> Space for Viewed<V> {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let stored = self.storage.get(&prefixed(ENTRY, key));
        stored.map(|stored| stored.map(read::<V>).transpose())
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let stored = self.storage.list(&range.clone().within(&[ENTRY]));
        stored.map(|entries| {
            let read = |(key, bytes): Entry| -> Result<Entry> { Ok((key[1..].to_vec(), read::<V>(bytes)?)) };
            entries.into_iter().map(read).collect()
        })
    }

    fn apply(&self, given: Vec<Write>) -> Reply<()> {
        let mut all = Vec::with_capacity(2 * given.len());
        for (key, value) in given {
            match value.map(|value| V::write(key.clone(), value)) {
                None => all.extend(removal(&key)),
                Some(Ok(both)) => all.extend(both),
                Some(Err(error)) => return Reply::Now(Err(error)),
            }
        }
        self.storage.apply(all)
    }

    fn sync(&self) -> Reply<()> {
        self.storage.sync()
    }
}

fn read<V: View>(bytes: Bytes) -> Result<Bytes> {
    V::read(Record::read(&bytes)?)
}

/// A cache: a response's metadata is `{ status, headers: [[name, value], ...] }`.
pub struct Cache;

const NO_METADATA: &str = "Unable to deserialize stored cached data due to missing metadata.\nThe cached data storage format changed in Miniflare 2. You cannot load cached data created with Miniflare 1 and must delete it.";

impl View for Cache {
    fn read(record: Record) -> Result<Bytes> {
        let metadata = from_json(&record.metadata).ok_or_else(|| StoreError::new(Kind::Foreign, NO_METADATA))?;
        Ok(Record::write(record.value.to_vec(), &metadata, record.expires_ms))
    }

    fn write(key: Key, value: Bytes) -> Result<[Write; 2]> {
        let record = Record::read(&value)?;
        Ok(writes(
            &key,
            record.value.to_vec(),
            &to_json(&record.metadata),
            record.expires_ms,
        ))
    }
}

/// Status and headers, as `cache/calls.rs` has them in its metadata, of JSON.
fn from_json(metadata: &[u8]) -> Option<Vec<u8>> {
    let metadata: Json = serde_json::from_slice(metadata).ok()?;
    let status = u16::try_from(metadata.get("status")?.as_u64()?).ok()?;
    let mut texts = Vec::new();
    for header in metadata.get("headers")?.as_array()? {
        let [name, value] = header.as_array()?.as_slice() else {
            return None;
        };
        texts.extend([name.as_str()?, value.as_str()?]);
    }
    Some([&status.to_le_bytes(), texts.join("\n").as_bytes()].concat())
}

fn to_json(metadata: &[u8]) -> String {
    let (status, headers) = metadata.split_first_chunk::<2>().unwrap_or((&[0; 2], &[]));
    let headers = String::from_utf8_lossy(headers);
    let texts: Vec<&str> = if headers.is_empty() {
        Vec::new()
    } else {
        headers.split('\n').collect()
    };
    json!({ "status": u16::from_le_bytes(*status), "headers": texts.chunks(2).collect::<Vec<_>>() }).to_string()
}

/// A Durable Object: a value is what was serialized, without metadata. The alarm is no entry that a storage lists.
pub struct Durable;

impl View for Durable {
    fn read(record: Record) -> Result<Bytes> {
        Ok(record.value)
    }

    fn write(key: Key, value: Bytes) -> Result<[Write; 2]> {
        let both = writes(&key, value.to_vec(), "", NEVER);
        if std::str::from_utf8(&key).is_ok() {
            return Ok(both);
        }
        let [(index, _), entry] = both;
        Ok([(index, None), entry])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::alarm;
    use crate::store::memory::MemorySpace;

    #[test]
    fn a_response_is_read_as_it_was_written() {
        let storage = Rc::<MemorySpace>::default();
        let cache = Viewed::<Cache>::space(storage.clone());
        for headers in ["", "a\n1", "a\n1\nset-cookie\nb=\"2\""] {
            let metadata = [&201u16.to_le_bytes(), headers.as_bytes()].concat();
            let record = Record::write(b"body".to_vec(), &metadata, 5.0);
            cache
                .apply(vec![("key".into(), Some(record.clone()))])
                .now()
                .expect("memory writes");
            assert_eq!(cache.get(b"key").now(), Ok(Some(record)));
        }
        storage.apply(writes(b"key", b"body".to_vec(), "", NEVER));
        let error = cache.get(b"key").now().expect_err("there is no metadata");
        assert_eq!((error.kind, error.text.as_str()), (Kind::Foreign, NO_METADATA));
    }

    #[test]
    fn an_alarm_is_stored_and_not_listed() {
        let storage = Rc::<MemorySpace>::default();
        let durable = Viewed::<Durable>::space(storage.clone());
        let value = || Some(Bytes::from_static(b"value"));
        let given = vec![("key".into(), value()), (alarm::KEY.into(), value())];
        durable.apply(given.clone()).now().expect("memory writes");
        assert_eq!(durable.get(alarm::KEY).now(), Ok(value()));
        let entries = durable.list(&Range::all().before(alarm::KEY.into())).now();
        assert_eq!(entries, Ok(vec![("key".into(), Bytes::from_static(b"value"))]));
        let listed = storage.list(&Range::all().within(b"i"));
        assert_eq!(listed.len(), 1);
        durable
            .apply(given.into_iter().map(|(key, _)| (key, None)).collect())
            .now()
            .expect("memory deletes");
        assert_eq!(storage.list(&Range::all()), []);
    }
}
