/** The path of a Chromium on this machine; undefined for none. */
export declare function findChromium(): string | undefined
