//! Content codings: a response's body is read decoded, its headers stay as they came.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
use bytes::Bytes;
use futures::stream::{self, Stream, TryStreamExt};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};
use tokio_util::io::{ReaderStream, StreamReader};

use super::failure::{BoxError, DecodeError};
use super::limits;

/// A body's bytes, chunk by chunk.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;
type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

enum Coding {
    Brotli,
    Deflate,
    Gzip,
}

/// The bytes of a body, and whether they are decoded. A body in a coding that is unknown stays as it is.
pub fn decode(headers: &HeaderMap, chunks: Chunks) -> (Chunks, bool) {
    let codings = codings(headers).unwrap_or_default();
    if codings.is_empty() {
        return (chunks, false);
    }
    let mut reader: Reader = Box::pin(StreamReader::new(chunks.map_err(io::Error::other)));
    for coding in codings.iter().rev() {
        reader = decoded(coding, reader);
    }
    let chunks = ReaderStream::with_capacity(reader, limits::DECODED_CHUNK_BYTES);
    (Box::pin(chunks.map_err(explain)), true)
}

/// The codings in the order in which they were applied.
fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.to_str().ok()?.split(',').map(str::trim) {
            match name.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                "deflate" => codings.push(Coding::Deflate),
                "br" => codings.push(Coding::Brotli),
                "identity" | "" => (),
                _ => return None,
            }
        }
    }
    (codings.len() <= limits::CONTENT_CODINGS).then_some(codings)
}

/// Decodes once the first byte is there: a body without any is empty in every coding.
fn decoded(coding: &Coding, mut encoded: Reader) -> Reader {
    let choose: fn(Reader, u8) -> Pin<Box<dyn AsyncRead + Send>> = match coding {
        Coding::Brotli => |encoded, _| Box::pin(BrotliDecoder::new(encoded)),
        Coding::Gzip => |encoded, _| {
            let mut decoder = GzipDecoder::new(encoded);
            decoder.multiple_members(true);
            Box::pin(decoder)
        },
        // `deflate` means zlib, and some servers leave out its header, whose low bits are always the same.
        Coding::Deflate => |encoded, first| match first & 0x0f {
            8 => Box::pin(ZlibDecoder::new(encoded)),
            _ => Box::pin(DeflateDecoder::new(encoded)),
        },
    };
    let chunks = stream::once(async move {
        let first = encoded.fill_buf().await?.first().copied();
        let decoder: Pin<Box<dyn AsyncRead + Send>> = match first {
            Some(first) => choose(encoded, first),
            None => Box::pin(tokio::io::empty()),
        };
        Ok::<_, io::Error>(ReaderStream::with_capacity(decoder, limits::DECODED_CHUNK_BYTES))
    });
    Box::pin(BufReader::new(StreamReader::new(Box::pin(chunks.try_flatten()))))
}

/// Tells what the network broke from what the decoder could not read.
fn explain(error: io::Error) -> BoxError {
    match error.get_ref() {
        Some(inner) if inner.is::<hyper::Error>() => error.into(),
        _ => DecodeError(error).into(),
    }
}
