//! `gatehouse record …`

use control::view::{
    BodyView, Counting, RecordedRequest, RecordingView, RequestId, RequestQuery, StartRecording,
};
use control::{Error, ErrorCode, Operator};
use domain::Feature;

use crate::arguments::RecordCommand;
use crate::output::{Output, Stop};

pub(super) async fn run(
    command: &RecordCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let view = match command {
        RecordCommand::Start(start) => {
            let features = start.features.iter().map(|name| name.parse());
            let seconds = start.time.map(|time| time.as_secs());
            let input = StartRecording {
                for_seconds: seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
                features: features
                    .collect::<Result<Vec<Feature>, _>>()
                    .map_err(Error::from)?,
            };
            operator.start_recording(input).await?
        }
        RecordCommand::Stop => operator.stop_recording(()).await?,
        RecordCommand::Purge => operator.purge_recordings(()).await?,
        RecordCommand::Status => operator.recording(()).await?,
        RecordCommand::ByGitlab { allowed } => operator.allow_gitlab_recording(*allowed).await?,
        RecordCommand::Show { id } => {
            let row = row_of(id, operator).await?;
            let request = operator.recorded_request(row).await?;
            return output.show(&request, recorded);
        }
    };
    output.show(&view, status)
}

/// The newest row of a correlation id, which is what `gatehouse logs` shows, or the row of this
/// number.
async fn row_of(id: &str, operator: &Operator) -> Result<RequestId, Error> {
    let query = RequestQuery {
        limit: 1,
        count: Counting::Skip,
        query: Some(format!("id:\"{}\"", id.replace('"', ""))),
        ..RequestQuery::default()
    };
    let page = operator.list_requests(query).await?;
    let row = page.rows.first().map(|row| row.id);
    row.or_else(|| id.parse().ok().map(RequestId))
        .ok_or_else(|| {
            let message = format!("no request has the correlation id \"{id}\"");
            let hint = "`gatehouse logs` shows the id of each request at the end of its line.";
            Error::new(ErrorCode::NotFound, message, hint)
        })
}

fn status(view: &RecordingView) -> String {
    let names: Vec<_> = view.features.iter().map(ToString::to_string).collect();
    let what = match names.is_empty() {
        true => "every request".to_owned(),
        false => names.join(", "),
    };
    let mut lines = vec![match (view.is_on, view.until) {
        (false, _) => "No recording is on.".to_owned(),
        (true, Some(until)) => format!("Recording {what} until {until}."),
        (true, None) => format!("Recording {what} until it is stopped."),
    }];
    if view.by_gitlab {
        lines.push("GitLab's requests may ask to be recorded.".into());
    }
    lines.push(format!(
        "Kept: {} bodies of {} requests, {} bytes.",
        view.bodies, view.requests, view.bytes
    ));
    lines.extend(view.sentence.clone());
    lines.join("\n")
}

fn recorded(request: &RecordedRequest) -> String {
    let mut text = section("RECEIVED", &request.content.received);
    if let Some(prompt) = &request.content.preprocessed {
        text += &section("BEFORE THE TEMPLATE", prompt);
    }
    for call in &request.content.calls {
        let title = format!(
            "SENT TO {} AFTER {:.0} ms: {} {}",
            call.model, call.at_ms, call.method, call.url
        );
        text += &section(&title, &call.body);
        let status = call
            .status
            .map_or("no answer".into(), |status| status.to_string());
        text += &section(&format!("CAME BACK: {status}"), &call.answer);
        if let Some(error) = &call.error {
            text += &format!("{error}\n\n");
        }
    }
    text + &section("GIVEN TO THE CLIENT", &request.content.answer)
}

fn section(title: &str, body: &BodyView) -> String {
    let shown = match body.is_binary {
        true => format!("({} bytes, in base64)\n{}", body.kept, body.content),
        false => body.content.clone(),
    };
    let rest = body.size.saturating_sub(body.next.unwrap_or(body.kept));
    let more = match rest {
        0 => String::new(),
        rest => format!("\n({rest} more bytes)"),
    };
    format!("== {title}\n{shown}{more}\n\n")
}
