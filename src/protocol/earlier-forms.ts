/** Earlier versions of profiles: scores under their hashes are not comparable with current ones of the same name. Pure. */
import { own } from '../shared/known.ts'

interface Change {
  /** What has changed since. */
  readonly change: string
  /** Hash prefixes by profile name: with this project's prompts and with the released ones, or with either choice of answer. */
  readonly hashes: Readonly<Record<string, readonly string[]>>
}

const changes: readonly Change[] = [
  {
    change: 'plain prose in the last paragraph of a thought that was never closed is taken as the answer',
    hashes: { default: ['0953ec41b3a4', 'a18f22c03396'] },
  },
  {
    change: 'a reply in plain prose is reminded of the form once, and then taken as the answer',
    hashes: { default: ['6af0c882d672', 'd6bf86c718bd'] },
  },
  {
    change:
      'answers beyond a limit count, the first of all turns joined is taken, pictures are read as Pillow does, ' +
      'and a reply that was cut off before it acted counts',
    hashes: {
      official: ['f0c1bd4b0571', '7ea63291ff5f'],
      'official-train': ['34d6f67c4242', 'df7ed459fbc4'],
      'official-32': ['eeaff77f8074', 'd664a08d886d'],
    },
  },
  {
    change: 'pictures are read as Pillow does, and a reply that was cut off before it acted counts',
    hashes: {
      official: ['fe72c8fd8e36', '0428b6db4910'],
      'official-train': ['96ce1a707e17', 'fa4e6df3879e'],
      'official-32': ['4bf52dcc99db', '0f4610de0dbd'],
    },
  },
  {
    change: 'a reply that was cut off before it acted counts',
    hashes: {
      official: ['3bd8605012d9', '9d778cac5c72'],
      'official-train': ['1c9bebe7acf2', '56ec105c19af'],
      'official-32': ['c8db0b89a40d', '8aaee137445a'],
    },
  },
  {
    change: 'pictures are read as Pillow does',
    hashes: { deepeyes: ['e88a67db4045'], 'pixel-reasoner': ['047ecc76f82a'] },
  },
  {
    change: 'it does what its own evaluation does, as Pillow reads pictures; this is the lenient form of it',
    hashes: { deepeyes: ['6ebf07c0a1d2'], 'pixel-reasoner': ['7b8ccd16f242'] },
  },
]

/** What has changed since the profile of this name had this hash; undefined if unknown. */
export function changedSince({ name, sha256 }: { readonly name: string; readonly sha256: string }): string | undefined {
  return changes.find(({ hashes }) => own(hashes, name)?.some((hash) => sha256.startsWith(hash)))?.change
}
