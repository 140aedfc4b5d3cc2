"""What Python's loaders read of exported sets, as one JSON document: python load-exports.py <format>=<folder> ...

trl and parquet take the package `datasets`, verl and verl-agent the package `verl` too; a format whose packages are not there gives null.
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HOME"] = os.path.join(os.getcwd(), "cache")


def rows_of(folder):
    from datasets import load_dataset

    return [
        {
            "roles": [message["role"] for message in row["messages"]],
            "text": "".join(part["text"] or "" for message in row["messages"] for part in message["content"]),
            "marks": sum(part["type"] == "image" for message in row["messages"] for part in message["content"]),
            "sizes": [list(image.size) for image in row["images"]],
        }
        for row in load_dataset(folder, split="train")
    ]


def verl_rows(folder):
    from omegaconf import OmegaConf
    from verl.utils.dataset.rl_dataset import RLHFDataset

    file = os.path.join(folder, "data", "train-00000-of-00001.parquet")
    config = OmegaConf.create({"cache_dir": "cache", "filter_overlong_prompts": False})
    rows = RLHFDataset(data_files=file, tokenizer=None, processor=object(), config=config)
    return [
        {
            "roles": [message["role"] for message in row["raw_prompt"]],
            "pictures": sum(part["type"] == "image" for message in row["raw_prompt"] for part in message["content"]),
            "answer": row["reward_model"]["ground_truth"],
        }
        for row in (rows[index] for index in range(len(rows)))
    ]


def read(target, folder):
    try:
        return (verl_rows if target.startswith("verl") else rows_of)(folder)
    except ImportError:
        return None


print(json.dumps({target: read(target, folder) for target, folder in (word.split("=", 1) for word in sys.argv[1:])}))
