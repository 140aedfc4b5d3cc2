import { expect, test } from 'vitest'
import { eventFile } from './event-file.ts'

/** Made by TensorBoard 2.21's own RecordWriter and messages of the same events. */
const written = [
  '1800000000000000a37f4b2209000020749f4ada411a0d627261696e2e4576656e743a32a097cb6a',
  '39000000000000008b0737f109000020749f4ada4110072a2c0a100a09726c2f726577617264150000803e',
  '0a180a11726c2f656e64732f6f7665722d7475726e15abaaaa3e6a112114',
  '2100000000000000017becf6090000c07b9f4ada4110ac022a130a110a0a726c2f6772c3b6c39f65155f7089b00249f3b3',
]

test('a file holds what TensorBoard writes itself, byte for byte', () => {
  const file = eventFile([
    { wallTime: 1_764_392_400.5, step: 7, values: { 'rl/reward': 0.25, 'rl/ends/over-turn': 1 / 3 } },
    { wallTime: 1_764_392_431, step: 300, values: { 'rl/größe': -1e-9 } },
  ])
  expect(Buffer.from(file).toString('hex')).toBe(written.join(''))
})

test('the file of more events begins with that of the first', () => {
  const events = [1, 2, 3].map((step) => ({ wallTime: 10 + step, step, values: { loss: 1 / step } }))
  const whole = Buffer.from(eventFile(events))
  const first = eventFile(events.slice(0, 2))
  expect(whole.subarray(0, first.length).equals(first)).toBe(true)
})
