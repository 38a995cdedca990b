/** Where Monaco computes, beside the page. */
import 'monaco-editor/esm/vs/editor/editor.worker.js'
