// An oxlint plugin that guards the picture in ARCHITECTURE.md: which room may import which. The table below is that picture.
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ rooms: readonly string[], packages: readonly string[] }} Allowed */
/** @typedef {{ type: string, value?: unknown }} Source */
/** @typedef {{ source: Source | null }} ImportingNode */
/** @typedef {{ filename: string, report(problem: { node: Source, message: string }): void }} Context */

const base = ['bytes', 'ids', 'result', 'errors', 'limits']
const below = [...base, 'wire', 'ports', 'replica']

/**
 * core/src: what each room (a folder, or a file at the top) may import besides itself. Packages match with their subpaths.
 * sync, reconciliation, overlay and discovery never import one another: the engine turns one's effect into another's event.
 * @type {Readonly<Record<string, Allowed>>}
 */
const coreRooms = {
  bytes: { rooms: [], packages: ['lib0'] },
  ids: { rooms: base, packages: ['lib0'] },
  result: { rooms: base, packages: [] },
  errors: { rooms: base, packages: [] },
  limits: { rooms: base, packages: [] },
  ports: { rooms: ['ids', 'result', 'wire'], packages: [] },
  wire: { rooms: base, packages: ['lib0'] },
  replica: { rooms: [...base, 'wire', 'ports'], packages: ['yjs', 'lib0'] },
  history: { rooms: below, packages: ['yjs'] },
  presence: { rooms: [...base, 'wire', 'ports'], packages: ['lib0'] },
  link: { rooms: [...base, 'wire', 'ports'], packages: ['lib0'] },
  sync: { rooms: [...below, 'presence'], packages: [] },
  reconciliation: { rooms: below, packages: ['lib0'] },
  overlay: { rooms: below, packages: [] },
  discovery: { rooms: below, packages: [] },
  direct: { rooms: [...base, 'wire', 'ports'], packages: ['lib0'] },
  engine: {
    rooms: [...below, 'history', 'presence', 'link', 'direct', 'sync', 'reconciliation', 'overlay', 'discovery'],
    packages: [],
  },
  provider: { rooms: [...base, 'replica', 'presence', 'engine'], packages: ['lib0'] },
  contracts: { rooms: [...base, 'ports'], packages: [] },
  index: { rooms: [...below, 'history', 'presence', 'direct', 'engine', 'provider'], packages: [] },
}

/**
 * Of our own packages, which each part of the tree may import, by name only: a file inside another package is private.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const knotworkPackages = {
  core: [],
  'node-peer': ['@knotwork/core'],
  'web-peer': ['@knotwork/core'],
  'web-peer/app': ['@knotwork/core', '@knotwork/web-peer'],
}

const root = fileURLToPath(new URL('..', import.meta.url))
const posixPath = (/** @type {string} */ path) => relative(root, path).split(sep).join('/')
const isIn = (/** @type {string} */ path, /** @type {string} */ folder) => path.startsWith(`${folder}/`)
const isPackage = (/** @type {string} */ name, /** @type {readonly string[]} */ packages) =>
  packages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`))

/** The part of the tree a source file belongs to, as the table above names it; undefined for tests, tools, examples. */
const partOf = (/** @type {string} */ path) =>
  isIn(path, 'web-peer/app') ? 'web-peer/app' : /^(core|node-peer|web-peer)(?=\/src\/)/.exec(path)?.[0]

/** The room of a file below core/src. */
const roomOf = (/** @type {string} */ path) => path.slice('core/src/'.length).split('/')[0]?.replace(/\.ts$/, '') ?? ''

/** Whether `target` is there for tests like `path`: the helpers of its own part, or the doubles of ports. */
const isTestHelp = (/** @type {string} */ path, /** @type {string} */ part, /** @type {string} */ target) =>
  path.endsWith('.test.ts') && (isIn(target, `${part}/test`) || isIn(target, 'test/doubles'))

/**
 * Why the file at `path` may not import `specifier`, or undefined when it may.
 * @param {string} path from the root of the repository, with slashes
 * @param {string} specifier
 */
function whyNot(path, specifier) {
  const part = partOf(path)
  if (part === undefined) return undefined
  const target = specifier.startsWith('.')
    ? posixPath(resolve(root, dirname(path), specifier)).replace(/\?.*$/, '')
    : undefined
  if (target === undefined) {
    const allowed = knotworkPackages[part] ?? []
    if (isPackage(specifier, ['@knotwork']) && !allowed.includes(specifier)) return `${part} does not know ${specifier}`
  } else if (partOf(target) !== part && !isTestHelp(path, part, target)) {
    return `${part} reaches other parts of the tree by package name only`
  }
  if (!isIn(path, 'core/src') || path.endsWith('.test.ts')) return undefined
  return whyNotInCore(roomOf(path), specifier, target)
}

/**
 * @param {string} room
 * @param {string} specifier
 * @param {string | undefined} target
 */
function whyNotInCore(room, specifier, target) {
  const allowed = coreRooms[room]
  if (allowed === undefined)
    return `core/src/${room} is not in the table of tools/lint-rooms.mjs: give it a place there`
  if (target === undefined) {
    return isPackage(specifier, allowed.packages)
      ? undefined
      : `core/src/${room} does not know the package ${specifier}`
  }
  if (!isIn(target, 'core/src')) return 'core imports nothing from outside core/src'
  const other = roomOf(target)
  return other === room || allowed.rooms.includes(other)
    ? undefined
    : `core/src/${room} does not know core/src/${other}`
}

const imports = {
  create(/** @type {Context} */ context) {
    const path = posixPath(context.filename)
    const check = (/** @type {ImportingNode} */ { source }) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return
      const reason = whyNot(path, source.value)
      if (reason !== undefined) context.report({ node: source, message: `${reason} (ARCHITECTURE.md, rooms)` })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    }
  },
}

export default { meta: { name: 'rooms' }, rules: { imports } }
