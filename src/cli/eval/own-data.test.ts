/** `mini-o3 eval --data <folder>` on data of one's own, without `--benchmark`. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { put, scenePicture } from '../../../test/benchmark-fixtures.ts'
import { byModel, folder, mini, script, setUpEvalKit } from '../../../test/eval-kit.ts'

setUpEvalKit()

const evaluate = (...words: readonly string[]) =>
  mini('eval', '--data', folder, '--run', join(folder, 'run'), '--json', ...byModel(), ...words)

test('a folder of photographs and a table: read, searched and judged, with several right answers', async () => {
  await put(join(folder, 'photos', 'dog.png'), await scenePicture(1, 'png'))
  await put(
    join(folder, 'questions.csv'),
    'image;question;answer\ndog;Which?;red\ndog.png;Where?;left|west\ndog;Who?;me\n',
  )
  const given = ['Red.', 'west', 'you']
  await script('problems', ['1', '1', '0'], ({ problem }) => given[Number(problem.docId.slice(-1)) - 2]!)
  const { stdout, stderr, code } = await evaluate()
  expect(code).toBe(0)
  expect(stderr).toContain('questions.csv: image from "image", question from "question", answer from "answer".')
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ problems: 3, benchmark: { name: 'problems' }, judge: { name: 'exact' } })
  expect(result.avgAtK).toBeCloseTo(2 / 3)
})

test('what is wrong with it is told before anything is searched', async () => {
  await put(join(folder, 'questions.csv'), 'image;question;answer\ndog;Which?;red\n')
  await expect(evaluate()).rejects.toThrow('questions.csv, line 2: there is no picture dog in')
})

test('a picture that turns out to be none ends the run with the way to find all of them, and the run goes on with another', async () => {
  await put(join(folder, 'a.png'), await scenePicture(1, 'png'))
  await put(join(folder, 'b.png'), '<!doctype html><title>Gone</title>')
  await put(join(folder, 'q.csv'), 'image,question,answer\na.png,Which?,red\nb.png,Where?,left\n')
  const told = new RegExp(`b\\.png is a web page, .* mini-o3 eval --data ${folder} --check lists all such pictures`)
  await expect(evaluate()).rejects.toThrow(told)
  await put(join(folder, 'b.png'), await scenePicture(2, 'png'))
  expect(JSON.parse((await evaluate()).stdout)).toMatchObject({ problems: 2 })
})

test('--check counts one problem as one', async () => {
  await put(join(folder, 'a.png'), await scenePicture(1, 'png'))
  await put(join(folder, 'q.csv'), 'image,question,answer\na.png,Which?,red\n')
  const { stdout } = await mini('eval', '--check', '--data', folder)
  expect(stdout).toContain(': 1 problem.\nNo faults found.')
})
