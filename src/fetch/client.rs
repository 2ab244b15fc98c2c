//! What upstream's `fetch` needs of us: leave to use the network, and bodies that may leave the lane's thread.
//!
//! A connection is driven by the background thread, which asks for the request's body. A stream's chunks are made by
//! the worker, on the lane's thread: there they are pulled, and go to the connection through a channel.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use deno_core::unsync::spawn;
use deno_error::JsErrorBox;
use deno_fetch::{Options, ReqBody, ResBody};
use deno_permissions::{PermissionsContainer, RuntimePermissionDescriptorParser};
use futures::future::select;
use futures::stream::poll_fn;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use sys_traits::impls::RealSys;
use tokio::sync::mpsc::{Receiver, Sender, channel};

type Chunk = Result<Frame<Bytes>, JsErrorBox>;

/// Chunks that wait for the connection.
const WAITING_CHUNKS: usize = 1;

/// Upstream's options for the `fetch` of workers.
pub fn options() -> Options {
    Options {
        request_builder_hook: Some(send_body_through_channel),
        ..Options::default()
    }
}

/// A worker may reach every host; nothing else asks for these.
pub fn permissions() -> PermissionsContainer {
    PermissionsContainer::allow_all(Arc::new(RuntimePermissionDescriptorParser::new(RealSys)))
}

fn send_body_through_channel(request: &mut Request<ReqBody>) -> Result<(), JsErrorBox> {
    if let ReqBody::Streaming(body) = request.body_mut() {
        let (sender, receiver) = channel(WAITING_CHUNKS);
        let pulled = std::mem::replace(body, received(receiver));
        spawn(pull(pulled, sender));
    }
    Ok(())
}

fn received(mut receiver: Receiver<Option<Chunk>>) -> ResBody {
    let mut ended = false;
    let chunks = poll_fn(move |context| {
        if ended {
            return std::task::Poll::Ready(None);
        }
        receiver.poll_recv(context).map(|received| {
            let chunk = received.unwrap_or_else(|| Some(Err(cut_off())));
            ended = !matches!(chunk, Some(Ok(_)));
            chunk
        })
    });
    ResBody::new(StreamBody::new(chunks))
}

/// The channel closed before the body's end: the worker is gone.
fn cut_off() -> JsErrorBox {
    JsErrorBox::generic("the worker was disposed before the body of its request was complete")
}

/// Pulls a body until it ends or fails, or nobody wants it any more.
async fn pull(mut body: ResBody, sender: Sender<Option<Chunk>>) {
    let unwanted = sender.clone();
    let forward = async {
        loop {
            let chunk = body.frame().await;
            let more = matches!(chunk, Some(Ok(_)));
            if sender.send(chunk).await.is_err() || !more {
                return;
            }
        }
    };
    select(pin!(forward), pin!(unwanted.closed())).await;
}
