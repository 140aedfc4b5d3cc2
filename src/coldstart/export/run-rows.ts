/** Converts the searches of a run to training rows: texts from the profile, views rendered again from the pictures. */
import { originalOf, picturesOf } from '../../protocol/originals.ts'
import { sourceAt } from '../../protocol/source.ts'
import { profileHash } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { searchKey } from '../../runs/searches.ts'
import { openersOf } from '../../search/owed-samples.ts'
import type { OpenPicture, WantedProblem } from '../../search/owed-samples.ts'
import { picturesId } from '../../search/same-pictures.ts'
import { UserError } from '../../shared/errors.ts'
import { mapLimit } from '../../shared/map-limit.ts'
import { itemAt } from '../../shared/known.ts'
import { encode } from '../../vision/encode.ts'
import type { Encoding } from '../../vision/encode.ts'
import { observationView } from '../../vision/observation-view.ts'
import { readingOf } from '../../vision/picture.ts'
import type { Picture } from '../../vision/picture.ts'
import { trainingConversation } from './conversation.ts'
import type { TrainingImage, TrainingRow } from './training-row.ts'

/** Views of one search rendered and encoded in parallel. */
const viewsAtOnce = 4

export interface RunRowsOptions {
  /** The problems of the searches, in the order of their set. */
  readonly problems: readonly WantedProblem[]
  /** Candidate profiles of the searches. */
  readonly profiles: readonly Profile[]
  readonly encoding: Encoding
}

/** In the order of the problems. Throws `UserError` before the first row if a profile or a problem is unknown. */
export async function* runRows(
  trajectories: readonly Trajectory[],
  options: RunRowsOptions,
): AsyncGenerator<TrainingRow, void> {
  for (const told of toldSearches(trajectories, options)) {
    const { trajectory, sampleIndex, profile } = told
    const { problem } = trajectory
    yield {
      name: nameOf(trajectory),
      dataSource: problem.dataSource,
      sampleIndex,
      rolloutIndex: trajectory.sampleIndex,
      system: profile.prompts.system,
      messages: trainingConversation(trajectory, profile),
      images: await drawnViews(told, options.encoding),
      answer: problem.answer,
      ...(problem.alternatives && { alternatives: problem.alternatives }),
      ...(trajectory.turns.some(({ byHand }) => byHand !== undefined) && { byHand: true as const }),
    }
  }
}

/** A search with its problem and profile, ready to be replayed. */
export interface ToldSearch {
  readonly trajectory: Trajectory
  readonly openers: readonly OpenPicture[]
  readonly sampleIndex: number
  readonly profile: Profile
}

/** In the order of the problems. Throws `UserError` if a profile or a problem is unknown. */
export function toldSearches(
  trajectories: readonly Trajectory[],
  known: Pick<RunRowsOptions, 'problems' | 'profiles'>,
): ToldSearch[] {
  return trajectories
    .map(searchTeller(known))
    .toSorted((a, b) => a.sampleIndex - b.sampleIndex || a.trajectory.sampleIndex - b.trajectory.sampleIndex)
}

/** Finds problem and profile of one search after the other. Throws `UserError` if one is unknown. */
export function searchTeller({
  problems,
  profiles,
}: Pick<RunRowsOptions, 'problems' | 'profiles'>): (trajectory: Trajectory) => ToldSearch {
  const places = new Map(problems.map(({ problem }, index) => [searchKey(problem, 0), index]))
  const profileOf = profileFinder(profiles)
  return (trajectory) => {
    const profile = profileOf(trajectory)
    const sampleIndex = places.get(searchKey(trajectory.problem, 0))
    if (sampleIndex === undefined) throw unknownProblem(trajectory)
    return { trajectory, openers: openersOf(itemAt(problems, sampleIndex)), sampleIndex, profile }
  }
}

/** Finds the profile of one search after the other among these. Throws `UserError` if it is none of them. */
export function profileFinder(profiles: readonly Profile[]): (trajectory: Trajectory) => Profile {
  const byHash = new Map(profiles.map((profile) => [profileHash(profile), profile]))
  return (trajectory) => {
    const profile = byHash.get(trajectory.profile.sha256)
    if (profile === undefined) throw unknownProfile(trajectory)
    return profile
  }
}

async function openAll(openers: readonly OpenPicture[], trajectory: Trajectory): Promise<Picture[]> {
  const pictures = await Promise.all(openers.map((open) => open(readingOf(trajectory))))
  if (picturesId(pictures) === picturesId(picturesOf(trajectory))) return pictures
  throw new UserError(
    'export-picture-differs',
    `The picture of ${nameOf(trajectory)} has changed since the search. Name the data of that run with --data.`,
  )
}

/** Every view of the search as seen by the policy. Throws `UserError` if the problem's pictures have changed. */
export async function drawnViews(
  { trajectory, openers, profile }: ToldSearch,
  encoding: Encoding,
): Promise<TrainingImage[]> {
  const pictures = await openAll(openers, trajectory)
  const { observations } = trajectory
  return mapLimit(observations, viewsAtOnce, async (observation: Observation) => {
    const picture = itemAt(pictures, originalOf(observation, observations))
    const pixels = await observationView(picture, observation, observations, profile)
    const stem = sourceAt(observation.index, pictures.length)
    return { bytes: await encode(pixels, encoding), name: `${stem}.${encoding === 'png' ? 'png' : 'jpg'}` }
  })
}

function unknownProfile({ profile, ...trajectory }: Trajectory): UserError {
  return new UserError(
    'export-profile-unknown',
    `${nameOf(trajectory)} was searched under a profile "${profile.name}" (${profile.sha256.slice(0, 8)}) which differs from ` +
      `all profiles of this version, so its messages cannot be rebuilt. Add the options of that run that change the profile.`,
  )
}

function unknownProblem(trajectory: Trajectory): UserError {
  const why = `${nameOf(trajectory)} is not among the problems. Name the data of that run with --data.`
  return new UserError('export-problem-unknown', why)
}

function nameOf({ problem, sampleIndex }: Pick<Trajectory, 'problem' | 'sampleIndex'>): string {
  return `${problem.dataSource}/${problem.docId} (search ${sampleIndex + 1})`
}
