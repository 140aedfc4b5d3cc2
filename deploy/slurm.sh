#!/usr/bin/env bash
# One evaluation as a Slurm array: each task searches one shard, and a last job merges them. The folder RUNS and the data are shared by all
# nodes. Options of `mini-o3 eval` follow the script, without --shard and --run. A task that was killed resumes where it stopped when the
# array is submitted again; for single tasks of it, set SHARDS to the size of the whole array.
#
#   export RUNS=runs/vstar
#   array=$(sbatch --parsable --array=1-8 deploy/slurm.sh --benchmark vstar --data downloads --policy chat:<model> --base-url <url>)
#   sbatch --dependency=afterany:"$array" deploy/slurm.sh
#
# afterany, because a task with a failed search exits with 1: the merge says how many searches are missing. Submit both again to add them.
#
# With --controls each part has a run for every control: join them one by one, `mini-o3 eval merge "$RUNS"/part-*/black --run "$RUNS/whole/black"`.
#
#SBATCH --job-name=mini-o3-eval
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --requeue
# SIGINT before the time limit: searches in flight are finished and stored.
#SBATCH --signal=B:INT@120
set -euo pipefail
: "${RUNS:?Set RUNS to the folder of the runs, on a file system that all nodes share.}"
mini_o3=${MINI_O3:-mini-o3}

if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  exec $mini_o3 eval merge "$RUNS"/part-* --run "$RUNS/whole"
fi
exec $mini_o3 eval --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_COUNT}" --run "$RUNS/part-$SLURM_ARRAY_TASK_ID" "$@"
