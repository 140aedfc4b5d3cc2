#!/bin/sh
# SkyRL's Tinker server on a CPU, training the tiny random model:
#
#     test/peers/skyrl-jax.sh <folder> [port]
#
# The folder holds the server (from PyPI, at the first start: 6 GB), the model, checkpoints and the database. PYTHON names
# a Python from 3.12 on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
folder=$(pwd)
venv=$folder/venv
if [ ! -f "$folder/model/config.json" ]; then
  "${PYTHON:-python3.12}" -m venv "$venv"
  "$venv/bin/pip" install --quiet uv
  # aiohttp is imported, and named by none of these extras.
  "$venv/bin/uv" pip install --python "$venv/bin/python" 'skyrl[tinker,jax]==0.4.0' aiohttp
  "$venv/bin/python" "$here/tiny-qwen3.py" "$folder/model"
fi
# The server starts its engine with the words of the `uv run` that it finds as its parent.
export VIRTUAL_ENV="$venv" PATH="$venv/bin:$PATH" JAX_PLATFORMS=cpu HF_HUB_OFFLINE=1
exec uv run --no-project -m skyrl.tinker.api --host 127.0.0.1 --port "${2:-8000}" \
  --base-model "$folder/model" --backend jax --backend-config '{"max_lora_adapters": 8, "max_lora_rank": 8}' \
  --checkpoints-base "$folder/checkpoints" --database-url "sqlite:///$folder/run.db"
