/** Arguments as servers send them: once, twice, behind an empty object, or in a fence. */
import { expect, test } from 'vitest'
import { readCalls } from './read-calls.ts'

const json = '{"bbox_2d":[0,0,1,1],"label":"a } {"}'

test.each([
  [json, json],
  [`{}${json}`, json],
  [`${json}${json}`, json],
  [`\`\`\`json\n${json}\n\`\`\``, json],
  [{ a: 1 }, '{"a":1}'],
  ['{"bbox_2d": [0.1, 0.2', '{"bbox_2d": [0.1, 0.2'],
  ['', ''],
  ['none', 'none'],
  [undefined, '{}'],
])('%j is read as %j', (given, read) => {
  expect(readCalls([{ id: 'a', function: { name: 'zoom', arguments: given } }], 1)).toEqual([
    { id: 'a', name: 'zoom', arguments: read },
  ])
})
