"""Computes with a Qwen with vision for the strict test server, which has checked everything before: one request a line on standard
input, one reply a line on standard output.

    python qwen_trainer.py <folder of the model> [--device cpu|cuda] [--rows n] [--threads n]

Sequences of one length are computed together, at most `rows` of them. With one row nothing depends on what else is asked for at the
same time, so figures are the same to the last bit however requests arrive. Needs torch, torchvision and transformers 5.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import queue
import sys
import threading
import traceback
from collections import OrderedDict
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoImageProcessor, AutoModelForImageTextToText

PICTURES = 4096
# Seconds without a further request to sample after which those that came are sampled together.
GATHERING = 0.06


class Pictures:
    """Picture files as the model's own processor reads them; those that were shown lately are kept."""

    def __init__(self, folder: str):
        self.processor = AutoImageProcessor.from_pretrained(folder)
        self.kept: OrderedDict[str, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def read(self, data: str) -> tuple[torch.Tensor, torch.Tensor]:
        key = hashlib.sha256(data.encode()).hexdigest()
        if key not in self.kept:
            image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
            read = self.processor(images=[image], return_tensors="pt")
            grid, patch = read["image_grid_thw"], self.processor.patch_size
            if (grid[0, 2] * patch, grid[0, 1] * patch) != image.size:
                raise ValueError(f"a picture of {image.size} was resized to a grid of {grid.tolist()}")
            self.kept[key] = read["pixel_values"], grid
            if len(self.kept) > PICTURES:
                self.kept.popitem(last=False)
        self.kept.move_to_end(key)
        return self.kept[key]


class Policy:
    """A model that is trained, its optimiser, and gradients that wait for a step."""

    def __init__(self, folder: str, pictures: Pictures, device: str, rows: int):
        self.model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).to(device).eval()
        self.pictures, self.device, self.rows = pictures, device, rows
        self.image_token = self.model.config.image_token_id
        self.merge = self.pictures.processor.merge_size**2
        matrices = [weight for weight in self.model.parameters() if weight.ndim >= 2]
        others = [weight for weight in self.model.parameters() if weight.ndim < 2]
        self.optimizer = torch.optim.AdamW([dict(params=matrices), dict(params=others)])

    def read(self, chunks: list[dict]) -> dict:
        """A sequence as the model reads it: the processor's patches, and a mark for each of a picture's positions."""
        ids, patches, grids = [], [], []
        for chunk in chunks:
            if chunk["type"] == "encoded_text":
                ids += chunk["tokens"]
                continue
            pixels, grid = self.pictures.read(chunk["data"])
            count = int(grid.prod()) // self.merge
            if count != chunk["expected_tokens"]:
                raise ValueError(f"a picture of {count} tokens, said to have {chunk['expected_tokens']}")
            ids += [self.image_token] * count
            patches.append(pixels)
            grids.append(grid)
        return dict(ids=ids, patches=patches, grids=grids)

    def inputs(self, rows: list[dict]) -> dict:
        ids = torch.tensor([row["ids"] for row in rows], device=self.device)
        given = dict(input_ids=ids, attention_mask=torch.ones_like(ids))
        patches = [pixels for row in rows for pixels in row["patches"]]
        if patches:
            given["pixel_values"] = torch.cat(patches).to(self.device)
            given["image_grid_thw"] = torch.cat([grid for row in rows for grid in row["grids"]]).to(self.device)
            given["mm_token_type_ids"] = (ids == self.image_token).int()
        # What was computed for other sequences counts for none of these.
        self.model.model.rope_deltas = None
        return given

    def batches(self, rows: list[dict]) -> list[list[int]]:
        """Places of rows that are as long as each other."""
        by_length: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            by_length.setdefault(len(row["ids"]), []).append(place)
        return [same[i : i + self.rows] for same in by_length.values() for i in range(0, len(same), self.rows)]

    def train(self, data: list[dict], loss: dict, learn: bool) -> list[list[float]]:
        """Log-probabilities of all targets; gradients of the summed loss are added up if it is to learn."""
        rows = [self.read(datum["chunks"]) for datum in data]
        found: list[list[float]] = [[] for _ in data]
        for batch in self.batches(rows):

            def column(name: str) -> torch.Tensor | None:
                given = [data[place].get(name) for place in batch]
                return None if given[0] is None else torch.tensor(given, device=self.device)

            with torch.set_grad_enabled(learn):
                logits = self.model(**self.inputs([rows[place] for place in batch])).logits.float()
                targets = column("targets")
                logprobs = torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]
                if learn:
                    loss_of(logprobs, column, loss).backward()
            for place, row in zip(batch, logprobs.tolist()):
                found[place] = row
        return found

    def step(self, learning_rate, beta1, beta2, epsilon, weight_decay, clip_norm) -> float:
        for group, decay in zip(self.optimizer.param_groups, [weight_decay, 0.0]):
            group.update(lr=learning_rate, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip_norm or float("inf"))
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm.item()

    @torch.no_grad()
    def sample(self, asks: list[dict]) -> list[dict]:
        rows = [self.read(ask["chunks"]) for ask in asks]
        found: list[dict] = [{} for _ in asks]
        for batch in self.batches(rows):
            replies = self.reply([rows[place] for place in batch], [asks[place] for place in batch])
            for place, reply in zip(batch, replies):
                found[place] = reply
        return found

    def reply(self, rows: list[dict], asks: list[dict]) -> list[dict]:
        drawn = [torch.Generator().manual_seed(ask["seed"]) for ask in asks]
        replies = [dict(tokens=[], logprobs=[], ended=False) for _ in asks]
        given = self.inputs(rows)
        mask = given["attention_mask"]
        while True:
            out = self.model(**given, use_cache=True)
            logprobs = torch.log_softmax(out.logits[:, -1].float(), -1).cpu()
            tokens = [one_of(row, ask["temperature"], rng) for row, ask, rng in zip(logprobs, asks, drawn)]
            for reply, ask, row, token in zip(replies, asks, logprobs, tokens):
                if reply["ended"] or len(reply["tokens"]) >= ask["max_tokens"]:
                    continue
                reply["logprobs"].append(row[token].item())
                reply["ended"] = token in ask["stop"]
                if not reply["ended"]:
                    reply["tokens"].append(token)
            if all(reply["ended"] or len(reply["tokens"]) >= ask["max_tokens"] for reply, ask in zip(replies, asks)):
                return replies
            said = torch.tensor(tokens, device=self.device)[:, None]
            # Behind pictures positions go on from fewer than they take.
            deltas = self.model.model.rope_deltas
            positions = torch.full_like(said, mask.shape[1]) + (0 if deltas is None else deltas)
            mask = torch.cat([mask, mask[:, :1]], 1)
            places = positions.expand(3, -1, -1)
            given = dict(input_ids=said, attention_mask=mask, position_ids=places, cache=out.cache)

    def save(self, file: str) -> None:
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for place, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{place}.{name}": tensor for name, tensor in state.items()}
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, f"{file}.new")
        os.replace(f"{file}.new", file)

    def load(self, file: str, optimizer: bool) -> None:
        tensors = load_file(file)
        self.model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
        if optimizer:
            state: dict[int, dict] = {}
            for name, tensor in tensors.items():
                if name.startswith("adam."):
                    _, place, kind = name.split(".")
                    state.setdefault(int(place), {})[kind] = tensor
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})


