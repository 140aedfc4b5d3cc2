"""Makes a tiny Qwen2.5-VL and teaches it the lessons that lessons.mjs wrote down: something that real servers load, and
that searches. Weights, tokenizer, processor and chat template are all made here; nothing is downloaded.

    python tiny-vlm.py <lessons> <folder> [steps]

Needs torch, torchvision, transformers 5, tokenizers and pillow. 900 steps take six minutes of one core.
"""

import json
import random
import sys
from pathlib import Path

import torch
from PIL import Image
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

CONTEXT = 8192
# Of a head, for time, height and width.
SECTIONS = [4, 6, 6]
BATCH = 4
LEARNING_RATE = 3e-3
# Marks that the model family has; the servers look some of them up by name.
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"]
MARKS += ["<|image_pad|>", "<|video_pad|>"]
# How Qwen's models split text before merging: llama.cpp knows this under the name qwen2.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Turns between marks, pictures by their mark, tools listed ahead of everything, calls and results as tagged JSON.
CHAT = """\
{%- macro said(content) -%}
{%- if content is string -%}{{ content }}
{%- else -%}
{%- for part in content or [] -%}
{%- if part.type == 'text' -%}{{ part.text }}{%- else -%}<|vision_start|><|image_pad|><|vision_end|>{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- if tools -%}
<|im_start|>system
Tools, to be called as <tool_call>{"name": ..., "arguments": ...}</tool_call>:
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% endif -%}
{%- for message in messages -%}
<|im_start|>{{ 'user' if message.role == 'tool' else message.role }}
{% if message.role == 'tool' %}<tool_response>{{ said(message.content) }}</tool_response>
{%- else -%}{{ said(message.content) }}{%- endif -%}
{%- for call in message.tool_calls or [] -%}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}}</tool_call>
{%- endfor -%}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}
"""


def main(lessons: str, folder: str, steps: str = "900") -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    chats = read(Path(lessons))
    processor = processor_for(chats)
    model = model_for(processor.tokenizer)
    print(f"{model.num_parameters():,} weights, {len(processor.tokenizer)} tokens, {len(chats)} lessons", flush=True)
    learn(model, processor, chats, int(steps))
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    settle_config(Path(folder) / "config.json", model.config.text_config)


def settle_config(file: Path, text) -> None:
    """As published folders have it, for mlx-vlm: the settings of the text model at the top, both parts under one name."""
    names = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads"]
    names += ["max_position_embeddings", "rms_norm_eps", "vocab_size"]
    config = json.loads(file.read_text())
    config |= {name: getattr(text, name) for name in names} | {"rope_scaling": {"type": "mrope", "mrope_section": SECTIONS}}
    config["vision_config"]["model_type"] = "qwen2_5_vl"
    file.write_text(json.dumps(config, indent=2))


def read(folder: Path) -> list[dict]:
    """Pictures stand in a list of their own, in the order of their marks."""
    chats = [json.loads(line) for line in (folder / "lessons.jsonl").read_text().splitlines()]
    for chat in chats:
        parts = [part for message in chat["messages"] if isinstance(message["content"], list) for part in message["content"]]
        chat["images"] = [Image.open(folder / part["image"]).convert("RGB") for part in parts if part["type"] == "image"]
    return chats


def by_question(chats: list[dict]) -> list[list[dict]]:
    groups = {}
    for chat in chats:
        asked = next(message["content"] for message in chat["messages"] if message["role"] == "user")
        text = asked if isinstance(asked, str) else "".join(part.get("text", "") for part in asked)
        groups.setdefault(text, []).append(chat)
    return list(groups.values())


def processor_for(chats: list[dict]) -> Qwen2_5_VLProcessor:
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([split, as_bytes])
    bpe.decoder = decoders.ByteLevel()
    # The first answers to each question: of random letters no tokens shall be made.
    written = [chat["messages"] for group in by_question(chats) for chat in group[:2]]
    texts = [json.dumps(messages, ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"') for messages in written]
    letters = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=900, initial_alphabet=letters, show_progress=False))
    bpe.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in MARKS])
    bpe.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in ["<tool_call>", "</tool_call>"]])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=MARKS,
        model_max_length=CONTEXT,
        padding_side="right",
    )
    tokenizer.chat_template = CHAT
    # The bounds of the real model: a view arrives in the size in which it was sent.
    images = Qwen2VLImageProcessor(patch_size=14, merge_size=2, temporal_patch_size=2, min_pixels=4 * 28**2, max_pixels=16_384 * 28**2)
    return Qwen2_5_VLProcessor(images, tokenizer, Qwen2VLVideoProcessor(), chat_template=CHAT)


def model_for(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    end, pad, image, video, start, stop = tokenizer.convert_tokens_to_ids(
        ["<|im_end|>", "<|endoftext|>", "<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    )
    width = 128
    text = dict(
        vocab_size=len(tokenizer) + -len(tokenizer) % 64,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        # vLLM's attention on a CPU wants heads of 32.
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        rope_scaling=dict(type="mrope", rope_type="default", mrope_section=SECTIONS, rope_theta=1e6),
        bos_token_id=pad,
        eos_token_id=end,
        pad_token_id=pad,
    )
    vision = dict(
        depth=2,
        hidden_size=64,
        intermediate_size=128,
        num_heads=4,
        patch_size=14,
        spatial_merge_size=2,
        temporal_patch_size=2,
        window_size=112,
        fullatt_block_indexes=[1],
        out_hidden_size=width,
        in_chans=3,
        tokens_per_second=2,
    )
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=stop,
        tie_word_embeddings=False,
    )
    model = Qwen2_5_VLForConditionalGeneration(config).float()
    model.generation_config.update(eos_token_id=[end, pad], pad_token_id=pad, do_sample=False)
    return model


def learn(model, processor, chats: list[dict], steps: int) -> None:
    drawn = random.Random(2)
    groups = by_question(chats)
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    model.train()
    for step in range(steps):
        # Several questions a batch: what tells them apart is in few tokens, and long replies must not drown it.
        batch = [drawn.choice(group) for group in drawn.sample(groups, BATCH)]
        loss = model(**batch_of(processor, batch, shrink=drawn.choice([1, 2, 3]))).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            print(step, round(loss.item(), 3), flush=True)


def batch_of(processor, chats: list[dict], shrink: int) -> dict:
    """Learnt is what the assistant says, with the mark that ends it. Colours are the same in smaller pictures, and cheaper."""
    tokenizer = processor.tokenizer
    texts = [tokenizer.apply_chat_template(chat["messages"], tools=chat.get("tools"), tokenize=False) for chat in chats]
    images = [image.reduce(shrink) for chat in chats for image in chat["images"]]
    batch = processor(text=texts, images=images or None, return_tensors="pt", padding=True)
    head, end = tokenizer("<|im_start|>assistant\n").input_ids, tokenizer.eos_token_id
    labels = torch.full_like(batch.input_ids, -100)
    for row, ids in enumerate(batch.input_ids.tolist()):
        for at in range(len(ids)):
            if ids[at : at + len(head)] == head:
                first = at + len(head)
                last = ids.index(end, first)
                labels[row, first : last + 1] = batch.input_ids[row, first : last + 1]
    return {**batch, "labels": labels}


main(*sys.argv[1:])
