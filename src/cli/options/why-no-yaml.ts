/** Says in one line why a YAML file cannot be read. Pure. */
import { messageOf } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'

/** The parser's message names line and column, and goes on with an excerpt of the file on lines of its own. */
export function whyNoYaml(cause: unknown): string {
  return itemAt(messageOf(cause).split('\n'), 0).replace(/[:.]$/, '')
}
