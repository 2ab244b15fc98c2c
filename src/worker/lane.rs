//! A lane: one isolate on the Node thread that created it, and the only way into it.
//!
//! Everything happens in turns. A turn enters the isolate, runs something, drains microtasks, polls what has become
//! ready, and leaves. [`Entered`] alone may enter; it also enters the background runtime and the lane's tasks, and arms
//! the watchdog. A call that arrives while a turn runs (a host function calls back) is nested in it, on the same stack;
//! an event that arrives then waits until the turn is over.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake};
use std::time::Duration;

use deno_core::stats::{RuntimeActivity, RuntimeActivityStatsFilter};
use deno_core::{JsRuntime, PollEventLoopOptions, v8};
use futures::Future;
use tokio::task::LocalSet;

use super::after_microtasks::AfterMicrotasks;
use super::answer::Answers;
use super::coverage::Coverage;
use super::event::Event;
use super::inspector::{Inspected, Inspector};
use super::isolate::{self, EntryPoints, Made};
use super::modules::{Graph, Place};
use super::nursery;
use super::profile::{self, Profilers};
use super::rejections::Rejections;
use super::timers::Timers;
use crate::limits;
use crate::protocol::host;
use crate::realm::background;
use crate::realm::guard::Verdict;
use crate::realm::guard::cpu::Watch;
use crate::realm::guard::heap::Memory;
use crate::realm::guard::wasm;
use crate::realm::host::Host;
use crate::realm::instance::Instance;
use crate::realm::meter::Meter;
use crate::realm::turns::TurnHooks;
use crate::realm::value::Value;
use crate::realm::waker::{LaneWaker, Signal};
use crate::rooms::ROOMS;

/// Polls in one turn before Node's loop gets its turn again.
const POLLS_PER_TURN: usize = 64;

/// What a lane is made with.
pub struct LaneOptions {
    pub id: u32,
    pub host: Rc<dyn Host>,
    /// What outlives the lane.
    pub instance: Rc<Instance>,
    pub signal: Arc<dyn Signal>,
    pub cpu_limit: Duration,
    pub heap_limit_mib: usize,
    /// Whether it is counted what runs.
    pub coverage: bool,
    /// What debuggers call the worker, if they may connect.
    pub inspector: Option<String>,
}

pub struct Lane {
    runtime: RefCell<Option<JsRuntime>>,
    tasks: RefCell<LocalSet>,
    isolate: v8::UnsafeRawIsolatePtr,
    context: v8::Global<v8::Context>,
    entry_points: EntryPoints,
    timers: Rc<Timers>,
    host: Rc<dyn Host>,
    instance: Rc<Instance>,
    waker: Arc<LaneWaker>,
    watch: Arc<Watch>,
    meter: Rc<Meter>,
    memory: Arc<Memory>,
    _memories: wasm::Part,
    answers: Rc<Answers>,
    after_microtasks: Rc<AfterMicrotasks>,
    rejections: Rc<Rejections>,
    hooks: Rc<TurnHooks>,
    coverage: RefCell<Option<Coverage>>,
    inspector: RefCell<Option<Rc<Inspector>>>,
    profilers: Profilers,
    depth: Cell<u32>,
    waiting: RefCell<VecDeque<Event>>,
    /// Whether the host is told when the lane has come to rest: while its script starts.
    is_starting: Cell<bool>,
    verdict: Cell<Option<Verdict>>,
}

