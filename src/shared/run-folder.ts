/** Re-exports `openRun` for scripts outside this package; it is defined in `src/runs/`. */
export { openRun } from '../runs/run-folder.ts'
