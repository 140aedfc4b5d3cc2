/** The protobuf messages of the hosted dialect, as descriptors: package `tinker_public` (tinker-protocol 1.11). */
import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import { defined } from '../../shared/known.ts'

type FieldKind = 'string' | 'bytes' | 'int32' | 'int64' | 'bool' | 'double'
/** `[number, type]`, with `repeated`, `optional` (tells 0 from absent), or `map` from strings. Other words are messages. */
type Field = readonly [number, FieldKind | (string & {}), ('repeated' | 'optional' | 'map' | 'oneof')?]

/** Enums are written as numbers: they look the same on the wire. */
const layout: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ForwardBackwardRequest: {
    model_id: [1, 'string'],
    seq_id: [2, 'int32'],
    data: [3, 'Datum', 'repeated'],
    loss_fn: [4, 'string'],
    loss_fn_config: [5, 'double', 'map'],
    forward_only: [6, 'bool'],
  },
  Datum: { model_input: [1, 'Chunk', 'repeated'], loss_fn_inputs: [2, 'Tensor', 'map'] },
  Chunk: { encoded_text: [1, 'EncodedTextChunk', 'oneof'], image: [2, 'ImageChunk', 'oneof'] },
  EncodedTextChunk: { tokens: [1, 'bytes'] },
  ImageChunk: { data: [1, 'bytes'], format: [2, 'string'], expected_tokens: [3, 'int32', 'optional'] },
  Tensor: { dense: [1, 'bytes', 'oneof'], dtype: [3, 'int32'], shape: [4, 'int64', 'repeated'] },
  SampleResponse: { sequences: [1, 'SampledSequence', 'repeated'] },
  SampledSequence: { stop_reason: [1, 'int32'], tokens: [2, 'bytes'], logprobs: [3, 'bytes', 'optional'] },
  ForwardBackwardOutput: {
    loss_fn_output_type: [1, 'string'],
    loss_fn_outputs: [2, 'ArrayRecord', 'repeated'],
    metrics: [3, 'double', 'map'],
  },
  ArrayRecord: { type_tag: [1, 'string'], fields: [2, 'BatchedTensor', 'map'], num_datums: [3, 'int64'] },
  BatchedTensor: {
    data: [1, 'bytes'],
    offsets: [2, 'bytes'],
    dtype: [3, 'int32'],
    trailing_shape: [4, 'int64', 'repeated'],
  },
}

/** `DType` of the protocol. */
export const dtypes = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const

const packageName = 'tinker_public'
const scalars: Readonly<Record<FieldKind, Type>> = {
  string: Type.STRING,
  bytes: Type.BYTES,
  int32: Type.INT32,
  int64: Type.INT64,
  bool: Type.BOOL,
  double: Type.DOUBLE,
}

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'tinker_public.proto',
    package: packageName,
    syntax: 'proto3',
    messageType: Object.entries(layout).map(([name, fields]) => messageOf(name, fields)),
  }),
  () => undefined,
)

/** The descriptor of a message, for `create`, `toBinary` and `fromBinary`. */
export function messageType(name: keyof typeof layout): DescMessage {
  return defined(registry.getMessage(`${packageName}.${name}`), name)
}

function messageOf(name: string, fields: Readonly<Record<string, Field>>) {
  const all = Object.entries(fields)
  const choices = all.some(([, [, , how]]) => how === 'oneof') ? ['choice'] : []
  const optional = all.filter(([, [, , how]]) => how === 'optional').map(([field]) => field)
  return {
    name,
    oneofDecl: [...choices, ...optional.map((field) => `_${field}`)].map((choice) => ({ name: choice })),
    nestedType: all
      .filter(([, [, , how]]) => how === 'map')
      .map(([field, [, type]]) => ({
        name: entryName(field),
        options: { mapEntry: true },
        field: [fieldOf('key', 1, 'string'), fieldOf('value', 2, type)],
      })),
    field: all.map(([field, [number, type, how]]) => {
      if (how === 'map') {
        const typeName = `.${packageName}.${name}.${entryName(field)}`
        return { name: field, number, type: Type.MESSAGE, typeName, label: Label.REPEATED }
      }
      const own = fieldOf(field, number, type, how === 'repeated' ? Label.REPEATED : Label.OPTIONAL)
      if (how === 'oneof') return { ...own, oneofIndex: 0 }
      if (how === 'optional')
        return { ...own, proto3Optional: true, oneofIndex: choices.length + optional.indexOf(field) }
      return own
    }),
  }
}

function fieldOf(name: string, number: number, kind: string, label: Label = Label.OPTIONAL) {
  const scalar = scalars[kind as FieldKind] as Type | undefined
  return scalar === undefined
    ? { name, number, type: Type.MESSAGE, typeName: `.${packageName}.${kind}`, label }
    : { name, number, type: scalar, label }
}

/** As the compiler of protobuf names the entries of a map. */
function entryName(field: string): string {
  const words = field.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Entry`
}
