/** SyncedStore: plain objects and arrays over a Y.Doc. */
import { getYjsValue, observeDeep, syncedStore } from '@syncedstore/core'
import * as Y from 'yjs'
import { listView } from '../list.ts'
import { joinRoom } from '../room.ts'

const { doc } = joinRoom('syncedstore')
const store = syncedStore({ lines: [] as string[] }, doc)

const lines = getYjsValue(store.lines)
if (!(lines instanceof Y.Array)) throw new Error('the store holds no Y.Array')
const undoManager = new Y.UndoManager(lines)

const show = listView({ add: (line) => void store.lines.push(line), undo: () => undoManager.undo() })
observeDeep(store, () => show([...store.lines]))
show([...store.lines])
