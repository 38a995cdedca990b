// y-leveldb 0.1 hides its types as 0.2 does, and has the same methods.
declare module 'y-leveldb-0.1' {
  export { LeveldbPersistence } from 'y-leveldb'
}
