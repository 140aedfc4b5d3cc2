/** Guesses the profile for which a reply without a valid action was written. Pure. */

/** A mark in a reply, the profile to try, and those whose own format has the mark, too: there, the reply is garbled and nothing else. */
const forms: readonly (readonly [mark: RegExp, profile: string, own: RegExp])[] = [
  [/<function=/, 'qwen3.5', /^qwen3/],
  [/\bimage_zoom_in_tool\b/, 'qwen3-vl', /^(?:qwen3|deepeyes)/],
  [/\bcrop_image_normalized\b/, 'pixel-reasoner-lenient', /^pixel-reasoner/],
  [/<grounding>|<answer>/, 'default', /^(?:default|official|embedded|direct)/],
  [/<tool_call>/, 'tools', /^(?:tools|qwen3|deepeyes|pixel-reasoner)/],
]

/** Undefined if there is no indication, or if it is the format of the profile itself. */
export function profileWrittenFor(text: string, profile: string): string | undefined {
  const [, name, own] = forms.find(([mark]) => mark.test(text)) ?? []
  return own?.test(profile) ? undefined : name
}
