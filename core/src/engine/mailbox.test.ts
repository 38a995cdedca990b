import { describe, expect, it } from 'vitest'
import { settled } from '../../test/fake-clock.ts'
import { Mailbox } from './mailbox.ts'

function mailbox() {
  const log: string[] = []
  const box = new Mailbox<string>(
    (event) => {
      log.push(event)
      if (event === 'boom') throw new Error('boom')
      if (event === 'again') box.push('pushed inside')
    },
    () => log.push('empty'),
    (thrown) => log.push(`caught ${thrown instanceof Error ? thrown.message : ''}`),
  )
  return { box, log }
}

describe('[DS9] the mailbox of a document', () => {
  it('[DS9] delivers in order, never before the caller is done', async () => {
    const { box, log } = mailbox()
    box.push('a')
    box.push('b')
    expect(log).toEqual([])
    await settled()
    expect(log).toEqual(['a', 'b', 'empty'])
    box.push('c')
    await settled()
    expect(log).toEqual(['a', 'b', 'empty', 'c', 'empty'])
  })

  it('[DS9] what is pushed during a delivery comes after it', async () => {
    const { box, log } = mailbox()
    box.push('again')
    box.push('b')
    await settled()
    expect(log).toEqual(['again', 'b', 'empty', 'pushed inside', 'empty'])
  })

  it('[DS10] a delivery that throws holds up nothing', async () => {
    const { box, log } = mailbox()
    box.push('boom')
    box.push('b')
    await settled()
    expect(log).toEqual(['boom', 'caught boom', 'b', 'empty'])
    box.push('c')
    await settled()
    expect(log).toContain('c')
  })
})
