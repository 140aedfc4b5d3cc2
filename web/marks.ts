/** The overlays of a picture, with their keyboard shortcuts. */

export const marks = [
  { name: 'boxes', key: 'b', label: 'boxes', help: 'boxes of the turns', first: true },
  { name: 'path', key: 'p', label: 'path', help: 'the path from look to look', first: false },
  { name: 'heat', key: 'h', label: 'heat', help: 'how often each place was looked at', first: false },
  { name: 'minimap', key: 'm', label: 'minimap', help: 'the whole picture, small, when zoomed in', first: true },
  { name: 'target', key: 't', label: 'target', help: 'the target, where it is known', first: false },
] as const

export type Mark = (typeof marks)[number]['name']
export type ShownMarks = Readonly<Record<Mark, boolean>>

export const firstMarks = Object.fromEntries(marks.map(({ name, first }) => [name, first])) as ShownMarks
