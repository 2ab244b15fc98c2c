//! The inspector of an isolate: V8's end of the Chrome DevTools Protocol.
//!
//! Node's half has the server and its clients (`src/node/inspector/`). A session here is one client's; its messages go to
//! the host, and come from there, on the lane's thread. A pause is a call of the host that returns once a client resumes
//! the worker: the host waits for messages meanwhile, and sends them on. A worker that runs is interrupted from another
//! thread when a message has come, and asks the host for it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use deno_core::serde_json::{Value as Json, json};
use deno_core::url::Url;
use deno_core::v8;
use deno_core::v8::inspector::{Channel, ChannelImpl, StringBuffer, StringView, V8Inspector, V8InspectorSession};
use deno_core::v8::inspector::{V8InspectorClient, V8InspectorClientImpl, V8InspectorClientTrustLevel};

use crate::protocol::host;
use crate::realm::guard::cpu::Watch;
use crate::realm::guard::heap::Memory;
use crate::realm::host::Host;
use crate::realm::turns::TurnHooks;
use crate::realm::value::{Text, Value};

/// An isolate has one context, so one group of them.
const GROUP: i32 = 1;

/// Debuggers take a context that is not the default one for a script of an extension.
const DEFAULT_CONTEXT: &[u8] = br#"{"isDefault":true,"type":"default"}"#;

type Context = v8::Global<v8::Context>;

/// What the inspector has of its lane.
pub struct Inspected {
    pub isolate: v8::UnsafeRawIsolatePtr,
    pub context: Context,
    /// Answers `PAUSED`, `INTERRUPTED` and `INSPECTED`; there is none if no debugger can connect.
    pub host: Option<Rc<dyn Host>>,
    pub hooks: Rc<TurnHooks>,
    pub watch: Arc<Watch>,
    pub memory: Arc<Memory>,
}

/// The inspector of an isolate. It is dropped before the isolate, which is entered then.
pub struct Inspector {
    sessions: RefCell<BTreeMap<u32, Rc<V8InspectorSession>>>,
    inspector: V8Inspector,
    client: Rc<Client>,
}

impl Inspector {
    /// Starts to inspect an isolate, which is entered. Only scripts that are compiled afterwards are known to it.
    pub fn start(inspected: Inspected, name: &str) -> Rc<Inspector> {
        let client = Rc::new(Client {
            inspected,
            is_paused: Cell::new(false),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        });
        let isolate = client.inspected.isolate;
        // SAFETY: the isolate is entered, and this is its thread.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
        Interrupt::add(&client, isolate.thread_safe_handle());
        let inspector = V8Inspector::create(&mut isolate, V8InspectorClient::new(Box::new(Calls(client.clone()))));
        v8::scope_with_context!(scope, &mut isolate, &client.inspected.context);
        let context = v8::Local::new(scope, &client.inspected.context);
        let name = units(name);
        let about = StringView::from(DEFAULT_CONTEXT);
        inspector.context_created(context, GROUP, StringView::from(&name[..]), about);
        Rc::new(Inspector {
            sessions: RefCell::default(),
            inspector,
            client,
        })
    }

    /// By which [`interrupt`] finds it.
    pub fn number(&self) -> u32 {
        self.client.number
    }

    /// Opens the session of a client, by a number that the host gives it.
    pub fn connect(&self, session: u32) {
        let Some(host) = self.client.inspected.host.clone() else {
            return;
        };
        let send = move |text| {
            host.call(host::INSPECTED, vec![Value::Number(session.into()), Value::Text(text)]);
        };
        let session_of = Rc::new(self.session(Box::new(send)));
        self.sessions.borrow_mut().insert(session, session_of);
        self.client.inspected.memory.inspect(true);
    }

    /// Hands a client's message to its session. The isolate is entered; what the message evaluates runs now.
    pub fn send(&self, session: u32, message: &str) {
        if let Some(session) = self.found(session) {
            dispatch(&session, message);
        }
    }

