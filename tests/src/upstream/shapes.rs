//! The shapes in which model servers say what went wrong.

/// Model name, status, body and the words in it that a person should see.
pub const ERROR_SHAPES: &[(&str, u16, &str, &str)] = &[
    (
        "error-openai",
        400,
        r#"{"error":{"message":"no such parameter","type":"invalid_request_error","param":"x","code":"unknown_parameter"}}"#,
        "no such parameter",
    ),
    (
        "error-vllm",
        400,
        r#"{"error":{"message":"This model's maximum context length is 16 tokens","type":"BadRequestError","param":null,"code":400}}"#,
        "maximum context length",
    ),
    (
        "error-string",
        401,
        r#"{"error":"Unauthorized"}"#,
        "Unauthorized",
    ),
    (
        "error-tgi",
        422,
        r#"{"error":"inputs must be short","error_type":"validation"}"#,
        "inputs must be short",
    ),
    (
        "error-fastapi",
        404,
        r#"{"detail":"Not Found"}"#,
        "Not Found",
    ),
    (
        "error-azure",
        404,
        r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}"#,
        "deployment does not exist",
    ),
    (
        "error-bedrock",
        429,
        r#"{"message":"Too many requests, slow down"}"#,
        "slow down",
    ),
    (
        "error-anthropic",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"},"request_id":"req_1"}"#,
        "prompt is too long",
    ),
    (
        "error-system-role",
        400,
        r#"{"error":{"message":"System role not supported","type":"BadRequestError","param":null,"code":400}}"#,
        "System role not supported",
    ),
    (
        "error-html",
        502,
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
        "502",
    ),
];
