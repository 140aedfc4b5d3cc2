import { expect, test } from 'vitest'
import { workerUrl } from './worker-url.ts'

test.each([
  ['file:///home/a/src/mini-o3/src/probe/draw-pictures.ts', 'file:///home/a/src/mini-o3/dist/probe/draw-worker.js'],
  ['file:///home/a/src/mini-o3/dist/probe/draw-pictures.js', 'file:///home/a/src/mini-o3/dist/probe/draw-worker.js'],
])('the worker of %s is %s', (moduleUrl, worker) => {
  expect(workerUrl(moduleUrl, './draw-worker.js').href).toBe(worker)
})
