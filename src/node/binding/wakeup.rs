//! How other threads, and lanes on this one, have an environment's lanes polled: from Node's loop, once for all that were
//! woken in the meantime.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use napi::sys;

use super::environment::Environment;
use super::failure::{Result, check};
use super::scope::{Handle, Scope};
use crate::realm::value::Value;
use crate::realm::waker::Signal;

pub struct Wakeup {
    woken: Mutex<Vec<u32>>,
    /// Whether Node has been told, and has not come yet.
    told: AtomicBool,
    function: Mutex<Option<Function>>,
}

struct Function(sys::napi_threadsafe_function);

// SAFETY: threadsafe functions may be called from any thread; what must be on the environment's takes a scope.
unsafe impl Send for Function {}

impl Wakeup {
    /// napi's own threadsafe functions have no async resource, by which tools see what keeps Node alive.
    pub fn new(scope: Scope) -> Result<Arc<Wakeup>> {
        let (name, resource) = (Value::from("miniflare-rs").into_node(scope)?, resource(scope)?);
        let mut function = null_mut();
        // SAFETY: see `Scope`; without a function of JavaScript's, Node calls `poll`.
        check(unsafe {
            sys::napi_create_threadsafe_function(
                scope.env(),
                null_mut(),
                resource.raw(),
                name.raw(),
                0,
                1,
                null_mut(),
                None,
                null_mut(),
                Some(poll),
                &mut function,
            )
        })?;
        // SAFETY: see `Scope`. Only requests in flight keep Node alive, not timers or connections that a worker left behind.
        check(unsafe { sys::napi_unref_threadsafe_function(scope.env(), function) })?;
        Ok(Arc::new(Wakeup {
            woken: Mutex::default(),
            told: AtomicBool::new(false),
            function: Mutex::new(Some(Function(function))),
        }))
    }

    /// Who has been woken since the last time, in the order of their first wake.
    pub fn take(&self) -> Vec<u32> {
        self.told.store(false, Ordering::SeqCst);
        let mut woken = std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner));
        if woken.len() > 1 {
            let mut seen = BTreeSet::new();
            woken.retain(|id| seen.insert(*id));
        }
        woken
    }

    pub fn keep_alive(&self, scope: Scope, alive: bool) {
        self.with_function(|function| {
            // SAFETY: see `Scope`; the function is open.
            unsafe {
                if alive {
                    sys::napi_ref_threadsafe_function(scope.env(), function);
                } else {
                    sys::napi_unref_threadsafe_function(scope.env(), function);
                }
            }
        });
    }

    /// Wakes come to nothing from now on.
    pub fn close(&self) {
        let function = self.function.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Function(function)) = function {
            let abort = sys::ThreadsafeFunctionReleaseMode::abort;
            // SAFETY: taken out of its slot, so released once.
            unsafe { sys::napi_release_threadsafe_function(function, abort) };
        }
    }

    /// The function, which stays open meanwhile; nothing when it has been closed.
    fn with_function(&self, act: impl FnOnce(sys::napi_threadsafe_function)) {
        if let Some(Function(function)) = *self.function.lock().unwrap_or_else(PoisonError::into_inner) {
            act(function);
        }
    }
}

impl Signal for Wakeup {
    fn woken(&self, id: u32) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        if self.told.swap(true, Ordering::SeqCst) {
            return;
        }
        self.with_function(|function| {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the function is open, and may be called from any thread.
            unsafe { sys::napi_call_threadsafe_function(function, null_mut(), mode) };
        });
    }
}

/// What async hooks see of it. Tools that look for what keeps Node alive ask it by `hasRef()`, as of Node's handles.
fn resource<'call>(scope: Scope<'call>) -> Result<Handle<'call>> {
    let (env, mut object, mut function) = (scope.env(), null_mut(), null_mut());
    let name = c"hasRef";
    let length = name.count_bytes() as isize;
    // SAFETY: see `Scope`; the name ends with a NUL, and the handles are those that Node has made.
    unsafe {
        check(sys::napi_create_object(env, &mut object))?;
        check(sys::napi_create_function(
            env,
            name.as_ptr(),
            length,
            Some(has_ref),
            null_mut(),
            &mut function,
        ))?;
        check(sys::napi_set_named_property(env, object, name.as_ptr(), function))?;
        Ok(Handle::new(object))
    }
}

unsafe extern "C" fn has_ref(env: sys::napi_env, _info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node calls this.
    let scope = unsafe { Scope::new(env) };
    let waits = Environment::get(scope).is_ok_and(|environment| environment.waits());
    Value::Bool(waits).into_node(scope).map_or(null_mut(), Handle::raw)
}

unsafe extern "C" fn poll(env: sys::napi_env, _callback: sys::napi_value, _context: *mut c_void, _data: *mut c_void) {
    // Without one, the environment is ending.
    if env.is_null() {
        return;
    }
    // SAFETY: Node calls this.
    let scope = unsafe { Scope::new(env) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Ok(environment) = Environment::get(scope) {
            environment.poll(scope);
        }
    }));
}
