import { expect, it } from 'vitest'
import { changedSince } from './earlier-forms.ts'
import { profileHash, profiles } from './profile.ts'

it.each(['official', 'official-train', 'official-32'] as const)(
  'knows the earlier forms of %s by their hashes',
  (name) => {
    const now = profiles[name]
    const { pictures } = profiles.default
    const { flow } = profiles.tools
    const since = (form: typeof now) => changedSince({ name, sha256: profileHash(form) })
    expect(since({ ...now, flow })).toBe('a reply that was cut off before it acted counts')
    expect(since({ ...now, flow, pictures })).toContain('pictures are read as Pillow does')
    expect(since({ ...now, flow, pictures, answerIn: 'turns' })).toContain('answers beyond a limit count')
    expect(since(now)).toBeUndefined()
  },
)

it.each(['first', 'last'] as const)('knows default from before with the %s answer', (answerPick) => {
  const { reminder: _, ...prompts } = profiles.default.prompts
  const before = { ...profiles.default, prompts, flow: profiles.tools.flow, answerPick }
  expect(changedSince({ name: 'default', sha256: profileHash(before) })).toContain('plain prose')
  const { openThought: __, ...flow } = profiles.default.flow
  const later = profileHash({ ...profiles.default, flow, answerPick })
  expect(changedSince({ name: 'default', sha256: later })).toContain('never closed')
  expect(changedSince({ name: 'default', sha256: profileHash(profiles.default) })).toBeUndefined()
})

it.each(['deepeyes', 'pixel-reasoner'] as const)('knows %s from before by its hashes', (name) => {
  const { pictures } = profiles.default
  expect(changedSince({ name, sha256: profileHash({ ...profiles[name], pictures }) })).toContain('Pillow')
  expect(changedSince({ name, sha256: profileHash(profiles[name]) })).toBeUndefined()
  const sha256 = profileHash(profiles[`${name}-lenient`])
  expect(changedSince({ name, sha256 })).toContain('its own evaluation')
  expect(changedSince({ name: `${name}-lenient`, sha256 })).toBeUndefined()
})

it('knows no earlier form of a name that every object has', () => {
  expect(changedSince({ name: 'constructor', sha256: '3bd8605012d9' })).toBeUndefined()
})
