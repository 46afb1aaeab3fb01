"""Copies a model file and gives four of its unused control tokens the names that fill a gap.

usage: fim_model.py IN.gguf OUT.gguf

For tests of the wire alone: the model never learnt to fill a gap, so what it writes means nothing.
"""

import sys

from gguf import GGUFReader, GGUFValueType, GGUFWriter

# The name in the vocabulary, the new name, and the field that tells llama.cpp its id.
NEW_NAMES = {
    "<jupyter_start>": ("<fim_prefix>", "fim_pre"),
    "<jupyter_text>": ("<fim_suffix>", "fim_suf"),
    "<jupyter_code>": ("<fim_middle>", "fim_mid"),
    "<jupyter_output>": ("<fim_pad>", "fim_pad"),
}
ARCHITECTURE = "general.architecture"
TOKENS = "tokenizer.ggml.tokens"


def copy(source: str, target: str) -> None:
    reader = GGUFReader(source)
    writer = GGUFWriter(target, reader.fields[ARCHITECTURE].contents())
    for name, field in reader.fields.items():
        # The writer adds these itself.
        if name.startswith("GGUF.") or name == ARCHITECTURE:
            continue
        value = field.contents()
        if name == TOKENS:
            rename(value, writer)
        kind = field.types[0]
        of = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(name, value, kind, of)
    for tensor in reader.tensors:
        writer.add_tensor_info(
            tensor.name, tensor.data.shape, tensor.data.dtype, tensor.data.nbytes, tensor.tensor_type
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        writer.write_tensor_data(tensor.data)
    writer.close()


def rename(tokens: list[str], writer: GGUFWriter) -> None:
    for old, (new, field) in NEW_NAMES.items():
        place = tokens.index(old)
        tokens[place] = new
        writer.add_uint32(f"tokenizer.ggml.{field}_token_id", place)


if __name__ == "__main__":
    copy(sys.argv[1], sys.argv[2])
