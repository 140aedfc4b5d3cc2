/** Keeps one string of equal ones: of a million parsed lines, every text that is stored twice takes memory twice. */
export function sharedTexts(): (text: string) => string {
  const texts = new Map<string, string>()
  return (text) => {
    const known = texts.get(text) ?? text
    texts.set(known, known)
    return known
  }
}
