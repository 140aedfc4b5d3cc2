"""The embedded policy in PyTorch, doing the work of embedded.mjs: one job a line on stdin, one line of JSON for each."""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def read_safetensors(file):
    with open(file, "rb") as opened:
        header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
        data = opened.read()
    header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(np.frombuffer(data[start:end], np.float32).reshape(entry["shape"]).copy())
    return tensors


def convolution(blocks):
    """A product with 2 x 2 blocks whose four outputs are shifted and summed, as the 4 x 4 kernel that it is."""
    channels, outputs = blocks.shape[0] // 4, blocks.shape[1] // 4
    # Row and column within a block, channel; then block row and column, output.
    kernel = blocks.view(2, 2, channels, 2, 2, outputs).permute(5, 2, 3, 0, 4, 1)
    return kernel.reshape(outputs, channels, 4, 4)


class Peer:
    def start(self, job):
        self.config, self.special = job["config"], job["special"]
        weights = {name: w for name, w in read_safetensors(job["weights"]).items() if not name.startswith("look.kind")}
        self.convolutions = len(self.config["stemChannels"])
        self.stride = self.config["viewPx"] // self.config["patchesPerSide"] // 2 ** (self.convolutions - 1)
        size = self.stride + 2
        weights["stem.1"] = weights["stem.1"].view(size, size, 3, -1).permute(3, 2, 0, 1)
        for i in range(2, self.convolutions + 1):
            weights[f"stem.{i}"] = convolution(weights[f"stem.{i}"])
        self.p = {name: weight.contiguous().requires_grad_() for name, weight in weights.items()}
        adam = job["adam"]
        self.clip_norm = adam["clipNorm"]
        matrices = [weight for weight in self.p.values() if weight.dim() > 1]
        vectors = [weight for weight in self.p.values() if weight.dim() == 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": adam["weightDecay"]}, {"params": vectors, "weight_decay": 0}],
            lr=adam["learningRate"],
            betas=(adam["beta1"], adam["beta2"]),
            eps=adam["epsilon"],
            fused=True,
        )
        half = self.config["width"] // self.config["heads"] // 2
        angles = torch.outer(torch.arange(self.config["contextTokens"]), 1000 ** (-torch.arange(half) / half))
        self.cos, self.sin = angles.cos(), angles.sin()
        self.pictures = self.config["patchesPerSide"] ** 2
        batch = read_safetensors(job["batch"])
        self.views = batch["views"].to(torch.uint8)
        self.tokens, self.next = batch["tokens"].long(), batch["next"].long()
        self.goal, self.colour, self.weights = batch["goal"], batch["colour"], batch["weights"]
        self.prompt_lengths, self.lengths = batch["promptLengths"].long(), batch["lengths"].long()
        return {"torch": torch.__version__}

    def first_rows(self, views, tokens, goal, colour):
        """[B, I + n, D]: picture tokens, then [B, n] text tokens."""
        p = self.p
        x = views.permute(0, 3, 1, 2) / 127.5 - 1
        for i in range(1, self.convolutions + 1):
            stride = self.stride if i == 1 else 2
            x = F.relu(F.conv2d(x, p[f"stem.{i}"], p[f"stem.{i}.bias"], stride=stride, padding=1))
        features = normalise(x.flatten(2).transpose(1, 2) @ p["stem.out"] + p["stem.out.bias"])
        text = F.embedding(tokens, p["embedding"])
        goal = (text * goal.unsqueeze(-1)).sum(1)
        # Each picture token is marked with the names of its four cells, strongly where the goal's colour shows.
        presence = (features @ p["look.presence"] + p["look.presence.bias"]).unflatten(-1, (4, -1))
        shows = torch.sigmoid((presence * colour.view(len(colour), 1, 1, -1)).sum(-1, keepdim=True))
        cell = self.special["firstCell"]
        names = p["embedding"][cell : cell + 64].view(self.pictures, 4, -1)
        places = ((shows * (0.6 * self.config["width"] ** 0.5) + 0.25) * names).sum(2)
        return torch.cat([features * (goal @ p["goal"] + 1).unsqueeze(1) + places, text], 1)

    def layer(self, layer, rows, cos, sin, mask, remember=None):
        """`remember` takes keys and values and gives those to attend to."""
        p = self.p
        batch, n, width = rows.shape
        qkv = (normalise(rows) @ p[f"{layer}.qkv"]).view(batch, n, 3, self.config["heads"], -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if remember:
            k, v = remember(k, v)
        mixed = F.scaled_dot_product_attention(q, k, v, mask)
        rows = rows + mixed.transpose(1, 2).reshape(batch, n, width) @ p[f"{layer}.out"]
        return rows + F.relu(normalise(rows) @ p[f"{layer}.up"]).square() @ p[f"{layer}.down"]

    def prefix_mask(self, prompt_lengths, n):
        """[B, 1, n, n]: the view and the prompt are seen by all, the rest by what follows."""
        at = torch.arange(n)
        prompt = at < (self.pictures + prompt_lengths).view(-1, 1, 1, 1)
        return prompt | (at <= at.view(-1, 1))

    def loss(self):
        """Adds gradients and returns the summed loss. In groups of neighbours in length, as the engine does."""
        order = torch.argsort(self.lengths, stable=True)
        total = 0.0
        for rows in order.split(self.group):
            words = int(self.lengths[rows].max())
            n = self.pictures + words
            x = self.first_rows(self.views[rows], self.tokens[rows, :words], self.goal[rows, :words], self.colour[rows])
            mask = self.prefix_mask(self.prompt_lengths[rows], n)
            for layer in range(self.config["layers"]):
                x = self.layer(layer, x, self.cos[:n], self.sin[:n], mask)
            logits = normalise(x[:, self.pictures :]) @ self.p["embedding"].T
            losses = F.cross_entropy(logits.flatten(0, 1), self.next[rows, :words].flatten(), reduction="none")
            loss = (losses * self.weights[rows, :words].flatten()).sum()
            loss.backward()
            total += loss.item()
        return total

    group = 64

    def train(self, job):
        loss = self.loss()
        torch.nn.utils.clip_grad_norm_(self.p.values(), self.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad()
        return {"loss": loss}

    @torch.inference_mode()
    def sample(self, job):
        """Reads all prompts in one pass, then writes one token each until the last reply has ended."""
        rows = torch.arange(len(self.tokens))
        widest = int(self.prompt_lengths.max())
        n = self.pictures + widest
        total = self.config["contextTokens"]
        tokens = self.tokens[:, :widest].masked_fill(torch.arange(widest) >= self.prompt_lengths.view(-1, 1), 0)
        x = self.first_rows(self.views, tokens, self.goal[:, :widest], self.colour)
        mask = self.prefix_mask(self.prompt_lengths, n)
        heads = self.config["heads"]
        caches = torch.zeros(self.config["layers"], 2, len(rows), heads, total, self.config["width"] // heads)
        for layer, cache in enumerate(caches):

            def fill(k, v):
                cache[0, :, :, :n], cache[1, :, :, :n] = k, v
                return k, v

            x = self.layer(layer, x, self.cos[:n], self.sin[:n], mask, fill)
        at = self.pictures + self.prompt_lengths - 1
        x = x[rows, at]
        replies, kept = [[] for _ in rows], []
        done = torch.zeros(len(rows), dtype=torch.bool)
        count = 0
        while True:
            logprobs = F.log_softmax(normalise(x) @ self.p["embedding"].T, -1)
            if job["temperature"] == 0:
                drawn = logprobs.argmax(-1)
            else:
                drawn = torch.multinomial((logprobs / job["temperature"]).exp(), 1).squeeze(1)
            kept.append(logprobs.gather(1, drawn.unsqueeze(1)))
            ended = drawn == self.special["end"]
            count += int((~done).sum())
            for row, (token, skip) in enumerate(zip(drawn.tolist(), (done | ended).tolist())):
                if not skip:
                    replies[row].append(token)
            at = at + 1
            written = at - self.pictures - self.prompt_lengths + 1
            done = done | ended | (at + 1 >= total) | (written >= job["maxTokens"])
            if bool(done.all()):
                return {"drawn": count, "replies": replies}
            at = at.clamp(max=total - 1)
            seen = int(at.max()) + 1
            mask = (torch.arange(seen) <= at.view(-1, 1)).view(len(rows), 1, 1, seen)
            cos, sin = self.cos[at].view(len(rows), 1, 1, -1), self.sin[at].view(len(rows), 1, 1, -1)
            x = F.embedding(drawn, self.p["embedding"]).unsqueeze(1)
            for layer, cache in enumerate(caches):

                def put(k, v):
                    cache[0, rows, :, at], cache[1, rows, :, at] = k.squeeze(2), v.squeeze(2)
                    return cache[0, :, :, :seen], cache[1, :, :, :seen]

                x = self.layer(layer, x, cos, sin, mask, put)
            x = x.squeeze(1)


def normalise(x):
    return F.rms_norm(x, x.shape[-1:], eps=1e-5)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


peer = Peer()
for line in sys.stdin:
    job = json.loads(line)
    torch.set_num_threads(job.get("threads", 1))
    wall, cpu = time.perf_counter(), time.process_time()
    answer = getattr(peer, job["do"])(job)
    cost = {"cpuMs": (time.process_time() - cpu) * 1000, "wallMs": (time.perf_counter() - wall) * 1000}
    print(json.dumps({**cost, **answer}), flush=True)
