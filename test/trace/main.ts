/** `npm run trace`: the whole session, or `npm run trace -- 20000 1` for 20,000 keystrokes, one in each turn. */
import { replay } from './replay.ts'

const [count = 'all', perTurn = '20'] = process.argv.slice(2)
console.log(JSON.stringify(await replay(count === 'all' ? 'all' : Number(count), Number(perTurn)), null, 2))
