//! The control panel as a browser uses it: a session for its token, then operations by name.

use serde_json::{Value, json};

use crate::gatehouse::Serving;

/// A session with the panel of a process that was started with `--admin`.
pub struct Panel {
    client: reqwest::Client,
    page: String,
    session: String,
}

impl Panel {
    /// Opens a session.
    pub async fn open(serving: &Serving) -> Self {
        let client = crate::client();
        let admin = serving.admin.as_deref().expect("it serves the panel");
        let (page, token) = admin.split_once("/#token=").expect("it has a token");
        let opening = client.post(format!("{page}/admin/session"));
        let opened = opening.json(&json!({"token": token})).send().await;
        let opened: Value = opened
            .expect("the panel answers")
            .json()
            .await
            .expect("in JSON");
        Self {
            session: opened["session"]
                .as_str()
                .unwrap_or_else(|| panic!("no session: {opened}"))
                .to_owned(),
            page: page.to_owned(),
            client,
        }
    }

    /// Calls an operation: the status and the answer.
    pub async fn call(&self, operation: &str, input: &Value) -> (u16, Value) {
        let call = format!("{}/admin/call/{operation}", self.page);
        let request = self.client.post(call).bearer_auth(&self.session);
        let answer = request.json(input).send().await.expect("the panel answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("in JSON"))
    }
}
