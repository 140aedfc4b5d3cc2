"""Plays scripted searches through your own copy of Mini-o3's released code and writes down what it did.

    python drive.py <Mini-o3 folder> [--tokenizer tokenizer.json] [--prompts released] < scripts.jsonl > rows.jsonl

What runs is the released code: the data set's row, the rollout loop, the tool, the reward manager and the scorer, the mask of valid
groups, the advantages and the policy loss. Replaced are the engine below (it says the scripted replies, halts at the stop string as
vLLM does unless a script says `unhalted`), the model's tokenizer, the judge behind the OpenAI client, and what is not installed and
not used. See README.md for the columns. Needs Python 3.11, torch, tensordict, omegaconf, numpy, Pillow, pydantic, transformers.
"""
import argparse, asyncio, contextlib, importlib.machinery, io, json, re, sys, tempfile, types, unicodedata
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from PIL import Image

arguments = argparse.ArgumentParser()
arguments.add_argument("released", type=Path)
arguments.add_argument("--tokenizer", type=Path, help="that of the model; left out: one token a byte")
arguments.add_argument("--prompts", choices=["ours", "released"], default="ours")
arguments = arguments.parse_args()
sys.path.insert(0, str(arguments.released))

SPECIAL = {
    "<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645, "<|vision_start|>": 151652,
    "<|vision_end|>": 151653, "<|image_pad|>": 151655,
}
IM_END, IMAGE_PAD, END_OF_TEXT = 151645, 151655, 151643
LAST_KNOWN = 151664


class Bytes:
    """One token a byte, and the marks of the Qwen models under their own ids."""

    def encode(self, text):
        pieces = re.split("(" + "|".join(map(re.escape, SPECIAL)) + ")", unicodedata.normalize("NFC", text))
        return [id for piece in pieces for id in ([SPECIAL[piece]] if piece in SPECIAL else piece.encode())]

    def decode(self, ids):
        return bytes(id for id in ids if id < 256).decode("utf-8", "replace")


class Published:
    """A `tokenizer.json` of the family, without the tokens that came after Qwen2.5."""

    def __init__(self, path):
        from tokenizers import Tokenizer
        content = json.loads(path.read_text())
        content["added_tokens"] = [token for token in content["added_tokens"] if token["id"] <= LAST_KNOWN]
        self.own = Tokenizer.from_str(json.dumps(content))

    def encode(self, text):
        return self.own.encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self.own.decode(ids, skip_special_tokens=True)


class ChatTokenizer:
    """What the released code asks of a tokenizer, with the chat template of Qwen2.5-VL for messages that are strings."""
    pad_token_id = END_OF_TEXT

    def __init__(self, own):
        self.own = own

    def encode(self, text, add_special_tokens=False):
        return self.own.encode(text)

    def decode(self, ids, skip_special_tokens=True):
        return self.own.decode([int(id) for id in ids])

    def batch_decode(self, many, skip_special_tokens=True):
        return [self.decode(ids) for ids in many]

    def apply_chat_template(self, chat, add_generation_prompt=True, tokenize=True):
        said = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in chat) + "<|im_start|>assistant\n"
        return self.own.encode(said) if tokenize else said

    def __call__(self, text, return_tensors="pt", add_special_tokens=False):
        ids = torch.tensor([self.own.encode(text)])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


class Processor:
    """Measures pictures as the model's processor does, and leaves the pixels alone."""
    image_token = "<|image_pad|>"

    class image_processor:
        merge_size = 2

        def __new__(cls, images, return_tensors="pt"):
            from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize
            grids = []
            for image in images:
                height, width = smart_resize(image.height, image.width, 28, 3136, 12845056)
                grids.append([1, height // 14, width // 14])
            return {"image_grid_thw": torch.tensor(grids)}


class Anything(types.ModuleType):
    """A module that is imported and never used."""
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *_, **__: None})


