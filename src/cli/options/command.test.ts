/** Options that would have no effect are refused before anything is read, for every command by the same rules. */
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../../test/run-command.ts'
import { addAsk } from '../ask.ts'
import { addCollect } from '../data/collect.ts'
import { addExport } from '../data/export.ts'
import { addProbe } from '../data/probe.ts'
import { addDoctor } from '../doctor.ts'
import { addEval } from '../eval/eval.ts'
import { addJudge } from '../eval/judge.ts'
import { addMcp } from '../serve/mcp.ts'
import { addServe } from '../serve/serve.ts'
import { addView } from '../serve/view.ts'
import { addRl } from '../train/rl.ts'
import { addSft } from '../train/sft.ts'

const commands = [
  addAsk,
  addCollect,
  addExport,
  addProbe,
  addDoctor,
  addEval,
  addJudge,
  addMcp,
  addServe,
  addView,
  addRl,
  addSft,
]
const mini = (options: string) => runCommand(commands, ...options.split(' '))

const model = '--policy chat:m --base-url http://127.0.0.1:9/v1'
const judge = '--judge-base-url http://127.0.0.1:9/v1'

describe('options without effect', () => {
  test.each([
    ['ask p.jpg q --base-url http://127.0.0.1:9/v1', '--base-url'],
    ['ask p.jpg q --api-key-env KEY --server vllm', '--api-key-env, --server'],
    ['ask p.jpg q --server vllm', '--server'],
    ['ask p.jpg q --reply-tokens 100', '--reply-tokens'],
    [`ask p.jpg q --checkpoint w ${model}`, '--checkpoint'],
    ['mcp --reply-seconds 5', '--reply-seconds'],
    ['serve --base-url http://127.0.0.1:9/v1', '--base-url'],
    ['eval --data d --policy blind --temperature 0.5', '--temperature'],
    ['eval --data d --policy blind --checkpoint w', '--checkpoint'],
    ['eval --data d --policy tinker --base-url http://127.0.0.1:9 --server vllm', '--server'],
    [`eval --data d --model-files f --lora-rank 3 ${model}`, '--model-files, --lora-rank'],
    [`eval --data d --view-side 64 ${model}`, '--view-side'],
    ['eval --data d --answer last', '--answer'],
    [`eval --data d ${judge}`, '--judge-base-url'],
    ['eval --data d --judge exact --judge-parser strict --judge-max-tokens 9', '--judge-parser, --judge-max-tokens'],
    ['eval --data d --judge local:m --judge-api-key-env K', '--judge-api-key-env'],
    ['eval --list --samples 4', '--samples'],
    ['eval --list --data d', '--data'],
    ['eval --check --data d --run r', '--run'],
    ['collect --data d --temperature 0.5', '--temperature'],
    ['collect --data d --shots 1', '--shots'],
    [`collect --data d --mistake-rate 0.2 ${model}`, '--mistake-rate'],
    [`collect --data d --shots 0 --exemplars e ${model}`, '--exemplars'],
    ['judge r --judge choice --judge-prompts p', '--judge-prompts'],
    ['sft --data d --lora-rank 3', '--lora-rank'],
    ['sft --data d --problems p', '--problems'],
    ['sft --collection c --data d', '--data'],
    ['sft --data d --look-steps 0 --look-rate 0.1', '--look-rate'],
    ['sft --data d --engine tinker:http://127.0.0.1:9 --workers 2', '--workers'],
    ['sft --data d --engine tinker:http://127.0.0.1:9 --train-stem', '--train-stem'],
    ['rl --data d --max-tokens 9', '--max-tokens'],
    ['rl --data d --max-pixels 90000', '--max-pixels'],
    ['rl --data d --view-side 64 --model-files f --engine tinker:http://127.0.0.1:9', '--view-side'],
    ['probe build --out o --no-pictures --format png', '--format'],
    ['view r --limit 3', '--limit'],
    ['view r --figure f.svg --port 1', '--port'],
    ['doctor --model m', '--model'],
    ['doctor --reply-seconds 5', '--reply-seconds'],
    ['export no-such-run --to trl --out o --profile official', '--profile'],
  ])('%s', async (options, names) => {
    const message = expect.stringMatching(
      new RegExp(`^${names} (has|have) no effect here: .*or leave (it|them) out\\.$`),
    )
    await expect(mini(options)).rejects.toMatchObject({ code: 'option-unused', exitCode: 2, message })
  })
})

describe('values that are none', () => {
  test.each([
    ['ask p.jpg q --run --json', 'That is an option'],
    ['ask p.jpg q --run -h', 'That is an option'],
    ['ask p.jpg q --run ', 'The value is empty'],
    ['ask p.jpg q --seed NaN', 'whole number'],
    ['ask p.jpg q --seed -1', 'whole number'],
    ['ask p.jpg q --max-turns 99999999999999999999', 'whole number'],
    ['eval --data d --temperature Infinity', 'number from 0 to 10'],
  ])('%s', async (options, message) => {
    await expect(mini(options)).rejects.toMatchObject({
      code: 'commander.invalidArgument',
      message: expect.stringContaining(message),
    })
  })

  test('shares of the problems add up to 1 at most', async () => {
    await expect(mini('rl --data d --easy 1')).rejects.toMatchObject({ code: 'mix-above-one', exitCode: 2 })
    await expect(mini('rl --data no-such --easy 0.3 --medium 0.4 --hard 0.3')).rejects.not.toMatchObject({
      code: 'mix-above-one',
    })
  })
})
