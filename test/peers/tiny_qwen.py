"""A tiny Qwen2.5-VL without any training: tokenizer, processor, chat template and random weights, all made here. tiny-vlm.py and
cards/train.py train it. Needs torch, torchvision, transformers 5, tokenizers.
"""

from collections.abc import Iterable

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
{% if message.role == 'tool' %}<tool_response>{{ said(message.content) }}</tool_response><|im_end|>
{%- elif message.role == 'assistant' -%}{% generation %}{{ said(message.content) }}
{%- for call in message.tool_calls or [] -%}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}}</tool_call>
{%- endfor -%}<|im_end|>{% endgeneration %}
{%- else -%}{{ said(message.content) }}<|im_end|>
{%- endif -%}{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}
"""


def processor_for(texts: Iterable[str], patch: int = 14) -> Qwen2_5_VLProcessor:
    """A vocabulary for these texts, and views in cells of two patches each way."""
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([split, as_bytes])
    bpe.decoder = decoders.ByteLevel()
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
    cell = (2 * patch) ** 2
    images = Qwen2VLImageProcessor(
        patch_size=patch, merge_size=2, temporal_patch_size=2, min_pixels=4 * cell, max_pixels=16_384 * cell
    )
    return Qwen2_5_VLProcessor(images, tokenizer, Qwen2VLVideoProcessor(), chat_template=CHAT)


def model_for(
    tokenizer: PreTrainedTokenizerFast, patch: int = 14, layers: int = 3, theta: float = 1e6
) -> Qwen2_5_VLForConditionalGeneration:
    end, pad, image, video, start, stop = tokenizer.convert_tokens_to_ids(
        ["<|im_end|>", "<|endoftext|>", "<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    )
    width = 128
    text = dict(
        vocab_size=len(tokenizer) + -len(tokenizer) % 64,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        # vLLM's attention on a CPU wants heads of 32.
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        rope_scaling=dict(type="mrope", rope_type="default", mrope_section=SECTIONS, rope_theta=theta),
        bos_token_id=pad,
        eos_token_id=end,
        pad_token_id=pad,
    )
    vision = dict(
        depth=2,
        hidden_size=64,
        intermediate_size=128,
        num_heads=4,
        patch_size=patch,
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
