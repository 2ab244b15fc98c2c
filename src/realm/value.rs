//! The values that cross between Node's V8 and ours, as plain Rust.
//!
//! Both layers convert from and to [`Value`], so neither knows the other's engine. It is deliberately small: primitives,
//! text in the engine's own encoding (nothing is lost, lone surrogates included), bytes, and lists of these. Richer
//! values are encoded into it by the membrane (`src/membrane/membrane.ts`).

use std::ffi::c_void;

use bytes::Bytes as Stored;
use deno_core::v8;

use super::guard::heap;
use crate::limits;
use crate::pages::{self, Block};
use crate::store::payload::Payload;

/// Text as an engine stores it, so that crossing never transcodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
    /// Text as it is stored; bytes that are not UTF-8 become U+FFFD.
    Utf8(Stored),
}

impl Text {
    /// The text as UTF-8; lone surrogates become U+FFFD.
    pub fn to_utf8(&self) -> String {
        match self {
            Text::Latin1(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Text::Utf16(units) => String::from_utf16_lossy(units),
            Text::Utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        if text.is_ascii() {
            Text::Latin1(text.as_bytes().to_vec())
        } else {
            Text::Utf16(text.encode_utf16().collect())
        }
    }
}

/// Bytes that have left an engine: copied out of Node's, or held in place in ours.
pub enum Bytes {
    Owned(Vec<u8>),
    /// Many bytes on pages of their own.
    Block(Block),
    /// Bytes that a store keeps too: an engine gets a copy.
    Stored(Stored),
    /// Bytes that a store keeps too, in place: for scripts of this package, which do not change them.
    Shared(Stored),
    /// Memory of a buffer that its realm has given away, and that is freed with this value, on any thread; or that it has
    /// lent for the time of a call.
    Held {
        store: v8::SharedRef<v8::BackingStore>,
        offset: usize,
        length: usize,
    },
}

// SAFETY: a backing store may be read and released on any thread, and a held one has no other user (see `Held`).
unsafe impl Send for Bytes {}

impl Bytes {
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Block(block) => block.as_slice(),
            Bytes::Stored(bytes) | Bytes::Shared(bytes) => bytes,
            Bytes::Held { store, offset, length } => match store.data() {
                // SAFETY: offset and length come from a view of this very store, whose memory stays while it is held.
                Some(data) => unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>().add(*offset), *length) },
                None => &[],
            },
        }
    }
}

/// One value on its way between the realms.
pub enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Text),
    /// Sign bit (true is negative) and little-endian 64-bit words, as V8 and N-API both have it.
    BigInt(bool, Vec<u64>),
    Bytes(Bytes),
    List(Vec<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl Value {
    /// Reads a value of the worker's realm. Objects other than arrays and `Uint8Array`s are not values and read as
    /// `undefined`: the membrane encodes them first.
    pub fn from_v8<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Value {
        read(scope, value, false)
    }

    /// As [`Value::from_v8`], for a call that is over before the worker goes on: bytes may be lent to it, which saves the
    /// copy.
    pub fn lent_by_v8<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Value {
        read(scope, value, true)
    }

    /// Makes the value in the worker's realm. `None` when V8 cannot hold it (a text beyond its maximum length).
    pub fn into_v8<'s>(self, scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
        Some(match self {
            Value::Undefined => v8::undefined(scope).into(),
            Value::Null => v8::null(scope).into(),
            Value::Bool(value) => v8::Boolean::new(scope, value).into(),
            Value::Number(value) => v8::Number::new(scope, value).into(),
            Value::Text(text) => text_into_v8(text, scope)?.into(),
            Value::BigInt(sign, words) => v8::BigInt::new_from_words(scope, sign, &words)?.into(),
            Value::Bytes(bytes) => bytes_into_v8(bytes, scope)?.into(),
            Value::List(items) => {
                let mut locals = Vec::with_capacity(items.len());
                for item in items {
                    locals.push(item.into_v8(scope)?);
                }
                v8::Array::new_with_elements(scope, &locals).into()
            }
        })
    }
}

fn read<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>, is_lent: bool) -> Value {
    if value.is_string() {
        return Value::Text(text_from_v8(scope, value.cast()));
    }
    if value.is_number() {
        return Value::Number(value.cast::<v8::Number>().value());
    }
    if value.is_array() {
        return list_from_v8(scope, value.cast(), is_lent);
    }
    if value.is_uint8_array() {
        return Value::Bytes(bytes_from_v8(scope, value.cast(), is_lent));
    }
    if value.is_boolean() {
        return Value::Bool(value.is_true());
    }
    if value.is_big_int() {
        return big_int_from_v8(value.cast());
    }
    if value.is_null() { Value::Null } else { Value::Undefined }
}

fn text_from_v8(scope: &mut v8::PinScope, text: v8::Local<v8::String>) -> Text {
    let length = text.length();
    if text.is_onebyte() {
        let mut bytes = vec![0; length];
        text.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
        return Text::Latin1(bytes);
    }
    let mut units = vec![0; length];
    text.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    Text::Utf16(units)
}

fn text_into_v8<'s>(text: Text, scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::String>> {
    match text {
        Text::Latin1(bytes) => v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal),
        Text::Utf16(units) => v8::String::new_from_two_byte(scope, &units, v8::NewStringType::Normal),
        Text::Utf8(bytes) if bytes.is_ascii() => {
            v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal)
        }
        Text::Utf8(bytes) => v8::String::new_from_utf8(scope, &bytes, v8::NewStringType::Normal),
    }
}

