//! The functions of queues as JavaScript calls them, from the worker's realm and from Node's alike: with values, and with a
//! value for an answer.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use deno_error::JsError;
use thiserror::Error;

use super::broker::{Broker, Delivery, Due, id};
use super::limits;
use super::message::Message;
use super::queue::{Backlog, Decision, Fate, Outgoing};
use super::schedule::Consumer;
use crate::protocol::message_type;
use crate::realm::entry::text;
use crate::realm::instance::Instance;
use crate::realm::value::{self, Value, fields, into_text};
use crate::store::StoreError;

#[derive(Debug, PartialEq, Eq, Error, JsError)]
#[class(generic)]
pub enum QueueError {
    #[error("Queue send failed: message length of {0} bytes exceeds limit of {limit}", limit = limits::QUEUE_MESSAGE_BYTES)]
    MessageTooLong(usize),
    #[error("Queue send failed: batch message count of {0} exceeds limit of {limit}", limit = limits::QUEUE_BATCH_MESSAGES)]
    TooManyMessages(usize),
    #[error("Queue send failed: batch size of {0} bytes exceeds limit of {limit}", limit = limits::QUEUE_BATCH_BYTES)]
    BatchTooLong(usize),
    #[class(inherit)]
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, QueueError>;

/// Sends messages, `[content type, body, delay, ...]`: a number of `MESSAGE_TYPE`, text or bytes, and seconds. Answers as
/// `metrics` does.
pub async fn send(instance: Rc<Instance>, name: String, messages: Value) -> Result<Value> {
    let messages = read_messages(messages)?;
    let backlog = Broker::of(&instance).send(&instance, name, messages).await?;
    Ok(Value::List(metrics_of(&backlog)))
}

/// `[messages, bytes, time]` of what waits in a queue or is being delivered; the time is that of the oldest message, in
/// milliseconds since the epoch, or undefined.
pub async fn metrics(instance: Rc<Instance>, name: String) -> Result<Value> {
    let backlog = Broker::of(&instance).backlog(&instance, &name).await?;
    Ok(Value::List(metrics_of(&backlog)))
}

/// Has queues be consumed, `[name, batch size, wait, retries, dead letters, concurrency, retry delay]` each; see `Consumer`.
/// What is not limited or not there is undefined.
pub fn consume(instance: &Instance, consumers: Value) {
    let Value::List(consumers) = consumers else { return };
    let consumers = consumers.into_iter().map(read_consumer).collect::<BTreeMap<_, _>>();
    Broker::of(instance).consume(consumers);
}

/// Whether batches are being delivered or will be soon.
pub fn expects(instance: &Instance) -> bool {
    Broker::of(instance).expects(&instance.clock)
}

/// Waits for batches to be due: `[expects, queue, batch, queue, batch, ...]`, or null when the instance has ended. `expects`
/// is as above; it also answers when that has changed since Node was told.
pub fn due(instance: &Rc<Instance>) -> impl Future<Output = Result<Value>> + 'static {
    let (broker, instance) = (Broker::of(instance), Rc::downgrade(instance));
    async move {
        let Due::Batches { expects, batches } = broker.due(instance).await? else {
            return Ok(Value::Null);
        };
        let mut answer = vec![Value::Bool(expects)];
        for (name, batch) in batches {
            answer.push(name.as_str().into());
            answer.push(Value::Number(f64::from(batch)));
        }
        Ok(Value::List(answer))
    }
}

/// A batch to be delivered: `[queue, messages, bytes, time, number, id, sent, failures, content type, body, ...]`, of which
/// the first are as `metrics` has them; null when its messages are not there any more.
pub fn take(instance: &Instance, batch: u32) -> Result<Value> {
    let Some(delivery) = Broker::of(instance).delivery(instance, batch)? else {
        return Ok(Value::Null);
    };
    let Delivery {
        queue,
        backlog,
        messages,
    } = delivery;
    let mut answer: Vec<Value> = vec![queue.as_str().into()];
    answer.extend(metrics_of(&backlog));
    for (number, message) in messages {
        answer.push(Value::Number(number as f64));
        answer.push(id(&queue, number).as_str().into());
        answer.extend(parts_of(message));
    }
    Ok(Value::List(answer))
}

fn parts_of(message: Message) -> [Value; 4] {
    let body = match message.content_type {
        message_type::TEXT | message_type::JSON => text(message.body),
        _ => Value::Bytes(value::Bytes::Stored(message.body)),
    };
    let failures = Value::Number(f64::from(message.failures));
    let content_type = Value::Number(f64::from(message.content_type));
    [Value::Number(message.sent_ms), failures, content_type, body]
}