def stand_in(name, **members):
    module = Anything(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    for key, value in members.items():
        setattr(module, key, value)
    sys.modules[name] = module
    return module


def package(name):
    """A package of the released code without what its `__init__` would import."""
    module = types.ModuleType(name)
    module.__path__ = [str(arguments.released / name.replace(".", "/"))]
    sys.modules[name] = module
    return module


def remote(*given, **_):
    return given[0] if given and callable(given[0]) else lambda it: it


class RateLimitError(Exception):
    pass


class Judge:
    """Says the scripted replies in place of the judge, and keeps what it was asked. A reply of null is an error of the endpoint."""
    script, asked = [], []

    class AzureOpenAI:
        def __init__(self, **_):
            self.chat = types.SimpleNamespace(completions=self)

        def create(self, messages, temperature, **_):
            said = Judge.script[min(len(Judge.asked), len(Judge.script) - 1)]
            Judge.asked.append((messages, temperature))
            if said is None:
                raise RuntimeError("the endpoint failed")
            message = types.SimpleNamespace(content=said)
            return types.SimpleNamespace(choices=[types.SimpleNamespace(message=message)])


stand_in("ray", remote=remote)
stand_in("openai", AzureOpenAI=Judge.AzureOpenAI, RateLimitError=RateLimitError)
for name in """zmq pandas datasets codetiming flash_attn flash_attn.bert_padding vllm vllm.engine vllm.engine.arg_utils
    vllm.entrypoints vllm.entrypoints.logger vllm.entrypoints.openai vllm.entrypoints.openai.protocol
    vllm.entrypoints.openai.serving_chat vllm.entrypoints.openai.serving_models vllm.outputs vllm.v1 vllm.v1.engine
    vllm.v1.engine.async_llm vllm.v1.executor vllm.v1.executor.abstract vllm.worker vllm.worker.worker_base
    verl.workers.rollout.vllm_rollout.vllm_rollout verl.models.transformers.qwen2_vl""".split():
    stand_in(name)
sys.modules["datasets"].disable_caching = lambda: None
for name in "verl verl.workers verl.workers.rollout verl.workers.rollout.vllm_rollout verl.workers.reward_manager".split():
    package(name)

with contextlib.redirect_stdout(io.StringIO()):
    from verl.protocol import DataProto
    sys.modules["verl"].DataProto = DataProto
    from omegaconf import OmegaConf
    from verl.workers.rollout.vllm_rollout import vllm_async_engine as engine_code
    from verl.workers.rollout.vllm_rollout.function_tools import get_valid_mask
    from verl.workers.reward_manager.naive_multithreads_tool import NaiveMultiThreadsToolRewardManager
    from verl.utils.dataset.multimodal_dataset import MultiModalDataset, make_conversation_multimodal
    from verl.utils.reward_score import general_qa_tool
    from verl.trainer import constants
    from verl.trainer.ppo import core_algos

general_qa_tool.time.sleep = lambda _: None
# So that what the scorer takes for the answer can be read off the judge's prompt.
general_qa_tool.QUERY_PROMPT = "{prediction}"

SYSTEM = constants.TOOL_CROP_SYSTEM_PROMPT
if arguments.prompts == "ours":
    # Words of ours in the places of the released ones, so that the rows hold nothing of theirs.
    SYSTEM = "Look closely, then answer."
    engine_code.TOOL_CALL_CROP_MULTI_TRUN_PROMPT = (
        "Action {action_turn} gave observation {observation_turn}:\n<|vision_start|><|image_pad|><|vision_end|>.\nGo on.")
    engine_code.ERROR_INFO_MULTI_TURN_PROMPT = "Think again."

tokenizer = ChatTokenizer(Published(arguments.tokenizer) if arguments.tokenizer else Bytes())
scorer = NaiveMultiThreadsToolRewardManager(tokenizer, 0, None, gpt_threads=1, extra_info={
    "acc_reward_weight": 1.0, "format_reward_weight": 0.0, "tool_call_penalty": 0.0, "use_tool_reward_weight": 0.0,
    "gpt_extract_answer": True, "extract_answer_tags": "strict", "general_qa_reward_fn": "general_qa_tool",
    "max_total_response_length": 32768})
pictures = Path(tempfile.mkdtemp())


class Engine:
    """The engine below the loop."""

    def __init__(self, replies):
        self.replies, self.prompts, self.said = replies, [], []

    async def generate(self, prompt, sampling_params, request_id):
        # The last reply is repeated as often as the loop asks.
        reply = self.replies[min(len(self.said), len(self.replies) - 1)]
        text, finish = reply["text"], reply.get("finish", "stop")
        stop = "</grounding>"
        halted = stop in text and not reply.get("unhalted")
        if halted:
            text, finish = text[:text.index(stop) + len(stop)], "stop"
        tokens = tokenizer.encode(text) + [END_OF_TEXT] * reply.get("more", 0)
        if finish == "stop" and not text.endswith(stop):
            tokens.append(IM_END)
        grids = iter(Processor.image_processor(prompt["multi_modal_data"]["image"])["image_grid_thw"])
        ids = []
        for id in prompt["prompt_token_ids"]:
            ids += [id] * (int(next(grids).prod()) // 4) if id == IMAGE_PAD else [id]
        self.prompts.append(ids)
        self.said.append(len(tokens))
        output = types.SimpleNamespace(text=text, token_ids=tokens, finish_reason=finish)
        yield types.SimpleNamespace(outputs=[output])


def row_of(script):
    """The data set's own row for a blank picture of that size."""
    width, height = script["picture"]
    path = pictures / f"{width}x{height}.png"
    if not path.exists():
        Image.new("RGB", (width, height)).save(path)
    data = object.__new__(MultiModalDataset)
    row = {"problem": "<image>\n" + script["question"], "images": [str(path)], "solution": script["gold"],
           "data_source": "visual_probe_hard", "doc_id": "p",
           "prompt": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "<image>\n" + script["question"]}]}
    data.__dict__.update(
        tokenizer=tokenizer, processor=Processor(), prompt_key="prompt", image_key="images", max_prompt_length=8192,
        max_pixels=2_000_000, min_pixels=40_000, truncation="error", mask_blank=False, use_raw_image=True, use_3drope=False,
        return_raw_chat=True, dataframe=types.SimpleNamespace(iloc=[types.SimpleNamespace(to_dict=lambda: row)]))
    return data[0]


