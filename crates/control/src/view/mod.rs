//! What the faces of Gatehouse see: the values that cross to the window, the browser and the
//! command line. Plain data, no rules. Times are RFC 3339, durations are in milliseconds.

mod endpoint;
mod family;
mod feature;
mod gateway;
mod gitlab;
mod log_files;
mod model;
mod prompt;
mod prompts;
mod recording;
mod redaction;
mod request;
mod status;
mod trial;

pub use ::gateway::{Cut, ExpandedBy, RequestState};
pub use endpoint::{
    AuthChoice, AuthField, AuthKind, EndpointInput, ProviderView, ResolvedEndpoint, ServerChoice,
    SuggestedEndpoint,
};
pub use family::{FamilyDraft, FamilyPreview, FamilyView, SaveFamily};
pub use feature::{FeatureView, RouteChange, UnfitModel};
pub use gateway::{ClientKeyView, NewClientKey, PortCheck};
pub use gitlab::{
    DocumentationState, GitlabDraft, GitlabView, OverrideView, RefusalView, SeenTokenView,
    TokenKindView, TokenProviderView, UserTokenKey,
};
pub use log_files::LogFilesView;
pub use model::{
    Health, HealthState, ModelSwitch, ModelView, SaveModelAndKey, ServedModel, SetKey, Stage,
    StageOutcome, TestModel, TestReport,
};
pub use prompt::{
    Message, PromptAsk, PromptBody, PromptEvent, PromptMeasure, PromptParameters, PromptRequest,
    PromptSummary, Role, SentAs, Tool, ToolCall, ToolCallPiece,
};
pub use prompts::{
    CopyPrompt, PromptInput, PromptKey, PromptRow, PromptTexts, PromptView, SavePrompt,
};
pub use recording::{
    BodyView, PieceView, RecordedBody, RecordedCall, RecordedHeader, RecordedRequest,
    RecordingView, StartRecording,
};
pub use redaction::{PreviewRedaction, RedactionCount, RedactionPreview};
pub use request::{
    Activity, ActivityBucket, ActivityQuery, Counting, Evidence, ExportFormat, ExportRequest,
    Exported, RequestId, RequestPage, RequestQuery, RequestView,
};
pub use status::{
    GatewayState, KeyringState, KeyringView, LastError, LogSpace, LogView, Notice, Status,
};
pub use trial::{
    AnswerState, ImportedTrials, KeptTrial, MarkTrial, Preset, SaveCase, SaveTrial, SuiteView,
    Trial, TrialAnswer, TrialColumn, TrialFile, TrialId, TrialMode, TrialPage, TrialQuery,
    TrialRaw, TrialRow, TrialTurn,
};
