//! Multipart uploads. The record of an upload stays for good, so that later calls know what became of it; each part lies by
//! itself until the upload is completed, and is a piece of the object then.

use std::collections::BTreeSet;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, value_key};
use super::error::{R2Error, Result};
use super::ids;
use super::object::{self, Head, Piece, from_json, to_json};
use super::received::{Content, Received};
use crate::store::Write;
use crate::store::payload::Payload;
use crate::store::range::{Key, Range};

/// Keys of uploads and of parts begin so.
const UPLOAD: u8 = b'u';
const PART: u8 = b'p';

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Open,
    Aborted,
    Completed,
}

#[derive(Serialize, Deserialize)]
struct Upload {
    state: State,
    /// What its object will have.
    metadata: String,
    ssec_key_md5: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    etag: String,
    md5: String,
    size: u64,
    /// `None` if it is empty.
    piece: Option<Piece>,
}

/// A part as its uploader names it.
pub struct Named {
    pub number: u32,
    pub etag: String,
}

/// An upload's name: its object's key, and its id.
pub struct Name {
    pub key: String,
    pub id: String,
}

impl Name {
    /// The id may be any text, so its length comes first.
    fn stored(&self, kind: u8) -> Key {
        let length = (self.id.len() as u32).to_be_bytes();
        [&[kind], &length[..], self.id.as_bytes(), self.key.as_bytes()].concat()
    }

    fn part(&self, number: u32) -> Key {
        [self.stored(PART), number.to_be_bytes().to_vec()].concat()
    }

    async fn upload(&self, bucket: &Bucket) -> Result<Option<Upload>> {
        let found = bucket.space.get(&self.stored(UPLOAD)).wait().await?;
        found.map(|bytes| from_json(&bytes)).transpose()
    }

    fn write(&self, upload: &Upload) -> Result<Write> {
        Ok((self.stored(UPLOAD), Some(to_json(upload)?.into())))
    }

    /// All parts that were uploaded, with their keys.
    async fn parts(&self, bucket: &Bucket) -> Result<Vec<(Key, Part)>> {
        let prefix = self.stored(PART);
        let length = prefix.len() + size_of::<u32>();
        let entries = bucket.space.list(&Range::all().prefixed(prefix)).wait().await?;
        // The key of another upload may begin like this one's.
        let own = entries.into_iter().filter(|(key, _)| key.len() == length);
        own.map(|(key, bytes)| Ok((key, from_json(&bytes)?))).collect()
    }
}

/// Begins an upload of an object; its id.
pub async fn create(bucket: &Bucket, key: String, metadata: String, ssec_key_md5: Option<String>) -> Result<String> {
    let id = ids::upload()?;
    let name = Name { key, id };
    let upload = Upload {
        state: State::Open,
        metadata,
        ssec_key_md5,
    };
    bucket.commit(vec![name.write(&upload)?], &[], &[]).await?;
    Ok(name.id)
}

/// An error when no part can be uploaded.
async fn check(bucket: &Bucket, name: &Name, ssec_key_md5: Option<&str>) -> Result<()> {
    let upload = name.upload(bucket).await?;
    let open = upload.filter(|upload| upload.state == State::Open);
    let upload = open.ok_or(R2Error::NoUploadForPart)?;
    if upload.ssec_key_md5.as_deref() != ssec_key_md5 {
        return Err(R2Error::SsecKey("uploadPart"));
    }
    Ok(())
}

/// Stores a part, in the place of one with this number; its tag.
pub async fn put(
    bucket: &Bucket,
    name: Name,
    number: u32,
    received: Received,
    ssec_key_md5: Option<String>,
) -> Result<String> {
    if let Err(error) = check(bucket, &name, ssec_key_md5.as_deref()).await {
        bucket.discard(received);
        return Err(error);
    }
    let key = name.part(number);
    let before = bucket.space.get(&key).wait().await?;
    let before = before.map(|bytes| from_json::<Part>(&bytes)).transpose()?;
    let removed: Vec<Piece> = before.and_then(|part| part.piece).into_iter().collect();
    let size = received.size;
    let mut writes = Vec::new();
    let piece = match received.content {
        Content::File(piece) => Some(piece),
        Content::Memory(bytes) if bytes.as_slice().is_empty() => None,
        Content::Memory(bytes) => {
            let id = ids::piece()?;
            writes.push((value_key(&id), Some(Bytes::from(bytes))));
            let is_file = false;
            Some(Piece { id, size, is_file })
        }
    };
    let added: Vec<Piece> = piece.clone().into_iter().collect();
    let part = Part {
        etag: ids::upload()?,
        md5: received.md5,
        size,
        piece,
    };
    writes.push((key, Some(to_json(&part)?.into())));
    bucket.commit(writes, &added, &removed).await?;
    Ok(part.etag)
}

/// Deletes the parts. An upload that is over already stays as it is.
pub async fn abort(bucket: &Bucket, name: Name) -> Result<()> {
    let upload = name.upload(bucket).await?;
    let mut upload = upload.ok_or(R2Error::Internal("abortMultipartUpload"))?;
    if upload.state != State::Open {
        return Ok(());
    }
    upload.state = State::Aborted;
    let mut writes = vec![name.write(&upload)?];
    let mut removed = Vec::new();
    for (key, part) in name.parts(bucket).await? {
        writes.push((key, None));
        removed.extend(part.piece);
    }
    bucket.commit(writes, &[], &removed).await
}

