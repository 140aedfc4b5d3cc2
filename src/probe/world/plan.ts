/** What a world has to hold for its question: targets, the things that look almost like them, the answer and its choices. */
import type { Random } from '../../shared/random.ts'
import type { ExhibitPlan } from './exhibit.ts'
import { iconNames } from './icons.ts'
import type { WorldLevel } from './levels.ts'
import { flagColours, frameColours, frameShapes, sides } from './scene.ts'
import type { Description, Family, Side, WorldColour, WorldQuestion } from './scene.ts'
import { textSource } from './words.ts'
import type { TextKind } from './words.ts'

export interface RugPlan {
  readonly colour: WorldColour
  readonly icons: readonly string[]
}

export interface Plan {
  readonly question: WorldQuestion
  readonly answer: string
  readonly choices: readonly string[]
  readonly targets: readonly ExhibitPlan[]
  readonly lookAlikes: readonly ExhibitPlan[]
  readonly rugs: readonly RugPlan[]
  /** How many things are look-alikes; not all of them are exhibits. */
  readonly lookAlikeCount: number
  /** An exhibit like any other. */
  filler(): ExhibitPlan
}

/** `draw` counts through a set: it decides what a set balances, such as which colour is the answer. */
export function makePlan(rng: Random, family: Family, spec: WorldLevel, draw: number): Plan {
  const tools = planTools(rng)
  const lookAlikeCount = spec.lookAlikes[0] + rng.int(spec.lookAlikes[1] - spec.lookAlikes[0] + 1)
  const { plan, filler, icons } = tools
  /** Look-alikes of the targets in turn: each agrees in all of what is described but one property. */
  const near = (targets: readonly ExhibitPlan[], described: readonly Key[]): ExhibitPlan[] =>
    Array.from({ length: lookAlikeCount }, (_, n) => {
      const differs = described[Math.floor(n / targets.length) % described.length]!
      return tools.vary(targets[n % targets.length]!, described, differs)
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
    tools.textKind = kind
    const target = plan()
    const lookAlikes = near([target], framedKeys)
    const answer = target.text!
    const choices = fourChoices(
      answer,
      lookAlikes.map(({ text }) => text!),
      () => tools.texts.fresh(kind),
    )
    return { ...base, question: { family, of: framed(target) }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'attribute') {
    const part = rng.pick(['flag', 'frame'] as const)
    const palette: readonly WorldColour[] = part === 'flag' ? flagColours : frameColours
    const answer = palette[draw % palette.length]!
    const made = plan()
    const target: ExhibitPlan =
      part === 'flag' ? { ...made, flag: answer } : { ...made, frame: { ...made.frame, colour: answer } }
    const of: Description = part === 'flag' ? framed(target) : { icon: target.icon, flag: target.flag! }
    const lookAlikes = near([target], part === 'flag' ? framedKeys : ['icon', 'flag'])
    const others = rng.shuffle(palette)
    const choices = fourChoices(answer, others, () => rng.pick(palette))
    return { ...base, question: { family, of, part }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'identity') {
    const byText = rng.chance(0.5)
    tools.textKind = byText ? 'plate' : undefined
    const target = plan()
    const of: Description = byText ? { text: target.text! } : { frame: target.frame, flag: target.flag! }
    const lookAlikes = byText
      ? Array.from({ length: lookAlikeCount }, () => ({ ...plan(), text: tools.texts.near(target.text!) }))
      : near([target], ['shape', 'colour', 'flag'])
    const choices = fourChoices(
      target.icon,
      lookAlikes.map(({ icon }) => icon),
      icons,
    )
    return { ...base, question: { family, of }, answer: target.icon, choices, targets: [target], lookAlikes }
  }
  if (family === 'relation') {
    const bare = ({ icon, frame, style }: ExhibitPlan): ExhibitPlan => ({
      icon,
      frame,
      style,
      around: { left: icons(), right: icons(), above: icons(), below: icons() },
    })
    const target = bare(plan())
    const lookAlikes = near([target], framedKeys).map(bare)
    const side: Side = sides[draw % sides.length]!
    const answer = target.around![side]
    const choices = fourChoices(answer, Object.values(target.around!), icons)
    return { ...base, question: { family, of: framed(target), side }, answer, choices, targets: [target], lookAlikes }
  }
  if (family === 'compare') {
    tools.textKind = 'number'
    const targets = Array.from({ length: spec.compared }, plan)
    const most = rng.pick(['largest', 'smallest'] as const)
    const ordered = targets.toSorted((a, b) => (Number(a.text) - Number(b.text)) * (most === 'largest' ? -1 : 1))
    const extreme = ordered[0]!
    // The answer is named in every place equally often.
    const named = rng.shuffle(ordered.slice(1))
    named.splice(draw % targets.length, 0, extreme)
    const lookAlikes = near(named, framedKeys)
    const answer = extreme.icon
    const choices = fourChoices(
      answer,
      [...named, ...lookAlikes].map(({ icon }) => icon),
      icons,
    )
    return { ...base, question: { family, of: named.map(framed), most }, answer, choices, targets: named, lookAlikes }
  }
  const icon = icons()
  const colours = rng.shuffle(frameColours).slice(0, spec.rugs)
  const counted = colours.slice(0, spec.counted)
  const total = spec.counted + (draw % 6)
  const rugs = colours.map((colour, n) => {
    const own =
      n < spec.counted
        ? shareOf(total, spec.counted, n)
        : shareOf(lookAlikeCount, spec.rugs - spec.counted, n - spec.counted)
    const size = spec.onRug[0] + rng.int(spec.onRug[1] - spec.onRug[0] + 1)
    const others = [icons(), icons(), icons(), icons()]
    const rest = Array.from({ length: size - own }, () => rng.pick(others))
    return { colour, icons: rng.shuffle([...Array.from({ length: own }, () => icon), ...rest]) }
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

/** Random exhibits whose icons and texts are never the same twice. */
function planTools(rng: Random) {
  const texts = textSource(rng)
  const left = rng.shuffle(iconNames)
  const icons = (): string => left.pop() ?? rng.pick(iconNames)
  const other = <T>(all: readonly T[], own: T): T => rng.pick(all.filter((item) => item !== own))
  const tools = {
    texts,
    icons,
    /** Set: every sign has a text of this kind. */
    textKind: undefined as TextKind | undefined,
    plan: (): ExhibitPlan => ({
      icon: icons(),
      frame: { shape: rng.pick(frameShapes), colour: rng.pick(frameColours) },
      flag: rng.pick(flagColours),
      text: texts.fresh(tools.textKind ?? rng.pick(textKinds)),
      style: rng.int(4),
    }),
    /** An exhibit like `own` in what is `described`, but for one property, and unlike it elsewhere. */
    vary({ icon, frame, flag }: ExhibitPlan, described: readonly Key[], differs: Key): ExhibitPlan {
      const fresh = tools.plan()
      const take = <T>(key: Key, own: T, all: readonly T[], any: T): T =>
        !described.includes(key) ? any : key === differs ? other(all, own) : own
      return {
        ...fresh,
        icon: take('icon', icon, [fresh.icon], fresh.icon),
        frame: {
          shape: take('shape', frame.shape, frameShapes, fresh.frame.shape),
          colour: take('colour', frame.colour, frameColours, fresh.frame.colour),
        },
        flag: take('flag', flag!, flagColours, fresh.flag!),
      }
    },
    filler(): ExhibitPlan {
      const { flag, text, ...rest } = tools.plan()
      return { ...rest, ...(rng.chance(0.75) && { flag }), ...(rng.chance(0.75) && { text }) }
    },
  }
  return tools
}