def loss_of(logprobs: torch.Tensor, column, loss: dict) -> torch.Tensor:
    kind = loss["kind"]
    if kind == "cross-entropy":
        return -(column("weights") * logprobs).sum()
    advantages, old = column("advantages"), column("logprobs")
    low, high = loss["clipLow"], loss["clipHigh"]
    # Where there is nothing to learn no old log-probability stands, and a ratio may be anything.
    learned = advantages != 0
    moved = torch.where(learned, logprobs - old, torch.zeros_like(old))
    if kind == "dppo":
        sampled = old if column("rollout") is None else column("rollout")
        moved = torch.where(learned, logprobs - sampled, torch.zeros_like(old))
        rise = (logprobs.exp() - sampled.exp()).detach()
        kept = ~(((advantages > 0) & (rise > high)) | ((advantages < 0) & (rise < -low)))
        return -(moved.exp() * advantages * kept).sum()
    if kind == "gspo":
        own = column("weights")
        mean = ((logprobs - old) * own).sum(-1, keepdim=True) / own.sum(-1, keepdim=True).clamp(min=1)
        moved = mean.detach() + torch.where(learned, logprobs - logprobs.detach(), torch.zeros_like(old))
    ratios = moved.exp()
    clipped = ratios.clamp(1 - low, 1 + high)
    if kind == "cispo":
        return -(clipped.detach() * logprobs * advantages).sum()
    return -torch.minimum(ratios * advantages, clipped * advantages).sum()


