//! The ops of a worker's sockets to servers: open one, and pass messages in both directions.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::convert::{ByteString, Uint8Array};
use deno_core::{CancelFuture, OpState, RcRef, ResourceId, ToV8, op2, v8};
use deno_error::JsErrorBox;
use tokio::sync::oneshot;

use super::connect::{self, Connected};
use super::handshake::{Agreement, Ask};
use super::mailbox::{ABNORMAL, Full, Received};
use super::socket::Socket;
use super::writer::Say;
use crate::network::answer::Answer;
use crate::network::ops::client_of;
use crate::realm::background;

/// Starts to connect. `headers` is `name\nvalue\n...`, `protocols` are the subprotocols as their header names them, empty for
/// none. Closing the resource calls it off.
#[op2(fast)]
#[smi]
pub fn op_websocket_open(
    state: &mut OpState,
    #[string] url: &str,
    #[string(onebyte)] headers: std::borrow::Cow<[u8]>,
    #[string] protocols: &str,
) -> Result<ResourceId, JsErrorBox> {
    let client = client_of(state)?;
    let ask = Ask::new(url, &headers, protocols).map_err(JsErrorBox::type_error)?;
    let (reply, replied) = oneshot::channel();
    let task = background::handle().spawn(connect::run(client, ask, reply));
    Ok(state.resource_table.add(Socket::new(replied, task.abort_handle())))
}

/// An open connection, or the response of a server that does not upgrade, as `fetch` has it.
#[derive(ToV8)]
pub struct Handshake {
    open: bool,
    protocol: String,
    extensions: String,
    status: u16,
    status_text: ByteString,
    headers: ByteString,
    body: Option<Uint8Array>,
    body_rid: Option<ResourceId>,
}

impl Handshake {
    fn new(open: bool, agreement: Agreement, answer: Answer) -> Handshake {
        Handshake {
            open,
            protocol: agreement.protocol,
            extensions: agreement.extensions,
            status: answer.status,
            status_text: answer.status_text,
            headers: answer.headers,
            body: answer.body,
            body_rid: answer.body_rid,
        }
    }
}

/// Waits until a socket is open, or the server has answered otherwise.
#[op2]
pub async fn op_websocket_connect(
    state: Rc<RefCell<OpState>>,
    #[smi] rid: ResourceId,
) -> Result<Handshake, JsErrorBox> {
    let socket = socket_of(&state.borrow(), rid)?;
    let reply = socket.take_reply();
    let reply = reply.ok_or_else(|| JsErrorBox::generic("a connection is waited for once"))?;
    let cancel = RcRef::map(&socket, |socket| &socket.cancel);
    match reply.or_cancel(cancel).await {
        Ok(Ok(Ok(Connected::Open {
            head,
            agreement,
            mailbox,
        }))) => {
            socket.open(mailbox);
            Ok(Handshake::new(true, agreement, Answer::bare(&head)))
        }
        Ok(Ok(Ok(Connected::Plain(arrived)))) => {
            let answer = Answer::new(&mut state.borrow_mut(), arrived, socket.take_task());
            Ok(Handshake::new(false, Agreement::default(), answer))
        }
        Ok(Ok(Err(failure))) => Err(failure.into_js()),
        _ => Err(JsErrorBox::generic("the connection was called off")),
    }
}

/// What a worker gets of its socket: a string, a `Uint8Array`, `{ error }`, or `{ close: [code, reason] }` at last.
pub struct Message(Received);

/// Waits for what comes next. It is not there on the spot even if it has arrived: each message is an event of its own.
#[op2(async(lazy), fast)]
pub async fn op_websocket_next(state: Rc<RefCell<OpState>>, #[smi] rid: ResourceId) -> Result<Message, JsErrorBox> {
    let socket = socket_of(&state.borrow(), rid)?;
    let inbox = socket.take_inbox();
    let mut inbox = inbox.ok_or_else(|| JsErrorBox::generic("the socket is not open, or waited for already"))?;
    let cancel = RcRef::map(&socket, |socket| &socket.cancel);
    match inbox.next().or_cancel(cancel).await {
        Ok(received) => {
            socket.put_inbox(inbox);
            let received = received.unwrap_or(Received::Closed(ABNORMAL, String::new()));
            Ok(Message(received))
        }
        Err(_) => Err(JsErrorBox::generic("the socket was closed")),
    }
}