    /// Closes a session. If it has paused the worker, that goes on.
    pub fn disconnect(&self, session: u32) {
        let Some(found) = self.found(session) else { return };
        // A message of its own may be on the stack, so that the session outlives this call.
        dispatch(&found, r#"{"id":0,"method":"Debugger.disable"}"#);
        let mut sessions = self.sessions.borrow_mut();
        sessions.remove(&session);
        self.client.inspected.memory.inspect(!sessions.is_empty());
    }

    /// Pauses the worker at the next statement that it runs.
    pub fn pause_next(&self, session: u32) {
        if let Some(session) = self.found(session) {
            let reason = StringView::from(&b"Break on start"[..]);
            session.schedule_pause_on_next_statement(reason, StringView::empty());
        }
    }

    /// Whether the worker is paused, further down the stack.
    pub fn is_paused(&self) -> bool {
        self.client.is_paused.get()
    }

    fn found(&self, session: u32) -> Option<Rc<V8InspectorSession>> {
        self.sessions.borrow().get(&session).cloned()
    }

    fn session(&self, send: Box<dyn Fn(Text)>) -> V8InspectorSession {
        let channel = Channel::new(Box::new(Outgoing(send)));
        let trust = V8InspectorClientTrustLevel::FullyTrusted;
        self.inspector.connect(GROUP, channel, StringView::empty(), trust)
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        Interrupt::remove(self.client.number);
        // V8 tells sessions of the end of a context, and debuggers would take that for the end of the worker.
        drop(self.sessions.take());
        // SAFETY: the isolate is entered.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.client.inspected.isolate) };
        v8::scope_with_context!(scope, &mut isolate, &self.client.inspected.context);
        let context = v8::Local::new(scope, &self.client.inspected.context);
        self.inspector.context_destroyed(context);
    }
}

/// A session of this process's own, whose methods V8 answers before they return.
pub struct OwnSession {
    session: V8InspectorSession,
    answer: Rc<RefCell<String>>,
    /// It outlives the session.
    _inspector: Rc<Inspector>,
}

impl OwnSession {
    pub fn open(inspector: &Rc<Inspector>) -> OwnSession {
        let answer = Rc::<RefCell<String>>::default();
        let kept = answer.clone();
        let keep = move |text: Text| {
            kept.replace(text.to_utf8());
        };
        OwnSession {
            session: inspector.session(Box::new(keep)),
            answer,
            _inspector: inspector.clone(),
        }
    }

    /// Calls a method, and returns its answer as JSON. The isolate is entered.
    pub fn ask(&self, method: &str, params: Option<Json>) -> String {
        let message = json!({ "id": 1, "method": method, "params": params });
        dispatch(&self.session, &message.to_string());
        self.answer.take()
    }
}

/// V8 takes text of one byte per unit for something else than UTF-8.
fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn dispatch(session: &V8InspectorSession, message: &str) {
    let message = units(message);
    session.dispatch_protocol_message(StringView::from(&message[..]));
}

/// What V8 calls, and what it needs then.
struct Client {
    inspected: Inspected,
    is_paused: Cell<bool>,
    number: u32,
}

impl Client {
    /// Calls the host. Other isolates may have run meanwhile, so this one's hooks are called again.
    fn call(&self, call: u32) {
        let Some(host) = &self.inspected.host else { return };
        host.call(call, Vec::new());
        // SAFETY: V8 runs this isolate, on its thread.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.inspected.isolate) };
        v8::scope_with_context!(scope, &mut isolate, &self.inspected.context);
        self.inspected.hooks.resume(scope);
    }
}

struct Calls(Rc<Client>);

impl V8InspectorClientImpl for Calls {
    fn run_message_loop_on_pause(&self, _group: i32) {
        let client = &self.0;
        client.is_paused.set(true);
        let _clock = client.inspected.watch.pause();
        client.inspected.memory.pause(true);
        client.call(host::PAUSED);
        client.inspected.memory.pause(false);
        client.is_paused.set(false);
    }

