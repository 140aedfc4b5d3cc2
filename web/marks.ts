/** The overlays of a picture, with their keyboard shortcuts. */

export const marks = [
  { name: 'boxes', key: 'b', label: 'boxes', help: 'boxes of the turns' },
  { name: 'path', key: 'p', label: 'path', help: 'the path from look to look' },
  { name: 'heat', key: 'h', label: 'heat', help: 'how often each place was looked at' },
  { name: 'minimap', key: 'm', label: 'minimap', help: 'the whole picture, small, when zoomed in' },
  { name: 'target', key: 't', label: 'target', help: 'the target, where it is known' },
] as const

export type Mark = (typeof marks)[number]['name']
export type ShownMarks = Readonly<Record<Mark, boolean>>

/** Which are shown at first. */
export const firstMarks: ShownMarks = { boxes: true, path: false, heat: false, minimap: true, target: false }
