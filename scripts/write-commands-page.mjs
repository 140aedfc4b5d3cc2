#!/usr/bin/env node
/** Writes `docs/commands.md` from the schemas of the commands and `docs/filter.md` from the fields of filters, as they were last built. */
import { writeFileSync } from 'node:fs'
import { commandsPage } from '../dist/cli/commands-page.js'
import { filterPage } from '../dist/cli/filter-page.js'

writeFileSync(new URL('../docs/commands.md', import.meta.url), await commandsPage())
writeFileSync(new URL('../docs/filter.md', import.meta.url), filterPage())
