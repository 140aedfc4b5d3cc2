/** Files dropped anywhere on the page or pasted into it. */
import { useEffect, useRef, useState } from 'preact/hooks'

/** Passes the files to `onFiles`; returns true while one is dragged over the page. */
export function useDroppedFile(onFiles: (files: FileList) => void): boolean {
  const [over, setOver] = useState(false)
  const newest = useRef(onFiles)
  newest.current = onFiles
  useEffect(() => {
    const gone = new AbortController()
    const { signal } = gone
    const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    const take = (files: FileList | undefined): void => {
      if (files !== undefined && files.length > 0) newest.current(files)
    }
    const dragged = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    // Leaving for a child element is not leaving the page.
    const left = (event: DragEvent): void => setOver((before) => before && event.relatedTarget !== null)
    const dropped = (event: DragEvent): void => {
      // A dragged text belongs to the field below.
      if (!bringsFiles(event)) return
      event.preventDefault()
      setOver(false)
      take(event.dataTransfer?.files)
    }
    const pasted = ({ target, clipboardData }: ClipboardEvent): void => {
      // Office programs copy a picture of a text with it.
      const isText = target instanceof Element && target.closest('textarea, input') !== null
      if (!isText || !clipboardData?.types.includes('text/plain')) take(clipboardData?.files)
    }
    addEventListener('dragover', dragged, { signal })
    addEventListener('dragleave', left, { signal })
    addEventListener('drop', dropped, { signal })
    addEventListener('paste', pasted, { signal })
    return () => gone.abort()
  }, [])
  return over
}
