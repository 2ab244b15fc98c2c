//! What Node awaits of the addon: polled from Node's loop when it wakes the environment, and handed to a function when it
//! is there.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::failure::Result;
use super::scope::{Handle, Reference, Scope};
use crate::realm::background;
use crate::realm::pending::{Pending, outcome};
use crate::realm::value::Value;
use crate::realm::waker::Signal;

pub struct NodePending {
    pending: RefCell<Pending>,
    /// Taken when it is called.
    settle: RefCell<Option<Reference>>,
    waker: Waker,
}

impl NodePending {
    pub fn new(
        scope: Scope,
        pending: Pending,
        settle: Handle,
        id: u32,
        signal: Arc<dyn Signal>,
    ) -> Result<Rc<NodePending>> {
        Ok(Rc::new(NodePending {
            pending: RefCell::new(pending),
            settle: RefCell::new(Some(Reference::new(scope, settle, 1)?)),
            waker: Waker::from(Arc::new(Ring { id, signal })),
        }))
    }

    /// Whether it is there; the function has been called then.
    pub fn poll(&self, scope: Scope) -> bool {
        let _runtime = background::handle().enter();
        let polled = self
            .pending
            .borrow_mut()
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker));
        let Poll::Ready(answer) = polled else {
            return false;
        };
        // A function that fails is the end of the environment on its way, which needs no report.
        let _ = self.call(scope, outcome(answer));
        true
    }

    fn call(&self, scope: Scope, [error, value]: [Value; 2]) -> Result<()> {
        let Some(settle) = self.settle.take() else {
            return Ok(());
        };
        let function = settle.get(scope);
        settle.delete(scope);
        if let Some(function) = function? {
            scope.call(function, &[error.into_node(scope)?, value.into_node(scope)?])?;
        }
        Ok(())
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
