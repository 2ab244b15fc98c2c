//! Exported functions that napi-rs does not wrap: the shortest of those that are called most, where its conversions would be
//! more than 2 % of what a user waits for. They are registered through its hook, and like its own they throw what they return
//! as an error, and panics too.

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use napi::bindgen_prelude::{Env, JsObjectValue, Object, panic_to_error};
use napi::{JsError, sys};
use napi_derive::napi;

use super::failure::{Code, Failure, Result, check, of_argument};
use super::scope::{Handle, Scope};
use super::wire;
use crate::kv::node as kv;
use crate::node::instance::lanes;
use crate::realm::value::Value;

/// Most arguments that one of these takes.
const ARGUMENTS: usize = 16;

const FUNCTIONS: &[(&str, Raw)] = &[
    ("call", lanes::call),
    ("dispatch", lanes::dispatch),
    ("later", lanes::later),
    ("kvGet", kv::get),
    ("kvPut", kv::put),
];

/// A raw function.
pub type Raw = fn(&Call) -> Result<Value>;

/// A call of a raw function.
pub struct Call<'call> {
    pub scope: Scope<'call>,
    args: [Handle<'call>; ARGUMENTS],
    count: usize,
}

impl<'call> Call<'call> {
    /// The argument at `index`, as Node has it.
    pub fn handle(&self, index: usize) -> Handle<'call> {
        self.args[index]
    }

    pub fn value(&self, index: usize) -> Result<Value> {
        Value::from_node(self.scope, self.args[index])
    }

    pub fn list(&self, index: usize) -> Result<Vec<Value>> {
        match self.value(index)? {
            Value::List(items) => Ok(items),
            _ => Err(wrong(index, "an array")),
        }
    }

    /// The arguments from `index` on, which cost less to read than an array of them.
    pub fn rest(&self, index: usize) -> Result<Vec<Value>> {
        let handles = self.args[..self.count].iter().skip(index);
        handles.map(|handle| Value::from_node(self.scope, *handle)).collect()
    }

    pub fn number(&self, index: usize) -> Result<u32> {
        match self.value(index)? {
            Value::Number(number) => Ok(number as u32),
            _ => Err(wrong(index, "a number")),
        }
    }

    /// Milliseconds since 1970.
    pub fn time(&self, index: usize) -> Result<f64> {
        match self.value(index)? {
            Value::Number(ms) => Ok(ms),
            _ => Err(wrong(index, "a number")),
        }
    }

    pub fn flag(&self, index: usize) -> Result<bool> {
        match self.value(index)? {
            Value::Bool(flag) => Ok(flag),
            _ => Err(wrong(index, "a boolean")),
        }
    }

    pub fn text(&self, index: usize) -> Result<String> {
        self.optional_text(index)?.ok_or_else(|| wrong(index, "a string"))
    }

    /// A string; `None` for other values.
    pub fn optional_text(&self, index: usize) -> Result<Option<String>> {
        wire::text_of(self.scope, self.args[index])
    }

    pub fn content(&self, index: usize) -> Result<Vec<u8>> {
        wire::content(self.scope, self.args[index])
    }
}

fn wrong(index: usize, expected: &str) -> Failure {
    Code::InvalidArgument.because(format!("argument {index} is not {expected}"))
}

/// Called by napi's entry point for each environment that loads the addon.
#[napi(module_exports)]
pub fn register(mut exports: Object, env: &Env) -> napi::Result<()> {
    for (index, (name, _)) in FUNCTIONS.iter().enumerate() {
        let function = export(env.into(), name, index).map_err(of_argument)?;
        exports.set_named_property(name, function.raw())?;
    }
    Ok(())
}

fn export<'call>(scope: Scope<'call>, name: &str, index: usize) -> Result<Handle<'call>> {
    let (text, length) = (name.as_ptr().cast::<c_char>(), name.len() as isize);
    let (data, mut function) = (index as *mut c_void, null_mut());
    // SAFETY: see `Scope`; the name is as long as said, and the handle is one that Node has made.
    unsafe {
        check(sys::napi_create_function(
            scope.env(),
            text,
            length,
            Some(called),
            data,
            &mut function,
        ))?;
        Ok(Handle::new(function))
    }
}

/// Every raw function comes in here; a panic goes out as an error.
unsafe extern "C" fn called(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut args = [null_mut(); ARGUMENTS];
    let (mut count, mut data) = (ARGUMENTS, null_mut());
    // SAFETY: Node calls this, so there is a scope until it returns. The array is as long as said, and Node fills it.
    let (scope, args) = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), null_mut(), &mut data);
        (Scope::new(env), args.map(|arg| Handle::new(arg)))
    };
    // Node counts those beyond the array, too.
    let count = count.min(ARGUMENTS);
    let (_, function) = FUNCTIONS[data as usize];
    let answer = catch_unwind(AssertUnwindSafe(|| {
        function(&Call { scope, args, count })?.into_node(scope)
    }));
    match answer {
        Ok(Ok(value)) => value.raw(),
        Ok(Err(failure)) => throw(scope, failure),
        Err(panic) => throw(scope, Code::Panic.because(panic_to_error(panic).reason)),
    }
}

fn throw(scope: Scope, failure: Failure) -> sys::napi_value {
    // SAFETY: see `Scope`.
    unsafe { JsError::from(failure).throw_into(scope.env()) };
    null_mut()
}
