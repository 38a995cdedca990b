/** Yjs says on the console that a client id was given up; that is a part of many runs, and no news. */
export function silenceYjs(): void {
  console.log = () => undefined
}
