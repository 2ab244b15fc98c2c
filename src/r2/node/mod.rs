//! R2 buckets as Node's JavaScript calls them (`src/r2/node/r2-backend.ts`). Each call takes an instance and a bucket's name
//! there first. They answer as `Environment::start` does.

use std::future::Future;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Uint8Array};
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::wire::{Content, Given};
use crate::r2::ROOM;
use crate::r2::body::Transfers;
use crate::r2::bucket::Bucket;
use crate::r2::calls::{self, Call, Source};
use crate::r2::error::Result as R2Result;
use crate::r2::limits::R2_PART_BYTES;
use crate::r2::multipart::Name;
use crate::r2::tag;
use crate::realm::value::Value as WireValue;

/// Starts a call of a bucket.
fn start<Answer: Future<Output = R2Result<WireValue>> + 'static>(
    env: &Env,
    instance: u32,
    bucket: String,
    make: impl FnOnce(Call) -> Answer + 'static,
) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    let call = Bucket::open(instance.stores.spaces(ROOM.name), bucket).map(|bucket| Call {
        bucket,
        transfers: instance.part::<Transfers>(),
        now_ms: instance.clock.now_ms(),
    });
    Ok(environment.start(async move { make(call?).await }))
}

fn transfers(env: &Env, instance: u32) -> Result<(Rc<Environment>, Rc<Transfers>)> {
    let environment = Environment::get(env)?;
    let transfers = environment.instance(instance)?.part::<Transfers>();
    Ok((environment, transfers))
}

/// A value to store, or the number of its receiver.
fn source(given: Given) -> Source {
    match given {
        Given::Content(bytes) => Source::Whole(bytes),
        Given::Number(number) => Source::Receiver(number),
    }
}

#[napi(catch_unwind, js_name = "r2Head")]
pub fn head(env: &Env, instance: u32, bucket: String, key: String) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::head(call, key))
}

#[napi(catch_unwind, js_name = "r2Get")]
pub fn get(env: &Env, instance: u32, bucket: String, key: String, options: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::get(call, key, options))
}

/// The next bytes of a body, or all that are left; null at the end of chunks.
#[napi(catch_unwind, js_name = "r2Read")]
pub fn read(env: &Env, instance: u32, body: u32, all: bool) -> Result<WireValue> {
    let (environment, transfers) = transfers(env, instance)?;
    Ok(environment.start(calls::read(transfers, body, all)))
}

/// Whether a condition holds for the object of a key.
#[napi(catch_unwind, js_name = "r2Admits")]
pub fn admits(env: &Env, instance: u32, bucket: String, key: String, condition: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::admits(call, key, condition))
}

/// Begins a value that comes in chunks: `[number]`.
#[napi(catch_unwind, js_name = "r2Receive")]
pub fn receive(env: &Env, instance: u32, bucket: String, expected: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::receive(call, expected))
}

/// Takes a chunk.
#[napi(catch_unwind, js_name = "r2Add")]
pub fn add(env: &Env, instance: u32, receiver: u32, bytes: Content) -> Result<WireValue> {
    let (environment, transfers) = transfers(env, instance)?;
    Ok(environment.start(calls::add(transfers, receiver, bytes.0)))
}

/// The tag of an object whose value this is, which is noted in the object if that is still there. The object may outlive its
/// instance.
#[napi(catch_unwind, js_name = "r2Tag")]
pub fn tag_of(
    env: &Env,
    instance: u32,
    bucket: String,
    key: String,
    version: String,
    value: Uint8Array,
) -> Result<String> {
    let md5 = tag::md5(&value);
    if let Ok(instance) = Environment::get(env)?.instance(instance) {
        let bucket = Bucket::open(instance.stores.spaces(ROOM.name), bucket);
        // Without a note, it is computed another time.
        let _ = bucket.and_then(|bucket| tag::note(&bucket, &key, &version, &md5));
    }
    Ok(md5)
}

/// Lets go of a body or a receiver.
#[napi(catch_unwind, js_name = "r2Close")]
pub fn close(env: &Env, instance: u32, number: u32) -> Result<()> {
    if let Ok((_, transfers)) = transfers(env, instance) {
        transfers.close(number);
    }
    Ok(())
}

#[napi(catch_unwind, js_name = "r2Put")]
pub fn put(
    env: &Env,
    instance: u32,
    bucket: String,
    key: String,
    #[napi(ts_arg_type = "Content | number")] value: Given,
    options: WireValue,
) -> Result<WireValue> {
    start(env, instance, bucket, |call| {
        calls::put(call, key, source(value), options)
    })
}

#[napi(catch_unwind, js_name = "r2Delete")]
pub fn delete(env: &Env, instance: u32, bucket: String, keys: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::delete(call, keys))
}

#[napi(catch_unwind, js_name = "r2List")]
pub fn list(env: &Env, instance: u32, bucket: String, query: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::list(call, query))
}

/// The name of a multipart upload.
#[napi(object, object_to_js = false)]
pub struct R2Upload {
    pub key: String,
    pub id: String,
}

impl R2Upload {
    fn name(self) -> Name {
        Name {
            key: self.key,
            id: self.id,
        }
    }
}

#[napi(catch_unwind, js_name = "r2CreateUpload")]
pub fn create_upload(env: &Env, instance: u32, bucket: String, key: String, options: WireValue) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::create(call, key, options))
}

#[napi(catch_unwind, js_name = "r2PutPart")]
pub fn put_part(
    env: &Env,
    instance: u32,
    bucket: String,
    upload: R2Upload,
    #[napi(ts_arg_type = "Content | number")] value: Given,
    options: WireValue,
) -> Result<WireValue> {
    start(env, instance, bucket, |call| {
        calls::put_part(call, upload.name(), source(value), options)
    })
}

/// Makes an object of parts. All but the last have at least `least` bytes, if it is given, and otherwise 5 MiB.
#[napi(catch_unwind, js_name = "r2Complete")]
pub fn complete(
    env: &Env,
    instance: u32,
    bucket: String,
    upload: R2Upload,
    parts: WireValue,
    least: Option<f64>,
) -> Result<WireValue> {
    let least = least.map_or(R2_PART_BYTES, |least| least as u64);
    start(env, instance, bucket, move |call| {
        calls::complete(call, upload.name(), parts, least)
    })
}

#[napi(catch_unwind, js_name = "r2Abort")]
pub fn abort(env: &Env, instance: u32, bucket: String, upload: R2Upload) -> Result<WireValue> {
    start(env, instance, bucket, |call| calls::abort(call, upload.name()))
}

/// The limits that JavaScript checks: see `calls::numbers`.
#[napi(catch_unwind, js_name = "r2Numbers")]
pub fn numbers() -> WireValue {
    calls::numbers()
}
