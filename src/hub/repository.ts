/** What a repository of the hub is called, and which names of files are taken from it. Pure. */
import { UserError } from '../shared/errors.ts'

export interface Repository {
  readonly kind: 'models' | 'datasets'
  /** `<owner>/<name>`. */
  readonly id: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

export const defaultRevision = 'main'

/** Throws `UserError` for what cannot be a repository or a revision. */
export function repositoryOf(kind: Repository['kind'], id: string, revision = defaultRevision): Repository {
  const [owner = '', name = '', ...more] = id.split('/')
  if (more.length > 0 || !isName(owner) || !isName(name))
    throw new UserError('hub-name-bad', `"${id}" is not a repository of the hub. It looks like <owner>/<name>.`)
  if (!isPlainPath(revision))
    throw new UserError('hub-name-bad', `"${revision}" is not a revision: name a branch, a tag or a commit.`)
  return { kind, id, revision }
}

/** As the hub's own clients name the folder in the cache. */
export function folderName({ kind, id }: Pick<Repository, 'kind' | 'id'>): string {
  return [kind, ...id.split('/')].join('--')
}

/** The repository that a folder of the cache holds; undefined: it is none. */
export function repositoryIn(folder: string): Pick<Repository, 'kind' | 'id'> | undefined {
  const [kind, owner = '', name = '', ...more] = folder.split('--')
  if ((kind !== 'models' && kind !== 'datasets') || more.length > 0 || !isName(owner) || !isName(name)) return undefined
  return { kind, id: `${owner}/${name}` }
}

function isName(part: string): boolean {
  return /^\w[\w.-]*$/.test(part) && !/--|\.\./.test(part)
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** A relative path that stays below its folder on every platform. Names come from a server, and become paths here. */
export function isPlainPath(path: string): boolean {
  return path.length <= 1024 && path.split('/').every(isPlainName)
}

/** What Windows keeps for devices, whatever stands behind the dot. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

function isPlainName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return !/^\.{0,2}$|[\u0000-\u001f\u007f\\:*?"<>|]|[. ]$/.test(name) && !devices.test(name)
}
