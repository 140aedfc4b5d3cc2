/** The table of the paper (arXiv 2509.07969, table 1) and its protocol, for comparison with measured scores. */

/** The benchmarks of the table, by their `--benchmark` names. */
export const paperColumns = [
  { benchmark: 'visualprobe-hard', title: 'VP hard' },
  { benchmark: 'visualprobe-medium', title: 'VP medium' },
  { benchmark: 'visualprobe-easy', title: 'VP easy' },
  { benchmark: 'vstar', title: 'V*' },
  { benchmark: 'hr-bench-4k', title: 'HR-Bench 4K' },
  { benchmark: 'hr-bench-8k', title: 'HR-Bench 8K' },
  { benchmark: 'mme-realworld', title: 'MME-RealWorld' },
] as const

export interface PublishedScore {
  readonly name: string
  /** Percentages in column order; null if not published. */
  readonly scores: readonly (number | null)[]
  readonly note?: 'single' | 'rerun'
}

export const publishedNotes: Readonly<Record<NonNullable<PublishedScore['note']>, string>> = {
  single: 'Avg@1 only, as published by its authors',
  rerun: "rerun by the paper's authors with that model's own code",
}

export const publishedProtocol =
  'Avg@32 on VisualProbe and V*, Avg@8 on HR-Bench, Avg@1 on MME-RealWorld; temperature 1; Mini-o3 with views of 40,000 to ' +
  '2,000,000 px and 48.0 on VP hard at 32 turns; VisualProbe and V* judged by gpt-4o-2024-11-20. The prompts and letter rules ' +
  'for HR-Bench and MME-RealWorld were never released.'

export const publishedRows: readonly PublishedScore[] = [
  { name: 'GPT-4o', scores: [11.2, 15.4, 47.5, 65.2, 62.0, 58.3, 45.2] },
  { name: 'LLaVA-OneVision-7B', scores: [13.4, 12.5, 36.2, 70.9, 61.2, 54.0, 57.4] },
  { name: 'Qwen2.5-VL-7B-Instruct', scores: [23.9, 26.0, 39.1, 75.5, 68.2, 62.7, 57.3] },
  { name: 'SEAL', scores: [null, null, null, 75.4, null, null, null], note: 'single' },
  { name: 'DyFo', scores: [null, null, null, 81.2, null, null, null], note: 'single' },
  { name: 'Chain-of-Focus', scores: [null, null, null, 88.0, null, null, null], note: 'single' },
  { name: 'Pixel Reasoner', scores: [28.8, 29.6, 58.4, 86.3, 74.0, 66.9, 64.4], note: 'rerun' },
  { name: 'DeepEyes', scores: [35.1, 29.8, 60.1, 83.3, 73.2, 69.5, 64.0], note: 'rerun' },
  { name: 'Mini-o3-7B', scores: [48.0, 50.4, 67.0, 88.2, 77.5, 73.3, 65.5] },
]

/** Accuracy of Mini-o3-7B on VP hard by turn limit, in percent. */
export const publishedCurve: readonly (readonly [limit: number, score: number])[] = [
  [4, 25.3],
  [8, 40.6],
  [16, 47.0],
  [24, 47.8],
  [32, 48.0],
]