def one_of(logprobs: torch.Tensor, temperature: float, rng: torch.Generator) -> int:
    if temperature == 0:
        return int(logprobs.argmax())
    shares = torch.softmax(logprobs.double() / temperature, -1).cumsum(-1)
    share = torch.rand(1, generator=rng, dtype=torch.float64) * shares[-1]
    return int(torch.searchsorted(shares, share, right=True).clamp(max=len(shares) - 1))


class Trainer:
    def __init__(self, folder: str, device: str, rows: int):
        self.folder, self.device, self.rows = folder, device, rows
        self.pictures = Pictures(folder)
        self.policies: dict[int, Policy] = {}
        self.made = 0

    def do(self, job: dict) -> object:
        kind = job["do"]
        if kind == "make":
            self.made += 1
            self.policies[self.made] = Policy(self.folder, self.pictures, self.device, self.rows)
            return self.made
        policy = self.policies[job["model"]]
        if kind == "train":
            return policy.train(job["data"], job["loss"], job["learn"])
        if kind == "step":
            return policy.step(**job["adam"])
        if kind == "save":
            return policy.save(job["file"])
        if kind == "load":
            return policy.load(job["file"], job["optimizer"])
        if kind == "close":
            del self.policies[job["model"]]
            return None
        raise ValueError(f"no such job: {kind}")

    def sample(self, jobs: list[dict]) -> list[object]:
        by_model: dict[int, list[dict]] = {}
        for job in jobs:
            by_model.setdefault(job["model"], []).append(job)
        for model, asked in by_model.items():
            for job, reply in zip(asked, self.policies[model].sample(asked)):
                answer(job, reply)


def answer(job: dict, value: object) -> None:
    print(json.dumps(dict(id=job["id"], value=value)), flush=True)


def fail(job: dict, error: Exception) -> None:
    traceback.print_exc()
    print(json.dumps(dict(id=job["id"], error=f"{type(error).__name__}: {error}")), flush=True)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("folder")
    asked.add_argument("--device", default="cpu")
    asked.add_argument("--rows", type=int, default=64)
    asked.add_argument("--threads", type=int, default=1)
    given = asked.parse_args()
    torch.set_num_threads(given.threads)
    jobs: queue.Queue[dict | None] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            jobs.put(json.loads(line))
        jobs.put(None)

    threading.Thread(target=listen, daemon=True).start()
    trainer = Trainer(given.folder, given.device, given.rows)
    waiting: list[dict | None] = []
    while (job := waiting.pop(0) if waiting else jobs.get()) is not None:
        together = [job]
        if job["do"] == "sample":
            # Whatever else comes to be sampled goes along; anything else waits for it.
            while not waiting:
                try:
                    following = jobs.get(timeout=GATHERING if given.rows > 1 else 0)
                except queue.Empty:
                    break
                (together if following is not None and following["do"] == "sample" else waiting).append(following)
        try:
            if job["do"] == "sample":
                trainer.sample(together)
            else:
                answer(job, trainer.do(job))
        except Exception as error:
            for each in together:
                fail(each, error)


main()
