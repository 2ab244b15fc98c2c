//! The client of an instance: its connections, which its workers share, and which go with it.
//!
//! It is made at the first fetch of a worker.

use std::cell::RefCell;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::client::legacy::{Client as Pool, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use super::failure::BoxError;
use super::limits;
use super::settings::Settings;

/// A request's body on its way out.
pub type Outgoing = UnsyncBoxBody<Bytes, BoxError>;

#[derive(Clone)]
pub struct Client {
    pool: Pool<Connector, Outgoing>,
    connector: Connector,
    pub settings: Settings,
}

impl Client {
    fn new(settings: Settings) -> Result<Client, rustls::Error> {
        let connector = Connector::new(&settings)?;
        let pool = Pool::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits::IDLE_CONNECTION)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(limits::RESPONSE_HEADERS)
            .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
            .build(connector.clone());
        Ok(Client {
            pool,
            connector,
            settings,
        })
    }

    /// How a connection that is to be upgraded speaks HTTP.
    pub fn http1(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .allow_obsolete_multiline_headers_in_responses(true)
            .max_headers(limits::RESPONSE_HEADERS);
        builder
    }

    /// What makes connections of their own, which are given up to another protocol.
    pub fn upgrading_connector(&self) -> Connector {
        self.connector.for_upgrades()
    }

    /// Sends a request; the answer is the response's head, with the body to come.
    pub async fn send(&self, mut request: Request<Outgoing>) -> Result<Response<Incoming>, Error> {
        if let Some(authorization) = self.connector.proxy_authorization(request.uri()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        self.pool.request(request).await
    }
}

/// The clients of an instance. Its workers share one, unless their settings differ.
#[derive(Default)]
pub struct Outbound(RefCell<Vec<Client>>);

impl Outbound {
    /// The client with these settings, made when there is none yet.
    pub fn client(&self, settings: Settings) -> Result<Client, rustls::Error> {
        let mut clients = self.0.borrow_mut();
        if let Some(client) = clients.iter().find(|client| client.settings == settings) {
            return Ok(client.clone());
        }
        let client = Client::new(settings)?;
        clients.push(client.clone());
        Ok(client)
    }
}