impl Lane {
    /// Makes a lane with a fresh isolate on the calling thread.
    pub fn new(options: LaneOptions) -> Result<Rc<Lane>, String> {
        let mut made = found_or_made(options.heap_limit_mib)?;
        let timers = made.belong(options.host.clone(), &options.instance);
        let Made {
            mut runtime,
            memory,
            answers,
            after_microtasks,
            rejections,
            hooks,
            entry_points,
        } = made;
        let context = runtime.main_context();
        let isolate = runtime.v8_isolate();
        let watch = Watch::new(isolate.thread_safe_handle(), options.cpu_limit);
        // SAFETY: the pointer is used only while `runtime` owns the isolate.
        let isolate = unsafe { isolate.as_raw_isolate_ptr() };
        // Ops that take long look at it.
        runtime.op_state().borrow_mut().put(watch.clone());
        let meter = Meter::new();
        runtime.op_state().borrow_mut().put(meter.clone());
        let inspector = (options.coverage || options.inspector.is_some()).then(|| {
            let inspected = Inspected {
                isolate,
                context: context.clone(),
                host: options.inspector.is_some().then(|| options.host.clone()),
                hooks: hooks.clone(),
                watch: watch.clone(),
                memory: memory.clone(),
            };
            let _isolate = Inside::new(isolate);
            Inspector::start(inspected, options.inspector.as_deref().unwrap_or_default())
        });
        let coverage = inspector.as_ref().filter(|_| options.coverage).map(|inspector| {
            let _isolate = Inside::new(isolate);
            Coverage::start(inspector)
        });
        Ok(Rc::new(Lane {
            runtime: RefCell::new(Some(runtime)),
            tasks: RefCell::new(LocalSet::new()),
            isolate,
            context,
            entry_points,
            timers,
            host: options.host,
            instance: options.instance,
            waker: LaneWaker::new(options.id, options.signal),
            watch,
            meter,
            memory,
            _memories: wasm::Part::new(options.heap_limit_mib),
            answers,
            after_microtasks,
            rejections,
            hooks,
            coverage: RefCell::new(coverage),
            inspector: RefCell::new(inspector),
            profilers: Profilers::default(),
            depth: Cell::new(0),
            waiting: RefCell::default(),
            is_starting: Cell::new(true),
            verdict: Cell::new(None),
        }))
    }

    /// Calls the entry point `enter` with a call's number and arguments; nested when a turn runs. `None` when the lane was
    /// condemned before or during the call.
    pub fn call(&self, call: u32, args: Vec<Value>) -> Option<Value> {
        let answer = self.turn(|scope, lane| {
            let answer = call_entry_point(scope, &lane.entry_points.enter, call, args)?;
            Some(Value::from_v8(scope, answer))
        });
        self.settle();
        answer.flatten()
    }

    /// Dispatches an event. Its answer, if the worker gave it within the turn; later answers go to the host.
    pub fn dispatch(&self, event: Event) -> Option<Value> {
        if self.depth.get() > 0 {
            self.waiting.borrow_mut().push_back(event);
            return None;
        }
        let id = event.id;
        self.turn(|scope, lane| lane.run(scope, event));
        let answer = self.answers.take(id);
        self.settle();
        answer
    }

    /// Polls what has become ready.
    pub fn poll(&self) {
        if self.depth.get() == 0 && self.verdict.get().is_none() {
            self.turn(|_, _| ());
            self.settle();
        }
    }

    /// Tells the worker of its unhandled rejections.
    pub fn deliver_rejections(&self) {
        if self.depth.get() == 0 && self.verdict.get().is_none() {
            self.turn(|scope, lane| {
                let report = v8::Local::new(scope, &lane.entry_points.reject);
                lane.rejections.deliver(scope, report);
            });
            self.settle();
        }
    }

    /// What has run since the last time, as [`Coverage::take`] has it, if that is counted.
    pub fn take_coverage(&self) -> Option<String> {
        let _isolate = Inside::new(self.isolate);
        Some(self.coverage.borrow().as_ref()?.take())
    }

    /// Does `work` with the inspector, in a turn, as it may run the worker. `None` without one, or when the lane is condemned.
    pub fn inspect<R>(&self, work: impl FnOnce(&Inspector) -> R) -> Option<R> {
        let inspector = self.inspector()?;
        let result = self.turn(|_, _| work(&inspector));
        self.settle();
        result
    }

    /// What debuggers connect to.
    pub fn inspector(&self) -> Option<Rc<Inspector>> {
        self.inspector.borrow().clone()
    }

