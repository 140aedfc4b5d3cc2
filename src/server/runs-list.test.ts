/** The list of runs in a real browser, on the real program. Needs `npm run build`, and Chromium; is skipped where there is none. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, servePage, type ServedPage } from '../../test/served-page.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import type { JobProgress } from '../shared/job.ts'
import { ownIdentity } from '../shared/process-identity.ts'

const minute = 60_000
const log = 'trajectories.jsonl'
const evaluation = { command: 'eval', policy: 'chat:a', benchmark: 'vstar', data: '/data/vstar-bench' }
const job = (change: Partial<JobProgress>): string =>
  JSON.stringify({ unit: 'searches', total: 40, done: 10, before: 0, startedMs: 0, toldMs: 10 * minute, ...change })
const searches = (count: number, right: number): string =>
  jsonLines(
    Array.from({ length: count }, (_, seed) => ({ ...storedSearch({ seed, right: seed < right }), policy: 'chat:a' })),
  )

describe.skipIf(!hasBrowser)('the list of runs', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  const errors: string[] = []
  const run = (name: string): string => join(folder, 'runs', name)
  const names = (): Promise<string[]> => page.locator('.virtual tbody th a').allInnerTexts()
  /** The texts of a row by the titles of its columns. */
  const row = async (name: string, on = page): Promise<Record<string, string>> => {
    const titles = await on.locator('.virtual thead th').allInnerTexts()
    const link = on.getByRole('link', { name, exact: true })
    const cells = await on.locator('.virtual tbody tr').filter({ has: link }).locator('th, td').allInnerTexts()
    return Object.fromEntries(titles.map((title, at) => [title.replace(/ .$/, ''), cells[at] ?? '']))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runs-list-'))
    await writeRun(
      run('finished'),
      { ...evaluation, protocol: { profile: 'official' }, maxTurns: 8 },
      {
        [log]: searches(8, 6),
        'progress.json': job({ total: 8, done: 8, ended: { how: 'complete' } }),
        // One for each token that is sent: 10, then 10 + 8 + 10.
        'prices.json': JSON.stringify({ a: { sent: 1e6, cached: 0, written: 0 } }),
      },
    )
    await writeRun(run('going'), evaluation, {
      [log]: searches(10, 1),
      'progress.json': job({}),
      lock: JSON.stringify({ process: await ownIdentity(), token: 'of this test' }),
    })
    await writeRun(run('killed'), evaluation, { [log]: searches(10, 5), 'progress.json': job({}) })
    await writeRun(
      run('failed'),
      { command: 'rl', policy: 'embedded' },
      {
        'metrics.jsonl': jsonLines([{ stage: 'rl', step: 1, reward: 0.25 }]),
        'progress.json': job({ unit: 'steps', ended: { how: 'failed', reason: 'The server is gone.' } }),
      },
    )
    await writeRun(run('early'), evaluation, { [log]: searches(2, 2), 'results.md': '# Results' })
    await writeRun(run('recipe'), { command: 'recipe' }, { 'report.html': 'report' })
    for (const name of ['stage-2', 'stage-10']) await writeRun(run(`recipe/${name}`), { command: 'sft' })
    await writeRun(run('recipe/stage-2/inner'), { command: 'eval', policy: 'chat:deep' })
    const asks = ['Which digit is on the heart?', 'How many birds?'].map((question, at) => {
      const { verdict: _, ...search } = storedSearch({ seed: at, right: true })
      return { ...search, problem: { ...search.problem, question }, ask: at + 1, policy: 'chat:asked' }
    })
    await writeRun(run('served/one'), { command: 'serve' }, { [log]: jsonLines(asks) })
    await writeRun(run('asked'), { command: 'ask', question: 'Who waves?', policy: 'chat:b' })
    const steps = (last: number): string =>
      jsonLines([0.25, last].map((reward, at) => ({ stage: 'rl', step: at + 1, reward })))
    for (const [name, seed, last, rate] of [
      ['rl-1', 1, 0.375, 1],
      ['rl-2', 2, 0.625, 1],
      ['other', 1, 0.75, 2],
    ] as const) {
      await writeRun(run(name), { command: 'rl', seed, rate }, { 'metrics.jsonl': steps(last) })
    }
    served = await servePage(join(folder, 'runs'), errors)
    page = served.page
    await served.open('runs')
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('every run tells its data, policy, profile, searches, score, and how it ended or how long it still takes', async () => {
    await expect.poll(async () => (await row('finished'))['Score']).toMatch(/^75\.0 \(.* Avg@1 of 8$/)
    expect(await row('finished')).toMatchObject({
      State: 'finished',
      Cost: '304.00',
      Command: 'eval',
      'Data set': 'vstar · vstar-bench',
      Policy: 'chat:a',
      Profile: 'official',
      Searches: '8',
    })
    // Searches with few turns end first: no interval makes their score one of the evaluation.
    await expect.poll(async () => (await row('going'))['Score']).toBe('10.0 so far, of 10 searches')
    await expect.poll(async () => (await row('killed'))['Score']).toBe('50.0 so far, of 10 searches')
    expect((await row('going'))['State']).toBe('running 10 of 40 searches, 1.00/min, 30 min 00 s left')
    expect((await row('killed'))['State']).toBe('interrupted 10 of 40 searches')
    expect((await row('failed'))['State']).toBe('failed 10 of 40 steps')
    await expect.poll(async () => (await row('failed'))['Score']).toBe('reward 25.0 % at step 1')
    expect(await page.getByTitle('The server is gone.').count()).toBe(1)
    expect((await row('early'))['State']).toBe('finished')
    expect((await row('asked'))['Question']).toBe('Who waves?')
    await expect.poll(async () => (await row('served/one'))['Question']).toBe('Which digit is on the heart? and 1 more')
    expect((await row('served/one'))['Policy']).toBe('chat:asked')
    // Questions of a problem set say nothing about a run.
    expect((await row('finished'))['Question']).toBe('')
  })

  test('runs inside another stand below it, in numeric order when sorted, and can be folded', async () => {
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect
      .poll(names)
      .toEqual([
        'asked',
        'early',
        'failed',
        'finished',
        'going',
        'killed',
        'other',
        'recipe',
        'stage-2',
        'inner',
        'stage-10',
        'rl-1',
        'rl-2',
        'served/one',
      ])
    await page.getByRole('button', { name: 'Runs inside recipe', exact: true }).click()
    await expect
      .poll(names)
      .toEqual([
        'asked',
        'early',
        'failed',
        'finished',
        'going',
        'killed',
        'other',
        'recipe 3 inside',
        'rl-1',
        'rl-2',
        'served/one',
      ])
    await page.getByRole('button', { name: 'Runs inside recipe', exact: true }).click()
  })

  test('words and a state filter; a run is shown with those that it is inside of; the address keeps it', async () => {
    await page.getByLabel('Words').fill('chat:deep')
    await expect.poll(names).toEqual(['recipe', 'stage-2', 'inner'])
    await page.getByText('3 of 14 runs').waitFor()
    await page.getByLabel('Words').fill('birds asked')
    await expect.poll(names).toEqual(['served/one'])
    await page.getByLabel('Words').fill('')
    await page.getByLabel('State').selectOption('interrupted')
    await expect.poll(names).toEqual(['killed'])
    await page.reload()
    await expect.poll(names).toEqual(['killed'])
    await page.getByLabel('Words').fill('nothing like it')
    await page.getByText('No run matches.').waitFor()
  })

  test('another address of the list is followed, and the link to it shows all runs again', async () => {
    await served.open('runs?words=birds')
    await expect.poll(names).toEqual(['served/one'])
    await page.evaluate('location.hash = "#/runs?state=interrupted"')
    await expect.poll(names).toEqual(['killed'])
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByText('14 of 14 runs').waitFor()
    expect(await page.getByLabel('State').inputValue()).toBe('')
    expect(page.url()).toMatch(/#\/runs$/)
  })

  test('a run that comes or goes is neither missed nor drawn', async () => {
    await writeRun(run('short'), { command: 'sft' }, { [log]: searches(1, 1) })
    const watched = await served.openTimed('runs?find=birds')
    for (const name of ['rl-1', 'other', 'short']) await watched.getByLabel(`Compare ${name}`, { exact: true }).check()
    await watched.getByRole('link', { name: 'Curves of 3 runs' }).waitFor()
    const found = watched.getByRole('region', { name: 'Search in all runs' })
    await found.getByText(/^1 search with the words "birds" in 1 of 6 runs$/).waitFor()
    await rm(run('short'), { recursive: true })
    await writeRun(run('new-1'), evaluation, { [log]: searches(1, 1) })
    await writeRun(run('new-2'), evaluation, { [log]: searches(1, 1) })
    await watched.clock.fastForward(4000)
    await watched.getByRole('link', { name: 'new-2' }).waitFor()
    const curves = watched.getByRole('link', { name: 'Curves of 2 runs' })
    expect(await curves.getAttribute('href')).toBe('#/curves/other/rl-1')
    expect(await found.innerText()).not.toContain('not searched yet')
    for (const name of ['new-1', 'new-2']) await rm(run(name), { recursive: true })
    await watched.close()
  })

  test('the curves of chosen runs stand in one chart, those that differ only in their seed as their mean', async () => {
    await served.open('runs')
    for (const name of ['rl-1', 'rl-2', 'other']) await page.getByLabel(`Compare ${name}`, { exact: true }).check()
    await page.getByRole('link', { name: 'Curves of 3 runs' }).click()
    const alts = (): Promise<(string | null)[]> =>
      page.locator('.charts img').evaluateAll((images) => images.map((image) => image.getAttribute('alt')))
    await expect
      .poll(alts)
      .toEqual(['Reward (rl) of 2 lines, at last: other 75.0 % at 2, rl-1 and 1 more seed 50.0 % at 2.'])
    await page.getByText('figures of Reward (rl)').click()
    const figures = page.getByRole('table', { name: 'Reward (rl)' })
    await expect
      .poll(() => figures.getByRole('row').allInnerTexts())
      .toEqual([expect.stringMatching(/and 1 more seed/), '1\t25.0 %\t25.0 %', '2\t75.0 %\t50.0 %'])
    const saved = page.waitForEvent('download')
    await page.locator('.charts .save').click()
    expect((await saved).suggestedFilename()).toBe('rl-reward.svg')
    await served.open('curves/finished/killed')
    await page.getByRole('img', { name: /^Accuracy by turn limit of 2 lines/ }).waitFor()
    const ended = page.getByRole('img', {
      name: /^How searches ended\. finished: of 8 6 correct, 2 wrong; killed: of 10 5/,
    })
    await ended.waitFor()
    await page.getByText('figures of How searches ended').click()
    await expect
      .poll(() => page.getByRole('table', { name: 'How searches ended' }).getByRole('row').allInnerTexts())
      .toEqual([
        'run\tsearches\tcorrect\twrong',
        'finished\t8\t6 (75.0 %)\t2 (25.0 %)',
        'killed\t10\t5 (50.0 %)\t5 (50.0 %)',
      ])
    const source = (): Promise<string> =>
      ended.evaluate((image) => (image as unknown as { currentSrc: string }).currentSrc)
    await page.setViewportSize({ width: 380, height: 900 })
    await expect.poll(source).toContain('size=narrow')
    await page.setViewportSize({ width: 1280, height: 900 })
    await served.open('curves/nowhere')
    await page.getByText('There is no such run.', { exact: false }).waitFor()
  })

  test('searches of all runs are found by words or a filter, with links to each and to the filtered run', async () => {
    await served.open('runs')
    const field = page.getByRole('searchbox', { name: 'Search in all runs' })
    const found = page.getByRole('region', { name: 'Search in all runs' })
    await field.fill('how many birds')
    await found.getByRole('link', { name: 'How many birds?' }).waitFor()
    await expect.poll(() => found.getByRole('link').allInnerTexts()).toEqual(['served/one', 'How many birds?'])
    await field.fill('wrong and policy:chat')
    await found.getByRole('link', { name: 'finished', exact: true }).click()
    await page.getByText('2 of 8 searches').waitFor()
    // Thoughts are looked into, too, so that the run lists as many under the same filter.
    await served.open('runs')
    await field.fill('benchmark = vstar and thought:"may be there" and correct')
    await found.getByText(/^14 searches matching benchmark = vstar .* in 4 of 5 runs$/).waitFor()
    await served.open('runs')
    await field.fill('no such words anywhere')
    await found.getByText(/^0 searches with the words "no such words anywhere" in 0 of/).waitFor()
    await page.reload()
    await expect.poll(() => field.inputValue()).toBe('no such words anywhere')
  })

  test('a server that does not answer makes no run unreadable, and is asked again', async () => {
    await page.route('**/find?**', (route) => route.abort())
    await served.open('runs?find=birds')
    const found = page.getByRole('region', { name: 'Search in all runs' })
    await found.getByText('The server does not answer.').waitFor()
    expect(await found.innerText()).not.toContain('could not be read')
    await page.unroute('**/find?**')
    await found.getByRole('link', { name: 'How many birds?' }).waitFor()
    expect(await found.getByRole('alert').count()).toBe(0)
  })

  test('a filter over all runs that cannot be read is marked, with what to write instead', async () => {
    await served.open('runs')
    const field = page.getByRole('searchbox', { name: 'Search in all runs' })
    const problem = page.getByRole('region', { name: 'Search in all runs' }).locator('.problem')
    await field.fill('foo >')
    await expect.poll(() => problem.locator('mark').innerText()).toBe('foo')
    expect(await problem.innerText()).toMatch(/There is no field foo\. Nearest: fork, .*"foo"\./)
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await field.fill('correct and trns')
    await expect.poll(() => problem.locator('mark').innerText()).toBe('trns')
    await field.fill('sign: heart?')
    await problem.getByRole('button', { name: 'Search for these words' }).click()
    await expect.poll(() => field.inputValue()).toBe('"sign: heart?"')
    await page.getByText(/^0 searches with the words "sign: heart\?"/).waitFor()
    expect(await problem.count()).toBe(0)
  })

  test('a run that goes on has a time axis; one that failed says why; a recipe lists its stages', async () => {
    await served.open('run/going')
    const progress = page.getByRole('region', { name: 'Progress' })
    await progress.getByText('10 of 40 searches, 1.00/min, 30 min 00 s left').waitFor()
    await progress.getByText('done at about').waitFor()
    await expect.poll(() => page.locator('.scores').innerText()).toMatch(/Right so far, %\s+10\.0 of 10 searches/)
    await page.getByText('Searches with few turns end first').waitFor()
    await served.open('run/failed')
    await progress.getByText('The server is gone.').waitFor()
    await served.open('run/recipe')
    await expect.poll(() => page.getByRole('table', { name: 'Stages' }).getByRole('link').count()).toBe(3)
  })

  test('a run whose config.json is broken is listed as unreadable, with the reason; its page tells the same', async () => {
    await writeRun(run('torn'), evaluation, { [log]: searches(2, 2), 'config.json': '{"command": "eval"' })
    await served.open('runs')
    await expect.poll(async () => (await row('torn'))['State']).toMatch(/^unreadable config\.json cannot be read: /)
    expect((await row('finished'))['State']).toBe('finished')
    await page.getByLabel('State').selectOption('unreadable')
    await expect.poll(names).toEqual(['torn'])
    expect(await page.getByLabel('Compare torn').isDisabled()).toBe(true)
    await page.getByRole('link', { name: 'torn' }).click()
    await page.getByRole('alert').getByText('config.json cannot be read').waitFor()
  })

  test('a run that ends is shown to have ended, without a reload', async () => {
    const watched = await served.openTimed('runs?words=going')
    await expect.poll(async () => (await row('going', watched))['State']).toMatch(/^running/)
    await writeFile(join(run('going'), 'progress.json'), job({ done: 40, ended: { how: 'complete' } }))
    await rm(join(run('going'), 'lock'))
    await watched.clock.fastForward(4000)
    await expect.poll(async () => (await row('going', watched))['State']).toBe('finished')
    expect(errors).toEqual([])
  })
})
