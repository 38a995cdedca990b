export { LevelStorage } from './storage/level-storage.ts'
