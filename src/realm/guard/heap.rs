//! The memory limit: a worker's heap and its buffers together stay under it, or the worker is stopped.
//!
//! V8 ends the process when it runs out of heap, so it is given room far beyond the limit and the limit is enforced
//! here: buffers by the allocator, which refuses what would go over; the heap after each collection, when what is left
//! is alive. A scavenge that finds the heap over the limit asks for a full collection, since it may be garbage.

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use deno_core::v8;

use crate::limits;
use crate::pages;

const MIB: usize = 1 << 20;

/// V8 asks again after each of its three collections before it gives up on a buffer.
const ATTEMPTS: usize = 4;

/// One isolate's memory account.
pub struct Memory {
    limit: AtomicUsize,
    heap: AtomicUsize,
    buffers: AtomicUsize,
    refusals: AtomicUsize,
    /// Addresses of the large buffers on the account. One that is handed over to Node leaves it before it is freed.
    large: Mutex<HashSet<usize>>,
    exceeded: AtomicBool,
    /// Whether a debugger has paused the worker, and how much the objects that debuggers hold may take.
    paused: AtomicBool,
    extra: AtomicUsize,
    isolate: Mutex<Option<v8::IsolateHandle>>,
}

impl Memory {
    pub fn new(limit_mib: usize) -> Arc<Memory> {
        Arc::new(Memory {
            limit: AtomicUsize::new(limit_mib * MIB),
            heap: AtomicUsize::new(0),
            buffers: AtomicUsize::new(0),
            refusals: AtomicUsize::new(0),
            large: Mutex::default(),
            exceeded: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            extra: AtomicUsize::new(0),
            isolate: Mutex::new(None),
        })
    }

    /// Parameters of an isolate that keeps this account.
    pub fn params(self: &Arc<Self>) -> v8::CreateParams {
        // SAFETY: the handle is an `Arc` whose count `drop_handle` gives back.
        let allocator = unsafe { v8::new_rust_allocator(Arc::into_raw(self.clone()), &VTABLE) };
        v8::CreateParams::default()
            .heap_limits(0, self.limit() + limits::HEAP_HEADROOM_MIB * MIB)
            .array_buffer_allocator(allocator.make_shared())
    }

    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed) + self.extra.load(Ordering::Relaxed)
    }

    /// A paused worker is never stopped: what is allocated then is the debugger's.
    pub fn pause(&self, is: bool) {
        self.paused.store(is, Ordering::SeqCst);
    }

    /// Whether debuggers are connected, which hold objects of the worker's.
    pub fn inspect(&self, is: bool) {
        let extra = if is { limits::INSPECTOR_HEADROOM_MIB * MIB } else { 0 };
        self.extra.store(extra, Ordering::Relaxed);
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::SeqCst)
    }

    /// Changes the limit to one that is not above the one V8 knows.
    pub fn limit_to(&self, limit_mib: usize) {
        self.limit.store(limit_mib * MIB, Ordering::Relaxed);
    }

    /// Starts to watch the isolate that was made with [`Memory::params`].
    pub fn watch(self: &Arc<Self>, isolate: &mut v8::OwnedIsolate) {
        if let Ok(mut slot) = self.isolate.lock() {
            *slot = Some(isolate.thread_safe_handle());
        }
        isolate.set_slot(self.clone());
        let data = Arc::as_ptr(self).cast_mut().cast::<c_void>();
        isolate.add_gc_epilogue_callback(after_collection, data, v8::GCType::kGCTypeAll);
        isolate.add_near_heap_limit_callback(near_heap_limit, data);
    }

    /// Whether the limit was exceeded since this was asked last.
    pub fn take_exceeded(&self) -> bool {
        self.exceeded.swap(false, Ordering::SeqCst)
    }

    /// Whether the limit was exceeded since the last call of `take_exceeded`.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        if self.is_paused() {
            return;
        }
        self.exceeded.store(true, Ordering::SeqCst);
        self.with_isolate(v8::IsolateHandle::terminate_execution);
    }

    fn with_isolate(&self, act: impl FnOnce(&v8::IsolateHandle) -> bool) {
        if let Ok(isolate) = self.isolate.lock()
            && let Some(isolate) = isolate.as_ref()
        {
            act(isolate);
        }
    }

    /// Reserves a buffer's bytes; false when that would exceed the limit.
    fn reserve(&self, length: usize) -> bool {
        let taken = self.buffers.fetch_add(length, Ordering::SeqCst) + length;
        if taken + self.heap.load(Ordering::Relaxed) <= self.limit() || self.is_paused() {
            self.refusals.store(0, Ordering::Relaxed);
            return true;
        }
        self.buffers.fetch_sub(length, Ordering::SeqCst);
        if self.refusals.fetch_add(1, Ordering::Relaxed) + 1 >= ATTEMPTS {
            self.stop();
        }
        false
    }

    fn release(&self, address: usize, length: usize) {
        if length < limits::HAND_OVER_BYTES || self.forget_large(address) {
            self.buffers.fetch_sub(length, Ordering::SeqCst);
        }
    }

    fn remember_large(&self, address: usize) {
        if let Ok(mut large) = self.large.lock() {
            large.insert(address);
        }
    }

    fn forget_large(&self, address: usize) -> bool {
        self.large.lock().is_ok_and(|mut large| large.remove(&address))
    }
}

