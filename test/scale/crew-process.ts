/** A process with a crew of peers. Its parent calls the crew's methods by messages: `remote-crew.ts`. */
import { Crew } from './crew.ts'
import type { Call, Reply } from './remote-crew.ts'

const crew = new Crew()

async function answer({ id, method, parameters }: Call): Promise<Reply> {
  try {
    return { id, result: await Reflect.apply(crew[method] as () => unknown, crew, parameters) }
  } catch (thrown) {
    return { id, failure: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }
  }
}

process.on('message', (call: Call) => {
  void answer(call).then((reply) => process.send?.(reply))
})
// A crew whose parent is gone has nothing to do here.
process.on('disconnect', () => process.exit())