    /// Does `work` with the profilers and their inspector, in the isolate.
    pub fn with_profilers<R>(&self, work: impl FnOnce(&Profilers, &Rc<Inspector>) -> R) -> R {
        let _isolate = Inside::new(self.isolate);
        let inspector = self.inspector().unwrap_or_else(|| {
            self.profilers.inspector(|| {
                let inspected = Inspected {
                    isolate: self.isolate,
                    context: self.context.clone(),
                    host: None,
                    hooks: self.hooks.clone(),
                    watch: self.watch.clone(),
                    memory: self.memory.clone(),
                };
                Inspector::start(inspected, "")
            })
        });
        let result = work(&self.profilers, &inspector);
        // It may be the last to hold it, and the isolate is to be entered then.
        drop(inspector);
        result
    }

    /// Writes what is on the heap to a file.
    pub fn heap_snapshot(&self, path: &Path) -> io::Result<()> {
        let _isolate = Inside::new(self.isolate);
        // SAFETY: the isolate is alive, and this is its thread.
        profile::heap_snapshot(&mut unsafe { v8::Isolate::from_raw_isolate_ptr(self.isolate) }, path)
    }

    /// Whether a turn runs on this lane right now, further down the stack.
    pub fn is_running(&self) -> bool {
        self.depth.get() > 0
    }

    fn run(&self, scope: &mut v8::PinScope, event: Event) {
        let mut args = event.args;
        args.insert(0, Value::Number(self.instance.clock.now_ms()));
        v8::tc_scope!(let scope, scope);
        // What a request comes to is the worker's to say; an exception of its own makes it no answer.
        if call_entry_point(scope, &self.entry_points.dispatch, event.id, args).is_none() && !self.is_ending() {
            let message = scope.message().map(|message| message.get(scope));
            let reason = message.map(|message| message.to_rust_string_lossy(scope));
            self.answers.fail(event.id, &reason.unwrap_or_default());
        }
    }

    /// Runs the events that waited for a turn, and hands on the answers that no call on this stack waits for.
    fn settle(&self) {
        if self.depth.get() > 0 {
            return;
        }
        loop {
            while let Some(answer) = self.answers.next() {
                self.host.call(
                    host::ANSWERED,
                    vec![Value::Number(f64::from(answer.event)), answer.parts],
                );
            }
            let Some(event) = self.waiting.borrow_mut().pop_front() else {
                break;
            };
            self.turn(|scope, lane| lane.run(scope, event));
        }
        if self.is_starting.get() && self.is_at_rest() {
            self.host.call(host::AT_REST, Vec::new());
        }
    }

    /// The script has started, or failed to.
    pub fn started(&self) {
        self.is_starting.set(false);
    }

    /// Where the script waits for what will never come, unless Node's side still calls the worker.
    pub fn stalled(&self) -> Vec<Place> {
        if self.depth.get() > 0 || !self.is_at_rest() {
            return Vec::new();
        }
        Entered::new(self).scoped(|scope| {
            let graph = JsRuntime::op_state_from(scope).borrow().borrow::<Graph>().clone();
            graph.stalled(scope)
        })
    }

    /// Whether nothing is under way that could call the worker, Node aside.
    fn is_at_rest(&self) -> bool {
        self.verdict.get().is_none()
            && !self.waker.is_woken()
            && !self.after_microtasks.is_waiting()
            && self.timers.is_empty()
            && self.rejections.is_empty()
            && self.is_idle()
    }

    /// Whether upstream's event loop waits for nothing: no op or timer, no compilation of V8's.
    fn is_idle(&self) -> bool {
        let mut runtime = self.runtime.borrow_mut();
        let Some(runtime) = runtime.as_mut() else {
            return false;
        };
        let filter = RuntimeActivityStatsFilter::default().with_ops().with_timers();
        activities(runtime, filter).is_empty() && !runtime.v8_isolate().has_pending_background_tasks()
    }

    /// One turn, or a nested part of one. `None` when the lane is condemned.
    fn turn<R>(&self, work: impl FnOnce(&mut v8::PinScope, &Lane) -> R) -> Option<R> {
        if self.verdict.get().is_some() {
            return None;
        }
        self.instance.clock.turn();
        let entered = Entered::new(self);
        let result = entered.scoped(|scope| {
            self.hooks.resume(scope);
            work(scope, self)
        });
        entered.finish();
        drop(entered);
        self.judge();
        Some(result)
    }