fn list_from_v8<'s>(scope: &mut v8::PinScope<'s, '_>, array: v8::Local<'s, v8::Array>, is_lent: bool) -> Value {
    let length = array.length();
    let mut items = Vec::with_capacity(length as usize);
    for index in 0..length {
        items.push(match array.get_index(scope, index) {
            Some(item) => read(scope, item, is_lent),
            None => Value::Undefined,
        });
    }
    Value::List(items)
}

fn bytes_from_v8(scope: &mut v8::PinScope, view: v8::Local<v8::Uint8Array>, is_lent: bool) -> Bytes {
    let (offset, length) = (view.byte_offset(), view.byte_length());
    if length >= limits::HAND_OVER_BYTES
        && let Some(store) = view.get_backing_store()
    {
        heap::hand_over(scope, &store);
        return Bytes::Held { store, offset, length };
    }
    if is_lent
        && length >= limits::LENT_BYTES
        && let Some(store) = view.get_backing_store()
    {
        return Bytes::Held { store, offset, length };
    }
    let mut copy = vec![0; length];
    let copied = view.copy_contents(&mut copy);
    copy.truncate(copied);
    Bytes::Owned(copy)
}

/// The bytes of text or of a `Uint8Array`, which stays the caller's, with room for `room` more.
pub fn content_of(scope: &mut v8::PinScope, value: v8::Local<v8::Value>, room: usize) -> Vec<u8> {
    let Ok(view) = value.try_cast::<v8::Uint8Array>() else {
        return value.to_rust_string_lossy(scope).into_bytes();
    };
    let length = view.byte_length();
    let mut bytes = Vec::with_capacity(length + room);
    bytes.resize(length, 0);
    let copied = view.copy_contents(&mut bytes);
    bytes.truncate(copied);
    bytes
}

/// The bytes of a `Uint8Array` in place, for a call that is over before its realm goes on.
pub fn lent_of(value: v8::Local<v8::Value>) -> Option<Bytes> {
    let view = value.try_cast::<v8::Uint8Array>().ok()?;
    Some(Bytes::Held {
        store: view.get_backing_store()?,
        offset: view.byte_offset(),
        length: view.byte_length(),
    })
}

/// As [`content_of`], for values that may be long.
pub fn payload_of(scope: &mut v8::PinScope, value: v8::Local<v8::Value>, room: usize) -> Payload {
    match lent_of(value).filter(|bytes| pages::is_large(bytes.as_slice().len())) {
        Some(bytes) => Payload::copy_of(bytes.as_slice(), room),
        None => content_of(scope, value, room).into(),
    }
}

fn bytes_into_v8<'s>(bytes: Bytes, scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Uint8Array>> {
    let length = bytes.as_slice().len();
    let store = match bytes {
        Bytes::Owned(bytes) => v8::ArrayBuffer::new_backing_store_from_vec(bytes),
        Bytes::Block(block) => store_of(block),
        Bytes::Shared(bytes) => store_over(bytes),
        Bytes::Stored(bytes) if pages::is_large(length) => match Block::copy_of(&bytes) {
            Some(block) => store_of(block),
            None => v8::ArrayBuffer::new_backing_store_from_vec(bytes.to_vec()),
        },
        held => v8::ArrayBuffer::new_backing_store_from_vec(held.as_slice().to_vec()),
    };
    let store = store.make_shared();
    let buffer = v8::ArrayBuffer::with_backing_store(scope, &store);
    v8::Uint8Array::new(scope, buffer, 0, length)
}

fn store_of(block: Block) -> v8::UniqueRef<v8::BackingStore> {
    unsafe extern "C" fn free(data: *mut c_void, _: usize, taken: *mut c_void) {
        // SAFETY: V8 frees the store once, with what it was made with.
        unsafe { pages::give_back(data.cast(), taken as usize) };
    }
    let (data, length, taken) = block.into_raw();
    // SAFETY: the block's memory belongs to the store from now on.
    unsafe { v8::ArrayBuffer::new_backing_store_from_ptr(data.cast(), length, free, taken as *mut c_void) }
}

/// A store whose memory is shared with others: nothing may write to it.
fn store_over(bytes: Stored) -> v8::UniqueRef<v8::BackingStore> {
    unsafe extern "C" fn free(_: *mut c_void, _: usize, bytes: *mut c_void) {
        // SAFETY: V8 frees the store once, with the box that it was made with.
        drop(unsafe { Box::from_raw(bytes.cast::<Stored>()) });
    }
    let (data, length) = (bytes.as_ptr().cast_mut().cast(), bytes.len());
    let bytes = Box::into_raw(Box::new(bytes)).cast();
    // SAFETY: the box keeps the memory until `free`.
    unsafe { v8::ArrayBuffer::new_backing_store_from_ptr(data, length, free, bytes) }
}

fn big_int_from_v8(value: v8::Local<v8::BigInt>) -> Value {
    let mut words = vec![0; value.word_count()];
    let (sign, filled) = value.to_words_array(&mut words);
    let length = filled.len();
    words.truncate(length);
    Value::BigInt(sign, words)
}

/// The parts of a list, as many as are asked for; those it has not are undefined.
pub fn fields<const N: usize>(value: Value) -> [Value; N] {
    let mut fields = match value {
        Value::List(items) => items,
        _ => Vec::new(),
    }
    .into_iter();
    std::array::from_fn(|_| fields.next().unwrap_or(Value::Undefined))
}

/// The text of a value; empty when the value is no text.
pub fn into_text(value: Value) -> String {
    match value {
        Value::Text(text) => text.to_utf8(),
        _ => String::new(),
    }
}
