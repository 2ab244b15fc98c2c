//! Making one isolate: a deno_core runtime from the snapshot, with our limits and callbacks.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{JsRuntime, OpState, RuntimeOptions, v8};
use tokio::task::LocalSet;

use super::after_microtasks::AfterMicrotasks;
use super::answer::Answers;
use super::lazy::{self, Maker};
use super::modules;
use super::rejections::Rejections;
use super::timers::Timers;
use super::{extensions, snapshot, stacks};
use crate::limits;
use crate::realm::background;
use crate::realm::guard::heap::Memory;
use crate::realm::host::{Host, HostHandle};
use crate::realm::instance::Instance;
use crate::realm::turns::TurnHooks;

/// The functions through which the realm is entered.
pub struct EntryPoints {
    /// `(call, ...args)`: a call. See `src/worker/control.ts`.
    pub enter: v8::Global<v8::Function>,
    /// `(id, target, method, url, headers, body, ...)`: a request. See `src/worker/dispatch.ts`.
    pub dispatch: v8::Global<v8::Function>,
    /// `(unhandled, promise, reason)`: an unhandled rejection.
    pub reject: v8::Global<v8::Function>,
    /// `(timer)`: a timer that is due. See `src/web/timers.ts`.
    pub fire: v8::Global<v8::Function>,
}

/// An isolate that has been made and is not entered, with what its lane needs to keep.
pub struct Made {
    pub runtime: JsRuntime,
    pub memory: Arc<Memory>,
    pub answers: Rc<Answers>,
    pub after_microtasks: Rc<AfterMicrotasks>,
    pub rejections: Rc<Rejections>,
    pub hooks: Rc<TurnHooks>,
    pub entry_points: EntryPoints,
}

impl Made {
    /// Gives the isolate its host and its share of the instance, and returns its timers, which go by the instance's clock.
    pub fn belong(&mut self, host: Rc<dyn Host>, instance: &Rc<Instance>) -> Rc<Timers> {
        let timers = Rc::new(Timers::new(instance.clock.clone()));
        let state = self.runtime.op_state();
        let mut state = state.borrow_mut();
        state.put(HostHandle(host));
        state.put(instance.clock.clone());
        state.put(timers.clone());
        state.put(instance.clone());
        timers
    }

    /// Ends an unused isolate, on the thread that it was made for.
    pub fn end(self) {
        let Made { mut runtime, .. } = self;
        let _runtime = background::handle().enter();
        // SAFETY: the isolate is alive and not entered; dropping the runtime exits it.
        unsafe { runtime.v8_isolate().enter() };
        drop(runtime);
    }
}

/// Makes an isolate, over `natives` if the thread that will use it is another one.
pub fn make(heap_limit_mib: usize, natives: Option<v8::UniqueRef<v8::cppgc::Heap>>) -> Result<Made, String> {
    let _runtime = background::handle().enter();
    let tasks = LocalSet::new();
    let _tasks = tasks.enter();
    let memory = Memory::new(heap_limit_mib);
    let is_ahead = natives.is_some();
    let mut runtime = start(&memory, natives)?;
    let (answers, after_microtasks, hooks) = {
        let state = runtime.op_state();
        let state = state.borrow();
        (
            found::<Answers>(&state),
            found::<AfterMicrotasks>(&state),
            found::<TurnHooks>(&state),
        )
    };
    let isolate = runtime.v8_isolate();
    memory.watch(isolate);
    let rejections = Rejections::watch(isolate);
    isolate.set_allow_atomics_wait(false);
    modules::install(isolate);
    stacks::install(isolate);
    let (entry_points, maker) = boot(&mut runtime)?;
    runtime.op_state().borrow_mut().put(maker);
    if is_ahead {
        lazy::preload(&mut runtime);
    }
    // SAFETY: the isolate was entered by its creation, and by nothing since.
    unsafe { runtime.v8_isolate().exit() };
    Ok(Made {
        runtime,
        memory,
        answers,
        after_microtasks,
        rejections,
        hooks,
        entry_points,
    })
}

/// What the extensions have put into the state of the ops.
fn found<T: 'static>(state: &OpState) -> Rc<T> {
    state.borrow::<Rc<T>>().clone()
}

const DAMAGED: &str =
    "the start-up snapshot is damaged; reinstall the package, or delete it and run `npm run build` in a clone";

/// Does `work` in an isolate that is there for nothing else.
pub fn entered<R>(work: impl FnOnce(&mut JsRuntime) -> Result<R, String>) -> Result<R, String> {
    let tasks = LocalSet::new();
    let Made { mut runtime, .. } = make(limits::HEAP_LIMIT_MIB, None)?;
    let _runtime = background::handle().enter();
    // Scripts may begin what only an event loop ends.
    let _tasks = tasks.enter();
    // SAFETY: the isolate is alive and not entered; dropping the runtime exits it.
    unsafe { runtime.v8_isolate().enter() };
    work(&mut runtime)
}

fn start(memory: &Arc<Memory>, natives: Option<v8::UniqueRef<v8::cppgc::Heap>>) -> Result<JsRuntime, String> {
    let mut params = memory.params();
    if let Some(natives) = natives {
        params = params.cpp_heap(natives);
    }
    let heap = snapshot::get().ok_or(DAMAGED)?;
    let options = RuntimeOptions {
        extensions: extensions::loaded(),
        startup_snapshot: Some(heap),
        skip_op_registration: true,
        create_params: Some(params),
        ..Default::default()
    };
    JsRuntime::try_new(options).map_err(|error| error.to_string())
}

/// Finishes the boot that the snapshot left off, and takes the entry points out of the realm.
fn boot(runtime: &mut JsRuntime) -> Result<(EntryPoints, Maker), String> {
    deno_core::scope!(scope, runtime);
    let entry_points = call_boot(scope).ok_or("the boot script returned no entry points")?;
    scope.get_current_context().set_allow_generation_from_strings(false);
    let entry_point = |index| {
        let function = entry_points
            .get_index(scope, index)
            .and_then(|entry_point| entry_point.try_cast::<v8::Function>().ok());
        function
            .map(|function| v8::Global::new(scope, function))
            .ok_or(format!("the boot script returned no entry point {index}"))
    };
    let maker = Maker(entry_point(4)?);
    let entry_points = EntryPoints {
        enter: entry_point(0)?,
        dispatch: entry_point(1)?,
        reject: entry_point(2)?,
        fire: entry_point(3)?,
    };
    Ok((entry_points, maker))
}

fn call_boot<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Array>> {
    let global = scope.get_current_context().global(scope);
    let name = v8::String::new(scope, "__boot")?;
    let boot = global.get(scope, name.into())?;
    let boot: v8::Local<v8::Function> = boot.try_cast().ok()?;
    let is_start = v8::Boolean::new(scope, true).into();
    boot.call(scope, global.into(), &[is_start])?.try_cast().ok()
}
