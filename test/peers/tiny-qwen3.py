"""Writes a tiny random Qwen3 text model with a byte tokenizer into a folder: something for a real server to train.

    python tiny-qwen3.py <folder>

Needs torch, transformers and tokenizers, which every server that it is for brings along. Nothing is downloaded.
"""

import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

folder = sys.argv[1]

# A token a byte, then the marks of Qwen's chat; 257 ends a turn.
marks = ["<|endoftext|>", "<|im_end|>", "<|im_start|>"]
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens(marks)
PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>").save_pretrained(folder)

torch.manual_seed(1)
config = Qwen3Config(
    vocab_size=264,
    hidden_size=64,
    intermediate_size=128,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=512,
    tie_word_embeddings=False,
    bos_token_id=None,
    eos_token_id=257,
    pad_token_id=256,
    # Random weights of this size give the model preferences; smaller ones leave it at chance.
    initializer_range=0.2,
    dtype="float32",
)
model = Qwen3ForCausalLM(config).float()
model.save_pretrained(folder)
print(f"{folder}: {model.num_parameters()} weights, {len(tokenizer.get_vocab())} tokens")
