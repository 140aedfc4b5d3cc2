/** The tokens with which models end a turn, which some programs leave in the text. Pure. */

const endMarks = [
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|end|>',
  '<|return|>',
  '<|END_OF_TURN_TOKEN|>',
  '[|endofturn|]',
  '<end_of_turn>',
  '<turn|>',
  '<end_of_utterance>',
  '<eos>',
  '</s>',
  '<｜end▁of▁sentence｜>',
]

/** The text before the tokens at its end; a text without any is returned unchanged, with its whitespace. */
export function withoutEndMarks(text: string): string {
  let left = text
  for (;;) {
    const trimmed = left.trimEnd()
    const mark = endMarks.find((one) => trimmed.endsWith(one))
    if (mark === undefined) return left
    left = trimmed.slice(0, -mark.length)
  }
}
