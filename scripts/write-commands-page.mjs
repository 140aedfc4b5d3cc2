#!/usr/bin/env node
/** Writes `docs/commands.md` from the schemas of the commands, as they were last built. */
import { writeFileSync } from 'node:fs'
import { commandsPage } from '../dist/cli/commands-page.js'

writeFileSync(new URL('../docs/commands.md', import.meta.url), commandsPage())
