/** What stands behind `local:`: a known model, a repository of the hub, or a file; found on disk, pulled or removed. */
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { nearestNames } from '../shared/nearest.ts'
import { UserError } from '../shared/errors.ts'
import { defined, itemAt } from '../shared/known.ts'
import { sum } from '../shared/numbers.ts'
import { partsIn, removeFromSnapshot, repositoryFolder, snapshotsOf, storedRepositories } from './cache.ts'
import type { Snapshot } from './cache.ts'
import { chooseGguf, mmprojFor, modelsIn, pieceOf, quantOf } from './gguf-files.ts'
import type { GgufFiles } from './gguf-files.ts'
import { knownModels } from './known-models.ts'
import type { ListOptions } from './listing.ts'
import type { KnownModel } from './known-models.ts'
import { locked, planFiles, pullFiles } from './pull.ts'
import type { PullOptions, PullPlan } from './pull.ts'
import { defaultRevision, folderName, repositoryOf } from './repository.ts'
import type { Repository } from './repository.ts'
import { hubSettings, offlineVariables } from './settings.ts'
import type { HubSettings } from './settings.ts'

export interface LocalModel {
  /** As typed behind `local:`. */
  readonly name: string
  /** The GGUF, the first piece of one that is split; the others lie beside it. */
  readonly model: string
  readonly mmproj: string
  readonly bytes: number
  /** Of a known model: how it was taught to zoom. */
  readonly profile?: string
}

export interface ModelPull extends PullPlan {
  readonly name: string
  readonly known?: KnownModel
}

/** A pull would help. */
export class NotPulledError extends UserError {
  /** As it is typed behind `mini-o3 models pull`. */
  readonly model: string

  constructor(model: string, { id }: Repository, { offline }: HubSettings) {
    const missing = `${id} is not on this machine, or is incomplete`
    const command = `mini-o3 models pull ${model}`
    super(
      'model-not-pulled',
      offline
        ? `${missing}, and ${offlineVariables} is set, which forbids downloads. Unset it and run: ${command}`
        : `${missing}. Download it first: ${command}`,
    )
    this.model = model
  }
}

const hubMark = 'hub:'

