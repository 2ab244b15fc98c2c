//! What the halves of this package say to each other by numbers and tags, as far as Rust does.
//! Written by `node scripts/protocol.mjs` from `protocol.json`: change that one.

/// Calls that the worker's half makes to Node's, by their numbers.
pub mod host {
    pub const ANSWERED: u32 = 0;
    pub const CONDEMNED: u32 = 1;
    pub const UNCAUGHT: u32 = 2;
    pub const WARN: u32 = 6;
    pub const REJECTIONS: u32 = 7;
    pub const EXPECTS: u32 = 11;
    pub const AT_REST: u32 = 14;
    pub const PAUSED: u32 = 16;
    pub const INTERRUPTED: u32 = 17;
    pub const INSPECTED: u32 = 18;
}

/// What the answer to an event begins with: the worker answered, it threw, or its realm could not give an answer.
pub mod answer {
    pub const BROKEN: u32 = 2;
}

/// What the body of an outbound request is.
pub mod body {
    pub const NONE: u32 = 0;
    pub const STREAM: u32 = 2;
}

/// What is done with the alarm of an object.
pub mod alarm {
    pub const GET: u8 = 0;
    pub const SET: u8 = 1;
    pub const DELETE: u8 = 2;
    pub const BEGIN: u8 = 3;
    pub const SUCCEED: u8 = 4;
    pub const FAIL: u8 = 5;
}

/// In the place of a time or a number of deliveries: there is no alarm, or it has been delivered as often as it may.
pub mod alarm_time {
    pub const NONE: f64 = -1.0;
    pub const SPENT: f64 = -2.0;
}

/// How the body of a queue's message is stored.
pub mod message_type {
    pub const TEXT: u8 = 0;
    pub const JSON: u8 = 2;
}

/// What becomes of a queue's message that is to be delivered again: it is, it goes to the queue for dead letters, or it
/// is dropped.
pub mod fate {
    pub const AGAIN: u8 = 0;
    pub const MOVED: u8 = 1;
    pub const DROPPED: u8 = 2;
}

/// What Node does with an object's storage that belongs to no instance, or with a transaction over it.
pub mod stored {
    pub const GET_ONE: u32 = 0;
    pub const GET_MANY: u32 = 1;
    pub const PUT_ONE: u32 = 2;
    pub const PUT_MANY: u32 = 3;
    pub const DELETE_ONE: u32 = 4;
    pub const DELETE_MANY: u32 = 5;
    pub const DELETE_ALL: u32 = 6;
    pub const LIST: u32 = 7;
    pub const ALARM: u32 = 8;
    pub const CONFIRM: u32 = 9;
    pub const COMMIT: u32 = 10;
    pub const END: u32 = 11;
    pub const REFUSE: u32 = 12;
}

/// The codes of errors of stores, which are their names on their way into a worker.
pub mod store_error {
    pub const LOCKED: &str = "ERR_STORAGE_LOCKED";
    pub const CORRUPT: &str = "ERR_STORAGE_CORRUPT";
    pub const FOREIGN: &str = "ERR_DESERIALIZATION";
    pub const FULL: &str = "ERR_STORAGE_FULL";
    pub const READ_ONLY: &str = "ERR_STORAGE_READ_ONLY";
    pub const NOT_A_FOLDER: &str = "ERR_STORAGE_NOT_A_FOLDER";
    pub const UNREACHABLE: &str = "ERR_STORAGE_UNREACHABLE";
    pub const CLAIMED: &str = "ERR_STORAGE_CLAIMED";
    pub const OTHER: &str = "ERR_STORAGE";
}

/// The places of the limits in the list that `op_context_limits` returns; `src/limits.rs` has their values.
pub mod limit {
    pub const SUBREQUESTS: usize = 0;
    pub const SUBREQUESTS_UNBOUND: usize = 1;
    pub const INTERNAL_SUBREQUESTS: usize = 2;
    pub const REQUEST_DEPTH: usize = 3;
    pub const PIPELINE_DEPTH: usize = 4;
}

/// The version of V8's format for clones that is written, which all supported versions of Node read. The worker's V8
/// would write the next one, which differs only for buffers of 4 GiB and more.
pub mod clone {
    pub const VERSION: u8 = 15;
}

/// What an op says of a URL that it has parsed or changed: it is invalid, its serialization is the text given, or
/// another one.
pub mod url_result {
    pub const REFUSED: u32 = 0;
    pub const AS_GIVEN: u32 = 1;
    pub const REWRITTEN: u32 = 2;
}

/// The components of a URL that can be set.
pub mod url_part {
    pub const HASH: u32 = 0;
    pub const HOST: u32 = 1;
    pub const HOSTNAME: u32 = 2;
    pub const PASSWORD: u32 = 3;
    pub const PATHNAME: u32 = 4;
    pub const PORT: u32 = 5;
    pub const PROTOCOL: u32 = 6;
    pub const SEARCH: u32 = 7;
    pub const USERNAME: u32 = 8;
}

/// In the place of the port of a URL that has none.
pub mod url_port {
    pub const NONE: u32 = 65536;
}

/// What the parser of an HTML rewriter needs next: a piece of the document, nothing any more, to be asked why it
/// failed, the handler of a token, or content that comes in pieces. The bits above the first four are the number of
/// that handler or content.
pub mod html_step {
    pub const HUNGRY: u32 = 0;
    pub const DONE: u32 = 1;
    pub const FAILED: u32 = 2;
    pub const ELEMENT: u32 = 3;
    pub const COMMENT: u32 = 4;
    pub const TEXT: u32 = 5;
    pub const DOCTYPE: u32 = 6;
    pub const DOCUMENT_END: u32 = 7;
    pub const END_TAG: u32 = 8;
    pub const CONTENT: u32 = 9;
}

/// The texts of a token of an HTML document.
pub mod html_text {
    pub const NAME: u32 = 0;
    pub const TEXT: u32 = 1;
    pub const NAMESPACE: u32 = 2;
    pub const PUBLIC_ID: u32 = 3;
    pub const SYSTEM_ID: u32 = 4;
}

/// What may hold of a token of an HTML document.
pub mod html_flag {
    pub const REMOVED: u32 = 0;
    pub const LAST_IN_TEXT_NODE: u32 = 1;
}

/// Where content is inserted at a token of an HTML document.
pub mod html_place {
    pub const BEFORE: u32 = 0;
    pub const AFTER: u32 = 1;
    pub const PREPEND: u32 = 2;
    pub const APPEND: u32 = 3;
    pub const REPLACE: u32 = 4;
    pub const INNER: u32 = 5;
}
