/** How what belongs to a turn looks while another is shown: classes that the stylesheet knows. Pure. */

/** `turn` 0: the whole search is shown. `lit`: the turn that is pointed at. */
export function turnState(own: number, turn: number, lit: number | undefined): string {
  const classes = []
  if (turn > 0) classes.push(own === turn ? 'now' : own < turn ? 'before' : 'later')
  if (own === lit) classes.push('lit')
  return classes.join(' ')
}
