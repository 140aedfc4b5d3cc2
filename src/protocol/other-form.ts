/** For which profile a reply seems to be written that holds no action in the form of its own. Pure. */

const forms: readonly (readonly [RegExp, string])[] = [
  [/<function=/, 'qwen3.5'],
  [/\bimage_zoom_in_tool\b/, 'qwen3-vl'],
  [/\bcrop_image_normalized\b/, 'pixel-reasoner-lenient'],
  [/<grounding>|<answer>/, 'default'],
  [/<tool_call>/, 'tools'],
]

/** Undefined: nothing in it tells. */
export function profileWrittenFor(text: string): string | undefined {
  return forms.find(([mark]) => mark.test(text))?.[1]
}
