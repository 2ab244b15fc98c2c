//! One request and its response, driven by the background thread.
//!
//! The lane starts it and gets the head of the response, with the body when that is short and there already: the usual
//! answer crosses the threads once. A longer body follows through a channel that holds a few chunks, so that a worker that
//! reads slowly slows the server down.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::ready;
use futures::poll;
use futures::{StreamExt, TryStreamExt};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Request, Response, Uri, Version, response::Parts};
use http_body_util::BodyDataStream;
use hyper::body::Incoming;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::client::{Client, Outgoing};
use super::decode::{Chunks, decode};
use super::failure::{BoxError, Failure, is_reset};
use super::limits;

/// A response as it arrives at the lane.
pub struct Arrived {
    pub head: Parts,
    pub body: Arriving,
}

pub enum Arriving {
    Whole(Vec<u8>),
    Chunks {
        chunks: mpsc::Receiver<Result<Bytes, Failure>>,
        /// As the server announces it, where that is what will be read.
        length: Option<u64>,
    },
}

/// Counts the chunks that a connection has taken, so that a long upload is not taken for silence.
pub type Progress = Arc<AtomicUsize>;

pub async fn run(
    client: Client,
    request: Request<Outgoing>,
    progress: Progress,
    reply: oneshot::Sender<Result<Arrived, Failure>>,
) {
    let uri = request.uri().clone();
    let silence = client.settings.silence;
    match head(&client, request, &uri, &progress, silence).await {
        Ok(response) => receive(response, &uri, silence, reply).await,
        Err(failure) => drop(reply.send(Err(failure))),
    }
}

async fn head(
    client: &Client,
    request: Request<Outgoing>,
    uri: &Uri,
    progress: &Progress,
    silence: Duration,
) -> Result<Response<Incoming>, Failure> {
    let mut sending = std::pin::pin!(client.send(request));
    loop {
        let before = progress.load(Ordering::Relaxed);
        match timeout(silence, &mut sending).await {
            Ok(answered) => return answered.map_err(|error| Failure::of(&error, uri)),
            Err(_) if progress.load(Ordering::Relaxed) != before => (),
            Err(_) => return Err(Failure::headers_timeout(uri)),
        }
    }
}

/// Reads a response whose head is there.
pub async fn receive(
    response: Response<Incoming>,
    uri: &Uri,
    silence: Duration,
    reply: oneshot::Sender<Result<Arrived, Failure>>,
) {
    let (head, body) = response.into_parts();
    let (mut chunks, decoded) = decode(&head.headers, chunks_of(&head, body));
    let (first, rest) = gather(&mut chunks, uri).await;
    if let Rest::Ended = rest {
        let body = Arriving::Whole(first.concat());
        return drop(reply.send(Ok(Arrived { head, body })));
    }
    let length = if decoded { None } else { announced(&head.headers) };
    let (sender, receiver) = mpsc::channel(limits::WAITING_CHUNKS);
    let body = Arriving::Chunks {
        chunks: receiver,
        length,
    };
    if reply.send(Ok(Arrived { head, body })).is_err() {
        return;
    }
    for chunk in first {
        if sender.send(Ok(chunk)).await.is_err() {
            return;
        }
    }
    match rest {
        Rest::Failed(failure) => drop(sender.send(Err(failure)).await),
        _ => forward(chunks, uri, silence, sender).await,
    }
}

/// The length of a body, as its headers announce it.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body as it arrives. One that lasts as long as its connection is whole when the server resets that: those that answer
/// before they have read all of a request do.
fn chunks_of(head: &Parts, body: Incoming) -> Chunks {
    let chunks = BodyDataStream::new(body).map_err(BoxError::from);
    let framed = [CONTENT_LENGTH, TRANSFER_ENCODING];
    if head.version > Version::HTTP_11 || framed.iter().any(|name| head.headers.contains_key(name)) {
        return Box::pin(chunks);
    }
    Box::pin(chunks.take_while(|chunk| ready(!chunk.as_ref().is_err_and(|error| is_reset(&**error)))))
}

enum Rest {
    Ended,
    Failed(Failure),
    ToCome,
}

/// What of a body is there already, up to the length that is handed over with the head.
async fn gather(chunks: &mut Chunks, uri: &Uri) -> (Vec<Bytes>, Rest) {
    let mut gathered = Vec::new();
    let mut length = 0;
    for _ in 0..limits::GATHER_TURNS {
        while let std::task::Poll::Ready(next) = poll!(chunks.next()) {
            match next {
                None => return (gathered, Rest::Ended),
                Some(Err(error)) => return (gathered, Rest::Failed(Failure::of(&*error, uri))),
                Some(Ok(chunk)) => {
                    length += chunk.len();
                    gathered.push(chunk);
                    if length > limits::WHOLE_BODY_BYTES {
                        return (gathered, Rest::ToCome);
                    }
                }
            }
        }
        // The connection is driven by a task of its own, which reads what has arrived when it gets its turn.
        tokio::task::yield_now().await;
    }
    (gathered, Rest::ToCome)
}

/// Hands a body on until it ends or fails, or its reader is gone.
async fn forward(mut chunks: Chunks, uri: &Uri, silence: Duration, sender: mpsc::Sender<Result<Bytes, Failure>>) {
    loop {
        let chunk = match timeout(silence, chunks.next()).await {
            Ok(None) => return,
            Ok(Some(chunk)) => chunk.map_err(|error| Failure::of(&*error, uri)),
            Err(_) => Err(Failure::body_timeout(uri)),
        };
        let failed = chunk.is_err();
        if sender.send(chunk).await.is_err() || failed {
            return;
        }
    }
}
