//! How a connection is made: straight to the server, or by way of a proxy that the environment names.

use std::io::{Error as IoError, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use tower_service::Service;

use super::failure::{BoxError, ConnectTimeout, ProxyError};
use super::limits;
use super::settings::{Proxies, Settings};
use super::tls;

#[derive(Clone)]
pub struct Connector {
    http: HttpConnector,
    tls: Arc<ClientConfig>,
    tls_of_proxies: Arc<ClientConfig>,
    proxies: Arc<Matcher>,
    /// Whether connections are for the target alone, so that a proxy only passes bytes on.
    always_tunnels: bool,
}

impl Connector {
    pub fn new(settings: &Settings) -> Result<Connector, rustls::Error> {
        let (tls, tls_of_proxies) = tls::configure(&settings.authorities, settings.verify)?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        Ok(Connector {
            http,
            tls,
            tls_of_proxies,
            proxies: Arc::new(matcher(&settings.proxies)),
            always_tunnels: false,
        })
    }

    /// A connector whose connections speak HTTP/1.1 with the target, and with nothing between: they are to be upgraded.
    pub fn for_upgrades(&self) -> Connector {
        Connector {
            tls: tls::http1(&self.tls),
            always_tunnels: true,
            ..self.clone()
        }
    }

    /// What a request by way of a proxy, without a tunnel, says to be let through.
    pub fn proxy_authorization(&self, target: &Uri) -> Option<HeaderValue> {
        if target.scheme_str() != Some("http") {
            return None;
        }
        self.proxy_of(target)?.basic_auth().cloned()
    }

    /// This machine's own servers are reached without a proxy.
    fn proxy_of(&self, target: &Uri) -> Option<Intercept> {
        if target.host().is_none_or(is_loopback) {
            return None;
        }
        self.proxies.intercept(target)
    }

    async fn connect(self, target: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.proxy_of(&target) else {
            let mut direct = HttpsConnector::from((self.http, self.tls));
            return Ok(Stream::new(direct.call(target).await?, false));
        };
        let name = proxy.uri().to_string();
        let connected = match proxy.uri().scheme_str() {
            Some("http" | "https") => self.connect_by_http(target, proxy).await,
            _ => self.connect_by_socks(target, proxy).await,
        };
        connected.map_err(|source| ProxyError { name, source }.into())
    }

    async fn connect_by_http(self, target: Uri, proxy: Intercept) -> Result<Stream, BoxError> {
        let mut to_proxy = HttpsConnector::from((self.http, self.tls_of_proxies));
        if target.scheme_str() == Some("http") && !self.always_tunnels {
            return Ok(Stream::new(to_proxy.call(proxy.uri().clone()).await?, true));
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let target = with_port(target)?;
        let stream = HttpsConnector::from((tunnel, self.tls)).call(target).await?;
        Ok(Stream::new(stream, false))
    }

    async fn connect_by_socks(self, target: Uri, proxy: Intercept) -> Result<Stream, BoxError> {
        let resolves_here = proxy.uri().scheme_str() == Some("socks5");
        let mut socks = SocksV5::new(proxy.uri().clone(), self.http).local_dns(resolves_here);
        if let Some((user, password)) = proxy.raw_auth() {
            socks = socks.with_auth(user.into(), password.into());
        }
        let target = with_port(target)?;
        let stream = HttpsConnector::from((socks, self.tls)).call(target).await?;
        Ok(Stream::new(stream, false))
    }
}

/// A target with the port of plain HTTP, where none is written: a proxy would be asked for that of HTTPS.
fn with_port(target: Uri) -> Result<Uri, http::Error> {
    if target.port().is_some() || target.scheme_str() != Some("http") {
        return Ok(target);
    }
    let authority = format!("{}:80", target.host().unwrap_or_default());
    let mut parts = target.into_parts();
    parts.authority = Some(authority.parse()?);
    Ok(Uri::from_parts(parts)?)
}

fn matcher(proxies: &Proxies) -> Matcher {
    let Proxies { all, http, https, no } = proxies.clone();
    Matcher::builder().all(all).http(http).https(https).no(no).build()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let connecting = self.clone().connect(target);
        Box::pin(async move {
            let connected = tokio::time::timeout(limits::CONNECT_TIMEOUT, connecting).await;
            connected.unwrap_or_else(|_| Err(ConnectTimeout.into()))
        })
    }
}

trait Transport: Read + Write + Connection + Send + Unpin {}
impl<T: Read + Write + Connection + Send + Unpin> Transport for T {}

/// A connection, whatever it is made of.
pub struct Stream {
    transport: Box<dyn Transport>,
    /// Whether requests on it name their server, since it ends at a proxy.
    proxied: bool,
}

impl Stream {
    fn new(transport: impl Transport + 'static, proxied: bool) -> Stream {
        Stream {
            transport: Box::new(transport),
            proxied,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.transport.connected().proxy(self.proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<(), IoError>> {
        Pin::new(&mut *self.transport).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut *self.transport).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut *self.transport).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut *self.transport).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut *self.transport).poll_write_vectored(context, slices)
    }
}
