/**
 * What is told of a reply while it is being written, for whoever watches. Nothing is decided by it: the reply that counts comes
 * whole, and may differ at its end, such as by a stop string that a server strips.
 */
export type ReplyNews =
  /** More of the reply: of its thinking, where that comes apart from the text, or of the text. */
  | { readonly kind: 'thinking' | 'text'; readonly text: string }
  /** Nothing is written for now, as before another try: what was told of this reply so far is void. */
  | {
      readonly kind: 'waiting'
      readonly why: string
      /** Milliseconds, where it is known. */
      readonly waitMs?: number
      /** What comes behind the wait, such as try 2 of 6. */
      readonly next?: { readonly number: number; readonly of: number }
    }

export type OnReplyNews = (news: ReplyNews) => void
