//! From a request to an open connection: connecting, the handshake, and then the connection itself, all in one task of the
//! background thread. A server that does not upgrade gives a response like any other.

use std::io;

use bytes::Bytes;
use http::header::CONNECTION;
use http::response::Parts;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tower_service::Service;

use super::connection;
use super::handshake::{Agreement, Ask, Expected};
use super::limits;
use super::mailbox::{self, Mailbox};
use crate::network::client::Client;
use crate::network::exchange::{self, Arrived};
use crate::network::failure::{BoxError, Failure};
use crate::network::resources::Task;

/// What a request has come to.
pub enum Connected {
    /// A connection, with the head of the answer that opened it.
    Open {
        head: Parts,
        agreement: Agreement,
        mailbox: Mailbox,
    },
    /// A response of a server that does not upgrade.
    Plain(Arrived),
}

/// How the worker learns of it.
pub type Reply = oneshot::Sender<Result<Connected, Failure>>;

pub async fn run(client: Client, ask: Ask, reply: Reply) {
    let (target, request, expected) = ask.into_parts();
    let silence = client.settings.silence;
    let (response, _driving) = match timeout(silence, send(&client, request, &target)).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(failure)) => return drop(reply.send(Err(failure))),
        Err(_) => return drop(reply.send(Err(Failure::headers_timeout(&target)))),
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let (arrived, arriving) = oneshot::channel::<Result<Arrived, Failure>>();
        let pass_on = async {
            if let Ok(result) = arriving.await {
                let _ = reply.send(result.map(Connected::Plain));
            }
        };
        futures::join!(exchange::receive(response, &target, silence, arrived), pass_on);
        return;
    }
    match upgrade(response, &expected, &target).await {
        Ok((head, agreement, stream)) => drive(head, agreement, stream, reply, &target).await,
        Err(failure) => drop(reply.send(Err(failure))),
    }
}

/// Sends the request on a connection of its own, which is driven as long as the task lives.
async fn send(
    client: &Client,
    request: Request<Empty<Bytes>>,
    target: &Uri,
) -> Result<(Response<Incoming>, Task), Failure> {
    let connecting = client.upgrading_connector().call(target.clone());
    let stream = connecting
        .await
        .map_err(|error: BoxError| Failure::of(&*error, target))?;
    let failure = |error: hyper::Error| Failure::of(&error, target);
    let (mut sender, driving) = client.http1().handshake(stream).await.map_err(failure)?;
    let driving = Task(Handle::current().spawn(driving.with_upgrades()).abort_handle());
    Ok((sender.send_request(request).await.map_err(failure)?, driving))
}

async fn upgrade(
    mut response: Response<Incoming>,
    expected: &Expected,
    target: &Uri,
) -> Result<(Parts, Agreement, Upgraded), Failure> {
    let agreement = expected.check(response.headers()).map_err(|reason| {
        let reason = format!("the server's answer to the WebSocket handshake has an {reason}");
        Failure::new(target, "ERR_WEBSOCKET_HANDSHAKE", reason)
    })?;
    let upgraded = hyper::upgrade::on(&mut response).await;
    let upgraded = upgraded.map_err(|error| Failure::of(&error, target))?;
    let (mut head, _) = response.into_parts();
    // As Miniflare 2: it is about the connection, which is not the worker's any more.
    head.headers.remove(CONNECTION);
    Ok((head, agreement, upgraded))
}

/// Hands a connection over, and drives it to its end.
async fn drive(head: Parts, agreement: Agreement, stream: Upgraded, reply: Reply, target: &Uri) {
    let (mailbox, line) = mailbox::pair();
    let deflate = agreement.deflate;
    let connected = Connected::Open {
        head,
        agreement,
        mailbox,
    };
    if reply.send(Ok(connected)).is_err() {
        return;
    }
    let explain = |error: &io::Error| Failure::of(error, target).message().to_string();
    connection::run(TokioIo::new(stream), deflate, line, limits::CLOSE_TIMEOUT, explain).await;
}
