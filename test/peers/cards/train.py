"""Trains a tiny Qwen2.5-VL on searches that `mini-o3 export --to trl` wrote, with TRL's SFTTrainer as the card of the export says.

    python train.py <export> <folder> [epochs] [pixels a patch] [learning rate] [model to go on from]

Without a model it starts from random weights. Needs trl, datasets, torch, torchvision, transformers 5. One core is used; a
checkpoint is kept every 100 steps.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.append(str(Path(__file__).parents[1]))

import torch
from datasets import load_dataset
from tiny_qwen import model_for, processor_for
from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration
from trl import SFTConfig, SFTTrainer

def main(export: str, folder: str, epochs: str = "2", patch: str = "8", rate: str = "2e-3", start: str = "") -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if start:
        model, processor = Qwen2_5_VLForConditionalGeneration.from_pretrained(start), AutoProcessor.from_pretrained(start)
    else:
        # One image token for each place of a board: of 64 x 64 pixels with patches of 8, of 200 x 200 with patches of 25.
        processor = processor_for(texts_of(Path(export)), int(patch))
        # Rotations that tell near places apart: with the usual base, four columns would look the same.
        model = model_for(processor.tokenizer, int(patch), layers=4, theta=50.0)
    print(f"{model.num_parameters():,} weights, {len(processor.tokenizer)} tokens", flush=True)
    settings = SFTConfig(
        output_dir=folder,
        num_train_epochs=float(epochs),
        per_device_train_batch_size=8,
        learning_rate=float(rate),
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=50,
        adam_beta2=0.95,
        weight_decay=0.0,
        assistant_only_loss=True,
        max_length=None,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        logging_steps=20,
        save_steps=100,
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
    )
    rows = load_dataset(export, split="train")
    trainer = SFTTrainer(model=model, args=settings, train_dataset=rows, processing_class=processor)
    trainer.train()
    trainer.save_model(folder)


def texts_of(export: Path) -> list[str]:
    """What was said in the searches, and the names of who says it."""
    rows = [json.loads(line) for line in (export / "metadata.jsonl").read_text().splitlines()]
    parts = [part for row in rows for message in row["messages"] for part in message["content"]]
    return [part["text"] for part in parts if part["type"] == "text"] + ["system\n", "user\n", "assistant\n"] * len(rows)


main(*sys.argv[1:])
