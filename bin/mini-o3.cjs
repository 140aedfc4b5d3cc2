#!/usr/bin/env node
/** Starts the program. Any Node can read this file, so one that is too old says which Node is needed instead of a syntax error. */
'use strict'
var fs = require('fs')
var path = require('path')

function stop(message) {
  process.stderr.write('mini-o3: ' + message + '\n')
  process.exit(1)
}

var root = path.join(__dirname, '..')
var wanted = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '')
var needed = wanted.split('.').map(Number)
var present = process.versions.node.split('.').map(Number)
/** The last file that a build writes. */
var stamp = path.join(root, 'dist', 'sources.sha256')

if (present[0] < needed[0] || (present[0] === needed[0] && present[1] < needed[1])) {
  stop(
    'needs Node ' + wanted + ' or newer, and this is Node ' + process.versions.node + '. Install one from nodejs.org.',
  )
} else if (!fs.existsSync(stamp)) {
  stop('is not built. Run "npm run build" in ' + root + '.')
} else {
  require('./start.cjs')
}