/// Queues a text, and returns the bytes that wait then.
#[op2(fast)]
#[number]
pub fn op_websocket_send_text(
    state: &mut OpState,
    #[smi] rid: ResourceId,
    #[string] text: String,
) -> Result<usize, JsErrorBox> {
    send(state, rid, Say::Text(text.into_bytes()))
}

/// Queues bytes, and returns how many wait then.
#[op2(fast)]
#[number]
pub fn op_websocket_send_binary(
    state: &mut OpState,
    #[smi] rid: ResourceId,
    #[buffer] bytes: &[u8],
) -> Result<usize, JsErrorBox> {
    send(state, rid, Say::Binary(bytes.to_vec()))
}

fn send(state: &OpState, rid: ResourceId, message: Say) -> Result<usize, JsErrorBox> {
    let sent = socket_of(state, rid)?.with_outbox(|outbox| outbox.send(message));
    sent.unwrap_or(Ok(0))
        .map_err(|full: Full| JsErrorBox::generic(full.to_string()))
}

/// The bytes that wait to be sent.
#[op2(fast)]
#[number]
pub fn op_websocket_buffered(state: &mut OpState, #[smi] rid: ResourceId) -> Result<usize, JsErrorBox> {
    let waiting = socket_of(state, rid)?.with_outbox(|outbox| outbox.waiting());
    Ok(waiting.unwrap_or_default())
}

/// Queues a close frame; its code is 0 for a frame without one. With the code that no frame has, the connection is dropped.
#[op2(fast)]
pub fn op_websocket_close(
    state: &mut OpState,
    #[smi] rid: ResourceId,
    #[smi] code: u16,
    #[string] reason: String,
) -> Result<(), JsErrorBox> {
    let socket = socket_of(state, rid)?;
    if code == ABNORMAL {
        socket.abandon();
        return Ok(());
    }
    let close = (code != 0).then_some((code, reason));
    socket.with_outbox(|outbox| outbox.close(close));
    Ok(())
}

fn socket_of(state: &OpState, rid: ResourceId) -> Result<Rc<Socket>, JsErrorBox> {
    state.resource_table.get::<Socket>(rid).map_err(JsErrorBox::from_err)
}

impl<'a> ToV8<'a> for Message {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'a, 'i>) -> Result<v8::Local<'a, v8::Value>, JsErrorBox> {
        match self.0 {
            Received::Text(text) => Ok(string(scope, &text)?.into()),
            Received::Binary(bytes) => Uint8Array(bytes.into()).to_v8(scope),
            Received::Failed(reason) => {
                let reason = string(scope, &reason)?;
                object(scope, "error", reason.into())
            }
            Received::Closed(code, reason) => {
                let code = v8::Integer::new_from_unsigned(scope, code.into());
                let reason = string(scope, &reason)?;
                let close = v8::Array::new_with_elements(scope, &[code.into(), reason.into()]);
                object(scope, "close", close.into())
            }
        }
    }
}

fn string<'a>(scope: &mut v8::PinScope<'a, '_>, text: &str) -> Result<v8::Local<'a, v8::String>, JsErrorBox> {
    v8::String::new(scope, text).ok_or_else(|| JsErrorBox::new("RangeError", "the text is longer than a string may be"))
}

/// An object with one property.
fn object<'a>(
    scope: &mut v8::PinScope<'a, '_>,
    name: &str,
    value: v8::Local<'a, v8::Value>,
) -> Result<v8::Local<'a, v8::Value>, JsErrorBox> {
    let name = string(scope, name)?;
    let null = v8::null(scope);
    let names = [v8::Local::<v8::Name>::from(name)];
    Ok(v8::Object::with_prototype_and_properties(scope, null.into(), &names, &[value]).into())
}
