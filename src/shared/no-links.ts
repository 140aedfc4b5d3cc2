/** File systems without links. */

/** Error codes where neither symbolic nor hard links are supported. */
export const noLinkCodes: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])
