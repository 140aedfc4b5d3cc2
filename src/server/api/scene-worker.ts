/** Worker thread that draws regions of the bundled scenes, so that drawing does not block the server. */
import { answerRequests } from '../../shared/worker-client.ts'
import { itemAt } from '../../shared/known.ts'
import type { Pixels } from '../../vision/picture.ts'
import type { WantedRegion } from './scene-pictures.ts'
import { bundledScenes } from './scene-pictures.ts'

const scenes = bundledScenes()

answerRequests<WantedRegion, Pixels>(({ scene, boxPx, size, resampler }) =>
  itemAt(scenes, scene).picture.region(boxPx, size, resampler),
)
