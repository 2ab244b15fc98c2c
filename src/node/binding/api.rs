//! N-API as this addon uses it: checked calls, and functions that cannot unwind into Node. The entry point is that of the
//! crate `napi`.

use std::ffi::{CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};

use napi::bindgen_prelude::{Env, Object};
use napi::{JsValue, sys};
use napi_derive::napi;

use super::exports::FUNCTIONS;
use super::wire;
use crate::realm::value::Value;

/// Most arguments that an exported function takes.
const ARGUMENTS: usize = 7;

/// What a failed call tells Node: thrown as an `Error` with this message.
#[derive(Debug)]
pub struct Failure(pub String);

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(reason: impl ToString) -> Failure {
        Failure(reason.to_string())
    }
}

/// Turns a status of N-API into a result.
pub fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(Failure(format!("Node refused a call (N-API status {status})")))
    }
}

/// A call of an exported function.
pub struct Call {
    pub env: sys::napi_env,
    args: [sys::napi_value; ARGUMENTS],
}

impl Call {
    /// The argument at `index`, as Node has it.
    pub fn raw(&self, index: usize) -> sys::napi_value {
        self.args[index]
    }

    pub fn value(&self, index: usize) -> Result<Value> {
        Value::from_node(self.env, self.args[index])
    }

    pub fn list(&self, index: usize) -> Result<Vec<Value>> {
        match self.value(index)? {
            Value::List(items) => Ok(items),
            _ => Err(Failure(format!("argument {index} is not an array"))),
        }
    }

    pub fn number(&self, index: usize) -> Result<f64> {
        match self.value(index)? {
            Value::Number(number) => Ok(number),
            _ => Err(Failure(format!("argument {index} is not a number"))),
        }
    }

    pub fn text(&self, index: usize) -> Result<String> {
        let text = self.optional_text(index)?;
        text.ok_or_else(|| Failure(format!("argument {index} is not a string")))
    }

    /// A string, or `None` when the argument is none.
    pub fn optional_text(&self, index: usize) -> Result<Option<String>> {
        let mut kind = 0;
        check(unsafe { sys::napi_typeof(self.env, self.args[index], &mut kind) })?;
        if kind == sys::ValueType::napi_string {
            wire::utf8(self.env, self.args[index]).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The bytes of text or of a `Uint8Array`, with room for `room` more.
    pub fn content(&self, index: usize, room: usize) -> Result<Vec<u8>> {
        if let Some(text) = self.optional_text(index)? {
            return Ok(text.into_bytes());
        }
        wire::bytes(self.env, self.args[index], room)?
            .ok_or_else(|| Failure(format!("argument {index} is neither a string nor a Uint8Array")))
    }

    pub fn flag(&self, index: usize) -> Result<bool> {
        match self.value(index)? {
            Value::Bool(flag) => Ok(flag),
            _ => Err(Failure(format!("argument {index} is not a boolean"))),
        }
    }
}

/// An exported function.
pub type Exported = fn(&Call) -> Result<Value>;

/// Called by napi's entry point for each environment that loads the addon.
#[napi(module_exports)]
pub fn register(exports: Object, env: Env) -> napi::Result<()> {
    for (index, (name, _)) in FUNCTIONS.iter().enumerate() {
        let exported = export(env.raw(), exports.raw(), name, index);
        exported.map_err(|Failure(reason)| napi::Error::from_reason(reason))?;
    }
    Ok(())
}

fn export(env: sys::napi_env, exports: sys::napi_value, name: &str, index: usize) -> Result<()> {
    let mut function = null_mut();
    let (text, length) = (name.as_ptr().cast::<c_char>(), name.len() as isize);
    let data = index as *mut c_void;
    check(unsafe { sys::napi_create_function(env, text, length, Some(called), data, &mut function) })?;
    let name = CString::new(name).map_err(Failure::new)?;
    check(unsafe { sys::napi_set_named_property(env, exports, name.as_ptr(), function) })
}

/// Every exported function comes in here; a panic goes out as an error.
unsafe extern "C" fn called(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut args = [null_mut(); ARGUMENTS];
    let (mut count, mut data) = (ARGUMENTS, null_mut());
    // SAFETY: the arrays are as long as said.
    unsafe { sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), null_mut(), &mut data) };
    let function = FUNCTIONS[data as usize].1;
    let answer = catch_unwind(AssertUnwindSafe(|| function(&Call { env, args })?.into_node(env)));
    match answer {
        Ok(Ok(value)) => value,
        Ok(Err(failure)) => throw(env, &failure.0),
        Err(panic) => throw(env, &format!("miniflare-rs panicked: {}", panic_text(&*panic))),
    }
}

fn throw(env: sys::napi_env, message: &str) -> sys::napi_value {
    let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
    unsafe { sys::napi_throw_error(env, null(), message.as_ptr()) };
    null_mut()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("for a reason unknown")
}
