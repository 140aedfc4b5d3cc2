/** Where scripts outside of this package look for `openRun`; it lives in `src/runs/`. */
export { openRun } from '../runs/run-folder.ts'
