use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use domain::{Connection, Feature, ListenAddress, ModelDraft, ModelId, Provider, Route};
use futures_util::StreamExt;
use tempfile::TempDir;

use crate::view::{
    GatewayState, HealthState, Message, ModelView, PromptEvent, PromptParameters, PromptRequest,
    RequestQuery, RequestState, Role, RouteChange,
};
use crate::{Control, ErrorCode, HolderKind, Purpose};

mod endpoints;
mod families;
mod gitlab;
mod playground;
mod routes;
mod server;
mod test_model;
mod trials;

struct Fixture {
    control: Arc<Control>,
    folder: TempDir,
}

impl Fixture {
    /// A panel over a fresh data folder whose gateway would listen on a free port.
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let control = open(folder.path());
        let mut settings = control.gateway_settings(()).await.unwrap();
        settings.listen = "127.0.0.1:0".parse().unwrap();
        control.save_gateway_settings(settings).await.unwrap();
        Self { control, folder }
    }

    async fn add(&self, name: &str, endpoint: &str) -> ModelView {
        self.control
            .save_model(draft(name, endpoint))
            .await
            .unwrap()
    }

    /// Closes the panel and opens the same folder again.
    async fn reopen(self) -> Self {
        self.control.close().await;
        drop(self.control);
        Self {
            control: open(self.folder.path()),
            folder: self.folder,
        }
    }

    async fn listens_on(&self) -> String {
        match self.control.gateway_state() {
            GatewayState::Running { address, .. } => address,
            state => format!("{state:?}"),
        }
    }
}

fn open(folder: &Path) -> Arc<Control> {
    Arc::new(Control::open(folder, Purpose::Run(HolderKind::Serve)).unwrap())
}

fn draft(name: &str, endpoint: &str) -> ModelDraft {
    ModelDraft {
        id: None,
        name: name.into(),
        family: "general".into(),
        endpoint: endpoint.into(),
        identifier: String::new(),
        provider: Provider::default(),
        connection: Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    }
}

/// Routes a feature to a model that suits it.
fn to(feature: Feature, model: ModelId) -> RouteChange {
    RouteChange {
        feature,
        route: Some(Route::Model {
            model,
            fallback: None,
        }),
        reason_shown: false,
    }
}

fn hello(model: &str) -> PromptRequest {
    let mut request = PromptRequest::chat(model, vec![Message::text(Role::User, "hello")]);
    request.parameters.max_tokens = Some(3);
    request
}

#[tokio::test]
async fn what_was_set_is_there_after_a_restart() {
    let fixture = Fixture::open().await;
    let model = fixture.add("Sample", "sample").await;
    let change = to(Feature::DuoChat, model.id);
    fixture.control.set_routes(vec![change]).await.unwrap();
    let key = fixture
        .control
        .create_client_key("gitlab".into())
        .await
        .unwrap();
    let fixture = fixture.reopen().await;
    let models = fixture.control.list_models(()).await.unwrap();
    assert_eq!(models[0].features, [Feature::DuoChat]);
    assert_eq!(
        fixture.control.list_client_keys(()).await.unwrap()[0].name,
        "gitlab"
    );
    let written = std::fs::read_to_string(fixture.folder.path().join("settings.json")).unwrap();
    assert!(!written.contains(&key.key), "the key itself is not kept");
}

#[tokio::test]
async fn a_prompt_goes_through_the_pipeline_and_leaves_its_row() {
    let fixture = Fixture::open().await;
    fixture.add("Sample", "sample").await;
    let events: Vec<_> = fixture.control.prompt(&hello("Sample")).collect().await;
    let Some(PromptEvent::Finished { summary }) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (summary.prompt_tokens, summary.completion_tokens),
        (Some(1), Some(3))
    );
    assert_eq!(summary.finish_reason.as_deref(), Some("length"));
    let page = fixture
        .control
        .list_requests(RequestQuery::default())
        .await
        .unwrap();
    assert_eq!(page.rows[0].correlation_id, summary.correlation_id);
    assert_eq!(
        (page.rows[0].state, page.rows[0].client.as_str()),
        (RequestState::Completed, "playground")
    );
    assert_eq!(page.rows[0].completion_tokens, Some(3));
    let model = &fixture.control.list_models(()).await.unwrap()[0];
    assert_eq!(model.health.state, HealthState::Ok);
}

#[tokio::test]
async fn a_prompt_that_is_dropped_is_cancelled() {
    let fixture = Fixture::open().await;
    fixture.add("Sample", "sample").await;
    let endless = PromptRequest {
        parameters: PromptParameters::default(),
        ..hello("Sample")
    };
    let mut events = fixture.control.prompt(&endless);
    while !matches!(events.next().await, Some(PromptEvent::Delta { .. })) {}
    drop(events);
    let page = fixture
        .control
        .list_requests(RequestQuery::default())
        .await
        .unwrap();
    assert_eq!(page.rows[0].state, RequestState::Cancelled);
}

