//! The time in which Node's values can be used: a call from Node, or a part of one.
//!
//! Every function of N-API wants the environment's own thread, and a call from Node that has not returned. A [`Scope`] is
//! the proof of both: only what Node calls makes one, it cannot leave its thread, and [`Handle`]s live as long. A block that
//! gives a scope's environment and handles to N-API is sound by this, as far as its other pointers are to what they say.

use std::marker::PhantomData;
use std::ptr::null_mut;

use napi::bindgen_prelude::Env;
use napi::{JsValue, sys};

use super::failure::{Code, Result, check};

/// A call from Node, or a part of one.
#[derive(Clone, Copy)]
pub struct Scope<'call> {
    env: sys::napi_env,
    call: PhantomData<&'call ()>,
}

impl<'call> Scope<'call> {
    /// # Safety
    ///
    /// Node is calling the addon on this thread, with this environment, for as long as `'call`.
    pub unsafe fn new(env: sys::napi_env) -> Scope<'call> {
        Scope { env, call: PhantomData }
    }

    pub fn env(self) -> sys::napi_env {
        self.env
    }

    /// Runs a part whose handles are freed when it is over. `None` when the environment is ending.
    pub fn part<R>(self, act: impl FnOnce(Scope<'_>) -> R) -> Option<R> {
        let mut scope = null_mut();
        // SAFETY: see the module.
        if unsafe { sys::napi_open_handle_scope(self.env, &mut scope) } != sys::Status::napi_ok {
            return None;
        }
        let result = act(self);
        // SAFETY: it is the innermost one that is open: those of parts of it have been closed.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
        Some(result)
    }

    /// Clears the exception that a function of Node's has thrown.
    pub fn forget_exception(self) {
        let mut exception = null_mut();
        // SAFETY: see the module.
        unsafe { sys::napi_get_and_clear_last_exception(self.env, &mut exception) };
    }

    /// Calls a function without a receiver.
    pub fn call(self, function: Handle, arguments: &[Handle]) -> Result<Handle<'call>> {
        let (mut receiver, mut answer) = (null_mut(), null_mut());
        let (count, arguments) = (arguments.len(), arguments.as_ptr().cast::<sys::napi_value>());
        // SAFETY: see the module; a `Handle` is its `napi_value` and nothing else.
        unsafe {
            check(sys::napi_get_undefined(self.env, &mut receiver))?;
            check(sys::napi_call_function(
                self.env,
                receiver,
                function.0,
                count,
                arguments,
                &mut answer,
            ))?;
            Ok(Handle::new(answer))
        }
    }
}

/// napi makes an `Env` when Node calls, and lends it to the function for the time of the call.
impl<'call> From<&'call Env> for Scope<'call> {
    fn from(env: &'call Env) -> Scope<'call> {
        // SAFETY: as said. This crate makes no `Env` and keeps none, which `ground/binding` checks.
        unsafe { Scope::new(env.raw()) }
    }
}

/// A value of Node's.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Handle<'call>(sys::napi_value, PhantomData<&'call ()>);

impl<'call> Handle<'call> {
    /// # Safety
    ///
    /// The value was given to, or made in, a call that lasts for `'call`.
    pub unsafe fn new(value: sys::napi_value) -> Handle<'call> {
        Handle(value, PhantomData)
    }

    pub fn raw(self) -> sys::napi_value {
        self.0
    }
}

impl<'call, T: JsValue<'call>> From<&T> for Handle<'call> {
    fn from(value: &T) -> Handle<'call> {
        // SAFETY: the value has this lifetime by its type.
        unsafe { Handle::new(value.raw()) }
    }
}

/// A reference to a function, which keeps it from being collected while its count is not zero. Node frees what is left of
/// them with the environment.
pub struct Reference {
    env: sys::napi_env,
    raw: sys::napi_ref,
}

impl Reference {
    pub fn new(scope: Scope, function: Handle, count: u32) -> Result<Reference> {
        let mut raw = null_mut();
        // SAFETY: see the module.
        check(unsafe { sys::napi_create_reference(scope.env, function.0, count, &mut raw) })?;
        Ok(Reference { env: scope.env, raw })
    }

    /// The function, unless it has been collected.
    pub fn get<'call>(&self, scope: Scope<'call>) -> Result<Option<Handle<'call>>> {
        if !self.is_of(scope) {
            return Err(Code::Node.because("a function belongs to another environment"));
        }
        let mut function = null_mut();
        // SAFETY: see the module. The reference has not been deleted, which takes it.
        check(unsafe { sys::napi_get_reference_value(scope.env, self.raw, &mut function) })?;
        // SAFETY: Node has just made the handle.
        Ok((!function.is_null()).then(|| unsafe { Handle::new(function) }))
    }

    /// Adds one to the count.
    pub fn hold(&self, scope: Scope) {
        if self.is_of(scope) {
            // SAFETY: see the module.
            unsafe { sys::napi_reference_ref(scope.env, self.raw, null_mut()) };
        }
    }

    /// Takes one from the count.
    ///
    /// # Safety
    ///
    /// The environment has not ended.
    pub unsafe fn let_go(&self) {
        // SAFETY: the caller's promise. The reference, which is not `Send`, is on the thread that made it.
        unsafe { sys::napi_reference_unref(self.env, self.raw, null_mut()) };
    }

    pub fn delete(self, scope: Scope) {
        if self.is_of(scope) {
            // SAFETY: see the module; the reference is not used after this.
            unsafe { sys::napi_delete_reference(scope.env, self.raw) };
        }
    }

    /// Whether the call is of the environment that the reference was made in, which lives then.
    fn is_of(&self, scope: Scope) -> bool {
        self.env == scope.env
    }
}
