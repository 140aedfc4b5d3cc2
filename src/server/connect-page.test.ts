/**
 * A photograph on the page, from the model that is found to the next question, in a real browser on the real program, with a server that
 * answers as Ollama does. Needs `npm run build`, and Chromium; skipped without.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, Step } from '../../test/scripted-endpoint.ts'
import { holdRequests, hasBrowser, servePage } from '../../test/served-page.ts'
import type { ServedPage } from '../../test/served-page.ts'
import { encodeJpeg } from '../vision/encode.ts'

const slowMs = 180_000

/** Opened by the test when it has seen the first half of the thought. */
let goOn = (): void => {}
const gate = new Promise<void>((resolve) => (goOn = resolve))
const thought = 'The picture is wide. There may be something small in the upper left, so I look there first.'
const refused = {
  status: 503,
  headers: { 'retry-after': '2' },
  body: { error: { message: 'The model is being loaded.' } },
}
let blue: string | undefined

function script({ messages, turn, attempt }: Asked): Step {
  const { text, images } = messages.at(-1)!
  if (text.includes('the first picture')) return 'blue'
  if (text.startsWith('Which colour')) {
    blue ??= images[0]!.sha256
    return images[0]!.sha256 === blue ? 'blue' : 'yellow'
  }
  // Of the mark that the trial asks for.
  if (text.startsWith('There is one'))
    return '<grounding>{"bbox_2d": [60, 35, 70, 50], "source": "original_image"}</grounding>'
  if (text.includes('busy')) return attempt === 1 ? refused : '<think>There.</think><answer>A LATE SIGN</answer>'
  if (turn > 1) return '<think>Now it is legible.</think><answer>CAFE</answer>'
  const zoom = '<grounding>{"bbox_2d": [10, 10, 50, 50], "source": "original_image"}</grounding>'
  return { text: `<think>${thought}</think>${zoom}`, pause: gate }
}

