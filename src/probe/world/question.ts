/** The words of a world's question. */
import type { Description, WorldQuestion } from './scene.ts'

export function worldQuestion(question: WorldQuestion): string {
  switch (question.family) {
    case 'read':
      return `What is written on the sign below ${theOne(question.of)}?`
    case 'attribute':
      return question.part === 'flag'
        ? `What colour is the flag above ${theOne(question.of)}?`
        : `What colour is the frame around ${theOne(question.of)}?`
    case 'identity':
      if ('twinOf' in question) {
        const sign = `the sign below ${theOne(question.twinOf)}`
        return `Which object is inside the other frame whose sign says the same as ${sign}?`
      }
      return question.of.text === undefined
        ? `Which object is inside ${theFrame(question.of)}?`
        : `Which object is inside the frame above the sign "${question.of.text}"?`
    case 'relation': {
      const where = {
        left: 'directly left of',
        right: 'directly right of',
        above: 'directly above',
        below: 'directly below',
      }
      return `Which object is ${where[question.side]} ${theOne(question.of)}?`
    }
    case 'count':
      return (
        `How many stickers of ${article(question.icon)} ${question.icon} lie on ` +
        `${question.rugs.map((colour) => `the ${colour} rug`).join(' and ')}${question.rugs.length > 1 ? ' together' : ''}?`
      )
    case 'compare':
      return (
        `Which object has the ${question.most} number on the sign below it: ` +
        `${listed(question.of.map(theOne), 'or')}?`
      )
  }
}

/** Such as `the teapot in the red round frame` or `the teapot with the white flag above it`. */
function theOne(of: Description): string {
  return of.frame ? `the ${of.icon} in ${theFrame(of)}` : `the ${of.icon} with the ${of.flag} flag above it`
}

function theFrame({ frame, flag }: Description): string {
  return `the ${frame?.colour} ${frame?.shape} frame${flag === undefined ? '' : ` with the ${flag} flag above it`}`
}

function article(noun: string): string {
  return /^[aeio]|^um/i.test(noun) ? 'an' : 'a'
}

function listed(items: readonly string[], word: string): string {
  return `${items.slice(0, -1).join(', ')}${items.length > 2 ? ',' : ''} ${word} ${items.at(-1)}`
}
