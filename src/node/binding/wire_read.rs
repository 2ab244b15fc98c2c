//! Values of Node's, read. SAFETY comments that say "see `Scope`" mean what `scope.rs` begins with.

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use napi::sys;

use super::failure::{Code, Result, check};
use super::scope::{Handle, Scope};
use crate::pages::Block;
use crate::realm::value::{Bytes, Text, Value};

/// Strings up to this many code units are read in one call, without asking for their length first.
const SHORT: usize = 512;

impl Value {
    /// Reads a value of Node's.
    pub fn from_node(scope: Scope, value: Handle) -> Result<Value> {
        match type_of(scope, value)? {
            sys::ValueType::napi_string => text(scope, value).map(Value::Text),
            sys::ValueType::napi_number => {
                let mut number = 0.0;
                // SAFETY: see `Scope`.
                check(unsafe { sys::napi_get_value_double(scope.env(), value.raw(), &mut number) })?;
                Ok(Value::Number(number))
            }
            sys::ValueType::napi_boolean => {
                let mut flag = false;
                // SAFETY: see `Scope`.
                check(unsafe { sys::napi_get_value_bool(scope.env(), value.raw(), &mut flag) })?;
                Ok(Value::Bool(flag))
            }
            sys::ValueType::napi_null => Ok(Value::Null),
            sys::ValueType::napi_bigint => big_int(scope, value),
            sys::ValueType::napi_object => object(scope, value),
            _ => Ok(Value::Undefined),
        }
    }
}

/// What `typeof` says of a value.
pub fn type_of(scope: Scope, value: Handle) -> Result<sys::napi_valuetype> {
    let mut kind = 0;
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_typeof(scope.env(), value.raw(), &mut kind) })?;
    Ok(kind)
}

fn text(scope: Scope, value: Handle) -> Result<Text> {
    let (env, value) = (scope.env(), value.raw());
    let mut short = [const { MaybeUninit::<u16>::uninit() }; SHORT];
    let mut length = 0;
    // SAFETY: see `Scope`; the buffer is as long as said.
    check(unsafe { sys::napi_get_value_string_utf16(env, value, short.as_mut_ptr().cast(), SHORT, &mut length) })?;
    if length < SHORT - 1 {
        // SAFETY: Node has written so many units.
        return Ok(narrow(unsafe {
            std::slice::from_raw_parts(short.as_ptr().cast(), length)
        }));
    }
    // SAFETY: see `Scope`; without a buffer, Node tells the length.
    check(unsafe { sys::napi_get_value_string_utf16(env, value, null_mut(), 0, &mut length) })?;
    let mut units = vec![0u16; length + 1];
    let room = units.len();
    // SAFETY: see `Scope`; the buffer is as long as said.
    check(unsafe { sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr(), room, &mut length) })?;
    units.truncate(length);
    Ok(narrow(&units))
}

/// A string as UTF-8; lone surrogates become U+FFFD.
pub fn utf8(scope: Scope, value: Handle) -> Result<String> {
    let (env, value) = (scope.env(), value.raw());
    // The longest character takes four bytes, and the end of the text a NUL.
    const WHOLE: usize = SHORT - 5;
    let mut short = [0u8; SHORT];
    let mut length = 0;
    // SAFETY: see `Scope`; the buffer is as long as said.
    check(unsafe { sys::napi_get_value_string_utf8(env, value, short.as_mut_ptr().cast(), SHORT, &mut length) })?;
    if length <= WHOLE {
        return Ok(String::from_utf8_lossy(&short[..length]).into_owned());
    }
    // SAFETY: see `Scope`; without a buffer, Node tells the length.
    check(unsafe { sys::napi_get_value_string_utf8(env, value, null_mut(), 0, &mut length) })?;
    let mut bytes = vec![0; length + 1];
    let room = bytes.len();
    // SAFETY: see `Scope`; the buffer is as long as said.
    check(unsafe { sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), room, &mut length) })?;
    bytes.truncate(length);
    String::from_utf8(bytes).map_err(|error| Code::Node.because(error))
}

/// Most text is Latin-1, which V8 stores in half the space.
fn narrow(units: &[u16]) -> Text {
    if units.iter().fold(0, |all, unit| all | unit) < 0x100 {
        Text::Latin1(units.iter().map(|unit| *unit as u8).collect())
    } else {
        Text::Utf16(units.to_vec())
    }
}

fn big_int(scope: Scope, value: Handle) -> Result<Value> {
    let (env, value) = (scope.env(), value.raw());
    let (mut sign, mut count) = (0, 0);
    // SAFETY: see `Scope`; without a buffer, Node tells the length.
    check(unsafe { sys::napi_get_value_bigint_words(env, value, null_mut(), &mut count, null_mut()) })?;
    let mut words = vec![0u64; count];
    // SAFETY: see `Scope`; the buffer is as long as said.
    check(unsafe { sys::napi_get_value_bigint_words(env, value, &mut sign, &mut count, words.as_mut_ptr()) })?;
    Ok(Value::BigInt(sign != 0, words))
}

/// Arrays become lists, `Uint8Array`s bytes; other objects are for the membrane to encode.
fn object(scope: Scope, value: Handle) -> Result<Value> {
    let mut is = false;
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_is_array(scope.env(), value.raw(), &mut is) })?;
    if is {
        return list(scope, value);
    }
    let bytes = with_view(scope, value, |view| {
        Block::copy_of(view).map_or_else(|| Bytes::Owned(view.to_vec()), Bytes::Block)
    })?;
    Ok(bytes.map_or(Value::Undefined, Value::Bytes))
}

fn list(scope: Scope, value: Handle) -> Result<Value> {
    let (env, value) = (scope.env(), value.raw());
    let mut length = 0;
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_get_array_length(env, value, &mut length) })?;
    let mut items = Vec::with_capacity(length as usize);
    for index in 0..length {
        let mut item = null_mut();
        // SAFETY: see `Scope`; the handle is one that Node has made.
        let item = unsafe {
            check(sys::napi_get_element(env, value, index, &mut item))?;
            Handle::new(item)
        };
        items.push(Value::from_node(scope, item)?);
    }
    Ok(Value::List(items))
}

/// What `copy` makes of the bytes of a `Uint8Array`; `None` for values that are not typed arrays. `copy` does not call Node,
/// which could move or free the bytes: a plain function, it has no scope to do so.
pub fn with_view<R>(scope: Scope, value: Handle, copy: fn(&[u8]) -> R) -> Result<Option<R>> {
    let (env, value) = (scope.env(), value.raw());
    let mut is = false;
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_is_typedarray(env, value, &mut is) })?;
    if !is {
        return Ok(None);
    }
    let (mut kind, mut length, mut data) = (0, 0, null_mut());
    // SAFETY: see `Scope`; what is not asked for has no place.
    check(unsafe {
        sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, null_mut(), null_mut())
    })?;
    if kind != sys::TypedarrayType::uint8_array {
        return Err(Code::InvalidArgument.because("of the typed arrays, only Uint8Array crosses to a worker"));
    }
    if length == 0 {
        return Ok(Some(copy(&[])));
    }
    // SAFETY: the memory is the array's until Node runs again, which it does after `copy`.
    Ok(Some(copy(unsafe {
        std::slice::from_raw_parts(data.cast::<u8>(), length)
    })))
}