def rollout(script):
    """One search by the released loop: what came of it, for the row and for the group that it is in."""
    config = OmegaConf.create({
        "actor": {"ignore_exceed": True},
        "rollout": {
            "max_pixels": 2_000_000, "min_pixels": 40_000, "max_generation_round": script.get("maxTurns", 12), "n": 1, "val_n": 1,
            "val_max_generation_round": script.get("maxTurns", 12), "multi_turn_prompt_type": "v2",
            "limit_mm_per_prompt": {"image": script.get("maxImages", 12)}, "val_limit_mm_per_prompt": {"image": script.get("maxImages", 12)},
            "stop": ["</grounding>"], "max_total_response_length": 32768, "response_length": 8192, "max_model_len": None,
            "prompt_length": 8192, "use_relative_coordinates": True, "save_traj_dir": None, "save_traj": False}})
    server = engine_code.AsyncvLLMEngine(
        config, 1, 0, "", tokenizer, Processor(), None, None, scorer, scorer)
    server.engine = engine = Engine(script["replies"])
    server.sampling_params = types.SimpleNamespace()
    boxes, told, costs = [], [], []

    def crop_image(image, coordinates, *_, **__):
        boxes.append(list(coordinates))
        return image.crop(coordinates)

    carry_out = server.process_tool_call

    def process_tool_call(*given):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            cost, output = carry_out(*given)
        told.append(None if isinstance(output, Image.Image) else output)
        costs.append(int(cost))
        return cost, output

    engine_code.crop_image, server.process_tool_call = crop_image, process_tool_call
    Judge.script, Judge.asked = script.get("judge", ["Score: 0"]), []
    row = row_of(script)
    prompts = types.SimpleNamespace(
        non_tensor_batch={**{key: [row[key]] for key in "raw_prompt_ids multi_modal_data raw_prompt index".split()},
                          "image_size_used": [row["image_size_used"]], "uid": ["u"], "ground_truth": [row["ground_truth"]],
                          "data_source": [row["data_source"]]},
        batch={key: row[key].unsqueeze(0) for key in "input_ids attention_mask position_ids".split()})
    request, = server._preprocess_prompt_to_async_rollout_requests(prompts, 1)
    first = len(request.raw_prompt_id) + int(request.image_token_num) - 1
    done = asyncio.run(server._async_rollout_a_request(request, True, True))
    views = [list(image.size) for image in done.multi_modal_data["image"]]
    turns = len(engine.said)
    if done.exceed:
        over_turn = turns == script.get("maxTurns", 12)
        end = "over-turn" if over_turn else "over-image" if len(views) >= script.get("maxImages", 12) else "over-context"
    else:
        end = "void" if done.void else "answered"
    prefix = "ERROR occurs during grounding. Error Information: "
    errors = [None if it is None else it[len(prefix):-len(".\n")] for it in told]
    result = {
        "end": end, "turns": turns, "boxes": boxes[:len(views) - 1], "firstView": views[0], "views": views[1:],
        "errors": errors, "answer": Judge.asked[0][0][-1]["content"][0]["text"] if Judge.asked else None,
        "reward": sum(done.acc_reward_tensor[0]), "masked": done.exceed, "judgeFailed": bool(done.invalid_uids),
        "promptTokens": [first, *costs], "replyTokens": engine.said}
    return result, done, engine


