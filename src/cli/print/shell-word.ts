/** Names that servers and files give, as words of a command line that a person copies. Pure. */

/** As it is where no shell would read it otherwise, else in quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
