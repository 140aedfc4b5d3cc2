/** The benchmarks that can be read. Facts and counts stand in reference 2 to 4; `mini-o3 eval --list` prints them. */
import type { Level } from '../protocol/problem.ts'
import { UserError } from '../shared/errors.ts'
import type { Benchmark } from './benchmark.ts'
import { readHrBench } from './readers/hr-bench.ts'
import type { HrBenchSize } from './readers/hr-bench.ts'
import { readProblems } from './readers/mini-o3-json.ts'
import { readMmeRealWorld } from './readers/mme-realworld.ts'
import type { MmePart } from './readers/mme-realworld.ts'
import { readProblemFolder } from './readers/problem-folder.ts'
import { readVisualProbe } from './readers/visual-probe.ts'
import { readVstar } from './readers/vstar.ts'

type Facts = Omit<Benchmark, 'read'>

const ownLicence = 'Your own.'
const asked = 'As in the file, without a hint on how to answer.'

const own: readonly Benchmark[] = [
  {
    name: 'visual-probe',
    title: 'Mini-o3 rows',
    datasets: [],
    download: 'nothing: mini-o3 probe build writes such a set',
    layout: 'test.json, val.json or any file of rows, with its pictures beside it or one folder up',
    licence: ownLicence,
    samples: 1,
    judge: 'exact',
    answer: 'first',
    aggregate: 'micro',
    question: asked,
    notes: '',
    read: readProblems,
  },
  {
    name: 'problems',
    title: 'A folder of problems',
    datasets: [],
    download: 'nothing: write problems.jsonl, .json or .csv',
    layout:
      'problems.jsonl (or .json, .csv) with image, question, answer, and if wanted choices, id, category, level; pictures below it',
    licence: ownLicence,
    samples: 1,
    judge: 'llm',
    answer: 'first',
    aggregate: 'micro',
    question: 'As in the file; choices below it as (A) ..., one a line.',
    notes: 'With choices, their letters can be judged too.',
    read: readProblemFolder,
  },
]

function visualProbe(level: Level, problems: number, size: string): Benchmark {
  const id = `VisualProbe_${level[0]!.toUpperCase()}${level.slice(1)}`
  return {
    name: `visualprobe-${level}`,
    title: `VisualProbe ${level}`,
    datasets: [`Mini-o3/${id}`],
    download: `val.json and data/${size}`,
    layout: `${id}/val.json and ${id}/data/, the three levels side by side`,
    licence: 'CC BY-NC 4.0, for research only.',
    expected: { problems, slices: { level: { [level]: problems } } },
    samples: 32,
    judge: 'llm',
    answer: 'first',
    aggregate: 'micro',
    question: asked,
    notes: 'The paper judged with gpt-4o-2024-11-20. Its 48.0 on hard is at 32 turns, where its command sets 12.',
    read: (path, options) => readVisualProbe(path, level, options),
  }
}

const vstar: Benchmark = {
  name: 'vstar',
  title: 'V* Bench',
  datasets: ['craigwu/vstar_bench'],
  download: 'test_questions.jsonl, direct_attributes/ and relative_position/',
  layout: 'vstar_bench/test_questions.jsonl and the two folders beside it',
  licence: 'The card names none. The pictures come from SA-1B, whose terms allow research only.',
  expected: {
    problems: 191,
    labels: { A: 71, B: 70, C: 27, D: 23 },
    slices: { category: { direct_attributes: 115, relative_position: 76 } },
  },
  samples: 32,
  judge: 'llm',
  answer: 'first',
  aggregate: 'micro',
  question: 'As in test_questions.jsonl; in another order of options with the same lines around them.',
  notes:
    "The authors' own file of questions is not public. Overall is over all 191 questions, not the mean of the two types. " +
    'Unshuffled, the right option is always A.',
  read: readVstar,
}

function hrBench(size: HrBenchSize, bytes: string, tsvMd5: string): Benchmark {
  return {
    name: `hr-bench-${size}`,
    title: `HR-Bench ${size.toUpperCase()}`,
    datasets: ['DreamMr/HR-Bench'],
    download: `hr_bench_${size}.parquet (or .tsv): ${bytes}`,
    layout: `HR-Bench/hr_bench_${size}.parquet (or .tsv)`,
    licence: 'Not stated ("other", with an empty file): do not pass it on.',
    expected: {
      problems: 800,
      ...(size === '4k' && { labels: { A: 200, B: 200, C: 200, D: 200 } }),
      slices: { category: { single: 400, cross: 400 } },
    },
    tsvMd5,
    samples: 8,
    judge: 'choice',
    answer: 'first',
    aggregate: 'cycles',
    question:
      'Options below it as A. ..., one a line, then a request for the letter: the form of VLMEvalKit, words of ours.',
    notes: 'What the paper asked and how it read letters here was never released.',
    read: (path, options) => readHrBench(path, size, options),
  }
}

