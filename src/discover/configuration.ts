/** Where models are configured for `--policy auto` and the page: `mini-o3.yaml` in the working directory, then the user's own. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

const configurationName = 'mini-o3.yaml'

export interface ConfigurationFile {
  readonly path: string
  /** The user's own; that of a folder may be somebody else's, who could have the user's pictures and keys sent anywhere. */
  readonly own: boolean
}

/** Those that are there. The user's is below `XDG_CONFIG_HOME` (`~/.config`), on Windows below `APPDATA`. */
export function configurationFiles(env: Readonly<Record<string, string | undefined>>): ConfigurationFile[] {
  const named = process.platform === 'win32' ? env['APPDATA'] : env['XDG_CONFIG_HOME']
  // A relative path counts as none, as the XDG specification has it.
  const home = named !== undefined && isAbsolute(named) ? named : join(homedir(), '.config')
  const files = [
    { path: resolve(configurationName), own: false },
    { path: join(home, 'mini-o3', configurationName), own: true },
  ]
  return files.filter(({ path }) => existsSync(path))
}
