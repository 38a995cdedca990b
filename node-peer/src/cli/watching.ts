/** `knotwork status` and `knotwork peers`: what a peer that runs is doing, and with whom. */
import { KnotworkError } from '@knotwork/core'
import type { Command } from 'commander'
import { onDesk, say, type DeskCommandOptions } from './desk-command.ts'
import { Desk } from './desk.ts'
import {
  toldLinks,
  toldPeers,
  toldStatus,
  type Network,
  type Peers,
  type Self,
  type Status,
} from './watching-output.ts'

const statusExamples = `
Exits with 0 when the peer is ready, with 1 when it is not, or when none answers.

Examples:
  knotwork status                               the peer of this machine, with its data in the platform's place
  knotwork status --data ./a                    the one that runs on those data
  knotwork status --url http://peer.example:4000 --json
                                                any other, for programs; KNOTWORK_TOKEN holds its secret
`

const peersExamples = `
Exits with 0, also when it is linked to nobody, and with 1 when no peer answers.

Examples:
  knotwork peers                                whom the peer of this machine is linked to, and why not to others
  knotwork peers --network                      the links, with round trips and bytes
  knotwork peers --json | jq '.peers[] | select(.state == "waiting")'
`

export function withWatching(program: Command): void {
  onDesk(program.command('status'))
    .description('Tells what a peer that runs is doing, and whether it is ready.')
    .addHelpText('after', statusExamples)
    .action(async (options: DeskCommandOptions) => {
      const status = await statusOf(await Desk.running(options))
      say(options, status, () => toldStatus(status))
      if (status.whyNotReady !== null) process.exitCode = 1
    })
  onDesk(program.command('peers'))
    .description('Lists whom a peer that runs is linked to, or tries to reach.')
    .option('--network', 'the graph that it sees: itself, its neighbours, and the links between them')
    .addHelpText('after', peersExamples)
    .action(async (options: DeskCommandOptions & { readonly network?: boolean }) => {
      const desk = await Desk.running(options)
      if (options.network === true) {
        const network = (await jsonOf(desk, '/v1/network')) as Network
        return say(options, network, () => toldLinks(network))
      }
      const peers = await peersOf(desk)
      say(options, { peers }, () => toldPeers(peers))
    })
}

async function statusOf(desk: Desk): Promise<Status> {
  const self = (await jsonOf(desk, '/v1/self')) as Self
  const peers = { linked: 0, greeting: 0, dialling: 0, waiting: 0 }
  for (const { state } of await peersOf(desk)) peers[state]++
  return { url: desk.url, whyNotReady: await whyNotReady(desk), ...self, peers }
}

async function peersOf(desk: Desk): Promise<Peers> {
  return ((await jsonOf(desk, '/v1/peers')) as { readonly peers: Peers }).peers
}

async function whyNotReady(desk: Desk): Promise<string | null> {
  try {
    await desk.ask({ path: '/ready' })
    return null
  } catch (thrown) {
    if (thrown instanceof KnotworkError && thrown.code === 'refused-request') return thrown.message
    throw thrown
  }
}

async function jsonOf(desk: Desk, path: string): Promise<unknown> {
  return (await desk.ask({ path })).json()
}
