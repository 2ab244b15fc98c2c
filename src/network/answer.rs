//! A response as the worker's half gets it.

use std::rc::Rc;

use deno_core::convert::{ByteString, Uint8Array};
use deno_core::{OpState, ResourceId, ToV8};
use http::response::Parts;
use hyper::ext::ReasonPhrase;

use super::exchange::{Arrived, Arriving};
use super::resources::{ResponseBody, Task};
use crate::realm::header_text;

/// A response. Its body is whole, or a resource to read.
#[derive(ToV8)]
pub struct Answer {
    pub status: u16,
    pub status_text: ByteString,
    pub headers: ByteString,
    pub body: Option<Uint8Array>,
    pub body_rid: Option<ResourceId>,
}

impl Answer {
    /// A response whose body, if it is not whole, ends with `task`.
    pub fn new(state: &mut OpState, Arrived { head, body }: Arrived, task: Option<Rc<Task>>) -> Answer {
        let (body, body_rid) = match body {
            Arriving::Whole(bytes) => (Some(Uint8Array(bytes.into())), None),
            Arriving::Chunks { chunks, length } => {
                let body = ResponseBody::new(chunks, length, task);
                (None, Some(state.resource_table.add(body)))
            }
        };
        Answer {
            body,
            body_rid,
            ..Answer::bare(&head)
        }
    }

    /// A response without a body.
    pub fn bare(head: &Parts) -> Answer {
        Answer {
            status: head.status.as_u16(),
            status_text: status_text(head).into(),
            headers: header_text::latin1_of(&head.headers).into(),
            body: None,
            body_rid: None,
        }
    }
}

/// The words of the server's own, where its protocol has them.
fn status_text(head: &Parts) -> Vec<u8> {
    match head.extensions.get::<ReasonPhrase>() {
        Some(reason) => reason.as_bytes().to_vec(),
        None => head.status.canonical_reason().unwrap_or_default().into(),
    }
}
