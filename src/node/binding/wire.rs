//! Values to and from Node.

use std::ffi::c_void;
use std::ptr::null_mut;

use napi::sys;

use super::api::{Failure, Result, check};
use crate::limits;
use crate::realm::pages::Block;
use crate::realm::value::{Bytes, Text, Value};

/// Strings up to this many code units are read in one call, without asking for their length first.
const SHORT: usize = 512;

impl Value {
    /// Reads a value of Node's, which must belong to the current call; so for everything below.
    pub fn from_node(env: sys::napi_env, value: sys::napi_value) -> Result<Value> {
        let mut kind = 0;
        check(unsafe { sys::napi_typeof(env, value, &mut kind) })?;
        match kind {
            sys::ValueType::napi_string => text(env, value).map(Value::Text),
            sys::ValueType::napi_number => {
                let mut number = 0.0;
                check(unsafe { sys::napi_get_value_double(env, value, &mut number) })?;
                Ok(Value::Number(number))
            }
            sys::ValueType::napi_boolean => {
                let mut flag = false;
                check(unsafe { sys::napi_get_value_bool(env, value, &mut flag) })?;
                Ok(Value::Bool(flag))
            }
            sys::ValueType::napi_null => Ok(Value::Null),
            sys::ValueType::napi_bigint => big_int(env, value),
            sys::ValueType::napi_object => object(env, value),
            _ => Ok(Value::Undefined),
        }
    }

    /// Makes the value in Node.
    pub fn into_node(self, env: sys::napi_env) -> Result<sys::napi_value> {
        let mut made = null_mut();
        check(match self {
            Value::Undefined => unsafe { sys::napi_get_undefined(env, &mut made) },
            Value::Null => unsafe { sys::napi_get_null(env, &mut made) },
            Value::Bool(flag) => unsafe { sys::napi_get_boolean(env, flag, &mut made) },
            Value::Number(number) => unsafe { sys::napi_create_double(env, number, &mut made) },
            Value::Text(Text::Latin1(text)) => unsafe {
                sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut made)
            },
            Value::Text(Text::Utf16(text)) => unsafe {
                sys::napi_create_string_utf16(env, text.as_ptr(), text.len() as isize, &mut made)
            },
            Value::Text(Text::Utf8(text)) if text.is_ascii() => unsafe {
                sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut made)
            },
            Value::Text(Text::Utf8(text)) => unsafe {
                sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut made)
            },
            Value::BigInt(sign, words) => unsafe {
                sys::napi_create_bigint_words(env, sign.into(), words.len(), words.as_ptr(), &mut made)
            },
            Value::Bytes(bytes) => return make_bytes(env, bytes),
            Value::List(items) => return make_list(env, items),
        })?;
        Ok(made)
    }
}

fn text(env: sys::napi_env, value: sys::napi_value) -> Result<Text> {
    let mut short = [0u16; SHORT];
    let mut length = 0;
    check(unsafe { sys::napi_get_value_string_utf16(env, value, short.as_mut_ptr(), SHORT, &mut length) })?;
    if length < SHORT - 1 {
        return Ok(narrow(&short[..length]));
    }
    check(unsafe { sys::napi_get_value_string_utf16(env, value, null_mut(), 0, &mut length) })?;
    let mut units = vec![0u16; length + 1];
    let room = units.len();
    check(unsafe { sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr(), room, &mut length) })?;
    units.truncate(length);
    Ok(narrow(&units))
}

/// A string as UTF-8; lone surrogates become U+FFFD.
pub fn utf8(env: sys::napi_env, value: sys::napi_value) -> Result<String> {
    // The longest character takes four bytes, and the end of the text a NUL.
    const WHOLE: usize = SHORT - 5;
    let mut short = [0u8; SHORT];
    let mut length = 0;
    check(unsafe { sys::napi_get_value_string_utf8(env, value, short.as_mut_ptr().cast(), SHORT, &mut length) })?;
    if length <= WHOLE {
        return Ok(String::from_utf8_lossy(&short[..length]).into_owned());
    }
    check(unsafe { sys::napi_get_value_string_utf8(env, value, null_mut(), 0, &mut length) })?;
    let mut bytes = vec![0; length + 1];
    let room = bytes.len();
    check(unsafe { sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), room, &mut length) })?;
    bytes.truncate(length);
    String::from_utf8(bytes).map_err(Failure::new)
}

/// Most text is Latin-1, which V8 stores in half the space.
fn narrow(units: &[u16]) -> Text {
    if units.iter().fold(0, |all, unit| all | unit) < 0x100 {
        Text::Latin1(units.iter().map(|unit| *unit as u8).collect())
    } else {
        Text::Utf16(units.to_vec())
    }
}

fn big_int(env: sys::napi_env, value: sys::napi_value) -> Result<Value> {
    let (mut sign, mut count) = (0, 0);
    check(unsafe { sys::napi_get_value_bigint_words(env, value, null_mut(), &mut count, null_mut()) })?;
    let mut words = vec![0u64; count];
    check(unsafe { sys::napi_get_value_bigint_words(env, value, &mut sign, &mut count, words.as_mut_ptr()) })?;
    Ok(Value::BigInt(sign != 0, words))
}

