/** Recognises addresses of this machine and its network, to which a public hub must not redirect. */
import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { UserError } from '../shared/errors.ts'

const inner = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inner.addSubnet(network, prefix)
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inner.addSubnet(network, prefix, 'ipv6')

/** Loopback, link-local and private addresses, also as IPv6 writes those of IPv4. */
export function isInnerAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && inner.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Throws `UserError` for such an address in the URL itself; names are checked when the connection is made. */
export function checkPublic({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isInnerAddress(host)) throw innerAddress(host)
}

/** Resolves a name like the platform, and fails for an internal address. The connection uses this result, so it cannot change afterwards. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) return callback(error, [])
    if (found.some(({ address }) => isInnerAddress(address))) return callback(innerAddress(hostname), [])
    const [first] = found
    return options.all || first === undefined ? callback(null, found) : callback(null, first.address, first.family)
  })
}

function innerAddress(host: string): UserError {
  return new UserError(
    'hub-redirect-inner',
    `The hub redirects to ${host}, an address of this machine or its network. No request was sent there: check HF_ENDPOINT.`,
  )
}
