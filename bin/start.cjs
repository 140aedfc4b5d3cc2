/** The first line that an old Node cannot read, in a file of its own. */
'use strict'
import('../dist/cli/main.js')
