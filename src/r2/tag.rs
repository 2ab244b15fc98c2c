//! The tag of a long object in memory: the MD5 of its value, which few ask for, and which takes longer than all the rest. It is
//! computed when it is first asked for, by a condition or by JavaScript, and noted in the object's index.
//!
//! Until then JavaScript has the value in the place of the tag. So an object that is replaced meanwhile still has its own.

use md5::{Digest, Md5};

use super::bucket::Bucket;
use super::condition::Condition;
use super::error::Result;
use super::object::{Head, record};
use super::received::elsewhere;
use crate::store::indexed::{INDEX, prefixed};
use crate::store::payload::Payload;

/// The MD5 of a value in hexadecimal digits.
pub fn md5(value: &[u8]) -> String {
    hex::encode(Md5::digest(value))
}

/// Computes the tag of an object, if there is one without and the condition asks for it.
pub async fn complete(bucket: &Bucket, key: &str, head: Option<&mut Head>, condition: &Condition) -> Result<()> {
    let Some(head) = head.filter(|_| condition.asks_tag()) else {
        return Ok(());
    };
    let Some(value) = head.untagged.take() else {
        return Ok(());
    };
    let tag = elsewhere(move || Ok(md5(&value))).await?;
    note(bucket, key, &head.version, &tag)?;
    head.set_tag(tag);
    Ok(())
}

/// Notes the tag of an object in its index, unless the object is another one by now.
pub fn note(bucket: &Bucket, key: &str, version: &str, tag: &str) -> Result<()> {
    if !bucket.is_memory() {
        return Ok(());
    }
    let name = prefixed(INDEX, key.as_bytes());
    let Some(bytes) = bucket.space.get(&name).now()? else {
        return Ok(());
    };
    let (mut head, _) = Head::read(&bytes)?;
    if head.version == version && head.etag.is_empty() {
        head.set_tag(tag.into());
        let write = (name, Some(record(Payload::default(), &head)?));
        bucket.space.apply(vec![write]).now()?;
    }
    Ok(())
}
