//! The control panel for a browser on this machine: the built UI, and the operations and streams
//! of `control` behind a session. Off unless asked for; loopback only; the printed link opens one
//! session.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use control::view::Who;
use control::{Control, Error, ErrorCode, gathered};
use futures_util::StreamExt;
use rust_embed::Embed;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::output::system_error;

/// The largest input of an operation, in bytes.
const LARGEST_INPUT: usize = 8 * 1024 * 1024;

/// The built UI; empty when it was not built before this program.
#[derive(Embed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Ui;

/// The listener of the control panel.
pub(crate) struct Admin {
    listener: TcpListener,
    address: SocketAddr,
    token: String,
    panel: Arc<Panel>,
}

struct Panel {
    control: Arc<Control>,
    address: SocketAddr,
    // Digests, so that a comparison tells nothing about the secret by its time.
    token: Mutex<Option<[u8; 32]>>,
    session: Mutex<Option<[u8; 32]>>,
}

impl Admin {
    /// Takes a free port of the loopback address.
    pub(crate) async fn bind(control: Arc<Control>) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(system_error)?;
        let address = listener.local_addr().map_err(system_error)?;
        let token = random()?;
        let panel = Panel {
            control,
            address,
            token: Mutex::new(Some(digest(&token))),
            session: Mutex::new(None),
        };
        Ok(Self {
            listener,
            address,
            token,
            panel: Arc::new(panel),
        })
    }

    /// The link to print. The token is behind the `#`, which a browser does not send.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    /// Answers until it is dropped.
    pub(crate) async fn run(self) {
        let routes = Router::new()
            .route("/admin/session", post(open_session))
            .route("/admin/call/{name}", post(call))
            .route("/admin/open/{name}", post(open))
            .fallback(ui)
            .layer(middleware::from_fn_with_state(
                Arc::clone(&self.panel),
                guard,
            ))
            .with_state(self.panel);
        if let Err(error) = axum::serve(self.listener, routes).await {
            tracing::error!(%error, "the control panel stopped");
        }
    }
}

/// Stands before everything: only this machine's names, only pages of our own.
async fn guard(State(panel): State<Arc<Panel>>, request: Request, next: Next) -> Response {
    if !is_from_here(panel.address.port(), request.headers()) {
        return refusal(
            StatusCode::FORBIDDEN,
            "only pages of this control panel may call it",
        );
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

fn is_from_here(port: u16, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let host = text(header::HOST).unwrap_or_default();
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let is_ours = names.iter().any(|name| name.eq_ignore_ascii_case(host));
    is_ours && text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}"))
}

/// The same policy as the window's, with this server in the place of the window's channel.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

#[derive(Deserialize)]
struct Opening {
    token: String,
}

/// Trades the token of the printed link, once, for a session.
async fn open_session(State(panel): State<Arc<Panel>>, body: Bytes) -> Response {
    let Ok(opening) = serde_json::from_slice::<Opening>(&body) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "the session request cannot be read",
        );
    };
    let mut token = panel.token.lock().unwrap_or_else(PoisonError::into_inner);
    if *token != Some(digest(&opening.token)) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "the link was used already, or is not complete",
        );
    }
    let Ok(session) = random() else {
        return refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "no session could be made",
        );
    };
    *token = None;
    *panel.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(&session));
    json_response(StatusCode::OK, &json!({ "session": session }))
}

async fn call(
    State(panel): State<Arc<Panel>>,
    Path(name): Path<String>,
    Input(input): Input,
) -> Response {
    #[expect(
        clippy::disallowed_methods,
        reason = "awaited here; a change that has begun is made whole when its page is closed meanwhile"
    )]
    let work = tokio::spawn(async move { panel.control.call(Who::Browser, &name, input).await });
    match work.await {
        Ok(Ok(output)) => json_response(StatusCode::OK, &output),
        Ok(Err(error)) => failure(&error),
        Err(error) => {
            let hint =
                "The service log has the details. Try again; restart Gatehouse if it stays so.";
            let broken = Error::new(ErrorCode::Failed, "something broke inside Gatehouse", hint);
            failure(&broken.with_details(error.to_string()))
        }
    }
}

async fn open(
    State(panel): State<Arc<Panel>>,
    Path(name): Path<String>,
    Input(input): Input,
) -> Response {
    let items = match panel.control.subscribe(&name, input) {
        Ok(items) => items,
        Err(error) => return failure(&error),
    };
    let events = gathered(items).map(|items| {
        let items = serde_json::to_string(&items)?;
        Ok::<_, serde_json::Error>(Bytes::from(format!("data: {items}\n\n")))
    });
    (
        [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(events),
    )
        .into_response()
}

/// The JSON input of a request that carries the session.
struct Input(Value);

impl FromRequest<Arc<Panel>> for Input {
    type Rejection = Response;

    async fn from_request(request: Request, panel: &Arc<Panel>) -> Result<Self, Response> {
        let bearer = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let session = *panel.session.lock().unwrap_or_else(PoisonError::into_inner);
        if session.is_none() || bearer.map(digest) != session {
            let words =
                "this page has no session. Run `gatehouse serve --admin` again for a new link";
            return Err(refusal(StatusCode::UNAUTHORIZED, words));
        }
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_INPUT).await;
        let bytes = bytes.map_err(|_| {
            let words = "the input is larger than 8 MiB";
            refusal(StatusCode::PAYLOAD_TOO_LARGE, words)
        })?;
        let input = serde_json::from_slice(&bytes);
        input
            .map(Self)
            .map_err(|_| refusal(StatusCode::BAD_REQUEST, "the input is not JSON"))
    }
}

/// A file of the built UI; every other path is the page itself.
async fn ui(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let name = if path.is_empty() || Ui::get(path).is_none() {
        "index.html"
    } else {
        path
    };
    let Some(file) = Ui::get(name) else {
        let words = "The control panel was not built. Run `npm run build` in ui, then build this program again.";
        return (StatusCode::NOT_FOUND, words).into_response();
    };
    let kind = file.metadata.mimetype().to_owned();
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store".into()),
        ],
        file.data.into_owned(),
    )
        .into_response()
}

fn failure(error: &Error) -> Response {
    let status = match error.code {
        ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Held | ErrorCode::PortTaken => StatusCode::CONFLICT,
        ErrorCode::Keyring => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Upstream => StatusCode::BAD_GATEWAY,
        ErrorCode::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    json_response(status, &json!(error))
}

fn refusal(status: StatusCode, words: &str) -> Response {
    let hint = "Run `gatehouse serve --admin` again for a new link.";
    json_response(status, &json!(Error::new(ErrorCode::Failed, words, hint)))
}

fn json_response(status: StatusCode, value: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// 64 hexadecimal digits from the operating system.
fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| system_error(std::io::Error::other(error)))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