/// Takes a large buffer's bytes off the worker's account, because Node owns it from now on.
pub fn hand_over(scope: &mut v8::PinScope, store: &v8::BackingStore) {
    let Some(memory) = scope.get_slot::<Arc<Memory>>() else {
        return;
    };
    if let Some(data) = store.data()
        && memory.forget_large(data.as_ptr() as usize)
    {
        memory.buffers.fetch_sub(store.byte_length(), Ordering::SeqCst);
    }
}

static VTABLE: v8::RustAllocatorVtable<Memory> = v8::RustAllocatorVtable {
    allocate,
    allocate_uninitialized,
    free,
    drop: drop_handle,
};

unsafe extern "C" fn allocate(memory: &Memory, length: usize) -> *mut c_void {
    // SAFETY: calloc has no preconditions.
    reserved(memory, length, true, || unsafe { libc::calloc(1, length) })
}

unsafe extern "C" fn allocate_uninitialized(memory: &Memory, length: usize) -> *mut c_void {
    // SAFETY: malloc has no preconditions; V8 asks for this only where it fills the buffer itself.
    reserved(memory, length, false, || unsafe { libc::malloc(length) })
}

fn reserved(memory: &Memory, length: usize, zeroed: bool, small: impl FnOnce() -> *mut c_void) -> *mut c_void {
    if !memory.reserve(length) {
        return null_mut();
    }
    let data = if pages::is_large(length) {
        pages::take(length, zeroed).cast()
    } else {
        small()
    };
    if data.is_null() {
        memory.buffers.fetch_sub(length, Ordering::SeqCst);
    } else if length >= limits::HAND_OVER_BYTES {
        memory.remember_large(data as usize);
    }
    data
}

unsafe extern "C" fn free(memory: &Memory, data: *mut c_void, length: usize) {
    memory.release(data as usize, length);
    // SAFETY: V8 frees what `allocate` gave it, once, with its length.
    unsafe {
        if pages::is_large(length) {
            pages::give_back(data.cast(), length);
        } else {
            libc::free(data);
        }
    }
}

unsafe extern "C" fn drop_handle(memory: *const Memory) {
    // SAFETY: gives back the count taken in `Memory::params`.
    drop(unsafe { Arc::from_raw(memory) });
}

thread_local! {
    /// Keeps the full collection that a scavenge asked for from asking again.
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" fn after_collection(
    isolate: v8::UnsafeRawIsolatePtr,
    kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: the account outlives its isolate (the allocator holds it).
    let memory = unsafe { &*data.cast::<Memory>() };
    // SAFETY: V8 hands the isolate whose collection ended, on its own thread.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    let used = isolate.get_heap_statistics().used_heap_size();
    memory.heap.store(used, Ordering::Relaxed);
    if used + memory.buffers.load(Ordering::Relaxed) <= memory.limit() {
        return;
    }
    if kind == v8::GCType::kGCTypeMarkSweepCompact {
        memory.stop();
    } else if !COLLECTING.get() {
        memory.with_isolate(|isolate| isolate.request_interrupt(collect_all, data));
    }
}

unsafe extern "C" fn collect_all(isolate: v8::UnsafeRawIsolatePtr, _data: *mut c_void) {
    // SAFETY: an interrupt runs on the isolate's own thread while it is entered.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    COLLECTING.set(true);
    isolate.low_memory_notification();
    COLLECTING.set(false);
}

unsafe extern "C" fn near_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: as in `after_collection`.
    unsafe { &*data.cast::<Memory>() }.stop();
    current + limits::HEAP_HEADROOM_MIB * MIB
}
