/** What the registry says of a name is what a command line, a trajectory and a bill mean by it. */
import { describe, expect, test } from 'vitest'
import { policyForms, policyNamed, pricedModel } from './kinds.ts'
import { checkPolicy, checkProblem, openPolicy, policySettings } from './open-policy.ts'
import { profiles, profileWith } from '../../protocol/profile.ts'

test.each([
  ['embedded', 'embedded', ''],
  ['embedded:sft', 'embedded', 'sft'],
  ['chat:org/model:7b', 'chat', 'org/model:7b'],
  ['tinker:Qwen/Qwen2.5-VL-7B', 'tinker', 'Qwen/Qwen2.5-VL-7B'],
  ['random-crops', 'random-crops', ''],
  ['random-crops:chat:a/b', 'random-crops', 'chat:a/b'],
])('%s is the kind %s with the model "%s"', (name, kindName, model) => {
  expect(policyNamed(name)).toMatchObject({ kindName, model })
})

test.each([
  '',
  'chatty',
  'random-crops:embedded',
  'random-crops:random-crops:chat:a',
  'random crops for embedded',
  'constructor',
  'toString:x',
])('"%s" is no name of a policy', (name) => {
  expect(policyNamed(name)).toBeUndefined()
})

test('only a model behind a server has a price, under its name there', () => {
  expect(['chat:a/b', 'random-crops:chat:a/b', 'embedded', 'tinker:a', 'my own'].map(pricedModel)).toEqual([
    'a/b',
    'a/b',
    undefined,
    undefined,
    undefined,
  ])
})

test('each command lists what it can search with', () => {
  expect(policyForms('ask')).toEqual(['embedded', 'chat:<model>', 'local:<model>'])
  expect(policyForms('collect')).toEqual(['teacher', 'chat:<model>', 'local:<model>'])
  expect(policyForms('eval')).toEqual([
    'embedded',
    'chat:<model>',
    'local:<model>',
    'tinker',
    'blind',
    'overview',
    'random-crops',
  ])
})

test('an unknown policy is told with all that the command accepts', () => {
  expect(() => checkPolicy({ policy: 'lokal:foo' }, 'ask')).toThrow('embedded, chat:<model>, local:<model>, auto.')
  expect(() => checkPolicy({ policy: 'lokal:foo' }, 'collect')).toThrow('teacher, chat:<model>, local:<model>.')
})

describe('before anything is loaded', () => {
  const at = { baseUrl: 'http://127.0.0.1:8000/v1' }
  test.each([
    [{ policy: 'nobody' }, 'policy-unknown'],
    [{ policy: 'embedded' }, 'policy-unknown'],
    [{ policy: 'teacher:x' }, 'policy-unknown'],
    [{ policy: 'chat:', ...at }, 'policy-no-model'],
    [{ policy: 'chat:<model>', ...at }, 'policy-no-model'],
    [{ policy: 'chat:qwen' }, 'base-url-missing'],
    [{ policy: 'local:' }, 'policy-no-model'],
    [{ policy: 'random-crops:chat:qwen', ...at }, 'policy-unknown'],
  ])('%j cannot collect: %s', (options, code) => {
    expect(() => checkPolicy(options, 'collect')).toThrow(expect.objectContaining({ code, exitCode: 2 }))
  })

  test('a problem that the policy does not know is refused', () => {
    const sign = { docId: '1', dataSource: 'own', question: 'What does the sign say?' }
    expect(() => checkProblem({ policy: 'embedded' }, sign)).toThrow('only knows generated scenes')
    expect(() => checkProblem({ policy: 'chat:qwen' }, sign)).not.toThrow()
    expect(() => checkProblem({ policy: 'blind' }, sign)).not.toThrow()
    expect(() => checkProblem({ policy: 'random-crops:chat:qwen' }, sign)).not.toThrow()
    expect(() => checkProblem({ policy: 'random-crops' }, sign)).toThrow('only knows generated scenes')
  })
})

describe('random crops of a model', () => {
  const policy = 'random-crops:chat:qwen'
  const baseUrl = 'http://127.0.0.1:8000/v1'

  test('are measured with the options of that model', async () => {
    expect(checkPolicy({ policy, baseUrl }, 'eval').kind).toMatchObject({ vlm: true, profile: 'default' })
    expect(() => checkPolicy({ policy }, 'eval')).toThrow(expect.objectContaining({ code: 'base-url-missing' }))
    expect(() => checkPolicy({ policy: 'random-crops:chat:', baseUrl }, 'eval')).toThrow(
      expect.objectContaining({ code: 'policy-no-model' }),
    )
    expect(await policySettings({ policy, temperature: 1, baseUrl })).toMatchObject({ policy, temperature: 1, baseUrl })
  })

  test.each([profiles.tools, profileWith(profiles.default, { coordinates: 'pixel' })])(
    'are refused where boxes are not fractions in <grounding>',
    async (profile) => {
      await expect(openPolicy({ policy, temperature: 1, baseUrl }, profile)).rejects.toMatchObject({
        code: 'random-crops-profile',
        exitCode: 2,
      })
    },
  )
})

test('a run keeps what decides the searches, and never which variable holds a key', async () => {
  const options = { policy: 'chat:qwen', temperature: 1, baseUrl: 'http://127.0.0.1:8000/v1', apiKeyEnv: 'SECRET' }
  const { apiKeyEnv: _, ...kept } = options
  expect(await policySettings(options)).toEqual({ ...kept, replyTokens: undefined })
  const weights: unknown = expect.stringMatching(/^[0-9a-f]{64}$/)
  expect(await policySettings({ policy: 'embedded', temperature: 1 })).toMatchObject({ checkpoint: weights })
})
