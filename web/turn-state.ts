/** CSS classes for the elements of a turn, relative to the turn that is shown. Pure. */

/** `turn` 0: the whole search is shown. `lit`: the hovered turn. */
export function turnState(own: number, turn: number, lit: number | undefined): string {
  const classes = []
  if (turn > 0) classes.push(own === turn ? 'now' : own < turn ? 'before' : 'later')
  if (own === lit) classes.push('lit')
  return classes.join(' ')
}
