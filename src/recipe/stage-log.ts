/** What a recipe keeps of its stages, and what they took. */
import { stageLog } from '../runs/recipe-stages.ts'
import type { StageLine } from '../runs/recipe-stages.ts'
import type { RunFolder } from '../runs/run-folder.ts'

/** Runs a stage and keeps what it took, however it ends. */
export async function logStage(
  log: Pick<RunFolder, 'append'>,
  { name, words }: Pick<StageLine, 'name' | 'words'>,
  work: () => Promise<void>,
): Promise<void> {
  const startedMs = performance.now()
  const keep = (complete: boolean): Promise<void> => {
    const line: StageLine = {
      name,
      words,
      complete,
      seconds: Math.round(performance.now() - startedMs) / 1000,
      peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      endedAt: new Date().toISOString(),
    }
    return log.append(stageLog, line)
  }
  try {
    await work()
  } catch (error) {
    await keep(false)
    throw error
  }
  await keep(true)
}

/** What the stages took, by name: seconds over all their attempts, the memory of the hungriest one, the last end. */
export async function readStageLog(log: Pick<RunFolder, 'read'>): Promise<Map<string, StageLine>> {
  const byName = new Map<string, StageLine>()
  for await (const line of log.read(stageLog)) {
    const before = byName.get(line.name)
    byName.set(line.name, {
      ...line,
      seconds: line.seconds + (before?.seconds ?? 0),
      peakMemoryMiB: Math.max(line.peakMemoryMiB, before?.peakMemoryMiB ?? 0),
    })
  }
  return byName
}
