/** The generated messages are those of tinker.proto: whoever changes the one without making the other anew is told. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { file_tinker } from './tinker_pb.ts'

test('tinker_pb.ts was made of tinker.proto as it is: `node scripts/make-proto.mjs` regenerates it', async () => {
  const source = await readFile(new URL('tinker.proto', import.meta.url), 'utf8')
  const field = /^ +(?:repeated |optional )?(?<type>map<string, \w+>|\w+) (?<name>\w+) = (?<number>\d+);$/gm
  const written = [...source.matchAll(/^message (?<name>\w+) \{\n(?<body>(?:.*\n)*?)\}$/gm)].map(({ groups }) => ({
    name: groups?.['name'],
    fields: [...(groups?.['body'] ?? '').matchAll(field)].map((match) => ({ ...match.groups })),
  }))
  const made = file_tinker.messages.map(({ name, fields }) => ({
    name,
    fields: fields.map((one) => ({ type: typeOf(one), name: one.name, number: String(one.number) })),
  }))
  expect(written.length).toBe(12)
  expect(made).toEqual(written)
})

type Field = (typeof file_tinker.messages)[number]['fields'][number]

const scalars: Readonly<Record<number, string>> = {
  1: 'double',
  3: 'int64',
  5: 'int32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
}

function typeOf(field: Field): string | undefined {
  if (field.fieldKind === 'map') {
    return `map<string, ${field.mapKind === 'message' ? field.message.name : scalars[Number(field.scalar)]}>`
  }
  return field.message?.name ?? scalars[Number(field.scalar)]
}