    fn quit_message_loop_on_pause(&self) {
        self.0.is_paused.set(false);
    }

    fn ensure_default_context_in_group(&self, _group: i32) -> Option<v8::Local<'_, v8::Context>> {
        // SAFETY: V8 runs this isolate, on its thread, and has a scope for what it is given.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.0.inspected.isolate) };
        v8::callback_scope!(unsafe scope, &mut isolate);
        let context = v8::Local::new(scope, &self.0.inspected.context);
        // SAFETY: the lane holds the context as long as the inspector.
        Some(unsafe { context.extend_lifetime_unchecked() })
    }

    /// Scripts of files have paths for names; debuggers compare URLs.
    fn resource_name_to_url(&self, name: &StringView) -> Option<v8::UniquePtr<StringBuffer>> {
        let name = name.to_string();
        let path = Path::new(&name);
        let url = path.is_absolute().then(|| Url::from_file_path(path).ok()).flatten()?;
        Some(StringBuffer::create(StringView::from(url.as_str().as_bytes())))
    }
}

/// Takes what V8 says to a client, or to this process.
struct Outgoing(Box<dyn Fn(Text)>);

impl Outgoing {
    fn send(&self, message: v8::UniquePtr<StringBuffer>) {
        let Some(message) = message.as_ref() else { return };
        let message = message.string();
        (self.0)(match (message.characters8(), message.characters16()) {
            (Some(bytes), _) => Text::Latin1(bytes.to_vec()),
            (_, Some(units)) => Text::Utf16(units.to_vec()),
            _ => Text::Latin1(Vec::new()),
        });
    }
}

impl ChannelImpl for Outgoing {
    fn send_response(&self, _id: i32, message: v8::UniquePtr<StringBuffer>) {
        self.send(message);
    }

    fn send_notification(&self, message: v8::UniquePtr<StringBuffer>) {
        self.send(message);
    }

    fn flush_protocol_notifications(&self) {}
}

static NEXT: AtomicU32 = AtomicU32::new(1);
static INTERRUPTS: Mutex<BTreeMap<u32, Arc<Interrupt>>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// Those whose isolates are of this thread.
    static CLIENTS: RefCell<BTreeMap<u32, Weak<Client>>> = const { RefCell::new(BTreeMap::new()) };
}

/// How other threads reach an isolate that runs.
struct Interrupt {
    isolate: v8::IsolateHandle,
    is_requested: AtomicBool,
}

impl Interrupt {
    fn add(client: &Rc<Client>, isolate: v8::IsolateHandle) {
        let is_requested = AtomicBool::new(false);
        let interrupt = Arc::new(Interrupt { isolate, is_requested });
        all().insert(client.number, interrupt);
        CLIENTS.with_borrow_mut(|clients| clients.insert(client.number, Rc::downgrade(client)));
    }

    fn remove(number: u32) {
        all().remove(&number);
        let _ = CLIENTS.try_with(|clients| clients.borrow_mut().remove(&number));
    }
}

fn all() -> std::sync::MutexGuard<'static, BTreeMap<u32, Arc<Interrupt>>> {
    INTERRUPTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has an isolate ask its host for messages as soon as it runs, by the number of its inspector. On any thread.
pub fn interrupt(number: u32) {
    let Some(interrupt) = all().get(&number).cloned() else {
        return;
    };
    if !interrupt.is_requested.swap(true, Ordering::SeqCst) {
        let number = number as usize as *mut c_void;
        interrupt.isolate.request_interrupt(interrupted, number);
    }
}

unsafe extern "C" fn interrupted(_isolate: v8::UnsafeRawIsolatePtr, number: *mut c_void) {
    let number = number as usize as u32;
    if let Some(interrupt) = all().get(&number) {
        interrupt.is_requested.store(false, Ordering::SeqCst);
    }
    let client = CLIENTS.with_borrow(|clients| clients.get(&number).and_then(Weak::upgrade));
    if let Some(client) = client {
        client.call(host::INTERRUPTED);
    }
}