    /// Tells the host when this turn condemned the lane.
    fn judge(&self) {
        if let Some(verdict) = self.verdict.get()
            && self.depth.get() == 0
        {
            self.waiting.borrow_mut().clear();
            self.rejections.clear();
            self.host.call(host::CONDEMNED, vec![verdict.code().into()]);
        }
    }

    /// Whether a guard is ending this turn; what fails then, fails for that.
    fn is_ending(&self) -> bool {
        self.watch.is_over() || self.memory.is_exceeded() || self.answers.has_panicked()
    }

    /// Calls the timer that is due next; whether there is one.
    fn fire_timer(&self, scope: &mut v8::PinScope) -> bool {
        let Some((id, due)) = self.timers.begin() else {
            return false;
        };
        call_entry_point(scope, &self.entry_points.fire, id, vec![Value::Number(due)]);
        self.timers.end(id);
        true
    }

    /// The numbers of what the worker waits for from outside, other than by the clock.
    pub fn pending(&self) -> Vec<i32> {
        let runtime = self.runtime.borrow();
        let Some(runtime) = runtime.as_ref() else {
            return Vec::new();
        };
        let filter = RuntimeActivityStatsFilter::default().with_ops();
        let pending = activities(runtime, filter)
            .into_iter()
            .filter_map(|activity| match activity {
                RuntimeActivity::AsyncOp(id, _, name) if !is_clocked(name) => Some(id),
                _ => None,
            });
        pending.collect()
    }

    /// Polls upstream's event loop and tasks until nothing more is ready.
    fn poll_ready(&self) {
        for _ in 0..POLLS_PER_TURN {
            if self.is_ending() || !self.waker.take() {
                return;
            }
            let waker = self.waker.waker();
            let mut context = Context::from_waker(&waker);
            let _ = Pin::new(&mut *self.tasks.borrow_mut()).poll(&mut context);
            let polled = match self.runtime.borrow_mut().as_mut() {
                Some(runtime) => runtime.poll_event_loop(&mut context, PollEventLoopOptions::default()),
                None => return,
            };
            if let std::task::Poll::Ready(Err(error)) = polled
                && !self.is_ending()
            {
                self.host.call(host::UNCAUGHT, vec![error.to_string().as_str().into()]);
            }
        }
    }
}

/// What upstream's event loop waits for, of the kinds that the filter names.
fn activities(runtime: &JsRuntime, filter: RuntimeActivityStatsFilter) -> Vec<RuntimeActivity> {
    let stats = runtime.runtime_activity_stats_factory();
    stats.capture(&filter).dump().active
}

/// Whether an op waits by the instance's clock.
fn is_clocked(op: &str) -> bool {
    ROOMS.iter().any(|room| room.clocked.contains(&op))
}

/// An isolate of the nursery, or one made here.
fn found_or_made(heap_limit_mib: usize) -> Result<Made, String> {
    if heap_limit_mib <= limits::HEAP_LIMIT_MIB
        && let Some(made) = nursery::take()
    {
        made.memory.limit_to(heap_limit_mib);
        return Ok(made);
    }
    isolate::make(heap_limit_mib, None)
}

/// Calls one of the worker's entry points with a number and the arguments that belong to it.
fn call_entry_point<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entry_point: &v8::Global<v8::Function>,
    number: u32,
    args: Vec<Value>,
) -> Option<v8::Local<'s, v8::Value>> {
    let mut locals = Vec::with_capacity(args.len() + 1);
    locals.push(v8::Integer::new_from_unsigned(scope, number).into());
    for arg in args {
        locals.push(arg.into_v8(scope)?);
    }
    let entry_point = v8::Local::new(scope, entry_point);
    let receiver = v8::undefined(scope).into();
    entry_point.call(scope, receiver, &locals)
}

/// The isolate, entered. The only way in: enters the isolate, the background runtime and the lane's tasks, and arms the
/// watchdog; leaves all of them in reverse order when dropped.
struct Entered<'l> {
    lane: &'l Lane,
    _tasks: tokio::task::LocalEnterGuard,
    _runtime: tokio::runtime::EnterGuard<'static>,
}

