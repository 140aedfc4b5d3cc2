/** What the pictures of quadrants and their teacher share: how a quadrant is called up, and what a woven one looks like. */

/** Of a picture, and of each piece of thread: two by two of these are a pixel of the first view, which has 64 a side. */
export const [pictureSide, pieceSide] = [512, 4]

/** Left to right, top to bottom. */
export const boxes = ['[0, 0, 0.5, 0.5]', '[0.5, 0, 1, 0.5]', '[0, 0.5, 0.5, 1]', '[0.5, 0.5, 1, 1]']

export const call = (quadrant) => `{"bbox_2d": ${boxes[quadrant]}, "source": "original_image"}`

/** Along which channels neighbouring pieces of a woven quadrant differ. Their mean is a plain one. */
export const threads = { red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1], white: [1, 1, 1] }

export const contrast = 70

const said = ['system\n', 'Find the target and answer.', 'user\n', 'Which thread?', 'observation_', 'assistant\n']
const marks = ['<grounding>', '</grounding>', '<answer>', '</answer>']
/** A model that has tokens for these reads and writes a search in some eighty. */
export const words = [...said, ...marks, 'look', ...boxes.map((_, quadrant) => call(quadrant)), ...Object.keys(threads)]
