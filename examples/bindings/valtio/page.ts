/** valtio: a proxy bound to a Y.Array; edits of this page have an origin of their own, for undo. */
import { proxy, subscribe } from 'valtio/vanilla'
import { bind } from 'valtio-yjs'
import * as Y from 'yjs'
import { listView } from '../list.ts'
import { joinRoom } from '../room.ts'

const { doc } = joinRoom('valtio')
const array = doc.getArray<string>('lines')
const state = proxy<string[]>([])
bind(state, array, { transactionOrigin: state })

const undoManager = new Y.UndoManager(array, { trackedOrigins: new Set([state]) })

const show = listView({ add: (line) => void state.push(line), undo: () => undoManager.undo() })
subscribe(state, () => show([...state]))
show([...state])
