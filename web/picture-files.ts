/** Files that are dropped anywhere on the page or pasted into it. */
import { useEffect, useRef, useState } from 'preact/hooks'

/** Calls back with the first file; true while one is dragged over the page. */
export function useDroppedFile(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false)
  const newest = useRef(onFile)
  newest.current = onFile
  useEffect(() => {
    const gone = new AbortController()
    const { signal } = gone
    const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    const take = (file: File | undefined): void => {
      if (file !== undefined) newest.current(file)
    }
    const dragged = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    // Left for a part of the page, the pointer is still over it.
    const left = (event: DragEvent): void => setOver(event.relatedTarget !== null)
    const dropped = (event: DragEvent): void => {
      event.preventDefault()
      setOver(false)
      take(event.dataTransfer?.files[0])
    }
    const pasted = (event: ClipboardEvent): void => take(event.clipboardData?.files[0])
    addEventListener('dragover', dragged, { signal })
    addEventListener('dragleave', left, { signal })
    addEventListener('drop', dropped, { signal })
    addEventListener('paste', pasted, { signal })
    return () => gone.abort()
  }, [])
  return over
}
