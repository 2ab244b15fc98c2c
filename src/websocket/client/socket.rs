//! What the worker's half holds of a socket. Closing it ends whatever is under way.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{CancelHandle, Resource};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::connect::Connected;
use super::mailbox::{Inbox, Mailbox, Outbox};
use crate::network::failure::Failure;
use crate::network::resources::Task;

pub struct Socket {
    reply: RefCell<Option<oneshot::Receiver<Result<Connected, Failure>>>>,
    /// The task, until the connection is open: from then on it ends by itself.
    task: RefCell<Option<AbortHandle>>,
    outbox: RefCell<Option<Outbox>>,
    /// There unless it is waited for.
    inbox: RefCell<Option<Inbox>>,
    pub cancel: CancelHandle,
}

impl Socket {
    pub fn new(reply: oneshot::Receiver<Result<Connected, Failure>>, task: AbortHandle) -> Socket {
        Socket {
            reply: RefCell::new(Some(reply)),
            task: RefCell::new(Some(task)),
            outbox: RefCell::default(),
            inbox: RefCell::default(),
            cancel: CancelHandle::default(),
        }
    }

    pub fn take_reply(&self) -> Option<oneshot::Receiver<Result<Connected, Failure>>> {
        self.reply.borrow_mut().take()
    }

    /// The task of a response that is not a socket; it ends with the response's body.
    pub fn take_task(&self) -> Option<Rc<Task>> {
        self.task.borrow_mut().take().map(|task| Rc::new(Task(task)))
    }

    /// The connection is open.
    pub fn open(&self, mailbox: Mailbox) {
        self.task.borrow_mut().take();
        *self.outbox.borrow_mut() = Some(mailbox.outbox);
        *self.inbox.borrow_mut() = Some(mailbox.inbox);
    }

    /// Acts on the queue to the server; `None` before the connection is open.
    pub fn with_outbox<R>(&self, act: impl FnOnce(&Outbox) -> R) -> Option<R> {
        self.outbox.borrow().as_ref().map(act)
    }

    /// Takes the queue from the server, to wait for it.
    pub fn take_inbox(&self) -> Option<Inbox> {
        self.inbox.borrow_mut().take()
    }

    /// Puts the queue back, unless the socket has been closed meanwhile.
    pub fn put_inbox(&self, inbox: Inbox) {
        if self.outbox.borrow().is_some() {
            *self.inbox.borrow_mut() = Some(inbox);
        }
    }

    /// Drops the connection.
    pub fn abandon(&self) {
        self.with_outbox(Outbox::drop_connection);
        self.outbox.borrow_mut().take();
        self.inbox.borrow_mut().take();
        self.cancel.cancel();
    }

    fn end(&self) {
        self.outbox.borrow_mut().take();
        self.inbox.borrow_mut().take();
        self.reply.borrow_mut().take();
        if let Some(task) = self.task.borrow_mut().take() {
            task.abort();
        }
    }
}

impl Resource for Socket {
    fn name(&self) -> Cow<'_, str> {
        "webSocket".into()
    }

    fn close(self: Rc<Self>) {
        self.cancel.cancel();
        self.end();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.end();
    }
}
