/** A number input as a slider, with its value as text. */
export interface FieldMarks {
  readonly 'aria-invalid'?: true
  readonly 'aria-describedby'?: string
}

interface Props extends FieldMarks {
  readonly name: string
  /** Singular and plural. */
  readonly unit: readonly [string, string]
  readonly value: number
  readonly most: number
  readonly onValue: (value: number) => void
}

export function Slider({ name, unit, value, most, onValue, ...marks }: Props) {
  const words = `${value} ${unit[value === 1 ? 0 : 1]}`
  return (
    <label class="slider">
      <span>{name}</span>
      <input
        {...marks}
        type="range"
        min={1}
        max={most}
        value={value}
        aria-valuetext={words}
        onInput={(event) => onValue(Number(event.currentTarget.value))}
      />
      <output>{words}</output>
    </label>
  )
}