/// Ends the delivery of a batch. `decided` is `[number, decision, ...]`: true for a message that is acknowledged, the
/// seconds until it is to be retried, or null when the consumer did not say these. Messages that are not in it were not
/// delivered. It is null when all messages are to be retried. Answers with `[id, fate, ...]` of those that are: see `FATE`.
pub async fn settle(instance: Rc<Instance>, batch: u32, decided: Value) -> Result<Value> {
    let all = matches!(decided, Value::Null).then_some(Decision::Retried(None));
    let decided = read_decided(decided);
    let decision = |number: u64| all.or_else(|| decided.get(&number).copied());
    let fates = Broker::of(&instance).settle(&instance, batch, decision).await?;
    let mut answer = Vec::with_capacity(2 * fates.len());
    for (id, fate) in fates {
        answer.push(id.as_str().into());
        answer.push(Value::Number(f64::from(number_of(fate))));
    }
    Ok(Value::List(answer))
}

fn number_of(fate: Fate) -> u8 {
    use crate::protocol::fate::{AGAIN, DROPPED, MOVED};
    match fate {
        Fate::Again => AGAIN,
        Fate::Moved => MOVED,
        Fate::Dropped => DROPPED,
    }
}

fn metrics_of(backlog: &Backlog) -> Vec<Value> {
    let number = |count: usize| Value::Number(count as f64);
    let oldest = backlog.oldest_ms.map_or(Value::Undefined, Value::Number);
    vec![number(backlog.count), number(backlog.bytes), oldest]
}

fn read_messages(messages: Value) -> Result<Vec<Outgoing>> {
    let Value::List(parts) = messages else {
        return Ok(Vec::new());
    };
    let count = parts.len() / 3;
    let mut parts = parts.into_iter();
    let mut read = Vec::with_capacity(count);
    while let (Some(content_type), Some(body), Some(delay)) = (parts.next(), parts.next(), parts.next()) {
        let body = bytes_of(body);
        if body.len() > limits::QUEUE_MESSAGE_BYTES {
            return Err(QueueError::MessageTooLong(body.len()));
        }
        read.push(Outgoing {
            body,
            content_type: number(&content_type) as u8,
            delay: number(&delay).clamp(0.0, limits::QUEUE_DELAY_SECONDS),
        });
    }
    let bytes: usize = read.iter().map(|message| message.body.len()).sum();
    if count > limits::QUEUE_BATCH_MESSAGES {
        Err(QueueError::TooManyMessages(count))
    } else if bytes > limits::QUEUE_BATCH_BYTES {
        Err(QueueError::BatchTooLong(bytes))
    } else {
        Ok(read)
    }
}

fn bytes_of(body: Value) -> Bytes {
    match body {
        Value::Bytes(value::Bytes::Owned(bytes)) => bytes.into(),
        Value::Bytes(bytes) => Bytes::copy_from_slice(bytes.as_slice()),
        body => into_text(body).into(),
    }
}

fn read_consumer(consumer: Value) -> (String, Consumer) {
    let [
        name,
        batch_size,
        wait_ms,
        retries,
        dead_letters,
        concurrency,
        retry_delay,
    ] = fields(consumer);
    let consumer = Consumer {
        batch_size: number(&batch_size).max(1.0) as usize,
        wait_ms: number(&wait_ms),
        retries: number(&retries) as u32,
        dead_letters: match dead_letters {
            Value::Text(name) => Some(name.to_utf8()),
            _ => None,
        },
        concurrency: match concurrency {
            Value::Number(most) => Some(most as usize),
            _ => None,
        },
        retry_delay: number(&retry_delay),
    };
    (into_text(name), consumer)
}

fn read_decided(decided: Value) -> HashMap<u64, Decision> {
    let Value::List(parts) = decided else {
        return HashMap::new();
    };
    let mut parts = parts.into_iter();
    let mut read = HashMap::new();
    while let (Some(message), Some(decision)) = (parts.next(), parts.next()) {
        let decision = match decision {
            Value::Bool(_) => Decision::Acknowledged,
            Value::Number(delay) => Decision::Retried(Some(delay.clamp(0.0, limits::QUEUE_DELAY_SECONDS))),
            _ => Decision::Retried(None),
        };
        read.insert(number(&message) as u64, decision);
    }
    read
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(count: usize, bytes: usize) -> Value {
        let message = || {
            [
                Value::Number(0.0),
                Value::Bytes(value::Bytes::Owned(vec![0; bytes])),
                Value::Number(0.0),
            ]
        };
        Value::List((0..count).flat_map(|_| message()).collect())
    }

    fn refused(messages: Value) -> String {
        read_messages(messages)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn refuses_what_is_beyond_the_limits() {
        assert_eq!(refused(messages(100, 2560)), "");
        assert_eq!(refused(messages(1, 128_000)), "");
        assert_eq!(
            refused(messages(1, 128_001)),
            "Queue send failed: message length of 128001 bytes exceeds limit of 128000"
        );
        assert_eq!(
            refused(messages(101, 1)),
            "Queue send failed: batch message count of 101 exceeds limit of 100"
        );
        assert_eq!(
            refused(messages(3, 100_000)),
            "Queue send failed: batch size of 300000 bytes exceeds limit of 256000"
        );
    }
}
