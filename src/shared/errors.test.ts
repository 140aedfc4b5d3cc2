import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical.ts'
import { AbortedError, MiniO3Error, UserError, errorCodeOf, exitCodeOf, throwIfAborted } from './errors.ts'

describe('errors', () => {
  it('carry code, cause, name and exit status', () => {
    const cause = new Error('below')
    const error = new UserError('no-such-picture', 'Name a picture that exists.', { cause })
    expect(error).toBeInstanceOf(MiniO3Error)
    expect(error).toMatchObject({ name: 'UserError', code: 'no-such-picture', exitCode: 2, cause })
    expect(exitCodeOf(error)).toBe(2)
    expect(exitCodeOf(new MiniO3Error('x', 'y'))).toBe(1)
    expect(exitCodeOf('text')).toBe(1)
    expect(errorCodeOf(Object.assign(new Error(''), { code: 'ENOENT' }))).toBe('ENOENT')
    expect(errorCodeOf(null)).toBe('unexpected')
  })

  it('name an abort as the platform does', () => {
    expect(() => throwIfAborted(AbortSignal.abort('why'))).toThrow(AbortedError)
    expect(new AbortedError().name).toBe('AbortError')
    throwIfAborted(undefined)
  })
})

describe('canonical JSON', () => {
  it('is the same for the same data', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: 'é' })).toBe('{"a":"é","b":[{"d":1}]}')
  })
})
