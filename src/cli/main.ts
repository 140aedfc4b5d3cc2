#!/usr/bin/env node
/** The program `mini-o3`; `program.ts` defines its exit codes. */
import { showWarnings, tolerateClosedPipes } from './print/output.ts'
import { program } from './program.ts'
import { runProgram } from './run-program.ts'

tolerateClosedPipes()
showWarnings()
const words = process.argv.slice(2)
runProgram(['mini-o3', ...words.slice(0, 1)].join(' '), async () => (await program(words)).parseAsync())
