//! `gatehouse key …`

use control::Operator;
use control::view::ClientKeyView;
use serde_json::json;

use crate::arguments::KeyCommand;
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &KeyCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    match command {
        KeyCommand::Create { name } => {
            let key = operator.create_client_key(name.clone()).await?;
            output.show(&key, |key| {
                format!(
                    "{}\n\nThis is the only time that the key \"{}\" is shown. From now on every request needs a key.",
                    key.key, key.view.name
                )
            })
        }
        KeyCommand::List => output.show(&operator.list_client_keys(()).await?, |keys| list(keys)),
        KeyCommand::Revoke { name } => {
            operator.revoke_client_key_named(name).await?;
            output.show(&json!({"revoked": name.trim()}), |_| {
                format!("Revoked {}.", name.trim())
            })
        }
    }
}

fn list(keys: &[ClientKeyView]) -> String {
    if keys.is_empty() {
        return "No client key. Programs on this machine need none; other devices cannot connect."
            .into();
    }
    let row = |key: &ClientKeyView| {
        let used = key
            .last_used_at
            .map_or_else(|| "never".into(), |at| at.to_string());
        vec![key.name.clone(), key.created_at.to_string(), used]
    };
    table(
        &["NAME", "CREATED", "LAST USED"],
        &keys.iter().map(row).collect::<Vec<_>>(),
    )
}
