//! One Node environment that loaded the addon: its lanes, its doors into JavaScript, and how it is woken.
//!
//! An environment belongs to one thread; a thread may have several (the addon loaded twice). The JavaScript half may be
//! there several times in one environment, as under Jest, which evaluates it anew for every test file: each has a host of
//! its own. When an environment ends, its lanes end with it, in whatever state they are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deno_error::JsErrorClass;
use napi::sys;

use super::api::{Failure, Result, check};
use super::awaited::Awaited;
use super::numbered::Numbered;
use crate::durable::ops::Open;
use crate::node::instance::crons::Crons;
use crate::realm::background;
use crate::realm::host::Host;
use crate::realm::instance::Instance;
use crate::realm::later::Laters;
use crate::realm::pages;
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
    hosts: RefCell<Vec<Rc<HostFunction>>>,
    /// How many JavaScript halves want Node's loop to be kept alive.
    waiting: Cell<u32>,
    lanes: RefCell<BTreeMap<u32, Rc<Lane>>>,
    instances: RefCell<BTreeMap<u32, Rc<Instance>>>,
    /// What belongs to no instance.
    pub storages: Numbered<Storage>,
    pub durables: Numbered<Open>,
    pub crons: Numbered<Crons>,
    next: Cell<u32>,
    laters: Laters,
    awaited: RefCell<BTreeMap<u32, Rc<Awaited>>>,
    bell: Arc<Bell>,
}

impl Environment {
    /// Registers a host function, `(lane, call, args)`, and returns its number.
    pub fn add_host(env: sys::napi_env, host: sys::napi_value) -> Result<u32> {
        let environment = Environment::get(env).or_else(|_| Environment::create(env))?;
        let mut hosts = environment.hosts.borrow_mut();
        hosts.push(HostFunction::new(env, host)?);
        Ok(hosts.len() as u32 - 1)
    }

    fn create(env: sys::napi_env) -> Result<Rc<Environment>> {
        let environment = Rc::new(Environment {
            env,
            hosts: RefCell::default(),
            waiting: Cell::new(0),
            lanes: RefCell::default(),
            instances: RefCell::default(),
            storages: Numbered::new("storage"),
            durables: Numbered::new("storage of a Durable Object"),
            crons: Numbered::new("scheduler"),
            next: Cell::new(1),
            laters: Laters::default(),
            awaited: RefCell::default(),
            bell: Bell::new(env)?,
        });
        ENVIRONMENTS.with(|all| all.borrow_mut().push(environment.clone()));
        check(unsafe { sys::napi_add_env_cleanup_hook(env, Some(end), env.cast()) })?;
        Ok(environment)
    }

    pub fn get(env: sys::napi_env) -> Result<Rc<Environment>> {
        let found = ENVIRONMENTS.with(|all| all.borrow().iter().find(|one| one.env == env).cloned());
        found.ok_or_else(|| Failure::new("the addon has not been set up in this environment"))
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
        found.ok_or_else(|| Failure::new("the instance has been disposed of"))
    }

    pub fn close_instance(&self, id: u32) {
        self.instances.borrow_mut().remove(&id);
    }

    pub fn open_lane(self: &Rc<Self>, settings: LaneSettings) -> Result<u32> {
        let LaneSettings {
            cpu_limit,
            heap_limit_mib,
            instance,
            host,
        } = settings;
        let function = self.hosts.borrow().get(host as usize).cloned();
        let function = function.ok_or_else(|| Failure::new("a lane opens for a host that is set up"))?;
        let instance = self.instance(instance)?;
        let id = self.next.replace(self.next.get() + 1);
        let host = Rc::new(NodeHost::new(self, function, id));
        let options = LaneOptions {
            id,
            host,
            instance,
            signal: self.bell.clone(),
            cpu_limit,
            heap_limit_mib,
        };
        let lane = Lane::new(options).map_err(Failure)?;
        self.lanes.borrow_mut().insert(id, lane);
        Ok(id)
    }

    /// Ends a lane. One whose turn runs further down the stack ends when that turn is over.
    pub fn close_lane(&self, id: u32) {
        let lane = self.lanes.borrow_mut().remove(&id);
        drop(lane);
        if self.lanes.borrow().is_empty() {
            pages::release();
        }
    }

