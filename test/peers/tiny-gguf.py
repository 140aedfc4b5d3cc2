"""The model of tiny-vlm.py as GGUF, text and picture tower, by llama.cpp's own converter.

    python tiny-gguf.py <llama.cpp source> <model> <folder>

Needs torch, transformers, sentencepiece. Two things that the converter looks up do not hold for a model made here: the name of its
way to split text (it knows tokenizers by a hash of theirs), and room for the tensors of a tower of two blocks.
"""

import runpy
import sys
from pathlib import Path


def main(source: str, model: str, folder: str) -> None:
    sys.path[:0] = [source, f"{source}/gguf-py"]
    import conversion.base
    import gguf

    for kind in vars(conversion.base).values():
        if isinstance(kind, type) and "get_vocab_base_pre" in vars(kind):
            kind.get_vocab_base_pre = lambda self, tokenizer: "qwen2"
    names = gguf.get_tensor_name_map
    gguf.get_tensor_name_map = lambda arch, blocks: names(arch, max(blocks, 3))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, more in [("tiny.gguf", []), ("mmproj.gguf", ["--mmproj"])]:
        sys.argv = ["convert_hf_to_gguf.py", model, "--outfile", f"{folder}/{name}", "--outtype", "f32", *more]
        runpy.run_path(f"{source}/convert_hf_to_gguf.py", run_name="__main__")


main(*sys.argv[1:])
