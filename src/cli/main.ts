#!/usr/bin/env node
/** The program `mini-o3`; `program.ts` defines its exit codes. */
import { showWarnings, tolerateClosedPipes } from './print/output.ts'
import { program } from './program.ts'
import { runProgram } from './run-program.ts'

tolerateClosedPipes()
showWarnings()
runProgram(['mini-o3', ...process.argv.slice(2, 3)].join(' '), () => program().parseAsync())