/** The address of a model, or of one of its files, as copied from a browser; with `<owner>/<name>`. */
const pageOfHub =
  /^(?:hub:)?(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/((?!datasets\/|spaces\/)\w[\w.-]*\/\w[\w.-]*)/i

/**
 * Finds the files on disk, without asking the hub. `mmproj` is only for a `.gguf` file; default: one in the same folder.
 * Throws `UserError`, `model-not-pulled` where a pull would help.
 */
export async function findLocalModel(name: string, mmproj?: string): Promise<LocalModel> {
  if (isFile(name)) return modelOfFile(name, mmproj)
  if (mmproj !== undefined) throw projectorUnused(name)
  const source = sourceOf(name)
  const hub = hubSettings()
  const found = await pulled(source, hub)
  if (found !== undefined) return localModel(name, found, source.known)
  throw new NotPulledError(name, source.repository, hub)
}

function projectorUnused(name: string): UserError {
  const named = name.startsWith(hubMark) || knownModels.some((known) => name.startsWith(known.name))
  return named
    ? new UserError('mmproj-unused', `--mmproj is for a file: local:${name} has its own projector. Leave it out.`)
    : new UserError('model-not-gguf', `${name} is not a .gguf file, but --mmproj needs one: local:<file.gguf>.`)
}

/** Every vision model of the cache, by the name that opens it. */
export async function pulledModels(): Promise<LocalModel[]> {
  const hub = hubSettings()
  const repositories = (await storedRepositories(hub.cache)).filter(({ kind }) => kind === 'models')
  const models = await Promise.all(repositories.map(({ id }) => modelsOf(repositoryOf('models', id), hub)))
  return models.flat()
}

/** Asks the hub what a pull would bring; nothing is downloaded. Throws `UserError`. */
export async function planPull(name: string, options: ListOptions = {}): Promise<ModelPull> {
  if (isFile(name))
    throw new UserError('model-unknown', `${name} is a file of this machine. Name a known model or hub:<owner>/<name>.`)
  const { repository, quant, known } = sourceOf(name)
  const plan = await planFiles(
    repository,
    hubSettings(),
    (files) => {
      const { model, mmproj } = chooseGguf(
        files.map(({ path }) => path),
        repository.id,
        quant,
      )
      return files.filter(({ path }) => path === mmproj || model.includes(path))
    },
    options,
  )
  return { ...plan, name, ...(known !== undefined && { known }) }
}

/** Downloads what the plan lacks. Stopped by `signal`, what has come is kept, and the next pull goes on from there. */
export async function pull(plan: ModelPull, options: PullOptions = {}): Promise<LocalModel> {
  await pullFiles(plan, options)
  return modelOf(plan)
}

/** The model of a plan that was carried out. */
export function modelOf({ name, known, folder, bytes, files, repository }: ModelPull): LocalModel {
  const paths = files.map(({ path }) => path)
  return localModel(name, { folder, files: chooseGguf(paths, repository.id), bytes }, known)
}

/** Repositories with parts of downloads that broke off: a pull goes on with them, a removal deletes them. */
export async function unfinishedPulls(): Promise<{ readonly repository: string; readonly bytes: number }[]> {
  const { cache } = hubSettings()
  const models = (await storedRepositories(cache)).filter(({ kind }) => kind === 'models')
  const all = await Promise.all(
    models.map(async (repository) => ({
      repository: repository.id,
      bytes: sum((await partsIn(repositoryFolder(cache, repository))).map(({ bytes }) => bytes)),
    })),
  )
  return all.filter(({ bytes }) => bytes > 0)
}

export interface Removal {
  readonly folder: string
  /** Relative to the snapshot. */
  readonly paths: readonly string[]
  readonly bytes: number
  remove(): Promise<void>
}

/** What removing a model would delete: its weights, its projector unless another model there needs it, and unfinished parts. */
export async function planRemoval(name: string): Promise<Removal> {
  const hub = hubSettings()
  const { repository, quant } = isFile(name) ? noRepository(name) : sourceOf(name)
  const folder = repositoryFolder(hub.cache, repository)
  const found = await pulled({ repository, quant }, hub)
  const parts = await partsIn(folder)
  if (found === undefined && parts.length === 0)
    throw new UserError(
      'model-not-pulled',
      `${repository.id} is not on this machine. \`mini-o3 models\` lists what is.`,
    )
  const all = found?.snapshot.files ?? []
  const others = modelsIn(all.map(({ path }) => path)).filter((own) => own[0] !== found?.files.model[0])
  const { model = [], mmproj } = found?.files ?? {}
  const paths = [...model, ...(mmproj !== undefined && others.length === 0 ? [mmproj] : [])]
  const stored = all.filter(({ path }) => paths.includes(path))
  return {
    folder,
    paths,
    bytes: sum([...stored, ...parts].map(({ bytes }) => bytes)),
    remove: () =>
      locked(join(hub.cache, '.locks', folderName(repository)), { onWait: async () => {} }, async () => {
        if (found !== undefined) await removeFromSnapshot(folder, found.snapshot, paths)
        for (const { path } of parts) await rm(path, { force: true })
        if ((await snapshotsOf(folder, defaultRevision)).every(({ files }) => files.length === 0))
          await rm(folder, { recursive: true, force: true })
      }),
  }
}

interface Source {
  readonly repository: Repository
  readonly quant: string | undefined
  readonly known?: KnownModel | undefined
}

/** `qwen3-vl-4b`, `hub:<owner>/<name>`, either with `:<quant>` and `@<revision>`; `hub:` may be left out. */
function sourceOf(name: string): Source {
  const onPage = pageOfHub.exec(name)?.[1]
  if (onPage !== undefined)
    throw new UserError('model-address', `${name} is the address of a web page. Name its model: ${hubMark}${onPage}`)
  const [, base = '', quant, revision] = /^(?:hub:)?([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(name) ?? []
  const known = knownModels.find((own) => own.name === base)
  if (known !== undefined && !name.startsWith(hubMark))
    return { repository: repositoryOf('models', known.repository, revision), quant: quant ?? known.quant, known }
  if (base.includes('/')) return { repository: repositoryOf('models', base, revision), quant }
  const near = nearestNames(
    base,
    knownModels.map((own) => own.name),
    3,
  )
  throw new UserError(
    'model-unknown',
    `There is no known model "${name}". Closest names: ${near.join(', ')}. Name any other as hub:<owner>/<name>, or by the path of its .gguf file.`,
  )
}

function noRepository(name: string): never {
  throw new UserError('model-unknown', `${name} is a file that was not pulled: delete it yourself if you want to.`)
}

function isFile(name: string): boolean {
  return /\.gguf$/i.test(name) && !name.startsWith(hubMark) && !pageOfHub.test(name)
}

interface Found {
  readonly folder: string
  readonly files: GgufFiles
  readonly bytes: number
}

/** The model in the snapshot of its revision, or of another commit where that lacks it. */
async function pulled(
  { repository, quant }: Pick<Source, 'repository' | 'quant'>,
  { cache }: HubSettings,
): Promise<(Found & { readonly snapshot: Snapshot }) | undefined> {
  for (const snapshot of await snapshotsOf(repositoryFolder(cache, repository), repository.revision)) {
    const paths = snapshot.files.map(({ path }) => path)
    try {
      const files = chooseGguf(paths, repository.id, quant)
      return { folder: snapshot.folder, files, bytes: bytesOf(snapshot, files), snapshot }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }
  return undefined
}

async function modelsOf(repository: Repository, { cache }: HubSettings): Promise<LocalModel[]> {
  const [snapshot] = await snapshotsOf(repositoryFolder(cache, repository), repository.revision)
  if (snapshot === undefined) return []
  const paths = snapshot.files.map(({ path }) => path)
  return modelsIn(paths).flatMap((model) => {
    const mmproj = mmprojFor(itemAt(model, 0), paths)
    if (mmproj === undefined) return []
    const files = { model, mmproj }
    const quant = quantOf(model)
    const known = knownModels.find((own) => own.repository === repository.id && own.quant === quant)
    const name = known?.name ?? `${hubMark}${repository.id}:${quant ?? itemAt(model, 0)}`
    return [localModel(name, { folder: snapshot.folder, files, bytes: bytesOf(snapshot, files) }, known)]
  })
}

function bytesOf({ files }: Snapshot, { model, mmproj }: GgufFiles): number {
  return sum(files.filter(({ path }) => path === mmproj || model.includes(path)).map(({ bytes }) => bytes))
}

function localModel(name: string, { folder, files, bytes }: Found, known: KnownModel | undefined): LocalModel {
  const [model, mmproj] = [join(folder, itemAt(files.model, 0)), join(folder, files.mmproj)]
  return { name, model, mmproj, bytes, ...(known !== undefined && { profile: known.profile }) }
}

async function modelOfFile(file: string, named: string | undefined): Promise<LocalModel> {
  const piece = pieceOf(file)
  const pieces = piece === undefined ? [file] : Array.from({ length: piece.count }, (_, at) => piece.pathOf(at + 1))
  const folder = dirname(file)
  const names = await readdir(folder).catch(() => [])
  const beside = mmprojFor(basename(file), names)
  const mmproj = named ?? (beside === undefined ? undefined : join(folder, beside))
  if (mmproj === undefined) {
    await bytesOfFile(file)
    throw new UserError(
      'mmproj-missing',
      `There is no projector (mmproj-*.gguf) beside ${file}, without which the model cannot see pictures. Name it with --mmproj.`,
    )
  }
  const bytes = await Promise.all([...pieces, mmproj].map(bytesOfFile))
  return { name: file, model: defined(pieces[0], file), mmproj, bytes: sum(bytes) }
}

async function bytesOfFile(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return found.size
  throw new UserError('model-file-missing', `There is no file ${path}. Check the path.`)
}
