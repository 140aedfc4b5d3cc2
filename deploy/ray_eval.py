"""One evaluation as Ray tasks: each searches one shard, and the driver merges them. The folder RUNS and the data are shared by all nodes.

    RUNS=runs/vstar SHARDS=8 python deploy/ray_eval.py --benchmark vstar --data downloads --policy chat:<model> --base-url <url>

Options of `mini-o3 eval` follow, without --shard and --run. A task whose node died is started again and resumes where it stopped; so does
the whole command when it is repeated.
"""

import os
import shlex
import subprocess
import sys

import ray

RUNS = os.path.abspath(os.environ["RUNS"])
SHARDS = int(os.environ.get("SHARDS", "2"))
MINI_O3 = shlex.split(os.environ.get("MINI_O3", "mini-o3"))


def part(index: int) -> str:
    return os.path.join(RUNS, f"part-{index}")


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def search(index: int, options: list[str], folder: str) -> None:
    words = [*MINI_O3, "eval", *options, "--shard", f"{index}/{SHARDS}", "--run", part(index)]
    subprocess.run(words, cwd=folder, check=True)


ray.init()
ray.get([search.remote(index, sys.argv[1:], os.getcwd()) for index in range(1, SHARDS + 1)])
merge = [*MINI_O3, "eval", "merge", *(part(index) for index in range(1, SHARDS + 1)), "--run", os.path.join(RUNS, "whole")]
sys.exit(subprocess.run(merge).returncode)
