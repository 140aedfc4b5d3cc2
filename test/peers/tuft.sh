#!/bin/sh
# TuFT on a CPU, training the tiny random model (sampling needs vLLM and a GPU; it is left out):
#
#     test/peers/tuft.sh <folder> [port]
#
# The folder holds the server (from PyPI, at the first start), the model and checkpoints. PYTHON names a Python from 3.11
# on; TORCH what pip shall install as PyTorch, of which any CPU build will do. The key is tml-peer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
folder=$(pwd)
venv=$folder/venv
if [ ! -f "$folder/model/config.json" ]; then
  "${PYTHON:-python3.11}" -m venv "$venv"
  "$venv/bin/pip" install --quiet "${TORCH:-torch}"
  # Its own requirements bring vLLM and a PyTorch for CUDA.
  "$venv/bin/pip" install --quiet --no-deps tuft==0.2.2
  "$venv/bin/pip" install --quiet peft==0.20.0 'accelerate>=1' 'fastapi>=0.133,<0.137' httpx nvidia-ml-py omegaconf \
    opentelemetry-sdk opentelemetry-exporter-otlp opentelemetry-instrumentation-fastapi \
    opentelemetry-instrumentation-logging psutil 'ray>=2.50' 'tinker>=0.25,<0.26' 'transformers>=5.5.3,<6' typer \
    'uvicorn[standard]'
  "$venv/bin/python" "$here/tiny-qwen3.py" "$folder/model"
fi
cat > config.yaml <<YAML
checkpoint_dir: $folder/checkpoints
supported_models:
  - model_name: tiny-qwen3
    model_path: $folder/model
    max_model_len: 512
    micro_batch_size: 16
    capabilities: [training]
authorized_users:
  tml-peer: someone
YAML
export VIRTUAL_ENV="$venv" PATH="$venv/bin:$PATH" TUFT_HOME="$folder/home" HF_HUB_OFFLINE=1 RAY_USAGE_STATS_ENABLED=0
exec python "$here/tuft-on-cpu.py" launch --config config.yaml --port "${2:-10610}"
