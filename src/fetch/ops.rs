//! The ops of outbound fetch: open a request, send it, and make the client that sends.

use std::cell::RefCell;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use deno_core::convert::{ByteString, Uint8Array};
use deno_core::{CancelFuture, CancelHandle, OpState, RcRef, ResourceId, ToV8, op2};
use deno_error::JsErrorBox;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::response::Parts;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Empty, Full};
use hyper::ext::ReasonPhrase;
use tokio::sync::{mpsc, oneshot};

use super::client::{Client, Outbound, Outgoing};
use super::exchange::{self, Arrived, Arriving, Progress, announced};
use super::resources::{Exchange, ResponseBody, Task, written};
use super::settings::{Proxies, Settings};
use crate::protocol::body::{NONE, STREAM};
use crate::realm::background;
use crate::realm::header_text;
use crate::realm::instance::Instance;

/// Methods of which a body is expected, so that its absence is said.
const EXPECTING: [&str; 3] = ["POST", "PUT", "PATCH"];

/// Headers of one connection, which are not a request's to set.
const OF_THE_CONNECTION: [&str; 6] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Gives the worker its client: `authorities` is PEM, `proxies` are lines in the order of [`Proxies`].
#[op2(fast)]
pub fn op_outbound_configure(
    state: &mut OpState,
    #[string] authorities: String,
    verify: bool,
    #[string] proxies: &str,
    silence_ms: f64,
) -> Result<(), JsErrorBox> {
    let mut lines = proxies.split('\n').map(String::from);
    let mut line = || lines.next().unwrap_or_default();
    let settings = Settings {
        authorities,
        verify,
        proxies: Proxies {
            all: line(),
            http: line(),
            https: line(),
            no: line(),
        },
        silence: Duration::try_from_secs_f64(silence_ms / 1000.0).unwrap_or(Duration::MAX),
    };
    let client = state.borrow::<Rc<Instance>>().part::<Outbound>().client(settings);
    state.put(client.map_err(|error| JsErrorBox::generic(error.to_string()))?);
    Ok(())
}

/// Opens a request and starts it. `headers` is `name\nvalue\n...`, `kind` says what the body is, `length` how long a
/// stream will be, negative when it is unknown.
#[op2(fast)]
#[smi]
pub fn op_outbound_open(
    state: &mut OpState,
    #[string] method: &str,
    #[string] url: &str,
    #[string(onebyte)] headers: std::borrow::Cow<[u8]>,
    #[smi] kind: u32,
    #[buffer] bytes: &[u8],
    length: f64,
) -> Result<ResourceId, JsErrorBox> {
    let client = state.try_borrow::<Client>().cloned();
    let client = client.ok_or_else(|| JsErrorBox::generic("the worker has no client"))?;
    let length = match kind {
        STREAM => (length >= 0.0).then_some(length as u64),
        _ => Some(bytes.len() as u64),
    };
    let headers = headers_of(&headers, method, kind, length)?;
    let (body, sender) = body_of(kind, bytes, announced(&headers));
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_str(method).map_err(unsendable)?;
    *request.uri_mut() = Uri::from_str(url).map_err(|error| {
        let length = url.len();
        unsendable(format!("a URL of {length} characters cannot be sent: {error}"))
    })?;
    *request.headers_mut() = headers;
    let (reply, replied) = oneshot::channel();
    let progress = Progress::default();
    let running = exchange::run(client, request, progress.clone(), reply);
    let task = background::handle().spawn(running).abort_handle();
    Ok(state.resource_table.add(Exchange {
        reply: RefCell::new(Some(replied)),
        task: RefCell::new(Some(Rc::new(Task(task)))),
        body: RefCell::new(sender),
        progress,
        cancel: CancelHandle::default(),
    }))
}

type Chunks = mpsc::Sender<Option<Bytes>>;

fn body_of(kind: u32, bytes: &[u8], announced: Option<u64>) -> (Outgoing, Option<Chunks>) {
    match kind {
        NONE => (Empty::new().map_err(|never| match never {}).boxed_unsync(), None),
        STREAM => {
            let (sender, receiver) = mpsc::channel(1);
            (written(receiver, announced), Some(sender))
        }
        _ => {
            let whole = Full::new(Bytes::copy_from_slice(bytes));
            (whole.map_err(|never| match never {}).boxed_unsync(), None)
        }
    }
}

fn headers_of(text: &[u8], method: &str, kind: u32, length: Option<u64>) -> Result<HeaderMap, JsErrorBox> {
    let mut headers = HeaderMap::new();
    for (name, value) in header_text::latin1_pairs(text) {
        let name = HeaderName::from_bytes(name).map_err(unsendable)?;
        if !OF_THE_CONNECTION.contains(&name.as_str()) {
            headers.append(name, HeaderValue::from_bytes(value).map_err(unsendable)?);
        }
    }
    match length {
        Some(0) if kind != STREAM && !EXPECTING.contains(&method) => drop(headers.remove(CONTENT_LENGTH)),
        Some(length) => drop(headers.insert(CONTENT_LENGTH, HeaderValue::from(length))),
        // The length of a stream may be what the headers say, unless they say that there is none.
        None if announced(&headers) == Some(0) => drop(headers.remove(CONTENT_LENGTH)),
        None => (),
    }
    Ok(headers)
}

fn unsendable(error: impl std::fmt::Display) -> JsErrorBox {
    JsErrorBox::type_error(error.to_string())
}

/// A response. Its body is whole, or a resource to read.
#[derive(ToV8)]
pub struct Answer {
    status: u16,
    status_text: ByteString,
    headers: ByteString,
    body: Option<Uint8Array>,
    body_rid: Option<ResourceId>,
}

/// Waits for the response to a request.
///
/// @returns {import("./fetch/network.ts").ArrivedAnswer}
#[op2]
pub async fn op_outbound_answer(state: Rc<RefCell<OpState>>, #[smi] rid: ResourceId) -> Result<Answer, JsErrorBox> {
    let exchange = state.borrow().resource_table.get::<Exchange>(rid);
    let exchange = exchange.map_err(JsErrorBox::from_err)?;
    let reply = exchange.reply.borrow_mut().take();
    let reply = reply.ok_or_else(|| JsErrorBox::generic("a response is waited for once"))?;
    let cancel = RcRef::map(&exchange, |exchange| &exchange.cancel);
    let arrived = match reply.or_cancel(cancel).await {
        Ok(Ok(Ok(arrived))) => arrived,
        Ok(Ok(Err(failure))) => return Err(failure.into_js()),
        _ => return Err(JsErrorBox::generic("the request was called off")),
    };
    let task = exchange.task.borrow_mut().take();
    Ok(answer(&mut state.borrow_mut(), arrived, task))
}

fn answer(state: &mut OpState, Arrived { head, body }: Arrived, task: Option<Rc<Task>>) -> Answer {
    let (body, body_rid) = match body {
        Arriving::Whole(bytes) => (Some(Uint8Array(bytes.into())), None),
        Arriving::Chunks { chunks, length } => {
            let body = ResponseBody::new(chunks, length, task);
            (None, Some(state.resource_table.add(body)))
        }
    };
    Answer {
        status: head.status.as_u16(),
        status_text: status_text(&head).into(),
        headers: header_text::latin1_of(&head.headers).into(),
        body,
        body_rid,
    }
}

/// The words of the server's own, where its protocol has them.
fn status_text(head: &Parts) -> Vec<u8> {
    match head.extensions.get::<ReasonPhrase>() {
        Some(reason) => reason.as_bytes().to_vec(),
        None => head.status.canonical_reason().unwrap_or_default().into(),
    }
}
