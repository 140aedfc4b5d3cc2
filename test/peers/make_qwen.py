"""Makes the folder of a Qwen with vision and random weights, as `from_pretrained` reads it: Qwen2.5-VL, Qwen3-VL or Qwen3.5, with a
byte-level tokenizer, an image processor and the family's chat template. Nothing is downloaded.

    python make_qwen.py <qwen2.5-vl | qwen3-vl | qwen3.5> <folder> [--shape tiny|2b] [--min-pixels n] [--word <word>]... [--seed n]

Words become tokens of their own. The shape 2b is that of Qwen3-VL-2B, for a GPU. Needs torch, torchvision, transformers 5 and trl,
which carries the chat templates.
"""

import argparse
from importlib.resources import files
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    PreTrainedTokenizerFast,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)
from tiny_qwen import MARKS, SPLIT

MERGE = 2
FAMILIES = {
    "qwen2.5-vl": dict(type="qwen2_5_vl", patch=14, template="qwen2_5_vl", min_pixels=3_136, max_pixels=12_845_056),
    "qwen3-vl": dict(type="qwen3_vl", patch=16, template="qwen3_vl", min_pixels=65_536, max_pixels=16_777_216),
    "qwen3.5": dict(type="qwen3_5", patch=16, template="qwen3_5_think", min_pixels=65_536, max_pixels=16_777_216),
}
# Tokens that a model may write like any text.
WRITTEN = ["<tool_call>", "</tool_call>", "<think>", "</think>"]


def tokenizer_for(words: list[str]) -> PreTrainedTokenizerFast:
    """A token a byte, and one for each word."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(letters)}, merges=[]))
    bpe.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in MARKS])
    written = [*WRITTEN, *(word for word in words if word not in WRITTEN)]
    bpe.add_tokens([AddedToken(word, special=False, normalized=False) for word in written])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=MARKS,
        model_max_length=65_536,
    )


def config_for(family: str, shape: str, tokenizer: PreTrainedTokenizerFast) -> AutoConfig:
    ids = {mark: tokenizer.convert_tokens_to_ids(mark) for mark in MARKS}
    large = shape == "2b"
    width = 2048 if large else 96
    head = 128 if large else 32
    text = dict(
        vocab_size=151_936 if large else len(tokenizer) + -len(tokenizer) % 64,
        hidden_size=width,
        intermediate_size=6144 if large else 2 * width,
        num_hidden_layers=28 if large else 4 if family == "qwen3.5" else 3,
        num_attention_heads=16 if large else 3,
        num_key_value_heads=8 if large else 1,
        max_position_embeddings=65_536,
        tie_word_embeddings=False,
        initializer_range=0.02 if large else 0.06,
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|im_end|>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    rope = dict(rope_type="default", rope_theta=5e6 if large else 1e4)
    vision = dict(
        depth=24 if large else 2,
        hidden_size=1024 if large else 64,
        intermediate_size=4096 if large else 128,
        num_heads=16 if large else 4,
        patch_size=FAMILIES[family]["patch"],
        spatial_merge_size=MERGE,
        temporal_patch_size=2,
        out_hidden_size=width,
    )
    # Of a head, for time, height and width.
    sections = [24, 20, 20] if large else [4, 6, 6]
    if family == "qwen2.5-vl":
        text |= dict(rope_parameters=rope | dict(mrope_section=sections))
        vision |= dict(window_size=112, fullatt_block_indexes=[vision["depth"] - 1], in_chans=3, tokens_per_second=2)
    elif family == "qwen3-vl":
        text |= dict(head_dim=head, rope_parameters=rope | dict(mrope_section=sections, mrope_interleaved=True))
        vision |= dict(deepstack_visual_indexes=[5, 11, 17] if large else [0])
    else:
        # A quarter of each head is turned.
        text |= dict(head_dim=2 * head, linear_num_key_heads=2, linear_num_value_heads=4)
        text |= dict(linear_key_head_dim=head, linear_value_head_dim=head)
        quarter = [11, 11, 10] if large else [3, 3, 2]
        text |= dict(rope_parameters=rope | dict(mrope_section=quarter, mrope_interleaved=True, partial_rotary_factor=0.25))
    if family != "qwen2.5-vl":
        vision |= dict(num_position_embeddings=2304 if large else 256)
    return AutoConfig.for_model(
        FAMILIES[family]["type"],
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("family", choices=FAMILIES)
    asked.add_argument("folder")
    asked.add_argument("--shape", choices=["tiny", "2b"], default="tiny")
    asked.add_argument("--min-pixels", type=int)
    asked.add_argument("--word", action="append", default=[])
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    family = FAMILIES[given.family]
    torch.manual_seed(given.seed)
    tokenizer = tokenizer_for(given.word)
    template = (files("trl") / "chat_templates" / f"{family['template']}.jinja").read_text()
    images = Qwen2VLImageProcessor(
        patch_size=family["patch"],
        merge_size=MERGE,
        temporal_patch_size=2,
        size=dict(shortest_edge=given.min_pixels or family["min_pixels"], longest_edge=family["max_pixels"]),
        **({} if given.family == "qwen2.5-vl" else dict(image_mean=[0.5] * 3, image_std=[0.5] * 3)),
    )
    older = given.family == "qwen2.5-vl"
    process, videos = (Qwen2_5_VLProcessor, Qwen2VLVideoProcessor) if older else (Qwen3VLProcessor, Qwen3VLVideoProcessor)
    processor = process(images, tokenizer, videos(), chat_template=template)
    config = config_for(given.family, given.shape, tokenizer)
    model = AutoModelForImageTextToText.from_config(config, dtype=torch.float32)
    Path(given.folder).mkdir(parents=True, exist_ok=True)
    model.save_pretrained(given.folder)
    processor.save_pretrained(given.folder)
    # Under the name that published models have it.
    images.save_pretrained(given.folder)
    print(f"{model.num_parameters():,} weights, {len(tokenizer)} tokens")


main()
