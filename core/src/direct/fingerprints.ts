/**
 * What a connection is called in the proof of identity (PROTOCOL.md [TR12]): the certificate fingerprints of both
 * session descriptions, sorted, so that both ends write the same text. Somebody in the middle has a connection with
 * each of the two, and certificates of his own on both.
 */

/** Empty while one of the two descriptions has no fingerprint. */
export function fingerprintsOf(localSdp: string, remoteSdp: string): string {
  const both = [fingerprintsIn(localSdp), fingerprintsIn(remoteSdp)]
  return both.includes('') ? '' : both.toSorted().join(' ')
}

function fingerprintsIn(sdp: string): string {
  const found = [...sdp.matchAll(/^a=fingerprint:(\S+ \S+)\s*$/gmu)].map(([, value = '']) => value.toUpperCase())
  return [...new Set(found)].toSorted().join(',')
}