/// Makes an object of parts, in the order of their numbers.
pub async fn complete(bucket: &Bucket, name: Name, named: Vec<Named>, least: u64, now_ms: f64) -> Result<Head> {
    let upload = name.upload(bucket).await?;
    let mut upload = upload.ok_or(R2Error::Internal(COMPLETE))?;
    match upload.state {
        State::Open => {}
        State::Completed => return Err(R2Error::Completed),
        State::Aborted => return Err(R2Error::Internal(COMPLETE)),
    }
    let mut uploaded = name.parts(bucket).await?;
    let keys: Vec<Key> = uploaded.iter().map(|(key, _)| key.clone()).collect();
    let parts = find(&name, named, &mut uploaded)?;
    let parts = in_order(parts, least)?;
    upload.state = State::Completed;

    let index = object::index(&*bucket.space, &name.key).await?;
    let mut removed = bucket.pieces(&name.key, index.as_ref()).await?;
    removed.extend(uploaded.into_iter().filter_map(|(_, part)| part.piece));
    let mut head = Head {
        version: ids::version()?,
        size: parts.iter().map(|part| part.size).sum(),
        etag: etag_of(&parts),
        uploaded_ms: now_ms,
        metadata: upload.metadata.clone(),
        ssec_key_md5: upload.ssec_key_md5.clone(),
        pieces: parts.into_iter().filter_map(|part| part.piece).collect(),
        ..Head::default()
    };
    let mut writes: Vec<Write> = head.writes(&name.key, Payload::default())?.into();
    writes.push(name.write(&upload)?);
    writes.extend(keys.into_iter().map(|key| (key, None)));
    bucket.commit(writes, &[], &removed).await?;
    Ok(head)
}

const COMPLETE: &str = "completeMultipartUpload";

/// Takes the named parts out of those that were uploaded, in the order in which they are named, with their numbers.
fn find(name: &Name, named: Vec<Named>, uploaded: &mut Vec<(Key, Part)>) -> Result<Vec<(u32, Part)>> {
    let mut numbers = BTreeSet::new();
    if !named.iter().all(|part| numbers.insert(part.number)) {
        return Err(R2Error::Internal(COMPLETE));
    }
    let mut parts = Vec::with_capacity(named.len());
    for Named { number, etag } in named {
        let key = name.part(number);
        let found = uploaded.binary_search_by(|(other, _)| other.cmp(&key));
        let index = found.map_err(|_| R2Error::NoPart)?;
        if uploaded[index].1.etag != etag {
            return Err(R2Error::NoPart);
        }
        parts.push((number, uploaded.remove(index).1));
    }
    Ok(parts)
}

/// Brings parts into the order of their numbers. All but the last have one size, which is not too small: as they are named,
/// and as they are numbered.
fn in_order(mut parts: Vec<(u32, Part)>, least: u64) -> Result<Vec<Part>> {
    let but_last = parts.len().saturating_sub(1);
    if parts[..but_last].iter().any(|(_, part)| part.size < least) {
        return Err(R2Error::TooSmall);
    }
    parts.sort_by_key(|(number, _)| *number);
    if let [(_, first), .., (_, last)] = &parts[..] {
        let is_wrong = |(_, part): &(u32, Part)| part.size < least || part.size != first.size;
        if parts[..but_last].iter().any(is_wrong) || last.size > first.size {
            return Err(R2Error::Sizes);
        }
    }
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// The MD5 of the parts' MD5s, and how many there are.
fn etag_of(parts: &[Part]) -> String {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(hex::decode(&part.md5).unwrap_or_default());
    }
    format!("{}-{}", hex::encode(digest.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        Part {
            etag: "etag".into(),
            md5: hex::encode(Md5::digest(text)),
            size: text.len() as u64,
            piece: None,
        }
    }

    fn etag(texts: &[String]) -> String {
        let parts: Vec<Part> = texts.iter().map(|text| part(text)).collect();
        etag_of(&parts)
    }

    #[test]
    fn tags_are_made_of_the_digests_of_the_parts() {
        let fifty = |text: &str| text.repeat(50);
        assert_eq!(etag(&[]), "d41d8cd98f00b204e9800998ecf8427e-0");
        assert_eq!(etag(&["1".into()]), "46d1741e8075da4ac72c71d8130fcb71-1");
        assert_eq!(
            etag(&[fifty("1"), fifty("2"), "3".into()]),
            "3b676245e58d988dc75f80c0c27a9645-3"
        );
        assert_eq!(etag(&["a", "b", "c"].map(fifty)), "d63a28fd44cfddc0215c8da47e582eb7-3");
    }

    fn check_sizes(sizes: &[(u32, usize)]) -> Option<R2Error> {
        let parts = sizes.iter().map(|(number, size)| (*number, part(&"x".repeat(*size))));
        in_order(parts.collect(), 5).err()
    }

    #[test]
    fn sizes_are_checked_as_named_and_then_as_numbered() {
        assert_eq!(check_sizes(&[]), None);
        assert_eq!(check_sizes(&[(1, 1)]), None);
        assert_eq!(check_sizes(&[(1, 5), (2, 5), (9, 1)]), None);
        assert_eq!(check_sizes(&[(9, 5), (2, 5)]), None);
        assert_eq!(check_sizes(&[(1, 4), (2, 5)]), Some(R2Error::TooSmall));
        assert_eq!(check_sizes(&[(9, 1), (1, 5)]), Some(R2Error::TooSmall));
        assert_eq!(check_sizes(&[(2, 5), (1, 1)]), Some(R2Error::Sizes));
        assert_eq!(check_sizes(&[(1, 5), (2, 6), (3, 1)]), Some(R2Error::Sizes));
        assert_eq!(check_sizes(&[(1, 5), (2, 6)]), Some(R2Error::Sizes));
    }
}
