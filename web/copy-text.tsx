/** A command or another text with a button that copies it. */
import { useEffect, useState } from 'preact/hooks'

/** False where the browser does not allow it: pages of other machines over plain HTTP have no clipboard. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

interface Props {
  readonly title: string
  readonly text: string
}

export function CopyText({ title, text }: Props) {
  const [said, setSaid] = useState('copy')
  useEffect(() => setSaid('copy'), [text])
  const copy = async (): Promise<void> => setSaid((await toClipboard(text)) ? 'copied' : 'not allowed here: select it')
  return (
    <div class="copy-text">
      <span>{title}</span>
      <code tabIndex={0}>{text}</code>
      <button type="button" class="plain" onClick={() => void copy()}>
        {said}
      </button>
    </div>
  )
}
