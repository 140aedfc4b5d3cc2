/** Writes names of two words, such as `north east`, `upper-left` and `lightblue`, so that they are not found by one of the words. Pure. */

interface Family {
  /** Two groups, however they are joined. */
  readonly compound: RegExp
  /** Words that tell the choices apart by compounds, in different choices; absent: a compound never means one of its words. */
  readonly apart?: readonly RegExp[]
}

const shade = '(light|dark|pale|deep|medium|sky|navy|royal|baby|hot|lime|olive|forest|mint|off)'
const colour =
  '(red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ae]y|beige|cyan|teal|turquoise|magenta)'
const height = '(upper|lower|top|bottom|middle|cent(?:er|re)|front|back|rear)'
const side = '(left|right|cent(?:er|re)|middle)'

const families: readonly Family[] = [
  { compound: /\b(north|south)[- ]?(east|west)/g },
  { compound: new RegExp(`\\b${shade}[- ]?${colour}(?![a-z])`, 'g'), apart: [] },
  {
    compound: new RegExp(`\\b${height}[- ]?${side}(?![a-z])`, 'g'),
    apart: [/\b(?:upper|lower|top|bottom|front|back|rear)\b/, /\b(?:left|right)\b/],
  },
]

/**
 * Returns how to write an answer and the choices. Where the choices have such names, or words for both halves of one, a compound is one word:
 * "upper left" is then not "left", and "dark green" not "green". Otherwise it is two: of "left" and "right" it says "left", and of "green" and "red"
 * "green". Expects lower case.
 */
export function compoundsOf(choices: readonly string[]): (text: string) => string {
  const joined = families.map(({ compound, apart }) => {
    if (apart === undefined) return true
    const has = (words: RegExp): boolean => choices.some((choice) => choice.search(words) >= 0)
    return has(compound) || (apart.length > 0 && apart.every(has))
  })
  return (text) =>
    families.reduce((left, { compound }, at) => left.replaceAll(compound, joined[at] ? '$1$2' : '$1 $2'), text)
}
