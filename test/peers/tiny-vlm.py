"""Makes a tiny Qwen2.5-VL and teaches it the lessons that lessons.mjs wrote down: something that real servers load, and
that searches. All of it is made here (tiny_qwen.py); nothing is downloaded.

    python tiny-vlm.py <lessons> <folder> [steps]

Needs torch, torchvision, transformers 5, tokenizers and pillow. 900 steps take six minutes of one core.
"""

import json
import random
import sys
from pathlib import Path

import torch
from PIL import Image
from tiny_qwen import SECTIONS, model_for, processor_for

BATCH = 4
LEARNING_RATE = 3e-3


def main(lessons: str, folder: str, steps: str = "900") -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    chats = read(Path(lessons))
    # The first answers to each question: of random letters no tokens shall be made.
    written = [chat["messages"] for group in by_question(chats) for chat in group[:2]]
    texts = [json.dumps(messages, ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"') for messages in written]
    processor = processor_for(texts)
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
