/** Guesses the profile for which a reply without a valid action was written. Pure. */

const forms: readonly (readonly [RegExp, string])[] = [
  [/<function=/, 'qwen3.5'],
  [/\bimage_zoom_in_tool\b/, 'qwen3-vl'],
  [/\bcrop_image_normalized\b/, 'pixel-reasoner-lenient'],
  [/<grounding>|<answer>/, 'default'],
  [/<tool_call>/, 'tools'],
]

/** Undefined if there is no indication. */
export function profileWrittenFor(text: string): string | undefined {
  return forms.find(([mark]) => mark.test(text))?.[1]
}
