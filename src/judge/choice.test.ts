/** The forms in which models name a choice, in several languages and scripts. */
import { describe, expect, it } from 'vitest'
import { chosenLetter, judgeChoice } from './choice.ts'

const colours = ['red', 'green', 'blue', 'white']
const chinese = ['红色', '绿色', '蓝色', '白色']
const sides = ['The dog is on the left side of the car', 'The dog is on the right side of the car']
const things = ['A bag', 'A bottle', 'A book', 'A cat']
const counts = ['1', '2', '3', '12']

describe('reads B', () => {
  it.each([
    // Marks around the letter.
    '**B**',
    '`B`',
    '"B"',
    "'B'",
    '“B”',
    '\\boxed{B}',
    '$\\boxed{\\text{B}}$',
    'A seems likely, but no. \\boxed{\\mathrm{B}}.',
    'Not A. \\(\\boxed{B}\\) is my answer, for C is hidden',
    '<|begin_of_box|>B<|end_of_box|>',
    '<b>B</b>',
    '{"answer": "B"}',
    '{"answer": "B", "reason": "A is hidden"}',
    'B\n\nThe box shows something else.',
    'B - green',
    'B, not A',
    'B, because A is too small',
    'B，因为A太小',
    'B/',
    'I pick option b.',
    'ANS: B',
    '<B>',
    'Not A but B',
    'Answer = B',
    '#### B',
    // Said in a sentence with other letters.
    'The correct option is B because A is not visible',
    'The answer is B, since the label A is hidden by C',
    'Final answer: B. A careful look shows green',
    'The best choice would be B as A and C are too small',
    'I would go with option B, because A is red and C is blue',
    'I choose B over A, C and D, which are elsewhere',
    'A is wrong and C is too, so B is the correct one to take here',
    'First I thought that the answer is A. After a closer look the answer is B, as the label shows',
    'The answer is:\n\nB',
    'It is not A, it is B as far as I can tell',
    // Full-width and other forms of letters and signs.
    'Ｂ',
    '（Ｂ）',
    'ANSWER：Ｂ',
    'Ⓑ',
    '𝐁',
    'İİİİ, so the answer is B, not A',
    // Chinese, Japanese, Korean.
    '选B',
    '選B',
    '我选择B，因为A不清楚',
    '答案：B',
    '答案是B',
    '答案为B。',
    '正确答案是B',
    '正確答案是 B，A太小了。',
    '答案应该是B，不是A',
    '选项B',
    '【B】',
    'B、绿色',
    'B，绿色',
    '不选A，选B',
    'B选项正确，A选项错误',
    'A错，B对',
    '是B不是A',
    '我认为是Ｂ',
    '因此，正确的选项是：B',
    '答えはBです',
    '정답은 B입니다',
  ])('in %j', (answer) => {
    expect(chosenLetter(answer, colours)).toBe('B')
    expect(chosenLetter(answer, chinese)).toBe('B')
  })

  it.each([
    [sides, 'right'],
    [sides, 'The dog is on the right.'],
    [things, 'bottle'],
    [things, 'the bottle'],
    [things, 'A bottle'],
    [colours, 'A green sign'],
    [counts, 'There are 2.'],
    [counts, 'Two'],
    [['One', 'Two'], '2'],
    [colours, 'It is green, not red'],
    [chinese, '图中是绿色的'],
  ])('by the words of %j in %j', (choices, answer) => {
    expect(chosenLetter(answer, choices)).toBe('B')
  })
})

describe('reads no letter', () => {
  it.each([
    'A or B',
    'A、B',
    'A, B',
    'B, or perhaps C',
    'B, and C',
    'Answer: A or B',
    'The answer is A, B.',
    '答案是A或B',
    'Both A and B are right',
    'It is not A',
    'The answer is a bird',
    "The answer is A's neighbour",
    '不选B',
    'Neither',
    'side',
  ])('in %j', (answer) => {
    expect(chosenLetter(answer, colours)).toBeUndefined()
  })

  it('where a number is only part of another', () => {
    expect(chosenLetter('It is 12', counts)).toBe('D')
    expect(chosenLetter('There are 123', counts)).toBeUndefined()
  })
})