describe.skipIf(!hasBrowser)('a photograph on the page', () => {
  let ollama: ScriptedEndpoint
  let served: ServedPage
  let page: Page
  let folder: string
  let photo: Buffer
  const errors: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'connect-page-'))
    const data = Buffer.alloc(900 * 600 * 3).map((_, at) => (at * 7) % 251)
    photo = Buffer.from(await encodeJpeg({ width: 900, height: 600, data }))
    ollama = await startScriptedEndpoint({
      script,
      ownedBy: 'library',
      models: [{ id: 'qwen2.5vl:7b' }],
      routes: {
        '/api/tags': { models: [{ name: 'qwen2.5vl:7b' }] },
        '/api/show': { capabilities: ['completion', 'vision'] },
        '/api/ps': { models: [] },
      },
    })
    const env = { MINI_O3_PORTS: new URL(ollama.baseUrl).port, HF_HOME: folder, OPENAI_API_KEY: 'sk-never-shown' }
    served = await servePage(join(folder, 'runs'), errors, { env })
    ;({ page } = served)
    await served.open()
  }, slowMs)
  afterAll(async () => {
    goOn()
    await served?.close()
    await ollama?.close()
    await rm(folder, { recursive: true, force: true })
  }, slowMs)

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
  /** As a browser hands over what is dropped or pasted. */
  const hand = async (kind: 'drop' | 'paste', name: string): Promise<void> => {
    const content = `Uint8Array.from(atob('${photo.toString('base64')}'), (one) => one.charCodeAt(0))`
    const options = 'bubbles: true, cancelable: true'
    const happened = {
      drop: `new DragEvent('drop', { ${options}, dataTransfer: brought })`,
      paste: `new ClipboardEvent('paste', { ${options}, clipboardData: brought })`,
    }[kind]
    await page.evaluate(`
      const brought = new DataTransfer()
      brought.items.add(new File([${content}], '${name}', { type: 'image/jpeg' }))
      document.body.dispatchEvent(${happened})`)
  }

  test(
    'dropped anywhere, it asks for a model that sees, and what runs here is a click away',
    async () => {
      await page.getByLabel('Question').waitFor()
      await hand('drop', 'photo.jpg')
      await page.getByText('choose or connect a vision-language model').waitFor()
      await expect.poll(() => page.getByLabel('Question').inputValue()).toBe('')
      await button('Connect: chat:qwen2.5vl:7b').click()
      await page.getByText('It accepts pictures, and writes boxes in percent.').waitFor()
      await expect.poll(() => page.getByLabel('Search with').inputValue()).toBe('chat:qwen2.5vl:7b')
      expect(ollama.violations).toEqual([])
    },
    slowMs,
  )

  test(
    'Ctrl-Enter asks; the thought is read while it is written, and the clock runs',
    async () => {
      await page.getByLabel('Question').fill('What does the sign say?')
      await page.getByLabel('Question').press('Control+Enter')
      const waiting = page.locator('.card.waiting')
      // The server has sent half of its stream, and sends no more until this was seen.
      await waiting.getByText('The picture is wide.').waitFor()
      await expect.poll(() => waiting.locator('.clock').innerText()).toMatch(/^[1-9]\d* s$/)
      goOn()
      await page.locator('.verdict').getByText('CAFE').waitFor()
      await expect.poll(() => page.locator('.card .thought').first().innerText()).toBe(thought)
    },
    slowMs,
  )

  test(
    'another question keeps the picture and the model; a wait says why, and which try comes next',
    async () => {
      await page.getByRole('link', { name: 'Another question about this picture' }).click()
      await expect.poll(() => page.getByLabel('Question').inputValue()).toBe('')
      await expect.poll(() => page.getByLabel('Search with').inputValue()).toBe('chat:qwen2.5vl:7b')
      await page.getByAltText('Your picture').waitFor()
      await page.getByLabel('Question').fill('Is it busy?')
      await button('Search').click()
      await page.locator('.card.waiting').getByText('Try 2 of 6').waitFor()
      await page.locator('.verdict').getByText('A LATE SIGN').waitFor()
    },
    slowMs,
  )

  test(
    'recent questions are there, with their answers; what was typed survives other pages and a reload',
    async () => {
      await page.getByRole('link', { name: 'Ask', exact: true }).click()
      const recent = page.locator('.recent')
      await recent.getByRole('link', { name: 'What does the sign say?' }).waitFor()
      await expect.poll(() => recent.locator('li').first().innerText()).toMatch(/^2 Is it busy\?\s+A LATE SIGN/)
      await page.getByLabel('Question').fill('A question half typed')
      await page.getByRole('link', { name: 'Runs' }).click()
      await page.goBack()
      await expect.poll(() => page.getByLabel('Question').inputValue()).toBe('A question half typed')
      await page.reload()
      await expect.poll(() => page.getByLabel('Question').inputValue()).toBe('A question half typed')
      await expect.poll(() => page.getByLabel('Search with').inputValue()).toBe('chat:qwen2.5vl:7b')
      await recent.getByRole('link', { name: 'What does the sign say?' }).click()
      await page.locator('.verdict').getByText('CAFE').waitFor()
    },
    slowMs,
  )

  test(
    'an address that does not answer is said in its row; a key is named, never shown',
    async () => {
      await served.open()
      await page.getByLabel('Question').waitFor()
      await hand('paste', 'pasted.jpg')
      await page.getByAltText('Your picture').waitFor()
      await button('Connect a model').click()
      await button('OpenAI, with OPENAI_API_KEY').press('Escape')
      await button('OpenAI, with OPENAI_API_KEY').waitFor({ state: 'detached' })
      // The focus is back where it was opened.
      await page.keyboard.press('Enter')
      await button('OpenAI, with OPENAI_API_KEY').click()
      await expect
        .poll(() => page.getByLabel('Address', { exact: true }).inputValue())
        .toBe('https://api.openai.com/v1')
      await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9/v1')
      await page.getByLabel('Environment variable of its API key').fill('')
      await page.getByLabel('Model', { exact: true }).fill('any')
      await button('Test and connect').click()
      await page.locator('.connecting .failed').getByText('cannot be reached').waitFor()
      expect(await page.content()).not.toContain('sk-never-shown')
      // What is refused at once is told where it was typed.
      const form = page.getByRole('form', { name: 'Connect by address' })
      await form.getByLabel('Environment variable of its API key').fill('HOME')
      await button('Test and connect').click()
      await form.getByText('end in API_KEY').waitFor()
      await page.setViewportSize({ width: 380, height: 800 })
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    },
    slowMs,
  )

  test(
    'an address that is typed while the models of another one are listed is the one that is connected',
    async () => {
      await served.open()
      await button('Connect a model').click()
      const held = await holdRequests(page, '**/api/models/list')
      const field = page.getByLabel('Address', { exact: true })
      await field.fill(ollama.baseUrl)
      await button('List models').click()
      await button('Asking …').waitFor()
      await field.fill('http://127.0.0.1:9/v1')
      await page.getByLabel('Model', { exact: true }).fill('any')
      held.release()
      await button('List models').waitFor()
      const asked = page.waitForRequest(
        (request) => request.url().endsWith('/api/models') && request.method() === 'POST',
      )
      await button('Test and connect').click()
      expect((await asked).postDataJSON()).toEqual({ baseUrl: 'http://127.0.0.1:9/v1', model: 'any' })
      await page.locator('.connecting .failed').first().waitFor()
    },
    slowMs,
  )

  test('nothing broke in the page', () => {
    expect(errors).toEqual([])
  })
})