    /// Whether one more JavaScript half, or one less, wants Node's loop to be kept alive.
    pub fn keep_alive(&self, alive: bool) {
        let before = self.waiting.get();
        let after = if alive { before + 1 } else { before.saturating_sub(1) };
        self.waiting.set(after);
        if (before == 0) != (after == 0) {
            self.bell.keep_alive(self.env, alive);
        }
    }

    /// Starts what a call asks for. Answers with its value when that is there at once, otherwise with the number to
    /// await it by.
    pub fn start<E: JsErrorClass>(&self, work: impl Future<Output = std::result::Result<Value, E>> + 'static) -> Value {
        // What it waits for may have a time limit.
        let _runtime = background::handle().enter();
        self.laters.start_quietly(work)
    }

    /// Awaits what `start` answered with `number`; `settle` is called with its outcome.
    pub fn later(&self, number: u32, settle: sys::napi_value) -> Result<()> {
        let id = self.next.replace(self.next.get() + 1);
        let awaited = Awaited::new(self.env, self.laters.take(number), settle, id, self.bell.clone())?;
        self.awaited.borrow_mut().insert(id, awaited);
        // From Node's loop, as everything that comes later.
        self.bell.woken(id);
        Ok(())
    }

    fn poll(&self) {
        for id in self.bell.take() {
            if let Some(lane) = self.lane(id) {
                lane.poll();
            }
            let awaited = self.awaited.borrow().get(&id).cloned();
            if awaited.is_some_and(|awaited| awaited.poll()) {
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
    environment.bell.close();
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
    pub instance: u32,
    pub host: u32,
}

/// A host function. It is held only while lanes are open, so that a test file's JavaScript goes when it is done.
struct HostFunction {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl HostFunction {
    fn new(env: sys::napi_env, function: sys::napi_value) -> Result<Rc<HostFunction>> {
        let mut reference = null_mut();
        check(unsafe { sys::napi_create_reference(env, function, 0, &mut reference) })?;
        Ok(Rc::new(HostFunction { env, reference }))
    }

    fn hold(&self) {
        unsafe { sys::napi_reference_ref(self.env, self.reference, null_mut()) };
    }

    fn let_go(&self) {
        unsafe { sys::napi_reference_unref(self.env, self.reference, null_mut()) };
    }
}

/// The host of one lane.
struct NodeHost {
    environment: Weak<Environment>,
    function: Rc<HostFunction>,
    lane: u32,
}

impl NodeHost {
    fn new(environment: &Rc<Environment>, function: Rc<HostFunction>, lane: u32) -> NodeHost {
        function.hold();
        NodeHost {
            environment: Rc::downgrade(environment),
            function,
            lane,
        }
    }
}

impl Drop for NodeHost {
    fn drop(&mut self) {
        // After the end of the environment there are no references left to count.
        if self.environment.strong_count() > 0 {
            self.function.let_go();
        }
    }
}

impl Host for NodeHost {
    fn call(&self, call: u32, args: Vec<Value>) -> Value {
        let Some(environment) = self.environment.upgrade() else {
            return Value::Undefined;
        };
        let env = environment.env;
        let mut scope = null_mut();
        // SAFETY: this is the environment's thread, inside a call from Node.
        if unsafe { sys::napi_open_handle_scope(env, &mut scope) } != sys::Status::napi_ok {
            return Value::Undefined;
        }
        let answer = call_node(env, self.function.reference, self.lane, call, args);
        unsafe { sys::napi_close_handle_scope(env, scope) };
        answer.unwrap_or_else(|_| {
            swallow(env);
            Value::Undefined
        })
    }
}

fn call_node(env: sys::napi_env, host: sys::napi_ref, lane: u32, call: u32, args: Vec<Value>) -> Result<Value> {
    let (mut function, mut receiver, mut answer) = (null_mut(), null_mut(), null_mut());
    check(unsafe { sys::napi_get_reference_value(env, host, &mut function) })?;
    check(unsafe { sys::napi_get_undefined(env, &mut receiver) })?;
    let (lane, call) = (Value::Number(f64::from(lane)), Value::Number(f64::from(call)));
    let arguments = [
        lane.into_node(env)?,
        call.into_node(env)?,
        Value::List(args).into_node(env)?,
    ];
    check(unsafe {
        sys::napi_call_function(
            env,
            receiver,
            function,
            arguments.len(),
            arguments.as_ptr(),
            &mut answer,
        )
    })?;
    Value::from_node(env, answer)
}

/// Clears what a host function left pending. The JavaScript half catches everything, so this is the end of the
/// environment on its way (`process.exit`, a terminated worker thread), which needs no report.
fn swallow(env: sys::napi_env) {
    let mut exception = null_mut();
    unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
}

/// Rings Node's loop when lanes are woken, once however many they are.
struct Bell {
    woken: Mutex<Vec<u32>>,
    rung: AtomicBool,
    function: Mutex<Option<Function>>,
}

struct Function(sys::napi_threadsafe_function);

// SAFETY: threadsafe functions may be called from any thread.
unsafe impl Send for Function {}

impl Bell {
    fn new(env: sys::napi_env) -> Result<Arc<Bell>> {
        let bell = Arc::new(Bell {
            woken: Mutex::default(),
            rung: AtomicBool::new(false),
            function: Mutex::default(),
        });
        let name = Value::from("miniflare-rs").into_node(env)?;
        let resource = resource(env)?;
        let mut function = null_mut();
        check(unsafe {
            sys::napi_create_threadsafe_function(
                env,
                null_mut(),
                resource,
                name,
                0,
                1,
                null_mut(),
                None,
                null_mut(),
                Some(ring),
                &mut function,
            )
        })?;
        // Only requests in flight keep Node alive, not timers or connections that a worker left behind.
        check(unsafe { sys::napi_unref_threadsafe_function(env, function) })?;
        if let Ok(mut slot) = bell.function.lock() {
            *slot = Some(Function(function));
        }
        Ok(bell)
    }

    fn take(&self) -> Vec<u32> {
        self.rung.store(false, Ordering::SeqCst);
        let mut woken = self
            .woken
            .lock()
            .map(|mut woken| std::mem::take(&mut *woken))
            .unwrap_or_default();
        woken.dedup();
        woken
    }

    fn keep_alive(&self, env: sys::napi_env, alive: bool) {
        if let Ok(function) = self.function.lock()
            && let Some(Function(function)) = *function
        {
            // SAFETY: the function is open, and this is the environment's thread.
            unsafe {
                if alive {
                    sys::napi_ref_threadsafe_function(env, function);
                } else {
                    sys::napi_unref_threadsafe_function(env, function);
                }
            }
        }
    }

    /// Wakes come to nothing from now on.
    fn close(&self) {
        if let Ok(mut function) = self.function.lock()
            && let Some(Function(function)) = function.take()
        {
            let abort = sys::ThreadsafeFunctionReleaseMode::abort;
            // SAFETY: taken out of its slot, so released once.
            unsafe { sys::napi_release_threadsafe_function(function, abort) };
        }
    }
}

impl Signal for Bell {
    fn woken(&self, lane: u32) {
        if let Ok(mut woken) = self.woken.lock() {
            woken.push(lane);
        }
        if self.rung.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Ok(function) = self.function.lock()
            && let Some(Function(function)) = *function
        {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the function is open while it is in its slot.
            unsafe { sys::napi_call_threadsafe_function(function, null_mut(), mode) };
        }
    }
}

/// What async hooks see of the bell. Tools that look for what keeps Node alive ask it by `hasRef()`, as of Node's handles.
fn resource(env: sys::napi_env) -> Result<sys::napi_value> {
    let (mut object, mut function) = (null_mut(), null_mut());
    let name = c"hasRef";
    check(unsafe { sys::napi_create_object(env, &mut object) })?;
    check(unsafe {
        let length = name.count_bytes() as isize;
        sys::napi_create_function(env, name.as_ptr(), length, Some(has_ref), null_mut(), &mut function)
    })?;
    check(unsafe { sys::napi_set_named_property(env, object, name.as_ptr(), function) })?;
    Ok(object)
}

unsafe extern "C" fn has_ref(env: sys::napi_env, _info: sys::napi_callback_info) -> sys::napi_value {
    let waits = Environment::get(env).is_ok_and(|environment| environment.waiting.get() > 0);
    Value::Bool(waits).into_node(env).unwrap_or(null_mut())
}

unsafe extern "C" fn ring(env: sys::napi_env, _callback: sys::napi_value, _context: *mut c_void, _data: *mut c_void) {
    if env.is_null() {
        return;
    }
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Ok(environment) = Environment::get(env) {
            environment.poll();
        }
    }));
}
