/** The first line that an old Node cannot read, in a file of its own. */
'use strict'
void import('../dist/cli/main.js')
