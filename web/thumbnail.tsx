/** The thumbnail of a search: loaded only when its row stays visible, and omitted if the picture is gone. */
import { useEffect, useState } from 'preact/hooks'
import { pictureUrls } from './shown-search.ts'

/** Rows that are only scrolled past load nothing. */
const restMs = 150
const sidePx = 64

export function Thumbnail({ run, index }: { readonly run: string; readonly index: number }) {
  const [state, setState] = useState<'waiting' | 'wanted' | 'gone'>('waiting')
  useEffect(() => {
    const timer = setTimeout(() => setState('wanted'), restMs)
    return () => clearTimeout(timer)
  }, [])
  if (state !== 'wanted') return <span class="thumbnail" />
  const { region } = pictureUrls(`api/runs/${encodeURIComponent(run)}/items/${index}`)
  return <img class="thumbnail" src={region(sidePx)} alt="" onError={() => setState('gone')} />
}
