//! One Node environment that loaded the addon: its lanes, its hosts, and how it is woken.
//!
//! An environment belongs to one thread; a thread may have several (the addon loaded twice). When an environment ends, its
//! lanes end with it, in whatever state they are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deno_error::JsErrorClass;
use napi::sys;

use super::failure::{Code, Result, check};
use super::host::{Hosts, NodeHost};
use super::node_pending::NodePending;
use super::numbered::Numbered;
use super::scope::{Handle, Scope};
use super::wakeup::Wakeup;
use crate::durable::ops::Open;
use crate::html::rewriter::Rewriter;
use crate::node::instance::crons::Crons;
use crate::pages;
use crate::realm::background;
use crate::realm::instance::Instance;
use crate::realm::pending::PendingSet;
use crate::realm::value::Value;
use crate::realm::waker::Signal;
use crate::storage::node::Storage;
use crate::store::rocks_use;
use crate::worker::lane::{Lane, LaneOptions};
use crate::worker::nursery;

thread_local! {
    /// Never dropped with its thread: where the cleanup hook did not run, other thread-locals that ending a lane needs
    /// may be gone already.
    static ENVIRONMENTS: ManuallyDrop<RefCell<Vec<Rc<Environment>>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

pub struct Environment {
    env: sys::napi_env,
    pub hosts: Hosts,
    /// How many JavaScript halves want Node's loop to be kept alive.
    waiting: Cell<u32>,
    lanes: RefCell<BTreeMap<u32, Rc<Lane>>>,
    instances: RefCell<BTreeMap<u32, Rc<Instance>>>,
    /// What belongs to no instance.
    pub storages: Numbered<Storage>,
    pub durables: Numbered<Open>,
    pub rewriters: Numbered<Rewriter>,
    pub crons: Numbered<Crons>,
    next: Cell<u32>,
    pending: PendingSet,
    awaited: RefCell<BTreeMap<u32, Rc<NodePending>>>,
    wakeup: Arc<Wakeup>,
}

impl Environment {
    /// The environment that a call comes from, when it has been set up.
    pub fn get<'call>(scope: impl Into<Scope<'call>>) -> Result<Rc<Environment>> {
        let env = scope.into().env();
        let found = ENVIRONMENTS.with(|all| all.borrow().iter().find(|one| one.env == env).cloned());
        found.ok_or_else(|| Code::NotOpen.because("the addon has not been set up in this environment"))
    }

    /// The environment that a call comes from.
    pub fn set_up(scope: Scope) -> Result<Rc<Environment>> {
        Environment::get(scope).or_else(|_| Environment::create(scope))
    }

    fn create(scope: Scope) -> Result<Rc<Environment>> {
        let env = scope.env();
        let environment = Rc::new(Environment {
            env,
            hosts: Hosts::default(),
            waiting: Cell::new(0),
            lanes: RefCell::default(),
            instances: RefCell::default(),
            storages: Numbered::new("storage"),
            durables: Numbered::new("storage of a Durable Object"),
            rewriters: Numbered::new("HTML rewriter"),
            crons: Numbered::new("scheduler"),
            next: Cell::new(1),
            pending: PendingSet::default(),
            awaited: RefCell::default(),
            wakeup: Wakeup::new(scope)?,
        });
        ENVIRONMENTS.with(|all| all.borrow_mut().push(environment.clone()));
        // SAFETY: see `Scope`; the hook takes the environment's address and does not read from it.
        check(unsafe { sys::napi_add_env_cleanup_hook(env, Some(end), env.cast()) })?;
        Ok(environment)
    }

    pub fn env(&self) -> sys::napi_env {
        self.env
    }

    pub fn lane(&self, id: u32) -> Option<Rc<Lane>> {
        self.lanes.borrow().get(&id).cloned()
    }

    /// Opens an instance: what its lanes share, which goes when it is closed and its last lane ends.
    pub fn open_instance(&self) -> u32 {
        let id = self.next.replace(self.next.get() + 1);
        self.instances.borrow_mut().insert(id, Rc::default());
        id
    }

    /// An open instance.
    pub fn instance(&self, id: u32) -> Result<Rc<Instance>> {
        let found = self.instances.borrow().get(&id).cloned();
        found.ok_or_else(|| Code::NotOpen.because("the instance has been disposed of"))
    }

    pub fn close_instance(&self, id: u32) {
        let instance = self.instances.borrow_mut().remove(&id);
        drop(instance);
        self.release_pages();
    }

    pub fn open_lane(self: &Rc<Self>, scope: Scope, settings: LaneSettings) -> Result<u32> {
        let function = self.hosts.get(settings.host)?;
        let instance = self.instance(settings.instance)?;
        let id = self.next.replace(self.next.get() + 1);
        let options = LaneOptions {
            id,
            host: Rc::new(NodeHost::new(scope, self, function, id)),
            instance,
            signal: self.wakeup.clone(),
            cpu_limit: settings.cpu_limit,
            heap_limit_mib: settings.heap_limit_mib,
            coverage: settings.coverage,
            inspector: settings.inspector,
        };
        let lane = Lane::new(options).map_err(|reason| Code::System.because(reason))?;
        self.lanes.borrow_mut().insert(id, lane);
        Ok(id)
    }

    /// Ends a lane. One whose turn runs further down the stack ends when that turn is over.
    pub fn close_lane(&self, id: u32) {
        let lane = self.lanes.borrow_mut().remove(&id);
        drop(lane);
        self.release_pages();
    }

    /// Without workers, nothing needs the pages that are kept for the next large buffers.
    fn release_pages(&self) {
        if self.lanes.borrow().is_empty() {
            pages::release();
        }
    }

    /// Whether one more JavaScript half, or one less, wants Node's loop to be kept alive.
    pub fn keep_alive(&self, scope: Scope, alive: bool) {
        let before = self.waiting.get();
        let after = if alive { before + 1 } else { before.saturating_sub(1) };
        self.waiting.set(after);
        if (before == 0) != (after == 0) {
            self.wakeup.keep_alive(scope, alive);
        }
    }

    /// Whether Node's loop is kept alive.
    pub fn waits(&self) -> bool {
        self.waiting.get() > 0
    }

    /// Starts what a call asks for. Answers with its value when that is there at once, otherwise with the number to
    /// await it by.
    pub fn start<E: JsErrorClass>(&self, work: impl Future<Output = std::result::Result<Value, E>> + 'static) -> Value {
        // What it waits for may have a time limit.
        let _runtime = background::handle().enter();
        self.pending.start_quietly(work)
    }

    /// Awaits what `start` answered with `number`; `settle` is called with its outcome.
    pub fn later(&self, scope: Scope, number: u32, settle: Handle) -> Result<()> {
        let id = self.next.replace(self.next.get() + 1);
        let awaited = NodePending::new(scope, self.pending.take(number), settle, id, self.wakeup.clone())?;
        self.awaited.borrow_mut().insert(id, awaited);
        // From Node's loop, as everything that comes later.
        self.wakeup.woken(id);
        Ok(())
    }

    /// Goes on with who has been woken.
    pub fn poll(&self, scope: Scope) {
        for id in self.wakeup.take() {
            if let Some(lane) = self.lane(id) {
                lane.poll();
            }
            let awaited = self.awaited.borrow().get(&id).cloned();
            if awaited.is_some_and(|awaited| awaited.poll(scope)) {
                self.awaited.borrow_mut().remove(&id);
            }
        }
    }
}

/// The environment ends: its lanes are ended too. Those with a turn on this very stack are left to the process's end.
unsafe extern "C" fn end(env: *mut c_void) {
    let found = ENVIRONMENTS.with(|all| {
        let mut all = all.borrow_mut();
        let index = all.iter().position(|one| one.env.cast::<c_void>() == env)?;
        Some(all.swap_remove(index))
    });
    let Some(environment) = found else { return };
    nursery::rest();
    environment.wakeup.close();
    let lanes = environment.lanes.take();
    for lane in lanes.into_values() {
        if lane.is_running() {
            std::mem::forget(lane);
            // Other threads must not wait for what this one can never let go of.
            rocks_use::abandon_thread();
        } else {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(lane)));
        }
    }
}

/// What a lane is opened with.
pub struct LaneSettings {
    pub cpu_limit: Duration,
    pub heap_limit_mib: usize,
    pub coverage: bool,
    pub inspector: Option<String>,
    pub instance: u32,
    pub host: u32,
}