function mmeRealWorld(
  part: MmePart,
  facts: Pick<Facts, 'name' | 'title' | 'datasets' | 'download' | 'layout' | 'expected' | 'tsvMd5' | 'notes'>,
) {
  const benchmark: Benchmark = {
    ...facts,
    licence: 'Tagged Apache-2.0, but its page allows academic research alone and forbids passing it on.',
    samples: 1,
    judge: 'mme-letter',
    answer: 'first',
    aggregate: 'mme',
    question:
      'Choices announced, one a line as (A) ..., then a request for the letter: the form of the benchmark, words of ours.',
    read: (path, options) => readMmeRealWorld(path, part, options),
  }
  return benchmark
}

export const benchmarks: readonly Benchmark[] = [
  ...own,
  visualProbe('easy', 141, ''),
  visualProbe('medium', 268, ' (792 MB)'),
  visualProbe('hard', 106, ' (296 MB)'),
  vstar,
  hrBench('4k', '430 MB (1.93 GB)', 'f6b041b03d49543494b8a56d2e35be65'),
  hrBench('8k', '2.83 GB (4.63 GB)', '274c9c7f89329b804a4723178a00219c'),
  mmeRealWorld('full', {
    name: 'mme-realworld',
    title: 'MME-RealWorld',
    datasets: ['yifanzhang114/MME-RealWorld', 'yifanzhang114/MME-RealWorld-Base64'],
    download:
      'MME_RealWorld.json and the archives, their parts joined and unpacked; or the JSON files with base64 pictures',
    layout:
      'MME-RealWorld/MME_RealWorld.json with the unpacked folders beside it; or MME-RealWorld/*.json, MME-RealWorld.tsv',
    expected: { problems: [23512, 23609] },
    tsvMd5: 'fd341132362fc41e707cb37ee6e4dcda',
    notes: 'Published counts differ. Pixel limits move its scores more than anything else.',
  }),
  mmeRealWorld('lite', {
    name: 'mme-realworld-lite',
    title: 'MME-RealWorld Lite',
    datasets: ['yifanzhang114/MME-RealWorld-Lite', 'yifanzhang114/MME-RealWorld-Base64'],
    download: 'MME-RealWorld-Lite.json with data/; or mme_realworld_lite.tsv (1.99 GB)',
    layout: 'MME-RealWorld-Lite/MME-RealWorld-Lite.json with data/ beside it; or mme_realworld_lite.tsv',
    expected: {
      problems: 1919,
      labels: { A: 518, B: 493, C: 460, D: 397, E: 51 },
      slices: {
        task: { Perception: 1169, Reasoning: 750 },
        subtask: {
          Autonomous_Driving: 750,
          Monitoring: 469,
          'OCR with Complex Context': 350,
          'Diagram and Table': 200,
          'Remote Sensing': 150,
        },
      },
    },
    tsvMd5: '4c17057d7d3b6c4a0d4397c3dae0881c',
    notes: "No part of the paper's table.",
  }),
  mmeRealWorld('cn', {
    name: 'mme-realworld-cn',
    title: 'MME-RealWorld CN',
    datasets: ['yifanzhang114/MME-RealWorld', 'yifanzhang114/MME-RealWorld-Base64'],
    download: 'MME_RealWorld_CN.json and MME-HD-CN.tar.gz, its parts joined and unpacked (3.3 GB)',
    layout: 'MME-RealWorld/MME_RealWorld_CN.json with the unpacked folders beside it; or MME-RealWorld-CN.tsv',
    expected: { problems: [5462, 5917] },
    tsvMd5: 'daaa763d52a760a38606d5dedb3fe444',
    notes: 'Published counts differ.',
  }),
]

/** Throws UserError `benchmark-unknown`, which names those that there are. */
export function benchmarkNamed(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name)
  if (found !== undefined) return found
  const names = benchmarks.map((benchmark) => benchmark.name).join(', ')
  throw new UserError('benchmark-unknown', `There is no benchmark ${name}. Choose one of ${names}.`)
}
