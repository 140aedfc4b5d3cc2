/** Turns callback-based progress into a generator that yields progress and returns the result. */

export async function* withNews<N, T>(work: (tell: (news: N) => void) => Promise<T>): AsyncGenerator<N, T, void> {
  const queue: N[] = []
  let wake = (): void => {}
  let settled = false
  const result = work((news) => {
    queue.push(news)
    wake()
  })
  const settle = (): void => {
    settled = true
    wake()
  }
  result.then(settle, settle)
  for (;;) {
    for (let news = queue.shift(); news !== undefined; news = queue.shift()) yield news
    if (settled) return result
    await new Promise<void>((resolve) => (wake = resolve))
  }
}
