/** LLaMA-Factory's ShareGPT format: a JSON array with pictures as files, `dataset_info.json`, and a configuration with the paper's settings. */
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sharp } from '../../shared/native.ts'
import { writeImages } from './image-files.ts'
import type { TrainingRow } from './training-row.ts'

const dataset = 'mini_o3_cold_start'
const files = { data: 'train.json', settings: 'qwen2.5-vl-sft.yaml', zero: 'zero3-offload.json' } as const

/** Writes the set into `folder`; all paths are relative to it. */
export async function writeSharegpt(rows: AsyncIterable<TrainingRow>, folder: string): Promise<void> {
  const file = await open(join(folder, files.data), 'w')
  try {
    let before = '[\n'
    const bounds = { ...paperBounds }
    for await (const { system, messages, images } of rows) {
      const conversations = messages.map(({ role, text }) => ({ from: role === 'user' ? 'human' : 'gpt', value: text }))
      for (const { bytes } of images) {
        const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata()
        bounds.image_max_pixels = Math.max(bounds.image_max_pixels, width * height)
        bounds.image_min_pixels = Math.min(bounds.image_min_pixels, width * height)
      }
      const row = { conversations, system, images: await writeImages(folder, images) }
      await file.appendFile(`${before}${JSON.stringify(row)}`)
      before = ',\n'
    }
    await file.appendFile('\n]\n')
    await writeFile(join(folder, files.settings), yamlOf({ ...settings, ...bounds }))
  } finally {
    await file.close()
  }
  await writeFile(join(folder, 'dataset_info.json'), `${JSON.stringify(datasetInfo, null, 2)}\n`)
  await writeFile(join(folder, files.zero), `${JSON.stringify(zero3Offload, null, 2)}\n`)
}

const datasetInfo = {
  [dataset]: {
    file_name: files.data,
    formatting: 'sharegpt',
    columns: { messages: 'conversations', system: 'system', images: 'images' },
    tags: { role_tag: 'from', content_tag: 'value', user_tag: 'human', assistant_tag: 'gpt' },
  },
}

/** The paper's bounds; widened if the set has pictures outside of them, since the trainer would resize those and invalidate boxes in pixels. */
const paperBounds = { image_max_pixels: 2_000_000, image_min_pixels: 40_000 }

/** The settings of the paper's cold start. */
const settings = {
  model_name_or_path: 'Qwen/Qwen2.5-VL-7B-Instruct',
  stage: 'sft',
  do_train: true,
  finetuning_type: 'full',
  freeze_vision_tower: true,
  freeze_multi_modal_projector: true,
  freeze_language_model: false,
  deepspeed: files.zero,
  dataset_dir: '.',
  dataset,
  template: 'qwen2_vl',
  cutoff_len: 32_768,
  overwrite_cache: true,
  preprocessing_num_workers: 16,
  output_dir: 'saves/qwen2.5-vl-7b-cold-start',
  logging_steps: 10,
  save_steps: 500,
  plot_loss: true,
  per_device_train_batch_size: 1,
  gradient_accumulation_steps: 4,
  learning_rate: '1.0e-5',
  num_train_epochs: '3.0',
  lr_scheduler_type: 'cosine',
  warmup_ratio: 0.1,
  bf16: true,
} as const

function yamlOf(values: Readonly<Record<string, string | number | boolean>>): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${value}\n`)
  return `# Run in this folder: llamafactory-cli train ${files.settings}\n${lines.join('')}`
}

/** DeepSpeed ZeRO-3 with weights and optimiser state offloaded to main memory. */
const zero3Offload = {
  train_batch_size: 'auto',
  train_micro_batch_size_per_gpu: 'auto',
  gradient_accumulation_steps: 'auto',
  gradient_clipping: 'auto',
  zero_allow_untested_optimizer: true,
  bf16: { enabled: 'auto' },
  zero_optimization: {
    stage: 3,
    offload_optimizer: { device: 'cpu', pin_memory: true },
    offload_param: { device: 'cpu', pin_memory: true },
    reduce_bucket_size: 'auto',
    stage3_prefetch_bucket_size: 'auto',
    stage3_param_persistence_threshold: 'auto',
    stage3_gather_16bit_weights_on_model_save: true,
  },
}
