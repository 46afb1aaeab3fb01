//! What the faces of Gatehouse see: the values that cross to the window, the browser and the
//! command line. Plain data, no rules. Times are RFC 3339, durations are in milliseconds.

mod feature;
mod gateway;
mod model;
mod prompt;
mod request;
mod status;

pub use ::gateway::RequestState;
pub use feature::{FeatureView, RouteChange, UnfitModel};
pub use gateway::{ClientKeyView, NewClientKey, PortCheck};
pub use model::{
    EndpointInput, FamilyView, Health, HealthState, ModelSwitch, ModelView, ResolvedEndpoint,
    ServedModel, SetKey, Stage, StageOutcome, SuggestedEndpoint, TestModel, TestReport,
};
pub use prompt::{Message, PromptEvent, PromptRequest, PromptSummary, Role};
pub use request::{
    Activity, ActivityBucket, ActivityQuery, Evidence, RequestId, RequestPage, RequestQuery,
    RequestView,
};
pub use status::{GatewayState, KeyringState, KeyringView, LastError, LogView, Notice, Status};
