/** What `--policies <file>` may say, and how it is told what it may not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readPolicies } from './policies-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'policies-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(text: string) {
  const path = join(folder, 'policies.yaml')
  writeFileSync(path, text)
  return readPolicies(path, 0.3)
}

test('options as they would stand behind a command', () => {
  const text = `
- policy: chat:Qwen/Qwen2.5-VL-7B-Instruct
  base-url: http://127.0.0.1:8000/v1
  profile: official
  max-images: 8
- { policy: "chat:gpt", base-url: "https://api.example/v1", api-key-env: VLM_KEY, temperature: 0 }
`
  expect(read(text)).toMatchObject([
    { policy: 'chat:Qwen/Qwen2.5-VL-7B-Instruct', temperature: 0.3, profile: 'official', maxImages: 8 },
    { policy: 'chat:gpt', baseUrl: 'https://api.example/v1', apiKeyEnv: 'VLM_KEY', temperature: 0 },
  ])
})

test.each([
  ['policy: chat:a', 'has to be a list'],
  ['- chat:a', 'entry 1: has to name its options'],
  ['- [', 'cannot be read'],
  ['policy: auto\n  bad: [1, 2', /policies\.yaml cannot be read: .+ at line 1, column 9\.$/],
  ['- policy: embedded', 'entry 1: --policy embedded is not one of chat:<model>, local:<model>.'],
  ['- {policy: "chat:a"}', 'entry 1: --policy chat:a needs --base-url'],
  ['- {policy: "chat:a", base-url: u}\n- {policy: gpt}', 'entry 2: --policy gpt is not one of'],
  ['- {policy: "chat:a", base-url: u, api-key: sk-1}', "entry 1: unknown option '--api-key"],
  ['- {policy: "chat:a", base-url: u, max-images: many}', 'entry 1: '],
  ['- {policy: "chat:a", base-url: u}\n- {policy: "chat:a", base-url: v}', 'lists chat:a twice'],
])('%j is refused', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test('a file that is not there', () => {
  expect(() => readPolicies(join(folder, 'none.yaml'), 0.3)).toThrow('none.yaml cannot be read')
})
