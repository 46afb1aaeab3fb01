//! Every operation and every stream of the control panel, declared once: the dispatcher for the
//! window and the browser, and the TypeScript types of both.

use domain::{
    ClientKeyId, Family, Feature, GatewaySettings, LogFiles, LogSettings, ModelDraft, ModelId,
    RedactionDraft, SavedView, SecretState,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ts_rs::TS;

use crate::audit;
use crate::view::*;
use crate::{Control, Error, ErrorCode, Operator};

/// Declares the operations: a `match` from name to method for Rust, and a type for TypeScript
/// whose members are `[input, output]`.
macro_rules! api {
    ($( $(#[$doc:meta])* $name:ident($input:ty) -> $output:ty; )+) => {
        /// Operations by name: input and output.
        #[derive(TS)]
        #[ts(export)]
        #[expect(dead_code, reason = "describes the operations to TypeScript")]
        pub struct Api { $( $(#[$doc])* $name: ($input, $output), )+ }

        impl Operator {
            $(
                $(#[$doc])*
                pub async fn $name(&self, input: $input) -> Result<$output, Error> {
                    match self {
                        Self::Here(control) => {
                            audit::by(Who::Command, stringify!($name), control.$name(input)).await
                        }
                        Self::Holder(holder) => holder.call(stringify!($name), &input).await,
                    }
                }
            )+
        }

        impl Control {
            /// Runs the operation of this name, as `who` asked. Input and output are JSON.
            pub async fn call(&self, who: Who, name: &str, input: serde_json::Value) -> Result<serde_json::Value, Error> {
                match name {
                    $( stringify!($name) => {
                        let input: $input = parse(name, input)?;
                        // On the heap: the largest would make every one as large.
                        let work = Box::pin(self.$name(input));
                        let work = audit::by(who, stringify!($name), work);
                        let output: $output = work.await?;
                        Ok(render(&output))
                    } )+
                    _ => Err(Error::new(
                        ErrorCode::NotFound,
                        format!("there is no operation {name}"),
                        "Reload the window: it may be older than the program.",
                    )),
                }
            }
        }
    };
}

api! {
    /// The state of everything.
    status(()) -> Status;
    /// What happened in a period.
    activity(ActivityQuery) -> Activity;
    /// The model families.
    list_families(()) -> Vec<FamilyView>;
    /// Adds or changes a family of the admin's own.
    save_family(SaveFamily) -> Vec<FamilyView>;
    /// Removes a family of the admin's own that no model has.
    remove_family(Family) -> Vec<FamilyView>;
    /// What a record comes to while it is edited.
    preview_family(FamilyDraft) -> FamilyPreview;
    /// The providers and what the form of a model asks for each.
    list_providers(()) -> Vec<ProviderView>;
    /// The registered models.
    list_models(()) -> Vec<ModelView>;
    /// Adds or changes a model. The key travels separately, one way.
    save_model(ModelDraft) -> ModelView;
    /// Adds or changes a model together with its key: both or none.
    save_model_and_key(SaveModelAndKey) -> ModelView;
    /// Removes a model, its routes and its key. Answers which features were routed to it.
    remove_model(ModelId) -> Vec<Feature>;
    /// Switches a model on or off.
    switch_model(ModelSwitch) -> ModelView;
    /// Stores or removes a key. There is no operation that reads one.
    set_key(SetKey) -> SecretState;
    /// Asks the keyring again for every key.
    read_keys(()) -> KeyringView;
    /// What an endpoint comes to.
    resolve_endpoint(EndpointInput) -> ResolvedEndpoint;
    /// The models that a server lists.
    list_served_models(EndpointInput) -> Vec<ServedModel>;
    /// Tests a model by real calls, step by step.
    test_model(TestModel) -> TestReport;
    /// The features and their models.
    list_features(()) -> Vec<FeatureView>;
    /// Changes the routing, all changes or none.
    set_routes(Vec<RouteChange>) -> Vec<FeatureView>;
    /// Starts the gateway.
    start_gateway(()) -> Status;
    /// Stops the gateway, after its running requests.
    stop_gateway(()) -> Status;
    /// How the gateway listens and what it bears.
    gateway_settings(()) -> GatewaySettings;
    /// Changes the gateway's settings. A new address is bound before the old one is left.
    save_gateway_settings(GatewaySettings) -> Status;
    /// Whether a port can be had.
    check_port(u16) -> PortCheck;
    /// The client keys.
    list_client_keys(()) -> Vec<ClientKeyView>;
    /// Creates a client key and shows it, once.
    create_client_key(String) -> NewClientKey;
    /// Revokes a client key.
    revoke_client_key(ClientKeyId) -> ();
    /// GitLab, as far as it is known.
    gitlab(()) -> GitlabView;
    /// Changes what is set for GitLab, and asks it for its keys.
    save_gitlab_settings(GitlabDraft) -> GitlabView;
    /// Asks every server that publishes keys for tokens now.
    check_gitlab(()) -> GitlabView;
    /// The prompts that GitLab asks for by name, each with the families that have texts of their own.
    list_prompts(()) -> Vec<PromptRow>;
    /// One prompt.
    show_prompt(PromptKey) -> PromptView;
    /// Gives a family texts of its own, to change them.
    copy_prompt(CopyPrompt) -> PromptView;
    /// Changes a prompt; one that could not be sent is refused.
    save_prompt(SavePrompt) -> PromptView;
    /// Makes a prompt again what Gatehouse brings.
    reset_prompt(PromptKey) -> PromptView;
    /// Rows of the request log, newest first.
    list_requests(RequestQuery) -> RequestPage;
    /// One row of the request log.
    get_request(RequestId) -> RequestView;
    /// Ends a running request; its client is told that the admin did it.
    cancel_request(RequestId) -> RequestView;
    /// Writes every row that a query finds to a new file among the user's downloads.
    export_requests(ExportRequest) -> Exported;
    /// What GitLab's files, the request log and the recordings say of one correlation id.
    join(JoinQuery) -> Joined;
    /// The newest correlation ids of a log file.
    ids_in_file(String) -> SeenIds;
    /// How large a prompt is beside what its model can read.
    measure_prompt(PromptRequest) -> PromptMeasure;
    /// What was sent and what came back for a prompt of the playground, one of the latest.
    prompt_exchange(String) -> PromptExchange;
    /// More of a body of it.
    prompt_body(PromptBody) -> BodyView;
    /// What was tried in the playground.
    list_trials(TrialQuery) -> TrialPage;
    /// One trial; an answer that was cut with its window is there as far as it came.
    get_trial(TrialId) -> KeptTrial;
    /// Keeps a trial, in the place of the one that has its id.
    save_trial(SaveTrial) -> TrialRow;
    /// Names a trial, or pins it.
    mark_trial(MarkTrial) -> TrialRow;
    /// Removes a trial.
    remove_trial(TrialId) -> ();
    /// A trial that repeats a recorded request; nothing is kept of it yet.
    trial_of_request(RequestId) -> Trial;
    /// Writes these trials to a new file among the user's downloads; all when none is named.
    export_trials(Vec<TrialId>) -> Exported;
    /// Adds the trials of such a file, given as its text.
    import_trials(String) -> ImportedTrials;
    /// Instructions and parameters with a name.
    list_presets(()) -> Vec<Preset>;
    /// Keeps a preset, in the place of the one that has its name.
    save_preset(Preset) -> Vec<Preset>;
    /// Removes the preset of this name.
    remove_preset(String) -> Vec<Preset>;
    /// The suites of saved cases.
    list_suites(()) -> Vec<SuiteView>;
    /// Adds a case to a suite, which begins with its first one.
    save_case(SaveCase) -> SuiteView;
    /// Opens an address of the web in the browser of this machine's user.
    open_link(String) -> ();
    /// Queries of the request log with a name.
    list_views(()) -> Vec<SavedView>;
    /// Keeps a query under a name, in the place of the one that has it.
    save_view(SavedView) -> Vec<SavedView>;
    /// Removes the query of this name.
    remove_view(String) -> Vec<SavedView>;
    /// How long rows of the request log are kept.
    log_settings(()) -> LogSettings;
    /// Changes how long rows of the request log are kept.
    save_log_settings(LogSettings) -> LogSettings;
    /// Whether requests are recorded in full, and what is kept of them.
    recording(()) -> RecordingView;
    /// Starts a recording, in the place of one that is on.
    start_recording(StartRecording) -> RecordingView;
    /// Stops the recording; what was kept stays.
    stop_recording(()) -> RecordingView;
    /// Sets whether GitLab's requests may ask to be recorded one by one.
    allow_gitlab_recording(bool) -> RecordingView;
    /// Deletes everything that recordings kept, and what running requests have recorded so far.
    purge_recordings(()) -> RecordingView;
    /// What is kept of one request; long bodies with their first page.
    recorded_request(RequestId) -> RecordedRequest;
    /// More of a body that a recording kept.
    recorded_body(RecordedBody) -> BodyView;
    /// Where the gateway log and `llm.log` are written.
    log_files(()) -> LogFilesView;
    /// Changes where, from the next request on.
    save_log_files(LogFiles) -> LogFilesView;
    /// What is replaced before anything is written to a log.
    redaction(()) -> RedactionDraft;
    /// Changes it, from the next request on; a rule that cannot be used is refused.
    save_redaction(RedactionDraft) -> RedactionDraft;
    /// What these rules make of a text. Nothing is kept.
    preview_redaction(PreviewRedaction) -> RedactionPreview;
    /// Lines of the service log, newest first.
    service_log(ServiceLogQuery) -> ServiceLogPage;
    /// Changes of the settings, newest first.
    list_changes(ChangeQuery) -> ChangePage;
    /// Takes a change back, and answers with the change that did.
    undo_change(ChangeId) -> ChangeView;
}

/// Streams by name: input and event.
#[derive(TS)]
#[ts(export)]
#[expect(
    dead_code,
    reason = "describes the streams to TypeScript; streams.rs opens them"
)]
pub struct Streams {
    /// The state of everything, whenever it changes.
    status: ((), Status),
    /// The newest rows of the request log, whenever they change.
    requests: (RequestQuery, RequestPage),
    /// A prompt and its answer.
    prompt: (PromptRequest, PromptEvent),
}

/// Reads an operation's input.
pub(crate) fn parse<T: DeserializeOwned>(name: &str, input: serde_json::Value) -> Result<T, Error> {
    serde_json::from_value(input).map_err(|error| {
        let hint = "Reload the window: it may be older than the program.";
        Error::new(
            ErrorCode::Invalid,
            format!("the input of {name} cannot be read"),
            hint,
        )
        .with_details(error.to_string())
    })
}

/// Writes an operation's output.
pub(crate) fn render<T: Serialize>(output: &T) -> serde_json::Value {
    serde_json::to_value(output).expect("views have string keys and finite numbers")
}
