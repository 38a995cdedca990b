/** What can go wrong in a run. Each seed draws its own subset (swarm testing); `--no-fault X` takes one out. */
export const faultClasses = [
  // links
  'loss',
  'duplication',
  'jitter',
  'partition',
  'cut',
  'slow-reader',
  'garbage',
  // processes
  'crash',
  'pause',
  'clock-jump',
  'churn',
  // disks
  'slow-disk',
  'full-disk',
  'failing-load',
  'lost-disk',
  'lost-tail',
  'bit-rot',
  'volatile',
  // apps
  'throwing-listener',
  'editing-observer',
  'own-document',
  'closing',
  'stock-client',
  // limits made small, so that what happens at them happens here
  'small-limits',
] as const

export type FaultClass = (typeof faultClasses)[number]

export function isFaultClass(text: string): text is FaultClass {
  return faultClasses.some((known) => known === text)
}
