"""What `transformers` makes of conversations by its own means: chat template, processor and model of a folder, nothing of this project.

    python gpu_check_peer.py <folder of the model> <conversations.jsonl> <logprobs.jsonl> [--device cpu|cuda]

A line in: messages as the template takes them, or tokens with null for each picture and where replies stand among them (start, length);
and the files of the pictures in their order. A line out: for each message of the
assistant, the log-probabilities of its tokens and of the mark that ends it; and the same with every picture turned upside down, which
says how much a picture matters. Needs torch, torchvision and transformers 5.
"""

import argparse
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("conversations", type=Path)
    arguments.add_argument("logprobs", type=Path)
    arguments.add_argument("--device", default="cpu")
    given = arguments.parse_args()
    processor = AutoProcessor.from_pretrained(given.folder)
    model = AutoModelForImageTextToText.from_pretrained(given.folder, dtype=torch.float32).to(given.device).eval()
    end = processor.tokenizer.convert_tokens_to_ids("<|im_end|>")

    def logprobs_of(inputs: dict) -> list[float]:
        logprobs = torch.log_softmax(model(**inputs).logits[0].float(), -1)
        # What stands at a position belongs to the token behind it.
        return [0.0, *logprobs[:-1].gather(1, inputs["input_ids"][0, 1:, None])[:, 0].tolist()]

    def turns(text: str, head: list[int], images: list[Image.Image]) -> list[list[float]]:
        inputs = processor(text=[text], images=images, return_tensors="pt").to(given.device)
        ids = inputs["input_ids"][0].tolist()
        of = logprobs_of(inputs)
        starts = [at + len(head) for at in range(len(ids)) if ids[at : at + len(head)] == head]
        return [of[start : ids.index(end, start) + 1] for start in starts]

    def turns_by_tokens(ids: list[int | None], replies: list[list[int]], images: list[Image.Image]) -> list[list[float]]:
        pictures = processor.image_processor(images=images, return_tensors="pt")
        pad, merge = model.config.image_token_id, processor.image_processor.merge_size**2
        counts = [int(grid.prod()) // merge for grid in pictures["image_grid_thw"]]
        taken = iter(counts)
        whole = torch.tensor([[each for id in ids for each in ([pad] * next(taken) if id is None else [id])]])
        inputs = dict(input_ids=whole, attention_mask=torch.ones_like(whole), mm_token_type_ids=(whole == pad).int(), **pictures)
        of = logprobs_of({name: tensor.to(given.device) for name, tensor in inputs.items()})
        # Each picture before a reply takes more positions than its one place in the tokens.
        starts = [start + sum(counts[: ids[:start].count(None)]) - ids[:start].count(None) for start, _ in replies]
        return [of[start : start + length] for start, (_, length) in zip(starts, replies)]

    with given.logprobs.open("w") as out, torch.no_grad():
        for line in given.conversations.open():
            chat = json.loads(line)
            images = [Image.open(given.conversations.parent / name).convert("RGB") for name in chat["pictures"]]
            upside_down = [image.rotate(180) for image in images]
            if "ids" in chat:
                shown, turned = (turns_by_tokens(chat["ids"], chat["replies"], of) for of in (images, upside_down))
                out.write(json.dumps(dict(turns=shown, turned=turned)) + "\n")
                continue
            *asked, reply = chat["messages"]
            prompt = processor.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
            # The mark that opens a thought is the template's own in some families.
            head = processor.tokenizer(prompt[prompt.rindex("<|im_start|>") :]).input_ids
            text = f"{prompt}{reply['content'][0]['text']}<|im_end|>"
            out.write(json.dumps(dict(turns=turns(text, head, images), turned=turns(text, head, upside_down))) + "\n")


main()
