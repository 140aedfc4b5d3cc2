/**
 * Makes `src/engine/tinker/tinker_pb.ts` of `tinker.proto` with protoc-gen-es. Needs `protoc` on the PATH (packages protobuf-compiler,
 * protobuf, or the Python package grpcio-tools as PROTOC="python3 -m grpc_tools.protoc") and the registry of npm. Nobody else needs
 * either: the result is committed, and `src/engine/tinker/schema.test.ts` fails where it is not that of `tinker.proto`.
 *
 * Usage: node scripts/make-proto.mjs
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// The last minor version that runs on Node 20; its output works with every later @bufbuild/protobuf 2.
const generator = '@bufbuild/protoc-gen-es@2.10.0'
const folder = 'src/engine/tinker'

const temporary = mkdtempSync(join(tmpdir(), 'make-proto-'))
try {
  execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', temporary, generator], { stdio: 'inherit' })
  const [protoc = 'protoc', ...first] = (process.env.PROTOC ?? 'protoc').split(' ')
  const plugin = `--plugin=protoc-gen-es=${join(temporary, 'node_modules/.bin/protoc-gen-es')}`
  const options = [`--es_out=${folder}`, '--es_opt=target=ts,import_extension=ts', '-I', folder]
  execFileSync(protoc, [...first, plugin, ...options, 'tinker.proto'], { stdio: 'inherit' })
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
