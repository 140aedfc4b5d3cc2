/** Plans the content of a world for its question: targets, look-alikes, the answer and its choices. */
import type { Random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import type { ExhibitPlan } from './exhibit.ts'
import { askedNames, drawingsOf } from './icons.ts'
import type { Icon } from './icons.ts'
import { hasAny, wordsNear } from './kin.ts'
import type { WorldLevel } from './levels.ts'
import { flagColours, frameColours, frameShapes, sides } from './scene.ts'
import type { Description, Family, Side, WorldColour, WorldQuestion } from './scene.ts'
import { textSource } from './words.ts'
import type { TextKind } from './words.ts'

/** With all that an exhibit can have. */
type WholePlan = ExhibitPlan & Required<Pick<ExhibitPlan, 'flag' | 'text'>>

export interface RugPlan {
  readonly colour: WorldColour
  readonly icons: readonly Icon[]
}

export interface ScenePlan {
  readonly question: WorldQuestion
  readonly answer: string
  readonly choices: readonly string[]
  readonly targets: readonly ExhibitPlan[]
  readonly lookAlikes: readonly ExhibitPlan[]
  readonly rugs: readonly RugPlan[]
  /** Number of look-alikes, not all of which are exhibits. */
  readonly lookAlikeCount: number
  /** An exhibit like any other. */
  filler(icon: Icon): ExhibitPlan
}

/** `draw` counts through a set: it decides what a set balances, such as which colour is the answer. */
export function makePlan(rng: Random, family: Family, spec: WorldLevel, draw: number): ScenePlan {
  const tools = planTools(rng)
  const lookAlikeCount = spec.lookAlikes[0] + rng.int(spec.lookAlikes[1] - spec.lookAlikes[0] + 1)
  const { plan, filler, names, named } = tools
  /** Look-alikes of the targets in turn: each agrees in all of what is described but one property. */
  const near = (targets: readonly ExhibitPlan[], described: readonly Key[]): WholePlan[] =>
    Array.from({ length: lookAlikeCount }, (_, n) => {
      const differs = itemAt(described, Math.floor(n / targets.length) % described.length)
      return tools.vary(itemAt(targets, n % targets.length), described, differs)
    })
  const fourChoices = (answer: string, others: readonly string[], more: () => string): string[] => {
    const wrong = new Set(others.filter((other) => other !== answer).slice(0, 3))
    while (wrong.size < 3) {
      const other = more()
      if (other !== answer) wrong.add(other)
    }
    return rng.shuffle([answer, ...wrong])
  }
  const base = { rugs: [], lookAlikeCount, filler }

  if (family === 'read') {
    const kind = rng.pick(textKinds)
    tools.only(kind)
    const target = plan()
    const lookAlikes = near([target], framedKeys)
    const answer = target.text
    const choices = fourChoices(
      answer,
      lookAlikes.map(({ text }) => text),
      () => tools.texts.fresh(kind),
    )
    return { ...base, question: { family, of: framed(target) }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'attribute') {
    const part = rng.pick(['flag', 'frame'] as const)
    const palette: readonly WorldColour[] = part === 'flag' ? flagColours : frameColours
    const answer = itemAt(palette, draw % palette.length)
    const made = plan()
    const target: WholePlan =
      part === 'flag' ? { ...made, flag: answer } : { ...made, frame: { ...made.frame, colour: answer } }
    const of: Description = part === 'flag' ? framed(target) : { icon: target.icon, flag: target.flag }
    const lookAlikes = near([target], part === 'flag' ? framedKeys : ['icon', 'flag'])
    const others = rng.shuffle(palette)
    const choices = fourChoices(answer, others, () => rng.pick(palette))
    return { ...base, question: { family, of, part }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'identity') {
    const kinds = spec.chained ? (['frame', 'text', 'twin'] as const) : (['frame', 'text'] as const)
    const kind = itemAt(kinds, draw % kinds.length)
    if (kind !== 'frame') tools.only('plate')
    if (kind === 'twin') {
      const first = plan()
      const target = { ...plan(), text: first.text }
      // Every other one is like the exhibit that the question starts from, the rest have almost its text.
      const lookAlikes = near([first], framedKeys).map((alike, n) =>
        n % 2 === 0 ? alike : { ...plan(), text: tools.texts.near(first.text) },
      )
      const others = lookAlikes.map(({ icon }) => icon).filter((icon) => icon !== first.icon)
      const choices = fourChoices(target.icon, others, names)
      const question = { family, twinOf: framed(first) } as const
      return { ...base, question, answer: target.icon, choices, targets: [first, target], lookAlikes }
    }
    const byText = kind === 'text'
    const target = plan()
    const of: Description = byText ? { text: target.text } : { frame: target.frame, flag: target.flag }
    const lookAlikes = byText
      ? Array.from({ length: lookAlikeCount }, () => ({ ...plan(), text: tools.texts.near(target.text) }))
      : near([target], ['shape', 'colour', 'flag'])
    const choices = fourChoices(
      target.icon,
      lookAlikes.map(({ icon }) => icon),
      names,
    )
    return { ...base, question: { family, of }, answer: target.icon, choices, targets: [target], lookAlikes }
  }
  if (family === 'relation') {
    const bare = ({ icon, drawing, frame, style }: ExhibitPlan) => ({
      icon,
      drawing,
      frame,
      style,
      around: { left: named(), right: named(), above: named(), below: named() },
    })
    const target = bare(plan())
    const lookAlikes = near([target], framedKeys).map(bare)
    const side: Side = itemAt(sides, draw % sides.length)
    const answer = target.around[side].icon
    const others = Object.values(target.around).map(({ icon }) => icon)
    const choices = fourChoices(answer, others, names)
    return { ...base, question: { family, of: framed(target), side }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'compare') {
    tools.only('number')
    const targets = Array.from({ length: spec.compared }, plan)
    const most = rng.pick(['largest', 'smallest'] as const)
    const ordered = targets.toSorted((a, b) => (Number(a.text) - Number(b.text)) * (most === 'largest' ? -1 : 1))
    const extreme = itemAt(ordered, 0)
    // The answer is named in every place equally often.
    const listed = rng.shuffle(ordered.slice(1))
    listed.splice(draw % targets.length, 0, extreme)
    const lookAlikes = near(listed, framedKeys)
    const answer = extreme.icon
    const choices = fourChoices(
      answer,
      [...listed, ...lookAlikes].map(({ icon }) => icon),
      names,
    )
    return { ...base, question: { family, of: listed.map(framed), most }, answer, choices, targets: listed, lookAlikes }
  }
  const icon = names()
  const colours = rng.shuffle(frameColours).slice(0, spec.rugs)
  const counted = colours.slice(0, spec.counted)
  const total = spec.counted + (draw % 6)
  const rugs = colours.map((colour, n) => {
    const own =
      n < spec.counted
        ? shareOf(total, spec.counted, n)
        : shareOf(lookAlikeCount, spec.rugs - spec.counted, n - spec.counted)
    const size = spec.onRug[0] + rng.int(spec.onRug[1] - spec.onRug[0] + 1)
    const others = [names(), names(), names(), names()]
    const lying = Array.from({ length: size }, (_, at) => tools.drawn(at < own ? icon : rng.pick(others)))
    return { colour, icons: rng.shuffle(lying) }
  })
  const answer = String(total)
  const choices = fourChoices(answer, rng.shuffle(['1', '2', '3', '4', '5', '6', '7', '8']), () => '9')
  const question = { family: 'count' as const, icon, rugs: counted }
  return { ...base, question, answer, choices, targets: [], lookAlikes: [], rugs: rng.shuffle(rugs) }
}

/** The share of the `n`th of `parts` when `total` is dealt out. */
function shareOf(total: number, parts: number, n: number): number {
  return Math.floor(total / parts) + (n < total % parts ? 1 : 0)
}

function framed({ icon, frame }: ExhibitPlan): Description {
  return { icon, frame }
}

type Key = 'icon' | 'shape' | 'colour' | 'flag'
const framedKeys = ['icon', 'shape', 'colour'] as const
const textKinds = ['word', 'number', 'plate'] as const

/** Random exhibits whose texts are never the same twice, and whose icons are never alike. */
function planTools(rng: Random) {
  const texts = textSource(rng)
  let left: readonly string[] = rng.shuffle(askedNames())
  const names = (): string => {
    const name = itemAt(left, 0)
    const near = wordsNear([name])
    left = left.filter((other) => !hasAny(other, near))
    return name
  }
  const drawn = (icon: string): Icon => ({ icon, drawing: rng.pick(drawingsOf(icon)) })
  const named = (): Icon => drawn(names())
  const other = <T>(all: readonly T[], own: T): T => rng.pick(all.filter((item) => item !== own))
  let textKind: TextKind | undefined
  const tools = {
    texts,
    names,
    named,
    drawn,
    /** From now on every sign has a text of this kind. */
    only: (kind: TextKind) => void (textKind = kind),
    plan: (icon: Icon = named()): WholePlan => ({
      ...icon,
      frame: { shape: rng.pick(frameShapes), colour: rng.pick(frameColours) },
      flag: rng.pick(flagColours),
      text: texts.fresh(textKind ?? rng.pick(textKinds)),
      style: rng.int(4),
    }),
    /** An exhibit like `own` in what is `described`, but for one property, and unlike it elsewhere. */
    vary({ icon, frame, flag }: ExhibitPlan, described: readonly Key[], differs: Key): WholePlan {
      const fresh = tools.plan()
      const take = <T>(key: Key, own: T, all: readonly T[], any: T): T =>
        !described.includes(key) ? any : key === differs ? other(all, own) : own
      return {
        ...fresh,
        ...(differs === 'icon' || !described.includes('icon') ? {} : drawn(icon)),
        frame: {
          shape: take('shape', frame.shape, frameShapes, fresh.frame.shape),
          colour: take('colour', frame.colour, frameColours, fresh.frame.colour),
        },
        flag: flag === undefined ? fresh.flag : take('flag', flag, flagColours, fresh.flag),
      }
    },
    filler(icon: Icon): ExhibitPlan {
      const { flag, text, ...rest } = tools.plan(icon)
      return { ...rest, ...(rng.chance(0.75) && { flag }), ...(rng.chance(0.75) && { text }) }
    },
  }
  return tools
}