describe('finds a choice only as a whole number or word', () => {
  const powers = ['1', '10', '100', '1000']
  const few = ['3', '4']
  const red = ['red', 'dark red']
  const north = ['north', 'northeast']

  it.each([
    // Equal numbers, written differently.
    [powers, '1,000', 'D'],
    [powers, '1,000 people', 'D'],
    [powers, 'About $1,000.00.', 'D'],
    [['1,000', '2,000'], 'It is 2000', 'B'],
    [['2', '2.5'], '$2.50', 'B'],
    [['5', '0.5'], 'It is .5', 'B'],
    [few, 'It is 3.0', 'A'],
    [['3', '-3'], 'It is −3 degrees', 'B'],
    [['3', '-3'], 'minus 3', 'B'],
    // Punctuation after a number, and numbers with a unit.
    [few, '3, I think', 'A'],
    [few, 'It is 3.', 'A'],
    [few, 'It is 3. The rest are cars.', 'A'],
    [few, '- 3', 'A'],
    [few, 'a 3-storey house', 'A'],
    [few, '3<|im_end|>', 'A'],
    [few, '3</s>', 'A'],
    [['upper', 'upper left'], 'upper left<end_of_turn>', 'B'],
    // The ends of a range and the items of a list are numbers of their own.
    [['3', '5'], '3-4', 'A'],
    [['4', '5'], '3-4', 'A'],
    [['2', '7'], '1,2', 'A'],
    // Hyphens.
    [['left', 'upper left'], 'upper-left', 'B'],
    [['left', 'upper left'], 'In the upper-left corner', 'B'],
    [['left', 'right'], 'On the left-hand side', 'A'],
    [['left', 'right'], 'left-handed', 'A'],
    [['red', 'blue'], 'a red-coloured car', 'A'],
    [red, 'dark-red', 'B'],
    [red, 'It is dark-red', 'B'],
    [['blue', 'light blue'], 'light-blue', 'B'],
    [north, 'north-east', 'B'],
    [north, 'To the north-east', 'B'],
    [north, 'north east', 'B'],
    [['north', 'north-east'], 'north east', 'B'],
    [['north', 'north-east'], 'To the northeast', 'B'],
    [['flu', 'covid 19'], 'It is covid-19', 'B'],
    [['end', 'start'], 'start<|end|>', 'B'],
  ])('of %j, %j chooses %s', (choices, answer, letter) => {
    expect(chosenLetter(answer, choices)).toBe(letter)
  })

  it.each([
    [['1', '2', '3', '4'], '1.5'],
    [['2', '5', '20', '25'], '$2.50'],
    [['5', '15', '50', '500'], '5,000'],
    [few, '-3'],
    [few, 'It is -3'],
    [few, '-$3'],
    [few, 'negative 3'],
    [few, '3-4'],
    [few, '3,4'],
    [few, '3/8'],
    [few, '3:30'],
    [['-3', '5'], '2-3'],
    [powers, '1.000'],
    [['5', '6'], '.5'],
    [['open', 'closed'], 'half-open'],
    [['open', 'closed'], 'open-ended'],
    [['half-open', 'closed'], 'open'],
    [['north', 'south'], 'north-east'],
    [['18', '19'], 'covid-19'],
    [['across', 'along'], 'a cross'],
  ])('of %j, %j chooses none', (choices, answer) => {
    expect(chosenLetter(answer, choices)).toBeUndefined()
  })
})

describe('takes a name of two words for one', () => {
  const cardinal = ['north', 'south', 'northeast', 'southwest']
  const blues = ['blue', 'light blue', 'dark blue', 'green']
  const corners = ['left', 'upper left', 'lower left', 'right']

  it.each([
    ...['north east', 'north-east', 'northeast'].flatMap((name) => [[cardinal, `It is ${name}`, 'C'] as const]),
    ...['light blue', 'light-blue', 'lightblue'].flatMap((name) => [
      [blues, `The car is ${name}`, 'B'] as const,
      // A shade is the colour where no choice is a shade.
      [['blue', 'green'], `The car is ${name}`, 'A'] as const,
    ]),
    [blues, 'The car is blue', 'A'],
    [['green', 'dark green'], 'a dark green door', 'B'],
    ...['upper left', 'upper-left', 'upperleft'].flatMap((name) => [
      [corners, `It is in the ${name} corner`, 'B'] as const,
      [['left', 'right'], `It is in the ${name} corner`, 'A'] as const,
    ]),
    [corners, 'On the left', 'A'],
    // Part of one choice alone.
    [['dark green', 'light blue'], 'blue', 'B'],
    [['upper left', 'lower right'], 'right', 'B'],
    // Names outside of these families.
    [['bus', 'bus stop'], 'It is a bus stop', 'B'],
    [['bus', 'bus stop'], 'It is a bus', 'A'],
  ] as const)('of %j, %j chooses %s', (choices, answer, letter) => {
    expect(chosenLetter(answer, choices)).toBe(letter)
  })

  it.each([
    ...['north east', 'north-east', 'northeast'].map((name) => [['north', 'south'], `It is ${name}`] as const),
    ...['sky blue', 'sky-blue', 'skyblue'].map((name) => [blues, `It is ${name}`] as const),
    ...['upper right', 'upper-right', 'upperright'].map((name) => [corners, `It is ${name}`] as const),
    [['left', 'right', 'top', 'bottom'], 'In the upper left corner'],
    [['bus', 'bus stop'], 'a bus at the bus stop'],
    [blues, 'blue or light blue'],
  ] as const)('of %j, %j chooses none', (choices, answer) => {
    expect(chosenLetter(answer, choices)).toBeUndefined()
  })
})

describe('a problem of a set with choices and open questions', () => {
  const open = { docId: '1', dataSource: 'mixed', question: 'How many?', answer: '14' }
  it.each([
    [{ ...open, choices: counts, answer: '(B) 2' }, 'B', 'correct'],
    [{ ...open, choices: counts, answer: '(B) 2' }, '12', 'wrong'],
    [open, '14.', 'correct'],
    [{ ...open, choices: [] }, '14', 'correct'],
    [open, 'B', 'wrong'],
    [open, '', 'wrong'],
  ] as const)('%j with the answer %j is %s', (problem, answer, kind) => {
    expect(judgeChoice(problem, answer).kind).toBe(kind)
  })
})
