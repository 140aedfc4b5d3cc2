"""TuFT's command line where there is no GPU: it reserves one from Ray and asks it for its memory, and trains without."""

import ray
from tuft.cli import main


def without_cuda():
    import torch

    torch.cuda.reset_peak_memory_stats = lambda device=None: None


ray.init(
    num_gpus=1,
    include_dashboard=False,
    object_store_memory=500_000_000,
    runtime_env={"worker_process_setup_hook": without_cuda},
)
main()