def short_hash(ids):
    return sha256(json.dumps(ids, separators=(",", ":")).encode()).hexdigest()[:16]


def gradients(dones, rewards, ignore_exceed):
    """What the actor learns from a group: for every search, tokens with a gradient and the coefficient that each has."""
    length = 32768
    responses = torch.full((len(dones), length), tokenizer.pad_token_id)
    generated = torch.zeros(len(dones), length, dtype=torch.int64)
    for i, done in enumerate(dones):
        responses[i, :len(done.all_response_ids)] = done.all_response_ids
        generated[i, :len(done.all_response_masks)] = done.all_response_masks
    attended = engine_code.get_final_eos_mask(response_id=responses, eos_token=[IM_END], dtype=torch.int64)
    level = torch.zeros(len(dones), length)
    level[:, 0] = torch.tensor(rewards, dtype=torch.float)
    advantages, _ = core_algos.compute_grpo_outcome_advantage(level, attended, ["u"] * len(dones))
    mask = attended * generated
    if ignore_exceed:
        mask[torch.tensor([done.exceed for done in dones])] = 0
    rows = []
    for i in range(len(dones)):
        log_prob = torch.zeros(1, length, requires_grad=True)
        loss, *_ = core_algos.compute_policy_loss(
            old_log_prob=torch.zeros(1, length), log_prob=log_prob, advantages=advantages[i:i + 1], eos_mask=mask[i:i + 1],
            cliprange=0.2, cliprange_low=0.2, cliprange_high=0.3, loss_agg_mode="token-mean", scale=None)
        # One search a micro-batch, as many of them as the group has.
        (loss / len(dones)).backward()
        found = -log_prob.grad[0][mask[i] == 1]
        values = {round(float(value), 9) for value in found}
        assert len(values) <= 1, values
        rows.append([int(mask[i].sum()), next(iter(values), 0.0)])
    return rows


def group_row(script):
    played = [rollout({**script, **one}) for one in script["searches"]]
    results, dones = [it[0] for it in played], [it[1] for it in played]
    rewards = [result["reward"] for result in results]
    uids = np.array(["u"] * len(dones), dtype=object)
    images = np.empty(len(dones), dtype=object)
    images[:] = [done.multi_modal_data for done in dones]
    level = torch.tensor(rewards).unsqueeze(-1)
    weights = {"tool_call": "crop", "acc_reward_weight": 1.0, "format_reward_weight": 0.0, "use_tool_reward_weight": 0.0}
    invalid = ["u"] if any(result["judgeFailed"] for result in results) else []
    valid, *_ = get_valid_mask(uids, images, weights, level, level, torch.zeros_like(level), invalid, None)
    used = bool(valid[0])
    return {"rewards": rewards, "masked": [result["masked"] for result in results], "used": used,
            "gradients": gradients(dones, rewards, True) if used else [], "unmasked": gradients(dones, rewards, False) if used else []}


def judge_row(script):
    """The judge's replies alone, for an answer that it is asked about."""
    Judge.script, Judge.asked = script["judge"], []
    score = general_qa_tool.client.query(images=[], prompt="p", system_prompt="s")
    temperatures = [round(temperature, 3) for _, temperature in Judge.asked]
    return {"asked": len(Judge.asked), "temperatures": temperatures, "right": None if score == "" else "1" in score}


for line in sys.stdin:
    script = json.loads(line)
    with contextlib.redirect_stdout(io.StringIO()):
        if "searches" in script:
            found = group_row(script)
        elif "replies" in script:
            found, _, engine = rollout(script)
            if script.get("tokens"):
                found["prompts"] = [short_hash(ids) for ids in engine.prompts]
        else:
            found = judge_row(script)
    print(json.dumps({**script, **found}, ensure_ascii=False), flush=True)
