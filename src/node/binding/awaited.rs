//! What Node awaits of the addon: polled from Node's loop when it wakes the environment's bell, and handed to a function
//! when it is there.

use std::cell::RefCell;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use napi::sys;

use super::api::{Result, check};
use crate::realm::background;
use crate::realm::later::{Later, outcome};
use crate::realm::value::Value;
use crate::realm::waker::Signal;

pub struct Awaited {
    env: sys::napi_env,
    later: RefCell<Later>,
    settle: sys::napi_ref,
    waker: Waker,
}

impl Awaited {
    pub fn new(
        env: sys::napi_env,
        later: Later,
        settle: sys::napi_value,
        id: u32,
        signal: Arc<dyn Signal>,
    ) -> Result<Rc<Awaited>> {
        let mut reference = null_mut();
        check(unsafe { sys::napi_create_reference(env, settle, 1, &mut reference) })?;
        Ok(Rc::new(Awaited {
            env,
            later: RefCell::new(later),
            settle: reference,
            waker: Waker::from(Arc::new(Ring { id, signal })),
        }))
    }

    /// Whether it is there; the function has been called then.
    pub fn poll(&self) -> bool {
        let _runtime = background::handle().enter();
        let polled = self
            .later
            .borrow_mut()
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker));
        let Poll::Ready(answer) = polled else {
            return false;
        };
        // A function that fails is the end of the environment on its way, which needs no report.
        let _ = self.call(outcome(answer));
        true
    }

    fn call(&self, [error, value]: [Value; 2]) -> Result<()> {
        let (env, mut function, mut receiver) = (self.env, null_mut(), null_mut());
        check(unsafe { sys::napi_get_reference_value(env, self.settle, &mut function) })?;
        check(unsafe { sys::napi_delete_reference(env, self.settle) })?;
        check(unsafe { sys::napi_get_undefined(env, &mut receiver) })?;
        let arguments = [error.into_node(env)?, value.into_node(env)?];
        check(unsafe {
            let count = arguments.len();
            sys::napi_call_function(env, receiver, function, count, arguments.as_ptr(), null_mut())
        })
    }
}

/// Wakes the environment in the name of what is awaited.
struct Ring {
    id: u32,
    signal: Arc<dyn Signal>,
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.signal.woken(self.id);
    }
}
