/** A command or another text with a button that copies it. */
import { useState } from 'preact/hooks'

interface Props {
  readonly title: string
  readonly text: string
}

export function CopyText({ title, text }: Props) {
  const [said, setSaid] = useState('copy')
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setSaid('copied'),
      () => setSaid('not allowed here: select it'),
    )
  }
  return (
    <div class="copy-text">
      <span>{title}</span>
      <code tabIndex={0}>{text}</code>
      <button type="button" class="plain" onClick={copy}>
        {said}
      </button>
    </div>
  )
}