/// Arrays become lists, `Uint8Array`s bytes; other objects are for the membrane to encode.
fn object(env: sys::napi_env, value: sys::napi_value) -> Result<Value> {
    let mut is = false;
    check(unsafe { sys::napi_is_array(env, value, &mut is) })?;
    if is {
        return list(env, value);
    }
    Ok(match view(env, value)? {
        Some(view) => Value::Bytes(Block::copy_of(view).map_or_else(|| Bytes::Owned(view.to_vec()), Bytes::Block)),
        None => Value::Undefined,
    })
}

fn list(env: sys::napi_env, value: sys::napi_value) -> Result<Value> {
    let mut length = 0;
    check(unsafe { sys::napi_get_array_length(env, value, &mut length) })?;
    let mut items = Vec::with_capacity(length as usize);
    for index in 0..length {
        let mut item = null_mut();
        check(unsafe { sys::napi_get_element(env, value, index, &mut item) })?;
        items.push(Value::from_node(env, item)?);
    }
    Ok(Value::List(items))
}

/// A copy of a `Uint8Array`'s bytes, with room for `room` more; `None` when the value is no typed array.
pub fn bytes(env: sys::napi_env, value: sys::napi_value, room: usize) -> Result<Option<Vec<u8>>> {
    Ok(view(env, value)?.map(|view| {
        let mut copy = Vec::with_capacity(view.len() + room);
        copy.extend_from_slice(view);
        copy
    }))
}

/// The bytes of a `Uint8Array`, for as long as the current call lasts and calls nobody; `None` for other values.
fn view<'v>(env: sys::napi_env, value: sys::napi_value) -> Result<Option<&'v [u8]>> {
    let mut is = false;
    check(unsafe { sys::napi_is_typedarray(env, value, &mut is) })?;
    if !is {
        return Ok(None);
    }
    let (mut kind, mut length, mut data) = (0, 0, null_mut());
    check(unsafe {
        sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, null_mut(), null_mut())
    })?;
    if kind != sys::TypedarrayType::uint8_array {
        return Err(Failure::new("of the typed arrays, only Uint8Array crosses to a worker"));
    }
    if length == 0 {
        return Ok(Some(&[]));
    }
    // SAFETY: the view's memory is valid while the current call lasts; the callers copy it at once.
    Ok(Some(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) }))
}

fn make_list(env: sys::napi_env, items: Vec<Value>) -> Result<sys::napi_value> {
    let mut array = null_mut();
    check(unsafe { sys::napi_create_array_with_length(env, items.len(), &mut array) })?;
    for (index, item) in items.into_iter().enumerate() {
        let item = item.into_node(env)?;
        check(unsafe { sys::napi_set_element(env, array, index as u32, item) })?;
    }
    Ok(array)
}

fn make_bytes(env: sys::napi_env, bytes: Bytes) -> Result<sys::napi_value> {
    let length = bytes.as_slice().len();
    let buffer = match bytes {
        Bytes::Held { .. } if length >= limits::HAND_OVER_BYTES => hold_buffer(env, bytes)?,
        bytes => copy_buffer(env, bytes.as_slice())?,
    };
    let mut view = null_mut();
    let kind = sys::TypedarrayType::uint8_array;
    check(unsafe { sys::napi_create_typedarray(env, kind, length, buffer, 0, &mut view) })?;
    Ok(view)
}

fn copy_buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let (mut data, mut buffer) = (null_mut(), null_mut());
    check(unsafe { sys::napi_create_arraybuffer(env, bytes.len(), &mut data, &mut buffer) })?;
    if !bytes.is_empty() {
        // SAFETY: Node has just made room for exactly this many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast::<u8>(), bytes.len()) };
    }
    Ok(buffer)
}

/// A buffer over the worker's memory, freed when Node collects it. Where Node allows no such buffers, a copy.
fn hold_buffer(env: sys::napi_env, bytes: Bytes) -> Result<sys::napi_value> {
    let held = Box::new(bytes);
    let (data, length) = (
        held.as_slice().as_ptr().cast_mut().cast::<c_void>(),
        held.as_slice().len(),
    );
    let held = Box::into_raw(held);
    let mut buffer = null_mut();
    let status =
        unsafe { sys::napi_create_external_arraybuffer(env, data, length, Some(release), held.cast(), &mut buffer) };
    if status == sys::Status::napi_ok {
        return Ok(buffer);
    }
    // SAFETY: Node did not take the bytes, so the box is still ours.
    let held = unsafe { Box::from_raw(held) };
    copy_buffer(env, held.as_slice())
}

unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, held: *mut c_void) {
    // SAFETY: the box that `hold_buffer` gave to Node, which calls this once.
    drop(unsafe { Box::from_raw(held.cast::<Bytes>()) });
}
