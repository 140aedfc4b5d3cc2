/** What lessons and checks share: pictures and questions that the tiny model knows, and the program as a child process. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

export const colours = { blue: [0, 0, 255], yellow: [255, 255, 0], red: [255, 0, 0], green: [0, 200, 0] }

/** By how many times to zoom in. */
const times = ['at once', 'once', 'twice', 'three times', 'four times']

export const question = (zooms) => `Zoom ${times[zooms]}, then say the colour.`

/** How often a question wants a zoom; undefined for any other. */
export function zoomsWanted(text) {
  const zooms = times.findIndex((_, n) => text.includes(question(n)))
  return zooms < 0 ? undefined : zooms
}

/** Noise around a colour, the same for the same seed. */
export async function writePicture(file, colour, seed, [width, height] = [240, 180]) {
  let state = seed + 1
  const noise = () => ((state = (state * 48_271) % 2_147_483_647) % 41) - 20
  const data = new Uint8ClampedArray(width * height * 3)
  for (let at = 0; at < data.length; at++) data[at] = colours[colour][at % 3] + noise()
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(file)
}

/** A folder for `--benchmark problems`: each of the pictures with each of the questions. Returns how many problems it holds. */
export async function writeProblems(folder, picturesOfAColour = 1, size) {
  mkdirSync(join(folder, 'pictures'), { recursive: true })
  const rows = []
  for (const [which, colour] of Object.keys(colours).entries()) {
    for (let n = 0; n < picturesOfAColour; n++) {
      const image = `pictures/${colour}-${n}.png`
      await writePicture(join(folder, image), colour, which + 4 * n, size)
      for (const zooms of times.keys()) {
        rows.push({ id: `${colour}-${n}-${zooms}`, image, question: question(zooms), answer: colour })
      }
    }
  }
  writeFileSync(join(folder, 'problems.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return rows.length
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** The built program; never rejects. */
export function miniO3(args, { cwd } = /** @type {{ cwd?: string }} */ ({})) {
  return new Promise((ended) => {
    execFile(process.execPath, [main, ...args], { cwd, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      ended({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr })
    })
  })
}
