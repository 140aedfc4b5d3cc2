/**
 * Progress of a reply while it is being written, for display only. The complete reply is what counts, and may differ at its end, for
 * example by a stop string that the server strips.
 */
export type ReplyNews =
  /** More of the reply's text, or of its thinking if that is separate. */
  | { readonly kind: 'thinking' | 'text'; readonly text: string }
  /** Waiting, for example before a retry: discard what was reported of this reply so far. */
  | {
      readonly kind: 'waiting'
      readonly why: string
      /** Milliseconds, if known. */
      readonly waitMs?: number
      /** The attempt after the wait, such as 2 of 6. */
      readonly next?: { readonly number: number; readonly of: number }
    }

export type OnReplyNews = (news: ReplyNews) => void
