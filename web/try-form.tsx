/** What a visitor chooses before a search in the page: a scene, what to ask about it, and how it is searched. */
import type { TrySettings } from '../src/page/try-address.ts'
import type { Goal } from '../src/probe/problem.ts'
import { colours, questionStart, shapes } from '../src/probe/scene.ts'
import { levels } from '../src/protocol/problem.ts'
import { isOneOf } from '../src/shared/fields.ts'
import { ProblemFact } from './facts.tsx'
import { Slider } from './slider.tsx'
import { largestSeed, mostTemperature, mostTurns, newScene } from './try-settings.ts'

interface Props {
  readonly settings: TrySettings
  readonly onSettings: (settings: TrySettings) => void
  /** The scene as it was drawn, and what it asks itself; absent until then. */
  readonly drawn: { readonly picture: string; readonly goal: Goal } | undefined
  readonly problem: string | undefined
  readonly onSearch: () => void
}

export function TryForm({ settings, onSettings, drawn, problem, onSearch }: Props) {
  const { scene, maxTurns, temperature, seed } = settings
  const goal = settings.goal ?? drawn?.goal
  const change = (part: Partial<TrySettings>): void => onSettings({ ...settings, ...part })
  /** Another scene asks for something else. */
  const choose = (next: TrySettings['scene']): void => change({ scene: next, goal: undefined })
  return (
    <form
      class="ask"
      aria-label="Search a scene"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch()
      }}
    >
      <h2>Search a scene, in this page</h2>
      <div class="ask-columns">
        <div class="pick">
          {drawn ? (
            <img
              class="chosen"
              src={drawn.picture}
              width={1400}
              height={1400}
              alt={`A generated scene, ${scene.level}`}
            />
          ) : (
            <p class="drawing" role="status">
              Drawing the scene …
            </p>
          )}
        </div>
        <div class="words">
          <div class="beside">
            <label>
              <span>Level</span>
              <select
                value={scene.level}
                onChange={({ currentTarget: { value } }) => isOneOf(levels, value) && choose(newScene(value))}
              >
                {levels.map((level) => (
                  <option key={level}>{level}</option>
                ))}
              </select>
            </label>
            <Whole
              name="Scene"
              value={scene.seed}
              most={Number.MAX_SAFE_INTEGER}
              onValue={(value) => choose({ kind: 'shapes', level: scene.level, seed: value })}
            />
            <button type="button" class="more" onClick={() => choose(newScene(scene.level))}>
              New scene
            </button>
          </div>
          <fieldset class="beside">
            <legend>{questionStart} …</legend>
            <Choice
              name="Colour"
              of={colours}
              value={goal?.colour}
              onValue={(colour) => goal && change({ goal: { ...goal, colour } })}
            />
            <Choice
              name="Shape"
              of={shapes}
              value={goal?.shape}
              onValue={(shape) => goal && change({ goal: { ...goal, shape } })}
            />
          </fieldset>
          <Slider
            name="At most"
            unit={['turn', 'turns']}
            value={maxTurns}
            most={mostTurns}
            onValue={(value) => change({ maxTurns: value })}
          />
          <div class="beside">
            <label>
              <span>Temperature</span>
              <input
                type="number"
                min={0}
                max={mostTemperature}
                step={0.1}
                required
                value={temperature}
                onChange={({ currentTarget }) =>
                  currentTarget.validity.valid && change({ temperature: currentTarget.valueAsNumber })
                }
              />
            </label>
            <Whole name="Seed" value={seed} most={largestSeed} onValue={(value) => change({ seed: value })} />
          </div>
          <p class="note">
            The policy is a small model that learned by searching such scenes; it runs in this page, and nothing leaves
            it. The same scene, settings and seed give the same search.
          </p>
          <button type="submit" class="go" disabled={drawn === undefined}>
            Search
          </button>
          <ProblemFact message={problem} />
        </div>
      </div>
    </form>
  )
}

interface ChoiceProps<T extends string> {
  readonly name: string
  readonly of: readonly T[]
  readonly value: T | undefined
  readonly onValue: (value: T) => void
}

function Choice<T extends string>({ name, of, value, onValue }: ChoiceProps<T>) {
  return (
    <label>
      <span>{name}</span>
      <select
        value={value}
        onChange={({ currentTarget }) => isOneOf(of, currentTarget.value) && onValue(currentTarget.value)}
      >
        {of.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}

interface WholeProps {
  readonly name: string
  readonly value: number
  readonly most: number
  readonly onValue: (value: number) => void
}

function Whole({ name, value, most, onValue }: WholeProps) {
  return (
    <label>
      <span>{name}</span>
      <input
        type="number"
        min={0}
        max={most}
        step={1}
        required
        value={value}
        onChange={({ currentTarget }) => currentTarget.validity.valid && onValue(currentTarget.valueAsNumber)}
      />
    </label>
  )
}
