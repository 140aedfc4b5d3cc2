/** The strict test server with a real vision-language model behind it: `bench/gpu-check.mjs` and `peers/trainer.mjs` start it. */
import { openChatModel } from '../src/model/renderer/chat-model.ts'
import { startTinkerServer, type TinkerServer, type TinkerServerOptions } from './tinker-server.ts'
import { serveVlm } from './tinker-vlm-model.ts'
import { startTransformers, type TransformersOptions } from './transformers-model.ts'

type Options = TransformersOptions &
  Pick<TinkerServerOptions, 'codec' | 'pending' | 'port' | 'fault'> & {
    /** Where its checkpoints lie. */
    readonly checkpoints: string
  }

export async function startTransformersServer({ checkpoints, ...options }: Options): Promise<TinkerServer> {
  const model = await openChatModel(options.folder)
  const trainer = startTransformers(options)
  const make = async () => serveVlm(model, await trainer.make())
  const server = await startTinkerServer({
    codec: 'protobuf',
    ...options,
    folder: checkpoints,
    modelName: 'tiny/qwen',
    make,
  })
  const close = async (): Promise<void> => {
    await server.close()
    trainer.close()
  }
  return { ...server, close }
}
