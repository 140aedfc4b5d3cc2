import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { checkPublic, isInnerAddress, lookupPublic } from './addresses.ts'

test.each([
  '127.0.0.1',
  '127.8.9.1',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::',
  'fe80::1',
  'fd00::5',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
])('%s is an inner address', (address) => {
  expect(isInnerAddress(address)).toBe(true)
})

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1', '::ffff:8.8.8.8', 'huggingface.co', ''])(
  '%s is none',
  (address) => {
    expect(isInnerAddress(address)).toBe(false)
  },
)

test.each([
  'http://127.0.0.1:8080/x',
  'http://[::1]/',
  'http://2130706433/',
  'http://0x7f.1/',
  'https://[::ffff:127.0.0.1]/',
])('a public hub does not lead to %s', (url) => {
  expect(() => checkPublic(new URL(url))).toThrow(expect.objectContaining({ code: 'hub-redirect-inner', exitCode: 2 }))
})

test('nor to a name that stands for an inner address', async () => {
  const look = promisify(lookupPublic)
  await expect(look('localhost', {})).rejects.toMatchObject({ code: 'hub-redirect-inner' })
  await expect(look('localhost', { all: true })).rejects.toMatchObject({ code: 'hub-redirect-inner' })
})
