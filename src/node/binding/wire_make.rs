//! Values made in Node. SAFETY comments that say "see `Scope`" mean what `scope.rs` begins with.

use std::ffi::c_void;
use std::ptr::null_mut;

use napi::sys;

use super::failure::{Result, check};
use super::scope::{Handle, Scope};
use crate::limits;
use crate::realm::value::{Bytes, Text, Value};

impl Value {
    /// Makes the value in Node.
    pub fn into_node<'call>(self, scope: Scope<'call>) -> Result<Handle<'call>> {
        let (env, mut made) = (scope.env(), null_mut());
        // SAFETY: see `Scope`; what is read is as long as said, and the handle is one that Node has made.
        unsafe {
            check(match self {
                Value::Undefined => sys::napi_get_undefined(env, &mut made),
                Value::Null => sys::napi_get_null(env, &mut made),
                Value::Bool(flag) => sys::napi_get_boolean(env, flag, &mut made),
                Value::Number(number) => sys::napi_create_double(env, number, &mut made),
                Value::Text(Text::Latin1(text)) => {
                    sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut made)
                }
                Value::Text(Text::Utf16(text)) => {
                    sys::napi_create_string_utf16(env, text.as_ptr(), text.len() as isize, &mut made)
                }
                Value::Text(Text::Utf8(text)) if text.is_ascii() => {
                    sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut made)
                }
                Value::Text(Text::Utf8(text)) => {
                    sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut made)
                }
                Value::BigInt(sign, words) => {
                    sys::napi_create_bigint_words(env, sign.into(), words.len(), words.as_ptr(), &mut made)
                }
                Value::Bytes(bytes) => return make_bytes(scope, bytes),
                Value::List(items) => return make_list(scope, items),
            })?;
            Ok(Handle::new(made))
        }
    }
}

fn make_list<'call>(scope: Scope<'call>, items: Vec<Value>) -> Result<Handle<'call>> {
    let mut array = null_mut();
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_create_array_with_length(scope.env(), items.len(), &mut array) })?;
    for (index, item) in items.into_iter().enumerate() {
        let item = item.into_node(scope)?;
        // SAFETY: see `Scope`.
        check(unsafe { sys::napi_set_element(scope.env(), array, index as u32, item.raw()) })?;
    }
    // SAFETY: Node has just made the array.
    Ok(unsafe { Handle::new(array) })
}

fn make_bytes<'call>(scope: Scope<'call>, bytes: Bytes) -> Result<Handle<'call>> {
    let length = bytes.as_slice().len();
    let buffer = match bytes {
        Bytes::Held { .. } | Bytes::Shared(_) if length >= limits::HAND_OVER_BYTES => hold_buffer(scope, bytes)?,
        bytes => copy_buffer(scope, bytes.as_slice())?,
    };
    let mut view = null_mut();
    let kind = sys::TypedarrayType::uint8_array;
    // SAFETY: see `Scope`; the handle is one that Node has made.
    unsafe {
        check(sys::napi_create_typedarray(
            scope.env(),
            kind,
            length,
            buffer.raw(),
            0,
            &mut view,
        ))?;
        Ok(Handle::new(view))
    }
}

fn copy_buffer<'call>(scope: Scope<'call>, bytes: &[u8]) -> Result<Handle<'call>> {
    let (mut data, mut buffer) = (null_mut(), null_mut());
    // SAFETY: see `Scope`.
    check(unsafe { sys::napi_create_arraybuffer(scope.env(), bytes.len(), &mut data, &mut buffer) })?;
    if !bytes.is_empty() {
        // SAFETY: Node has just made room for exactly this many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast::<u8>(), bytes.len()) };
    }
    // SAFETY: Node has just made the buffer.
    Ok(unsafe { Handle::new(buffer) })
}

/// A buffer over memory of the worker or of a store, released when Node collects it. Where Node allows no such buffers, a copy.
fn hold_buffer<'call>(scope: Scope<'call>, bytes: Bytes) -> Result<Handle<'call>> {
    let held = Box::new(bytes);
    let (data, length) = (
        held.as_slice().as_ptr().cast_mut().cast::<c_void>(),
        held.as_slice().len(),
    );
    let (env, held, mut buffer) = (scope.env(), Box::into_raw(held), null_mut());
    // SAFETY: see `Scope`; the memory stays until `release` is called with the box.
    let status =
        unsafe { sys::napi_create_external_arraybuffer(env, data, length, Some(release), held.cast(), &mut buffer) };
    if status == sys::Status::napi_ok {
        // SAFETY: Node has just made the buffer.
        return Ok(unsafe { Handle::new(buffer) });
    }
    // SAFETY: Node did not take the bytes, so the box is still ours.
    let held = unsafe { Box::from_raw(held) };
    copy_buffer(scope, held.as_slice())
}

unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, held: *mut c_void) {
    // SAFETY: the box that `hold_buffer` gave to Node, which calls this once.
    drop(unsafe { Box::from_raw(held.cast::<Bytes>()) });
}