#[tokio::test]
async fn a_failed_prompt_says_what_happened_and_what_to_do() {
    let fixture = Fixture::open().await;
    let events: Vec<_> = fixture.control.prompt(&hello("nobody")).collect().await;
    let Some(PromptEvent::Failed { error, .. }) = events.last() else {
        panic!("{events:?}")
    };
    assert!(
        error.message.contains("No model is named \"nobody\""),
        "{}",
        error.message
    );
    assert!(!error.hint.is_empty());
}

#[tokio::test]
async fn a_taken_port_is_named_and_the_gateway_stays_where_it_is() {
    let fixture = Fixture::open().await;
    fixture.control.listen().await.unwrap();
    let before = fixture.listens_on().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = fixture.control.gateway_settings(()).await.unwrap();
    let saved = settings.clone();
    settings.listen = taken.local_addr().unwrap().to_string().parse().unwrap();
    let error = fixture
        .control
        .save_gateway_settings(settings)
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::PortTaken);
    assert!(
        error.message.contains(&std::process::id().to_string()),
        "{}",
        error.message
    );
    assert_eq!(fixture.listens_on().await, before);
    assert_eq!(fixture.control.gateway_settings(()).await.unwrap(), saved);
}

#[tokio::test]
async fn the_gateway_moves_without_a_stop() {
    let fixture = Fixture::open().await;
    let first = fixture.control.listen().await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = fixture.control.gateway_settings(()).await.unwrap();
    settings.listen = free.to_string().parse().unwrap();
    fixture
        .control
        .save_gateway_settings(settings)
        .await
        .unwrap();
    assert_eq!(fixture.listens_on().await, free.to_string());
    assert!(std::net::TcpStream::connect(free).is_ok());
    fixture.control.stop_gateway(()).await.unwrap();
    assert!(
        std::net::TcpStream::connect(first).is_err() && std::net::TcpStream::connect(free).is_err()
    );
}

#[tokio::test]
async fn the_same_port_can_be_opened_to_the_network_and_closed_again() {
    let fixture = Fixture::open().await;
    fixture
        .control
        .create_client_key("lan".into())
        .await
        .unwrap();
    let port = fixture.control.listen().await.unwrap().port();
    for address in [format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")] {
        let mut settings = fixture.control.gateway_settings(()).await.unwrap();
        settings.listen = address.parse().unwrap();
        fixture
            .control
            .save_gateway_settings(settings)
            .await
            .unwrap();
        assert_eq!(fixture.listens_on().await, address);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }
}

#[tokio::test]
async fn beyond_this_machine_there_is_always_a_client_key() {
    let fixture = Fixture::open().await;
    let mut settings = fixture.control.gateway_settings(()).await.unwrap();
    settings.listen = "0.0.0.0:0".parse().unwrap();
    let refusal = fixture
        .control
        .save_gateway_settings(settings.clone())
        .await
        .unwrap_err();
    assert!(
        refusal.message.contains("without a client key"),
        "{}",
        refusal.message
    );
    let key = fixture
        .control
        .create_client_key("lan".into())
        .await
        .unwrap();
    fixture
        .control
        .save_gateway_settings(settings)
        .await
        .unwrap();
    fixture.control.listen().await.unwrap();
    let refusal = fixture
        .control
        .revoke_client_key(key.view.id)
        .await
        .unwrap_err();
    assert!(
        refusal.message.contains("last client key"),
        "{}",
        refusal.message
    );
    fixture.control.stop_gateway(()).await.unwrap();
    assert!(fixture.control.revoke_client_key(key.view.id).await.is_ok());
}

#[tokio::test]
async fn an_address_for_this_run_is_not_saved() {
    let fixture = Fixture::open().await;
    let here: ListenAddress = "127.0.0.2:0".parse().unwrap();
    fixture.control.listen_here(here);
    assert!(
        fixture
            .control
            .listen()
            .await
            .unwrap()
            .to_string()
            .starts_with("127.0.0.2:")
    );
    let mut settings = fixture.control.gateway_settings(()).await.unwrap();
    settings.max_in_flight = 7;
    fixture
        .control
        .save_gateway_settings(settings)
        .await
        .unwrap();
    let fixture = fixture.reopen().await;
    let settings = fixture.control.gateway_settings(()).await.unwrap();
    assert_eq!(
        (settings.listen.to_string().as_str(), settings.max_in_flight),
        ("127.0.0.1:0", 7)
    );
}

#[tokio::test]
async fn a_second_process_that_would_change_settings_learns_who_holds_them() {
    let fixture = Fixture::open().await;
    let folder = fixture.folder.path();
    let refusal = Control::open(folder, Purpose::Change).err().unwrap();
    assert_eq!(refusal.code, ErrorCode::Held);
    assert!(
        refusal.message.contains(&std::process::id().to_string()),
        "{}",
        refusal.message
    );
    assert!(Control::open(folder, Purpose::Read).is_ok());
}
