/** Selects the picture to ask about: a generated scene or an uploaded file. */
import { sourceAt } from '../src/protocol/source.ts'
import type { PictureRow, SceneRow } from '../src/server/api/types.ts'

interface Props {
  readonly scenes: readonly SceneRow[]
  readonly picture: PictureRow
  readonly furtherPictures: readonly PictureRow[]
  readonly own: boolean
  /** A file is being dragged over the page. */
  readonly over: boolean
  readonly onScene: (scene: SceneRow) => void
  readonly onFiles: (files: FileList | null) => void
  /** Called with the index of the picture among several. */
  readonly onRemove: (index: number) => void
  /** Called when the server no longer has the picture. */
  readonly onLost: () => void
}

export function PicturePick(props: Props) {
  const { scenes, picture, furtherPictures, own, over, onScene, onFiles, onRemove, onLost } = props
  const pictures = [picture, ...furtherPictures]
  return (
    <fieldset class={`pick ${over ? 'over' : ''}`}>
      <legend>{over ? 'Drop it anywhere' : 'Picture: choose one, or drop or paste your own'}</legend>
      {pictures.map(({ id, width, height, note }, index) => (
        // Not by `id`, which is the hash of the file: the same picture can be chosen twice.
        <figure key={index}>
          <img
            class="chosen"
            src={`api/pictures/${encodeURIComponent(id)}/region?side=1000`}
            width={width}
            height={height}
            alt={own ? 'Your picture' : `A generated scene of ${width} × ${height} pixels`}
            onError={onLost}
          />
          {pictures.length > 1 && (
            <figcaption>
              <span>{sourceAt(index, pictures.length)}</span>
              <button
                type="button"
                aria-label={`Remove ${sourceAt(index, pictures.length)}`}
                onClick={() => onRemove(index)}
              >
                Remove
              </button>
            </figcaption>
          )}
          {note !== undefined && (
            <p class="picture-note" role="status">
              {note}
            </p>
          )}
        </figure>
      ))}
      <div class="scenes" role="radiogroup" aria-label="Scenes">
        {scenes.map((scene) => (
          <label key={scene.id} class={scene.id === picture.id ? 'on' : ''}>
            <input
              type="radio"
              name="scene"
              class="hidden"
              checked={scene.id === picture.id}
              onChange={() => onScene(scene)}
            />
            <img
              src={`api/pictures/${scene.id}/region?side=160`}
              width={80}
              height={80}
              loading="lazy"
              alt={`${scene.level} scene: ${scene.question}`}
            />
            <span aria-hidden="true">{scene.level}</span>
          </label>
        ))}
        <label class={`upload ${own ? 'on' : ''}`}>
          <input
            type="file"
            class="hidden"
            accept="image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,image/tiff,image/gif,image/bmp"
            multiple
            onChange={({ currentTarget }) => {
              onFiles(currentTarget.files)
              // The browser tells nothing of a file that is chosen again.
              currentTarget.value = ''
            }}
          />
          <b aria-hidden="true">+</b>
          <span>your own</span>
        </label>
      </div>
    </fieldset>
  )
}
