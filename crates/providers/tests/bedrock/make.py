"""Makes signatures.json and the frames beside it. Needs botocore (PyPI), which signs and decodes
as the reference: `python make.py`. The tests themselves need no Python."""

import base64, binascii, datetime, json, pathlib, struct

import botocore.auth, botocore.compat
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
for module in (botocore.auth, botocore.compat):
    if hasattr(module, "get_current_datetime"):
        module.get_current_datetime = lambda remove_tzinfo=True: NOW

HI = '{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"inferenceConfig":{"maxTokens":16}}'
US = "https://bedrock-runtime.us-east-1.amazonaws.com"
EU = "https://bedrock-runtime.eu-central-1.amazonaws.com"
SONNET = "anthropic.claude-3-5-sonnet-20240620-v1"
ARN = ("arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fabc123")
# The first two are those of providers.md, section 6.
CASES = [
    ("fixed", "us-east-1", "POST", f"{US}/model/{SONNET}%3A0/converse", HI, None),
    ("with a session token", "us-east-1", "POST", f"{US}/model/{SONNET}%3A0/converse", HI, "SESSIONTOKEN"),
    ("colon as it is", "us-east-1", "POST", f"{US}/model/{SONNET}:0/converse", HI, None),
    ("an ARN", "eu-central-1", "POST", f"{EU}/model/{ARN}/converse-stream", HI, None),
    ("a private endpoint", "eu-central-1", "POST", "http://10.0.0.7:8443/aws/model/m%253A0/invoke", "{}", None),
    ("a list", "eu-central-1", "GET", "https://bedrock.eu-central-1.amazonaws.com/inference-profiles?maxResults=1000", None, None),
]


def signature(name, region, method, url, body, token):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    request = AWSRequest(method=method, url=url, data=body or "", headers=headers)
    keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    SigV4Auth(keys, "bedrock", region).add_auth(request)
    return {"name": name, "region": region, "method": method, "url": url, "body": body,
            "token": token, "date": request.headers["X-Amz-Date"],
            "authorization": request.headers["Authorization"]}


def frame(headers, payload):
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items())
    prelude = struct.pack(">II", len(head) + len(payload) + 16, len(head))
    whole = prelude + struct.pack(">I", binascii.crc32(prelude)) + head + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def event(kind, payload):
    payload = payload | {"p": "abcdefgh"}  # The service pads its events so.
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload, ensure_ascii=False).encode())


def chunk(inner):
    return event("chunk", {"bytes": base64.b64encode(json.dumps(inner).encode()).decode()})


def write(name, *frames):
    whole = b"".join(frames)
    (HERE / f"{name}.bin").write_bytes(whole)
    buffer = EventStreamBuffer()
    buffer.add_data(whole)
    decoded = list(buffer)  # Raises when a length or a checksum is wrong.
    assert len(decoded) == len(frames)


def delta(index, what):
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": what})


def stop(index):
    return event("contentBlockStop", {"contentBlockIndex": index})


def tool(index, id, name):
    start = {"toolUse": {"toolUseId": id, "name": name}}
    return event("contentBlockStart", {"contentBlockIndex": index, "start": start})


vectors = [signature(*case) for case in CASES]
assert vectors[0]["authorization"].endswith("508194359d88738f3602f0c18bc00aae5293622cf1fded040e9534e7ff6a3688")
assert vectors[1]["authorization"].endswith("82fd4749d54d90aaf8c2799608710c78812da2df701b2843f5886bda30111914")
(HERE / "signatures.json").write_text(json.dumps(vectors, indent=1) + "\n")

write("converse-stream",
      event("messageStart", {"role": "assistant"}),
      delta(0, {"reasoningContent": {"text": "Hm."}}),
      delta(0, {"reasoningContent": {"signature": "c2ln"}}), stop(0),
      delta(1, {"text": "Grüße, "}), event("somethingNew", {"x": 1}),
      delta(1, {"text": "日本"}), stop(1),
      tool(2, "t1", "weather"), delta(2, {"toolUse": {"input": '{"city":'}}),
      delta(2, {"toolUse": {"input": '"Köln"}'}}), stop(2),
      tool(3, "t2", "now"), stop(3),
      event("messageStop", {"stopReason": "tool_use"}),
      event("metadata", {"usage": {"inputTokens": 7, "outputTokens": 9, "totalTokens": 19,
                                   "cacheReadInputTokens": 3}, "metrics": {"latencyMs": 5}}))
write("invoke-mistral",
      chunk({"outputs": [{"text": "He", "stop_reason": None}]}),
      chunk({"outputs": [{"text": "llo", "stop_reason": "length"}],
             "amazon-bedrock-invocationMetrics": {"inputTokenCount": 4, "outputTokenCount": 2}}))
write("invoke-anthropic",
      chunk({"type": "message_start", "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 4, "output_tokens": 1}}}),
      chunk({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
      chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}),
      chunk({"type": "content_block_stop", "index": 0}),
      chunk({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
      chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 4, "outputTokenCount": 2}}))
write("exception",
      event("messageStart", {"role": "assistant"}), delta(0, {"text": "Hel"}),
      frame({":exception-type": "throttlingException", ":content-type": "application/json",
             ":message-type": "exception"}, b'{"message":"Too many requests, please wait"}'))
write("error",
      frame({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "broken inside"}, b""))
