//! The floor of the bench: the least that a proxy can do. It checks a bearer key and passes bytes
//! on, both ways, without a look at them. Usage: `bench-floor UPSTREAM KEY`.

#![expect(clippy::print_stdout, reason = "its address is what it says")]

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(upstream), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err(std::io::Error::other("usage: bench-floor UPSTREAM KEY"));
    };
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .pool_idle_timeout(Duration::from_secs(4))
        .build::<_, Incoming>(connector);
    let bearer = format!("Bearer {key}");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    tests::serve::serve(listener, move |request| {
        pass_on(client.clone(), bearer.clone(), upstream.clone(), request)
    })
    .await;
    Ok(())
}

async fn pass_on(
    client: Client<HttpConnector, Incoming>,
    bearer: String,
    upstream: String,
    mut request: Request<Incoming>,
) -> Response<Either<Incoming, Full<Bytes>>> {
    let key = request.headers_mut().remove(http::header::AUTHORIZATION);
    if key.is_none_or(|key| key.as_bytes() != bearer.as_bytes()) {
        return tests::serve::json(401, r#"{"error":{"message":"wrong key"}}"#).map(Either::Right);
    }
    request.headers_mut().remove(http::header::HOST);
    let target = format!("http://{upstream}{}", request.uri().path());
    *request.uri_mut() = target.parse().expect("an address and a path make a URL");
    match client.request(request).await {
        Ok(answer) => answer.map(Either::Left),
        Err(error) => tests::serve::json(502, error.to_string()).map(Either::Right),
    }
}