impl<'l> Entered<'l> {
    fn new(lane: &'l Lane) -> Entered<'l> {
        let runtime = background::handle().enter();
        let tasks = lane.tasks.borrow().enter();
        // SAFETY: the isolate lives as long as its lane, which is borrowed here, and this is its thread.
        unsafe { v8::Isolate::from_raw_isolate_ptr(lane.isolate).enter() };
        if lane.depth.replace(lane.depth.get() + 1) == 0 {
            lane.waker.start();
            lane.watch.start();
            lane.meter.start();
        }
        Entered {
            lane,
            _tasks: tasks,
            _runtime: runtime,
        }
    }

    fn scoped<R>(&self, work: impl FnOnce(&mut v8::PinScope) -> R) -> R {
        // SAFETY: the isolate is entered.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.lane.isolate) };
        v8::scope_with_context!(scope, &mut isolate, &self.lane.context);
        v8::tc_scope!(let scope, scope);
        work(scope)
    }

    /// Ends the outermost turn: microtasks, then what is ready; writes survive the process before code in Node can
    /// learn of them. The host asks for the rejections later, so that handlers in Node are attached by then.
    fn finish(&self) {
        let lane = self.lane;
        if lane.depth.get() > 1 {
            return;
        }
        for _ in 0..POLLS_PER_TURN {
            self.scoped(|scope| scope.perform_microtask_checkpoint());
            lane.timers.settle();
            lane.poll_ready();
            // A turn that is being ended must not go on: V8 forgets the termination once its outermost call is left.
            if lane.is_ending() {
                lane.instance.stores.undo_turn();
                return;
            }
            if !self.scoped(|scope| lane.after_microtasks.run(scope) || lane.fire_timer(scope)) {
                break;
            }
        }
        if lane.after_microtasks.is_waiting() {
            lane.waker.wake_by_ref();
        }
        lane.instance.stores.flush();
        lane.timers.arm(&lane.waker.waker());
        if lane.rejections.announce() {
            lane.host.call(host::REJECTIONS, Vec::new());
        }
    }

    /// What the guards say about the turn that ends.
    fn verdict(&self) -> Option<Verdict> {
        let lane = self.lane;
        let over_cpu = lane.watch.end();
        let over_heap = lane.memory.take_exceeded();
        let panicked = lane.answers.verdict();
        if over_heap || panicked.is_some() {
            // SAFETY: the isolate is entered.
            unsafe { v8::Isolate::from_raw_isolate_ptr(lane.isolate) }.cancel_terminate_execution();
        }
        panicked
            .or(over_heap.then_some(Verdict::HeapLimit))
            .or(over_cpu.then_some(Verdict::CpuLimit))
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let lane = self.lane;
        if lane.depth.get() == 1 {
            lane.meter.end();
            if let Some(verdict) = self.verdict() {
                lane.verdict.set(Some(verdict));
            }
            lane.waker.rest();
        }
        lane.depth.set(lane.depth.get() - 1);
        // SAFETY: entered by `new`, and guards nest.
        unsafe { v8::Isolate::from_raw_isolate_ptr(lane.isolate).exit() };
    }
}

impl Drop for Lane {
    /// Ends the isolate, entered, as V8 wants it.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.borrow_mut().take() else {
            return;
        };
        let _runtime = background::handle().enter();
        let _tasks = self.tasks.borrow().enter();
        self.waker.start();
        // SAFETY: the isolate is alive and this is its thread; dropping the runtime exits it.
        unsafe { v8::Isolate::from_raw_isolate_ptr(self.isolate).enter() };
        // The inspector ends before the isolate.
        self.profilers.end();
        self.coverage.take();
        self.inspector.take();
        drop(runtime);
    }
}

/// An isolate that is entered outside of turns, for what runs none of its JavaScript.
struct Inside(v8::UnsafeRawIsolatePtr);

impl Inside {
    fn new(isolate: v8::UnsafeRawIsolatePtr) -> Inside {
        // SAFETY: the isolate lives as long as its lane, and this is its thread.
        unsafe { v8::Isolate::from_raw_isolate_ptr(isolate).enter() };
        Inside(isolate)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // SAFETY: entered by `new`, and guards nest.
        unsafe { v8::Isolate::from_raw_isolate_ptr(self.0).exit() };
    }
}
