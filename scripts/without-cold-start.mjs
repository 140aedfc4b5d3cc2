/**
 * Makes the starting point of "RL without cold start": node scripts/without-cold-start.mjs <checkpoint> <out> <seed>
 * The policy sees as the checkpoint does (its stem and perception heads stay) and has never searched or spoken: all else
 * gets fresh values of the seed.
 */
import { readCheckpoint, writeCheckpoint } from '../dist/engine/embedded/checkpoint.js'
import { initialParameters, parameterSpecs } from '../dist/model/parameters.js'
import { exitCodeOf, messageOf, UserError } from '../dist/shared/errors.js'

/** @param {string[]} args */
async function main([from, out, seed]) {
  if (!/^\d+$/.test(seed ?? '')) {
    throw new UserError('usage', 'usage: node scripts/without-cold-start.mjs <checkpoint> <out> <seed>')
  }
  const { config, parameters } = await readCheckpoint(from)
  const specs = parameterSpecs(config)
  const fresh = initialParameters(specs, Number(seed))
  for (const { name, offset, size } of specs) {
    if (/^(stem|look)\./.test(name)) continue
    parameters.set(fresh.subarray(offset, offset + size), offset)
  }
  await writeCheckpoint(out, { config, parameters })
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${messageOf(error)}`)
  process.exitCode = exitCodeOf(error)
}
