"""The protocol's own client (tinker 0.38.0 from PyPI) at work on a server: two steps, a checkpoint, a sample, as JSON."""

import json
import sys

import numpy as np
import tinker
from tinker import types


def settled(value):
    return value.result() if hasattr(value, "result") else value


url, picture = sys.argv[1:]
with open(picture, "rb") as file:
    image = types.ImageChunk(data=file.read(), format="png", expected_tokens=16)
client = settled(tinker.ServiceClient(base_url=url, api_key="tml-key").create_lora_training_client("mini-o3/embedded", rank=8))


def datum(token):
    prompt, reply = [10, 11, token], [token, 9, 1]
    targets = ([0] * 16 + prompt + reply)[1:]
    weights = np.zeros(len(targets), dtype=np.float32)
    weights[-3:] = [0.1, 0.2, 0.3]
    return types.Datum(
        model_input=types.ModelInput(chunks=[image, types.EncodedTextChunk(tokens=prompt + reply[:-1])]),
        loss_fn_inputs={
            "target_tokens": types.TensorData.from_numpy(np.array(targets, dtype=np.int64)),
            "weights": types.TensorData.from_numpy(weights),
        },
    )


adam = types.AdamParams(learning_rate=0.1, beta1=0.9, beta2=0.98, eps=1e-9, weight_decay=0.01, grad_clip_norm=1.0)
seen = {"logprobs": [], "gradientNorms": []}
for _ in range(2):
    trained = client.forward_backward([datum(token) for token in (5, 6, 7)], "cross_entropy")
    stepped = client.optim_step(adam)
    rows = [output["logprobs"].data[-3:] for output in trained.result().loss_fn_outputs]
    seen["logprobs"].append([[float(value) for value in row] for row in rows])
    seen["gradientNorms"].append(stepped.result().metrics["skyrl.ai/grad_norm"])
seen["saved"] = client.save_state("one").result().path
sampling = settled(client.save_weights_and_get_sampling_client())
prompt = types.ModelInput(chunks=[image, types.EncodedTextChunk(tokens=[10, 11, 5])])
params = types.SamplingParams(max_tokens=4, temperature=1.0, seed=3, stop=[1])
sequence = sampling.sample(prompt=prompt, num_samples=1, sampling_params=params).result().sequences[0]
seen["sampled"] = {"tokens": list(sequence.tokens), "logprobs": [float(value) for value in sequence.logprobs]}
print(json.dumps(seen))
